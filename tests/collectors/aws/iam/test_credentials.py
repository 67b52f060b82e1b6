"""The credential report, row by row and value by value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.aws.answers import MalformedAnswerError
from collectors.aws.iam.credentials import Credentials, Report, parse_report
from collectors.model import AccessKey, Known, Mfa, Unread, UnreadReason
from tests.collectors.aws.iam.conftest import ROOT, csv_of, root_row, row

OLD = "2023-05-06T07:08:09+00:00"


def parsed(*rows: dict[str, str], **more: Any) -> Report:
    return parse_report({"Content": csv_of(*rows), **more})


def credentials(**columns: str) -> Credentials:
    (found,) = parsed(row("alice", **columns)).rows.values()
    assert found.name == "alice"
    return found.credentials


def test_a_user_with_nothing() -> None:
    assert credentials() == Credentials(
        console_access=Known(value=False), mfa=Known(Mfa(enforced=False)), access_keys=Known(())
    )


def test_a_user_with_everything() -> None:
    found = credentials(
        password_enabled="true",
        mfa_active="true",
        access_key_1_active="true",
        access_key_1_last_rotated="2025-01-01T00:00:00+00:00",
        access_key_1_last_used_date="2025-11-30T23:59:59+00:00",
        access_key_2_active="false",
        access_key_2_last_rotated=OLD,
    )
    assert found.console_access == Known(value=True)
    assert found.mfa == Known(Mfa(enforced=True, by=("MFA device",)))
    assert found.access_keys == Known(
        (
            AccessKey(active=False, created=datetime(2023, 5, 6, 7, 8, 9, tzinfo=UTC)),
            AccessKey(active=True, created=datetime(2025, 1, 1, tzinfo=UTC), last_used="2025-11"),
        )
    )


def test_keys_come_oldest_first_whatever_their_slot() -> None:
    young = "2025-05-06T07:08:09+00:00"
    slots = ({"1": OLD, "2": young}, {"1": young, "2": OLD})
    first, second = (
        credentials(
            **{f"access_key_{slot}_last_rotated": created for slot, created in each.items()},
            access_key_1_active="true",
            access_key_2_active="true",
        ).access_keys
        for each in slots
    )
    assert first == second


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    found = credentials(access_key_1_active="true", access_key_1_last_rotated="2023-05-06T09:08:09+02:00")
    same = credentials(access_key_1_active="true", access_key_1_last_rotated=OLD)
    assert found == same


def test_an_active_key_of_unknown_age_is_a_key() -> None:
    assert credentials(access_key_1_active="true").access_keys == Known((AccessKey(active=True),))


@pytest.mark.parametrize(
    ("columns", "fact"),
    [
        ({"password_enabled": "not_supported"}, "console_access"),
        ({"password_enabled": "N/A"}, "console_access"),
        ({"password_enabled": ""}, "console_access"),
        ({"mfa_active": "perhaps"}, "mfa"),
        ({"access_key_1_active": "perhaps"}, "access_keys"),
        ({"access_key_2_active": ""}, "access_keys"),
        ({"access_key_1_active": "true", "access_key_1_last_rotated": "yesterday"}, "access_keys"),
        ({"access_key_1_active": "true", "access_key_1_last_rotated": "2023-05-06T07:08:09"}, "access_keys"),
    ],
)
def test_a_value_that_says_nothing_costs_its_fact_alone(columns: dict[str, str], fact: str) -> None:
    found = credentials(**columns)
    unread = {name for name in ("console_access", "mfa", "access_keys") if isinstance(getattr(found, name), Unread)}
    assert unread == {fact}
    assert getattr(found, fact).reason is UnreadReason.MALFORMED


def test_the_root_has_a_row_and_its_password_is_not_told() -> None:
    (found,) = parsed(root_row(mfa_active="true")).rows.items()
    assert found[0] == ROOT
    assert found[1].credentials.mfa.value.enforced
    assert isinstance(found[1].credentials.console_access, Unread)


def test_columns_may_be_added_and_moved() -> None:
    content = b"arn,user,mfa_active,password_enabled,access_key_1_active,access_key_2_active,more\n"
    content += b"arn:x,a,true,true,false,false,1\n"
    (found,) = parse_report({"Content": content}).rows.values()
    assert found.credentials.console_access == Known(value=True)


def test_a_report_without_key_columns_leaves_the_keys_open() -> None:
    (found,) = parse_report({"Content": b"user,arn,password_enabled,mfa_active\na,arn:x,true,true\n"}).rows.values()
    assert isinstance(found.credentials.access_keys, Unread)


@pytest.mark.parametrize(
    "content", [b"", b"<html></html>", b"user,arn\na,b\n", b"user;arn;password_enabled;mfa_active\n"]
)
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedAnswerError):
        parse_report({"Content": content})


def test_when_it_was_made() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert parsed(GeneratedTime=moment).generated == moment
    assert parsed().generated is None
    assert parsed().rows == {}
