from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from collectors.model import Bucket, Known, Reading, ReadScope, Snapshot
from daemon.exceptions import ExceptionRule
from daemon.runtime.completeness import COVERAGE, Completeness
from tests.fakes.posture import (
    DENIED,
    EXPIRED,
    GRANTED,
    LIST_DENIED,
    OFF,
    SCOPE,
    START,
    VERSIONED,
    bucket,
    grant,
    judging,
    rule,
)

FACTS_READ = Snapshot(scope=SCOPE, complete=True, resources=1, known=1, asked=1)


def incomplete(
    *buckets: Bucket,
    detectors: Sequence[str] = (),
    rules: Sequence[ExceptionRule] = (),
    snapshot: Snapshot = FACTS_READ,
) -> bool:
    """Scan these buckets as :class:`daemon.runtime.scan.Scan` tells it, and ask."""
    judged_by = judging(*rules)
    completeness = Completeness(judged_by, detectors)
    for one in buckets:
        completeness.read(one)
    for one in buckets:
        for detector in judged_by.for_kind(Bucket):
            judgement = judged_by.judge(detector, one, START)
            if judgement is not None:
                completeness.judged(judgement, judged_by.exceptions.match(judgement, START))
    return completeness.incomplete([snapshot])


def test_all_read_is_complete() -> None:
    assert not incomplete(bucket("a"), bucket("b", versioning=OFF))


@pytest.mark.parametrize("fact", ["versioning", "policy_grants", "access_logging", "places"])
def test_any_fact_that_could_not_be_read_counts(fact: str) -> None:
    assert incomplete(bucket("a", **{fact: DENIED}))


def test_a_source_that_is_missing_beside_a_proof_counts() -> None:
    assert incomplete(bucket("a", policy_grants=Known((grant("x"),)), acl_grants=DENIED))


def test_something_unread_inside_a_fact_counts() -> None:
    undecided = msgspec.structs.replace(grant("x"), effective=DENIED)
    assert incomplete(bucket("a", policy_grants=Known((undecided,))))


def test_with_detectors_only_what_they_depend_on_counts() -> None:
    one = bucket("a", versioning=DENIED)
    assert incomplete(one, detectors=[VERSIONED.uid])
    assert incomplete(one, detectors=[VERSIONED.uid, GRANTED.uid])
    assert not incomplete(one, detectors=[GRANTED.uid, EXPIRED.uid])


def test_a_fact_counts_unless_exceptions_cover_all_that_depends_on_it() -> None:
    one = bucket("a", versioning=DENIED)
    assert not incomplete(one, rules=[rule("*:a", VERSIONED.uid)])
    assert incomplete(one, rules=[rule("*:b", VERSIONED.uid)])
    assert incomplete(one, rules=[rule("*:a", GRANTED.uid)])
    assert incomplete(one, bucket("b", versioning=DENIED), rules=[rule("*:a", VERSIONED.uid)])


def test_a_fact_that_no_judgement_depends_on_counts_all_the_same() -> None:
    assert incomplete(bucket("a", access_logging=DENIED), rules=[rule("*", "storage.*")])


LISTING_FAILED = Snapshot(scope=SCOPE, complete=False, resources=0, known=0, asked=0, unread=(LIST_DENIED,))


def test_a_listing_that_is_not_whole_counts_whatever_was_asked_for() -> None:
    assert incomplete(snapshot=LISTING_FAILED)
    assert incomplete(bucket("a"), detectors=[VERSIONED.uid], snapshot=LISTING_FAILED)


def _coverage_judged(*rules: ExceptionRule, detectors: Sequence[str] = ()) -> bool:
    """Judge a scope whose listing failed, then ask."""
    judged_by = judging(*rules)
    completeness = Completeness(judged_by, detectors)
    [detector] = judged_by.for_kind(ReadScope)
    scope = ReadScope(
        uid=f"cspmd:{SCOPE.key}",
        name=SCOPE.key,
        provider=SCOPE.provider,
        account=SCOPE.account,
        collector=Known(SCOPE.collector),
        reading=Known(Reading(complete=False, unread=(LIST_DENIED,))),
    )
    judgement = judged_by.judge(detector, scope, START)
    assert judgement is not None
    completeness.judged(judgement, judged_by.exceptions.match(judgement, START))
    return completeness.incomplete([LISTING_FAILED])


def test_a_scope_that_nobody_expects_to_read_can_be_excepted() -> None:
    assert _coverage_judged()
    assert _coverage_judged(detectors=[COVERAGE])
    assert not _coverage_judged(rule("cspmd:*", COVERAGE))
