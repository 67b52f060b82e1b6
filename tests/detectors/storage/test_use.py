"""Whether an open bucket was used: shown, weighed, and never shown as nothing where it is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.model import (
    Accesses,
    Bucket,
    Capability,
    DataUse,
    Fact,
    Known,
    NotNeeded,
    Reach,
    Reader,
    Unread,
    UnreadReason,
    content_hash,
    encode,
)
from collectors.model.use import magnitude, stable, use_fact
from daemon.documents.wording import use_summary
from detectors.engine import judge
from detectors.model import Judgement, Policy, Severity
from detectors.storage import latent_public_access, public_access
from detectors.storage.examples import (
    DENIED_POLICY,
    LOGGING_IS_OFF,
    NOT_YET_DELIVERED,
    RESTRICTED,
    SILENT,
    UNUSED,
    USED,
    policy_grant,
    private_bucket,
)

NOW = datetime(2026, 3, 7, tzinfo=UTC)
FIRST = datetime(2026, 3, 4, 8, 15, 30, tzinfo=UTC)
UNREAD = Unread(reason=UnreadReason.ERROR, operation="state")
STATES: list[Fact[DataUse]] = [
    USED,
    UNUSED,
    LOGGING_IS_OFF,
    NOT_YET_DELIVERED,
    NotNeeded("access_not_followed"),
    UNREAD,
]
PUBLIC = private_bucket(policy_grants=Known((policy_grant(),)))
LATENT = private_bucket(policy_grants=Known((policy_grant(effective=Known(value=False)),)), policy_silenced=RESTRICTED)


def judged(bucket: Bucket, use: Fact[DataUse] | None = None, *, latent: bool = False) -> Judgement:
    detector = latent_public_access.DETECTOR if latent else public_access.DETECTOR
    given = bucket if use is None else msgspec.structs.replace(bucket, use=use)
    found = judge(detector, given, Policy(), NOW)
    assert found is not None
    return found


def used(reach: Reach, capability: Capability = Capability.READ, *, count: int = 1, last: datetime = FIRST) -> Accesses:
    return Accesses(
        reach=reach, capability=capability, count=count, first=FIRST, last=last, readers=(Reader(ip="192.0.2.9"),)
    )


def by(reach: Reach, capability: Capability = Capability.READ) -> Fact[DataUse]:
    return use_fact([used(reach, capability)], logs=["aws.s3access"], told=True)


@pytest.mark.parametrize("use", STATES, ids=str)
@pytest.mark.parametrize("latent", [False, True])
@pytest.mark.parametrize("bucket", [PUBLIC, LATENT, private_bucket(), private_bucket(policy_grants=DENIED_POLICY)])
def test_no_verdict_hangs_on_it(bucket: Bucket, use: Fact[DataUse], latent: bool) -> None:
    plain, with_use = judged(bucket, latent=latent), judged(bucket, use, latent=latent)
    assert with_use.verdict is plain.verdict
    assert with_use.unread == plain.unread
    assert [one for one in with_use.evidence if one.violates] == [one for one in plain.evidence if one.violates]


@pytest.mark.parametrize(
    ("use", "severity"),
    [
        (by(Reach.ANONYMOUS_INTERNET), Severity.HIGH),
        (by(Reach.NAMED_EXTERNAL), Severity.HIGH),
        (by(Reach.UNKNOWN), Severity.MEDIUM),
        (UNUSED, Severity.MEDIUM),
        (LOGGING_IS_OFF, Severity.MEDIUM),
        (NOT_YET_DELIVERED, Severity.MEDIUM),
    ],
)
def test_a_known_use_from_outside_raises_the_finding_a_step(use: Fact[DataUse], severity: Severity) -> None:
    assert judged(LATENT, use, latent=True).severity is severity
    assert judged(PUBLIC, use).severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("use", "note"),
    [
        (None, "access_not_followed"),
        (LOGGING_IS_OFF, "access_logging_off"),
        (NOT_YET_DELIVERED, "access_log_not_delivered"),
        (UNREAD, "use_unread"),
        (UNUSED, "no_use_logged"),
        (SILENT, "access_log_silent_since"),
        (by(Reach.ANONYMOUS_INTERNET), "used_anonymously"),
        (by(Reach.ANONYMOUS_INTERNET, Capability.DELETE), "changed_anonymously"),
        (by(Reach.NAMED_EXTERNAL), "used_by_other_accounts"),
        (by(Reach.UNKNOWN), "used_by_somebody_unknown"),
    ],
)
def test_what_is_known_is_said_and_what_is_not(use: Fact[DataUse] | None, note: str) -> None:
    said = {
        "access_not_followed",
        "access_logging_off",
        "access_log_not_delivered",
        "access_log_silent_since",
        "use_unread",
        "no_use_logged",
        "used_anonymously",
        "changed_anonymously",
        "used_by_other_accounts",
        "used_by_somebody_unknown",
    }
    assert said & set(judged(PUBLIC, use).notes) == {note}
    assert said & set(judged(LATENT, use, latent=True).notes) == {note}
    assert not said & set(judged(private_bucket(), use).notes)


def test_the_uses_are_evidence_that_violates_nothing() -> None:
    shown = [one for one in judged(PUBLIC, USED).evidence if one.name == "use"]
    assert isinstance(USED, Known)
    assert tuple(one.data for one in shown) == USED.value.accesses
    assert not any(one.violates for one in shown)
    assert [one for one in judged(private_bucket(), USED).evidence if one.name == "use"] == shown


@pytest.mark.parametrize("use", [UNUSED, SILENT])
def test_it_is_shown_up_to_when_the_logs_told(use: Fact[DataUse]) -> None:
    [shown] = [one for one in judged(PUBLIC, use).evidence if one.name == "use_told"]
    assert isinstance(use, Known)
    assert shown.data == {"until": use.value.told_until, "logs": ("aws.cloudtrail",)}
    assert not shown.violates
    assert [one for one in judged(PUBLIC, LOGGING_IS_OFF).evidence if one.name == "use_told"] == []


def test_the_sentence_says_who_used_it_and_when() -> None:
    assert use_summary(judged(PUBLIC, USED)) == (
        "read anonymously at least 100 times between 2026-03-04 08:15 UTC and 2026-03-06 22:01 UTC "
        "from 198.51.100.24, 203.0.113.7 and listed by other accounts at 2026-03-05 03:00 UTC from 192.0.2.9"
    )
    assert use_summary(judged(PUBLIC, LOGGING_IS_OFF)) == "whether it was used cannot be known, for it logs no access"
    assert "not known yet" in use_summary(judged(PUBLIC, NOT_YET_DELIVERED))
    assert use_summary(judged(PUBLIC, UNUSED)) == ""
    assert use_summary(judged(PUBLIC)) == ""


def test_what_was_not_told_is_never_nothing() -> None:
    assert use_fact((), logs=(), told=False) == NotNeeded("access_not_followed")
    assert use_fact((), logs=(), told=True, logging_off=True) == NotNeeded("access_not_followed")
    assert use_fact((), logs=("aws.s3access",), told=False) == NOT_YET_DELIVERED
    assert use_fact((), logs=("aws.s3access",), told=False, logging_off=True) == LOGGING_IS_OFF
    assert use_fact((), logs=("b", "a", "b"), told=True) == Known(DataUse(logs=("a", "b")))
    assert isinstance(by(Reach.NAMED_EXTERNAL), Known)
    counted_earlier = use_fact([used(Reach.ANONYMOUS_INTERNET)], logs=(), told=False)
    assert isinstance(counted_earlier, Known)


@given(st.integers(1, 10**9))
def test_a_count_moves_in_powers_of_ten(count: int) -> None:
    reached = magnitude(count)
    assert reached <= count < reached * 10
    assert set(str(reached)) <= {"1", "0"}
    assert magnitude(reached) == reached


def test_only_a_step_changes_the_resource() -> None:
    def hashed(count: int) -> str:
        use = use_fact([used(Reach.ANONYMOUS_INTERNET, count=count)], logs=("aws.s3access",), told=True)
        return content_hash(encode(msgspec.structs.replace(PUBLIC, use=use)))

    assert hashed(10) == hashed(11) == hashed(99)
    assert len({hashed(1), hashed(10), hashed(100)}) == 3


def test_readers_are_few_and_in_order() -> None:
    readers = tuple(Reader(ip=f"192.0.2.{number}") for number in reversed(range(100)))
    later = FIRST + timedelta(days=1)
    many = Accesses(
        reach=Reach.NAMED_EXTERNAL, capability=Capability.READ, count=100, first=FIRST, last=later, readers=readers * 2
    )
    kept = stable(many).readers
    assert len(kept) == 20
    assert list(kept) == sorted(set(kept))
    assert stable(stable(many)) == stable(many)
    assert (stable(many).first, stable(many).last) == (FIRST, later)


def test_a_bucket_of_which_no_use_is_followed_is_encoded_as_ever() -> None:
    encoded = encode(private_bucket())
    assert "use" not in msgspec.json.decode(encoded)
    assert msgspec.json.decode(encoded, type=Bucket) == private_bucket()
    with_use = private_bucket(use=USED)
    assert msgspec.json.decode(encode(with_use), type=Bucket) == with_use
