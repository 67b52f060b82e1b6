"""Accepted risks over time: what they silence, what the SIEM is told of them, and that they end by themselves."""

from __future__ import annotations

from datetime import timedelta

from collectors.model import Known
from daemon.exceptions import Exceptions
from daemon.model import Cause, FindingStatus, TransitionKind
from tests.fakes.posture import (
    DENIED,
    DETECTORS,
    GRANTED,
    OFF,
    SCOPE,
    START,
    VERSIONED,
    World,
    bucket,
    grant,
    judging,
    rule,
    uid,
)

WWW = rule("arn:aws:s3:::www-*", VERSIONED.uid, START + timedelta(minutes=12))
QUIET = [one for one in DETECTORS if one.uid != "coverage.unread_scope"]


def test_what_is_accepted_before_it_is_seen_tells_nobody_and_is_counted(world: World) -> None:
    world.judging = judging(WWW)
    told = world.read(bucket("www-a", versioning=OFF), bucket("b", versioning=OFF))
    assert [one.judgement.resource.name for one in told] == ["b"]
    assert world.counts("excepted") == {VERSIONED.uid: 1}
    assert world.counts("fail") == {VERSIONED.uid: 1}
    finding = world.finding("www-a")
    assert finding is not None
    assert (finding.status, finding.drift) == (FindingStatus.EXCEPTED, None)
    assert finding.exception == "agreed (web@example.com, until 2026-03-01)"


def test_it_is_a_finding_again_by_itself_when_it_expires(world: World) -> None:
    world.judging = judging(WWW)
    found = bucket("www-a", versioning=OFF)
    world.read(found)
    assert world.runner.next_due() == WWW.expires
    assert not world.later(found, minutes=11)
    world.clock.forward(minutes=1)
    (told,) = world.runner.judge_due(world.clock.now, world.judging)
    assert (told.kind, told.cause, told.changes) == (TransitionKind.OPENED, Cause.EXCEPTION_ENDED, ())
    assert (world.counts("fail"), world.counts("excepted")) == ({VERSIONED.uid: 1}, {})
    finding = world.finding("www-a")
    assert finding is not None
    assert (finding.exception, finding.first_seen) == ("", START)
    assert not world.read(found)


def test_a_pass_after_the_expiry_opens_it_too(world: World) -> None:
    world.judging = judging(WWW)
    world.read(bucket("www-a", versioning=OFF))
    (told,) = world.later(bucket("www-a", versioning=OFF), minutes=12)
    assert told.cause is Cause.EXCEPTION_ENDED


def test_accepting_an_open_finding_tells_the_siem_and_moves_the_count(world: World) -> None:
    world.read(bucket("www-a", versioning=OFF))
    (told,) = world.runner.rejudge(judging(WWW))
    assert (told.kind, told.cause) == (TransitionKind.UPDATED, Cause.EXCEPTION_ADDED)
    assert (world.counts("fail"), world.counts("excepted")) == ({}, {VERSIONED.uid: 1})
    assert not world.runner.rejudge(judging(WWW))
    (told,) = world.runner.rejudge(judging())
    assert (told.kind, told.cause) == (TransitionKind.OPENED, Cause.EXCEPTION_ENDED)


def test_another_rule_in_its_place_changes_only_who_accepted_it(world: World) -> None:
    world.judging = judging(WWW)
    world.read(bucket("www-a", versioning=OFF))
    longer = judging(WWW, rule(owner="ciso@example.com"))
    assert not world.runner.rejudge(longer)
    finding = world.finding("www-a")
    assert finding is not None
    assert "ciso@example.com" in finding.exception
    # The first one ends, the other goes on.
    assert not world.later(bucket("www-a", versioning=OFF), minutes=20, judging=longer)


def test_what_changes_while_it_is_accepted_tells_nobody(world: World) -> None:
    world.judging = judging(rule(detector=GRANTED.uid))
    world.read(bucket("a", policy_grants=Known((grant("x"),))))
    assert not world.later(bucket("a", policy_grants=Known((grant("x"), grant("y")))))
    assert not world.later(bucket("a"))
    finding = world.finding("a", GRANTED.uid)
    assert finding is not None
    assert finding.status is FindingStatus.RESOLVED
    assert not world.later(bucket("a", policy_grants=Known((grant("x"),))))
    assert not world.later(bucket("a"))


def test_the_end_of_a_told_finding_is_told_though_it_was_accepted_meanwhile(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    world.judging = judging(rule())
    world.runner.rejudge(world.judging)
    (told,) = world.later(bucket("a"))
    assert told.kind is TransitionKind.RESOLVED
    # It was told to be over: that it stands again, accepted, and is over again is nobody's news.
    assert not world.later(bucket("a", versioning=OFF))
    assert not world.later(bucket("a"))


def test_an_accepted_violation_that_can_no_longer_be_read_stays_accepted_and_still_expires(world: World) -> None:
    world.judging = judging(WWW, detectors=QUIET)
    world.read(bucket("www-a", versioning=OFF))
    assert not world.later(bucket("www-a", versioning=DENIED))
    assert (world.counts("excepted"), world.counts("unknown")) == ({VERSIONED.uid: 1}, {})
    (told,) = world.later(bucket("www-a", versioning=DENIED), minutes=10)
    assert (told.kind, told.cause) == (TransitionKind.OPENED, Cause.EXCEPTION_ENDED)
    finding = world.finding("www-a")
    assert finding is not None
    assert (finding.status, finding.stale) == (FindingStatus.OPEN, True)


def test_a_pass_hands_on_which_rule_covers_what_now_and_again(world: World) -> None:
    world.judging = judging(WWW)
    for _ in range(2):
        shown: dict[str, object] = {}
        world.runner.run(
            SCOPE,
            [bucket("www-a", versioning=OFF), bucket("b", versioning=OFF)],
            world.judging,
            lambda judgement, rule, shown=shown: shown.update({f"{judgement.detector} {judgement.resource.uid}": rule}),
        )
        assert shown[f"{VERSIONED.uid} {uid('www-a')}"] == WWW
        assert shown[f"{VERSIONED.uid} {uid('b')}"] is None
        assert len(shown) == 7


def test_each_rule_lists_what_it_matches_in_the_state(world: World) -> None:
    world.read(bucket("www-a", versioning=OFF), bucket("b", versioning=OFF), bucket("www-c"))
    unused, past = rule("nothing"), rule("*", VERSIONED.uid, START - timedelta(days=1))
    matched = Exceptions([WWW, unused, past]).matches(world.state, world.clock.now)
    assert [(one.rule, one.expired, one.findings) for one in matched] == [
        (WWW, False, ((uid("www-a"), VERSIONED.uid),)),
        (unused, False, ()),
        (past, True, ((uid("b"), VERSIONED.uid), (uid("www-a"), VERSIONED.uid))),
    ]
