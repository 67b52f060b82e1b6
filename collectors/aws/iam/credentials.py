"""What identities sign in with: from the account's credential report, or of one user as it is now.

Source: IAM User Guide, "Getting credential reports for your AWS account", for the report's columns and their values.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from collectors.aws.answers import Answer, MalformedAnswerError, member
from collectors.aws.iam.operations import (
    GET_ACCESS_KEY_LAST_USED,
    GET_CREDENTIAL_REPORT,
    GET_LOGIN_PROFILE,
    LIST_ACCESS_KEYS,
    LIST_MFA_DEVICES,
)
from collectors.aws.session import AwsAccount
from collectors.model import AccessKey, Fact, Known, Mfa, Unread, UnreadReason

DEVICE = Mfa(enforced=True, by=("MFA device",))
"""With a device, the console and the root's sign-in ask for it, whatever any policy says."""

NO_DEVICE = Mfa(enforced=False)

_SLOTS = ("1", "2")
_NOTHING = frozenset({"", "N/A", "not_supported", "no_information"})
_SWITCH = {"true": True, "false": False}


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What one identity signs in with."""

    console_access: Fact[bool]
    mfa: Fact[Mfa]
    access_keys: Fact[tuple[AccessKey, ...]]

    @classmethod
    def unread(cls, unread: Unread) -> Credentials:
        """Return what is known where nothing could be read."""
        return cls(console_access=unread, mfa=unread, access_keys=unread)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One identity's row of the report."""

    name: str
    credentials: Credentials


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A credential report: when it was made, and its rows by ARN."""

    generated: datetime | None
    rows: Mapping[str, Row]


def parse_report(answer: Answer) -> Report:
    """Return the report of a ``GetCredentialReport`` answer; raises ValueError for one that is no such report.

    A row that makes no sense is unread by itself.
    """
    content = member(answer, "Content")
    text = content.decode("utf-8-sig") if isinstance(content, bytes) else str(content)
    reader = csv.DictReader(io.StringIO(text))
    if not {"user", "arn", "password_enabled", "mfa_active"} <= set(reader.fieldnames or ()):
        message = "no credential report"
        raise MalformedAnswerError(message)
    generated = answer.get("GeneratedTime")
    return Report(
        generated=generated if isinstance(generated, datetime) else None,
        rows={row["arn"]: Row(name=row["user"], credentials=_credentials(row)) for row in reader if row["arn"]},
    )


def _credentials(row: Mapping[str, str | None]) -> Credentials:
    active = _switch(row, "mfa_active")
    return Credentials(
        console_access=_switch(row, "password_enabled"),
        mfa=Known(DEVICE if active.value else NO_DEVICE) if isinstance(active, Known) else active,
        access_keys=_keys(row),
    )


def _switch(row: Mapping[str, str | None], column: str) -> Fact[bool]:
    value = _SWITCH.get((row.get(column) or "").lower())
    return _malformed(column) if value is None else Known(value)


def _keys(row: Mapping[str, str | None]) -> Fact[tuple[AccessKey, ...]]:
    keys: list[AccessKey] = []
    for slot in _SLOTS:
        column = f"access_key_{slot}_active"
        active = _switch(row, column)
        if not isinstance(active, Known):
            return active
        try:
            created = _moment(row.get(f"access_key_{slot}_last_rotated"))
            used = _moment(row.get(f"access_key_{slot}_last_used_date"))
        except ValueError:
            return _malformed(column)
        if active.value or created is not None:
            keys.append(AccessKey(active=active.value, created=created, last_used=_month(used)))
    return Known(_ordered(keys))


def _moment(text: str | None) -> datetime | None:
    """Return a column's time, None where the report has none; raises ValueError for what is no time."""
    if text is None or text in _NOTHING:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = "a time without its zone"
        raise ValueError(message)
    return moment.astimezone(UTC)


def _month(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m")


def _ordered(keys: list[AccessKey]) -> tuple[AccessKey, ...]:
    """Return keys in an order that does not depend on the slot they are in."""
    return tuple(sorted(keys, key=lambda key: (key.created is None, str(key.created), not key.active)))


def _malformed(column: str) -> Unread:
    return Unread(reason=UnreadReason.MALFORMED, operation=GET_CREDENTIAL_REPORT.uid, detail=column)


def read_credentials(account: AwsAccount, name: str) -> Credentials:
    """Read what one user signs in with as it is now: three calls, and one for each access key; raises GoneError."""
    region = account.home_region
    devices = account.read(LIST_MFA_DEVICES, region, _has_device, UserName=name)
    return Credentials(
        console_access=account.read(
            GET_LOGIN_PROFILE, region, _has_password, nothing=Known(value=False), UserName=name
        ),
        mfa=Known(DEVICE if devices.value else NO_DEVICE) if isinstance(devices, Known) else devices,
        access_keys=_read_keys(account, region, name),
    )


def _has_device(answer: Answer) -> bool:
    return bool(member(answer, "MFADevices"))


def _has_password(answer: Answer) -> bool:
    return bool(member(answer, "LoginProfile"))


def _read_keys(account: AwsAccount, region: str, name: str) -> Fact[tuple[AccessKey, ...]]:
    listed = account.read(LIST_ACCESS_KEYS, region, _key_entries, UserName=name)
    if not isinstance(listed, Known):
        return listed
    return Known(_ordered([_key(account, region, entry) for entry in listed.value]))


def _key_entries(answer: Answer) -> tuple[dict[str, Any], ...]:
    entries = tuple(member(answer, "AccessKeyMetadata"))
    for entry in entries:
        member(entry, "AccessKeyId")
        member(entry, "CreateDate")
        member(entry, "Status")
    return entries


def _key(account: AwsAccount, region: str, entry: Mapping[str, Any]) -> AccessKey:
    used = account.read(
        GET_ACCESS_KEY_LAST_USED, region, _last_used, nothing=Known(""), AccessKeyId=entry["AccessKeyId"]
    )
    # Without it no verdict changes: a key is judged by its age, whoever uses it.
    return AccessKey(
        active=entry["Status"] == "Active",
        created=entry["CreateDate"].astimezone(UTC).replace(microsecond=0),
        last_used=used.value if isinstance(used, Known) else "",
    )


def _last_used(answer: Answer) -> str:
    moment = member(answer, "AccessKeyLastUsed").get("LastUsedDate")
    return _month(moment) if isinstance(moment, datetime) else ""
