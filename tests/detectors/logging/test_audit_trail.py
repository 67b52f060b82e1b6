"""The audit trail under every mix of what is good, bad and unread, against an oracle of its own."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.model import (
    AuditTrail,
    DeletionRule,
    Known,
    LockMode,
    ManagementEvents,
    NotNeeded,
    ObjectLock,
    Recording,
    Unread,
    Versioning,
)
from detectors.catalogue import catalogue
from detectors.engine import judge
from detectors.logging.examples import (
    GOVERNED,
    IN_ANOTHER_ACCOUNT,
    LOCKED,
    LOG_BUCKET,
    NO_RULE,
    UNLOCKED,
    VERSIONED,
    logging,
    trail,
)
from detectors.logging.weighing import Parameters, Protection
from detectors.model import Judgement, Policy, Severity, Verdict
from detectors.storage.examples import IGNORED, RESTRICTED, policy_grant
from tests.detectors.blinding import BLIND

NOW = datetime(2026, 6, 1, tzinfo=UTC)
GOOD, BAD, OPEN = "good", "bad", "open"
PUBLIC = msgspec.structs.replace(LOG_BUCKET, policy_grants=Known((policy_grant(),)))
UNSEEN = msgspec.structs.replace(LOG_BUCKET, policy_grants=BLIND)
SIDES: dict[str, dict[str, dict[str, Any]]] = {
    "recording": {
        GOOD: {},
        BAD: {"recording": Known(Recording(on=False))},
        OPEN: {"recording": BLIND},
    },
    "events": {
        GOOD: {},
        BAD: {"events": Known(ManagementEvents(read=True, write=False))},
        OPEN: {"events": BLIND},
    },
    "exposure": {
        GOOD: {},
        BAD: {"log_bucket": Known(PUBLIC)},
        OPEN: {"log_bucket": Known(UNSEEN)},
    },
    "keeping": {
        GOOD: {"object_lock": LOCKED},
        BAD: {"object_lock": UNLOCKED, "deletion": NO_RULE},
        OPEN: {"object_lock": BLIND, "deletion": NO_RULE},
    },
    "validation": {GOOD: {}, BAD: {"validated": False}, OPEN: {}},
}
MIX = st.fixed_dictionaries({side: st.sampled_from((GOOD, BAD, OPEN)) for side in SIDES})


def look(*trails: AuditTrail, **parameters: Any) -> Judgement:
    policy = Policy(parameters={"logging.audit_trail": Parameters(**parameters)})
    judgement = judge(catalogue()["logging.audit_trail"], logging(*trails), policy, NOW)
    assert judgement is not None
    return judgement


def mixed(sides: dict[str, str]) -> AuditTrail:
    overrides: dict[str, Any] = {}
    for side, state in sides.items():
        overrides |= SIDES[side][state]
    return trail(**overrides)


def of_one(sides: dict[str, str]) -> Verdict:
    """Kleene's AND over the sides of one trail; validation is told with the trail and never open."""
    states = {state for side, state in sides.items() if not (side == "validation" and state == OPEN)}
    if BAD in states:
        return Verdict.FAIL
    return Verdict.UNKNOWN if OPEN in states else Verdict.PASS


@pytest.mark.parametrize("states", tuple(itertools.product((GOOD, BAD, OPEN), repeat=len(SIDES))))
def test_one_trail_is_as_good_as_its_worst_side(states: tuple[str, ...]) -> None:
    sides = dict(zip(SIDES, states, strict=True))
    assert look(mixed(sides)).verdict is of_one(sides)


@given(st.lists(MIX, max_size=4))
def test_an_account_is_as_good_as_its_best_trail(mixes: list[dict[str, str]]) -> None:
    each = [of_one(sides) for sides in mixes]
    expected = next((verdict for verdict in (Verdict.PASS, Verdict.UNKNOWN) if verdict in each), Verdict.FAIL)
    judgement = look(*map(mixed, mixes))
    assert judgement.verdict is expected
    assert bool(judgement.unread) is (expected is Verdict.UNKNOWN)


A_DAY = {"object_lock": Known(ObjectLock(mode=LockMode.COMPLIANCE, days=1))}
GOVERNED_FOR_A_DAY = {"object_lock": Known(ObjectLock(mode=LockMode.GOVERNANCE, days=1))}
GUARDS: dict[str, tuple[dict[str, Any], str, str]] = {
    # what keeps the log; under guarded, under immutable
    "nothing": ({}, BAD, BAD),
    "compliance lock": ({"object_lock": LOCKED}, GOOD, GOOD),
    "governance lock": ({"object_lock": GOVERNED}, GOOD, BAD),
    "compliance lock of a day": (A_DAY, GOOD, BAD),
    "governance lock of a day": (GOVERNED_FOR_A_DAY, GOOD, BAD),
    "second factor": ({"versioning": Known(Versioning(enabled=True, mfa_delete=True))}, GOOD, GOOD),
    "second factor for versions that are not kept": (
        {"versioning": Known(Versioning(enabled=False, mfa_delete=True))},
        BAD,
        BAD,
    ),
    "a deny": ({"deletion": Known(DeletionRule(refused=True))}, GOOD, BAD),
    "a deny that stays": ({"deletion": Known(DeletionRule(refused=True, liftable=False))}, GOOD, BAD),
    "lock unread": ({"object_lock": BLIND}, OPEN, OPEN),
    "policy unread": ({"deletion": BLIND}, OPEN, BAD),
    "versioning unread": ({"versioning": BLIND}, OPEN, OPEN),
    "owner unread": ({"own_bucket": BLIND}, OPEN, OPEN),
    "policy unread beside a lock": ({"deletion": BLIND, "object_lock": LOCKED}, GOOD, GOOD),
    "lock unread beside a deny": (
        {"object_lock": BLIND, "deletion": Known(DeletionRule(refused=True))},
        GOOD,
        OPEN,
    ),
}
VERDICTS = {GOOD: Verdict.PASS, BAD: Verdict.FAIL, OPEN: Verdict.UNKNOWN}


@pytest.mark.parametrize("name", GUARDS)
def test_what_keeps_the_log_from_deletion(name: str) -> None:
    guard, guarded, immutable = GUARDS[name]
    unlocked = {"object_lock": UNLOCKED, "deletion": NO_RULE, "versioning": VERSIONED}
    one = trail(**(unlocked | guard))
    assert look(one).verdict is VERDICTS[guarded]
    assert look(one, log_protection=Protection.IMMUTABLE).verdict is VERDICTS[immutable]
    assert look(one, log_protection=Protection.NONE).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("guards", "notes"),
    [
        ({"object_lock": GOVERNED}, ("object_lock_can_be_bypassed",)),
        (
            {"object_lock": GOVERNED, "deletion": Known(DeletionRule(refused=True))},
            ("deletion_rule_can_be_lifted", "object_lock_can_be_bypassed"),
        ),
        ({"object_lock": LOCKED, "deletion": Known(DeletionRule(refused=True))}, ()),
        (A_DAY, ("object_lock_ends_early",)),
        (GOVERNED_FOR_A_DAY, ("object_lock_can_be_bypassed", "object_lock_ends_early")),
        ({**A_DAY, "versioning": Known(Versioning(enabled=True, mfa_delete=True))}, ()),
    ],
)
def test_a_weak_guard_is_told_where_no_strong_one_stands_beside_it(
    guards: dict[str, Any], notes: tuple[str, ...]
) -> None:
    assert look(trail(**({"object_lock": UNLOCKED} | guards))).notes == notes


@pytest.mark.parametrize(("days", "long_enough"), [(1, False), (89, False), (90, True), (3650, True)])
def test_a_lock_must_last_as_long_as_the_policy_asks(days: int, *, long_enough: bool) -> None:
    one = trail(object_lock=Known(ObjectLock(mode=LockMode.COMPLIANCE, days=days)))
    assert look(one).notes == (() if long_enough else ("object_lock_ends_early",))
    immutable = look(one, log_protection=Protection.IMMUTABLE)
    assert immutable.verdict is (Verdict.PASS if long_enough else Verdict.FAIL)
    assert look(one, log_protection=Protection.IMMUTABLE, min_retention=timedelta(days=days)).verdict is Verdict.PASS


def test_a_bucket_of_another_account_is_trusted_by_name_alone() -> None:
    one = trail(**IN_ANOTHER_ACCOUNT)
    assert look(one).verdict is Verdict.UNKNOWN
    assert look(one, trusted_buckets=("other-*",)).verdict is Verdict.UNKNOWN
    vouched = look(one, trusted_buckets=("archive-*",))
    assert (vouched.verdict, vouched.notes) == (Verdict.PASS, ("log_bucket_vouched_for",))
    # Vouching for a name says nothing of a bucket of one's own.
    own = trail(object_lock=UNLOCKED)
    assert look(own, trusted_buckets=("*",)).verdict is Verdict.FAIL


def test_a_bucket_that_is_not_there_fails_whoever_vouches_for_it() -> None:
    gone = {"log_bucket": Known(None), "own_bucket": Known(value=False)}
    facts = dict.fromkeys(("versioning", "object_lock", "deletion"), NotNeeded("bucket_does_not_exist"))
    judgement = look(trail(**gone, **facts), trusted_buckets=("*",))
    assert judgement.verdict is Verdict.FAIL
    assert judgement.evidence[0].data["problems"] == ["bucket_does_not_exist"]


def test_a_public_grant_that_a_switch_silences_opens_nothing() -> None:
    grant = policy_grant(effective=Known(value=False), blocked_by=("bucket RestrictPublicBuckets",))
    silenced = msgspec.structs.replace(LOG_BUCKET, policy_grants=Known((grant,)), policy_silenced=RESTRICTED)
    assert look(trail(log_bucket=Known(silenced))).verdict is Verdict.PASS
    unseen = msgspec.structs.replace(LOG_BUCKET, acl_grants=BLIND, acl_silenced=IGNORED)
    assert look(trail(log_bucket=Known(unseen))).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("overrides", "severity"),
    [
        ({"validated": False}, Severity.MEDIUM),
        ({"object_lock": UNLOCKED}, Severity.MEDIUM),
        ({"recording": Known(Recording(on=True, digest_error="AccessDenied"))}, Severity.MEDIUM),
        ({"events": Known(ManagementEvents(read=True, write=True, left_out=("kms.amazonaws.com",)))}, Severity.MEDIUM),
        ({"recording": Known(Recording(on=True, delivery_error="AccessDenied"))}, Severity.HIGH),
        ({"multi_region": False}, Severity.HIGH),
        ({"log_bucket": Known(PUBLIC)}, Severity.HIGH),
        ({"validated": False, "global_services": False}, Severity.HIGH),
    ],
)
def test_the_severity_follows_the_best_trail(overrides: dict[str, Any], severity: Severity) -> None:
    judgement = look(trail(**overrides))
    assert (judgement.verdict, judgement.severity) == (Verdict.FAIL, severity)
    stopped = trail(recording=Known(Recording(on=False)))
    assert look(stopped, trail(**overrides)).severity is severity


def test_no_trail_at_all_is_the_worst() -> None:
    judgement = look()
    assert (judgement.verdict, judgement.severity) == (Verdict.FAIL, Severity.HIGH)


def test_evidence_names_each_trail_and_what_is_wrong_with_it_the_best_first() -> None:
    worse = trail(uid="worse", validated=False, recording=Known(Recording(on=False)))
    better = trail(uid="better", recording=Known(Recording(on=True, delivery_error="KeyDisabled")))
    judgement = look(worse, better)
    assert [(one.data["trail"], one.data["problems"]) for one in judgement.evidence] == [
        ("better", ["delivery_fails"]),
        ("worse", ["log_files_not_validated", "not_recording"]),
    ]
    assert judgement.evidence[0].data["seen"] == {"delivery_fails": "KeyDisabled"}


def test_a_pass_names_the_trail_that_does_it() -> None:
    judgement = look(trail(uid="bad", validated=False), trail(uid="good"))
    (evidence,) = judgement.evidence
    assert (evidence.violates, evidence.data["trail"]) == (False, "good")


def test_what_is_unread_in_a_trail_that_fails_anyway_is_not_asked_for() -> None:
    judgement = look(trail(recording=BLIND, validated=False), trail(uid="open", events=BLIND))
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.unread == (BLIND,)
    assert all(isinstance(one, Unread) for one in judgement.unread)
