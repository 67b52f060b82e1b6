"""Which violations an accepted risk covers, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collectors.model import Provider
from daemon.exceptions import ExceptionRule, Exceptions
from detectors.model import Judgement, ResourceRef, Severity, Verdict

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def judged(resource: str = "arn:aws:s3:::www-shop", detector: str = "storage.public_access") -> Judgement:
    return Judgement(
        detector=detector,
        verdict=Verdict.FAIL,
        severity=Severity.HIGH,
        provider=Provider.AWS,
        account="123456789012",
        region="eu-west-1",
        resource=ResourceRef(uid=resource, name="n", kind="bucket"),
    )


def accepted(
    resource: str, detector: str = "storage.public_access", *, days: float = 1, owner: str = "web"
) -> ExceptionRule:
    return ExceptionRule(
        detector=detector, resource=resource, reason="website", owner=owner, expires=NOW + timedelta(days=days)
    )


@pytest.mark.parametrize(
    ("detector", "resource", "covers"),
    [
        ("storage.public_access", "arn:aws:s3:::www-*", True),
        ("storage.public_access", "arn:aws:s3:::www-shop", True),
        ("storage.public_access", "arn:aws:s3:::www-sho?", True),
        ("storage.public_access", "arn:aws:s3:::[vw]ww-*", True),
        ("storage.*", "*", True),
        ("*", "*shop", True),
        ("storage.public_access", "arn:aws:s3:::WWW-*", False),
        ("Storage.*", "*", False),
        ("storage.public_access", "www-shop", False),
        ("storage.public_access", "arn:aws:s3:::www-", False),
        ("storage", "*", False),
        ("storage.public", "*", False),
    ],
)
def test_globs_cover_whole_names_and_heed_letter_case(detector: str, resource: str, *, covers: bool) -> None:
    rule = accepted(resource, detector)
    assert Exceptions([rule]).match(judged(), NOW) == (rule if covers else None)


def test_a_star_spans_every_separator() -> None:
    rule = accepted("//storage.googleapis.com/*")
    assert Exceptions([rule]).match(judged("//storage.googleapis.com/projects/_/buckets/b"), NOW) == rule


def test_it_holds_up_to_its_expiry_and_not_at_it() -> None:
    rule = accepted("*", days=1)
    exceptions = Exceptions([rule])
    assert exceptions.match(judged(), rule.expires - timedelta(microseconds=1)) == rule
    assert exceptions.match(judged(), rule.expires) is None


def test_of_several_the_one_that_holds_longest_is_named() -> None:
    short, long, other, over = (
        accepted("*", days=1, owner="a"),
        accepted("*", days=9, owner="b"),
        accepted("arn:*", days=9, owner="c"),
        accepted("*", days=-1, owner="d"),
    )
    assert Exceptions([over, short, long, other]).match(judged(), NOW) == long
    assert Exceptions([over, short]).match(judged(), NOW) == short


def test_the_next_change_is_the_next_expiry() -> None:
    exceptions = Exceptions([accepted("*", days=3), accepted("*", days=-1), accepted("*", days=2)])
    assert exceptions.next_change(NOW) == NOW + timedelta(days=2)
    assert exceptions.next_change(NOW + timedelta(days=2)) == NOW + timedelta(days=3)
    assert exceptions.next_change(NOW + timedelta(days=3)) is None
    assert Exceptions().next_change(NOW) is None


def test_equal_rules_have_equal_fingerprints_and_others_not() -> None:
    assert Exceptions([accepted("a")]).fingerprint == Exceptions([accepted("a")]).fingerprint
    assert Exceptions([accepted("a")]).fingerprint != Exceptions([accepted("b")]).fingerprint
    assert Exceptions([accepted("a")]).fingerprint != Exceptions([accepted("a", days=2)]).fingerprint
    assert Exceptions().fingerprint != Exceptions([accepted("a")]).fingerprint


def test_the_summary_says_who_why_and_until_when() -> None:
    assert accepted("*").summary == "website (web, until 2026-03-02)"
