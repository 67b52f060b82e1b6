"""coverage.unread_scope: what could not be read is itself a finding that says what to grant."""

from __future__ import annotations

from collectors.model import Known, Provider, Reading, Unread, UnreadReason
from detectors.coverage.unread_scope import DETECTOR, scope
from detectors.engine import judge
from detectors.model import Judgement, Policy, Severity, Verdict

DENIED = Unread(
    reason=UnreadReason.DENIED, operation="s3:GetBucketAcl", permission="s3:GetBucketAcl", detail="AccessDenied"
)
SLOW = Unread(reason=UnreadReason.THROTTLED, operation="s3:GetBucketPolicy", detail="SlowDown")


def look(reading: Reading, provider: Provider = Provider.AWS) -> Judgement:
    judgement = judge(DETECTOR, scope(reading=Known(reading), provider=provider), Policy(), DETECTOR.example_now)
    assert judgement is not None
    return judgement


def test_a_whole_read_passes() -> None:
    judgement = look(Reading(complete=True))
    assert (judgement.verdict, judgement.evidence, judgement.unread) == (Verdict.PASS, (), ())
    assert judgement.resource.kind == "scope"


def test_every_missing_permission_and_error_is_named() -> None:
    judgement = look(Reading(complete=True, unread=(DENIED, SLOW)))
    assert judgement.verdict is Verdict.FAIL
    assert judgement.severity is Severity.MEDIUM
    assert [evidence.data for evidence in judgement.evidence] == [
        {
            "operation": "s3:GetBucketAcl",
            "reason": "denied",
            "permission": "s3:GetBucketAcl",
            "detail": "AccessDenied",
        },
        {"operation": "s3:GetBucketPolicy", "reason": "throttled", "detail": "SlowDown"},
    ]


def test_a_listing_that_is_not_whole_is_worse_than_missing_facts() -> None:
    judgement = look(Reading(complete=False, unread=(DENIED,)))
    assert judgement.severity is Severity.HIGH
    assert [evidence.name for evidence in judgement.evidence] == ["listing", "unread"]
    assert look(Reading(complete=False)).verdict is Verdict.FAIL


def test_it_says_how_to_see_and_to_grant() -> None:
    for provider in Provider:
        text = look(Reading(complete=False), provider).remediation
        assert "cspmd doctor" in text
        if provider is not Provider.CSPMD:
            assert f"cspmd permissions {provider.value}" in text


def test_a_reading_that_is_unread_itself_is_unknown() -> None:
    judgement = judge(DETECTOR, scope(reading=DENIED), Policy(), DETECTOR.example_now)
    assert judgement is not None
    assert judgement.verdict is Verdict.UNKNOWN
