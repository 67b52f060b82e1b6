"""What a change in the cloud is called, what it says of before and after, and what it never says."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from collectors.model import Actor, Known, NotNeeded, Unread, UnreadReason, Versioning
from daemon.model import Cause, FindingStatus, FindPath, Transition, TransitionKind
from detectors.model import Policy, Residency, Severity, Verdict
from tests.fakes.posture import (
    DENIED,
    DETECTORS,
    EXPIRED,
    GRANTED,
    LIST_DENIED,
    NEVER_ON,
    OFF,
    ON,
    RESIDENT,
    SCOPE,
    START,
    VERSIONED,
    World,
    bucket,
    grant,
    judging,
    uid,
)

OPENED, REGRESSED, UPDATED, RESOLVED = (
    TransitionKind.OPENED,
    TransitionKind.REGRESSED,
    TransitionKind.UPDATED,
    TransitionKind.RESOLVED,
)


def said(told: list[Transition]) -> list[tuple[str, TransitionKind, Cause]]:
    return [(one.judgement.detector, one.kind, one.cause) for one in told]


def of(told: list[Transition], detector: str) -> Transition:
    (one,) = [one for one in told if one.judgement.detector == detector]
    return one


def test_a_violation_seen_at_first_sight_opens(world: World) -> None:
    told = world.read(bucket("a", versioning=OFF), bucket("b"))
    assert said(told) == [(VERSIONED.uid, OPENED, Cause.RESOURCE_NEW)]
    (one,) = told
    assert one.judgement.resource.uid == uid("a")
    assert (one.at, one.first_seen, one.changes, one.previous_severity) == (START, START, (), None)
    finding = world.finding("a")
    assert finding is not None
    assert (finding.status, finding.target, finding.drift, finding.first_seen, finding.since) == (
        FindingStatus.OPEN,
        "prod",
        OPENED,
        START,
        START,
    )
    assert world.finding("b") is None


def test_a_violation_where_none_was_regresses_with_before_and_after(world: World) -> None:
    world.read(bucket("a"))
    told = world.later(bucket("a", versioning=OFF))
    assert said(told) == [(VERSIONED.uid, REGRESSED, Cause.CONFIGURATION)]
    (change,) = told[0].changes
    assert (change.fact, change.before, change.after) == (
        "versioning",
        {"enabled": True, "state": "Enabled"},
        {"enabled": False, "state": "Suspended"},
    )


def test_mending_it_resolves_with_before_and_after(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    (told,) = world.later(bucket("a"))
    assert (told.kind, told.cause, told.previous_severity) == (RESOLVED, Cause.CONFIGURATION, Severity.MEDIUM)
    assert told.judgement.verdict is Verdict.PASS
    assert [(change.before["enabled"], change.after["enabled"]) for change in told.changes] == [(False, True)]
    finding = world.finding("a")
    assert finding is not None
    assert (finding.status, finding.resolved_at, finding.last_seen) == (
        FindingStatus.RESOLVED,
        world.clock.now,
        START,
    )
    assert finding.judgement.verdict is Verdict.FAIL


def test_it_regresses_again_after_it_was_resolved_and_keeps_when_it_was_first_seen(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    world.later(bucket("a"))
    (told,) = world.later(bucket("a", versioning=OFF))
    assert (told.kind, told.first_seen) == (REGRESSED, START)
    finding = world.finding("a")
    assert finding is not None
    assert (finding.first_seen, finding.since, finding.resolved_at) == (START, world.clock.now, None)


def test_another_violation_of_the_same_rule_updates(world: World) -> None:
    world.read(bucket("a", policy_grants=Known((grant("*"),))))
    (told,) = world.later(
        bucket("a", policy_grants=Known((grant("*"),)), acl_grants=Known((grant("everyone", "ACL"),)))
    )
    assert (told.kind, told.cause) == (UPDATED, Cause.CONFIGURATION)
    assert (told.previous_severity, told.judgement.severity) == (Severity.MEDIUM, Severity.HIGH)
    assert [change.fact for change in told.changes] == ["acl_grants"]
    assert told.changes[0].before == []


def test_what_does_not_touch_the_violation_tells_nothing(world: World) -> None:
    world.read(bucket("a", versioning=OFF, policy_grants=Known((grant("x"), grant("y")))))
    assert not world.later(bucket("a", versioning=OFF, policy_grants=Known((grant("y"), grant("x")))))
    assert not world.later(
        bucket("a", versioning=OFF, policy_grants=Known((grant("y"), grant("x"))), tags=Known({"a": "b"}))
    )


def test_nothing_happens_when_nothing_happens(world: World) -> None:
    found = [bucket("a", versioning=OFF), bucket("b")]
    world.read(*found)
    assert not world.later(*found)
    assert len(world.queued()) == 1


def test_a_read_that_fails_neither_opens_nor_resolves(world: World) -> None:
    world.read(bucket("bad", versioning=OFF), bucket("good"))
    told = world.later(bucket("bad", versioning=DENIED), bucket("good", versioning=DENIED))
    assert said(told) == [("coverage.unread_scope", REGRESSED, Cause.CONFIGURATION)]
    finding = world.finding("bad")
    assert finding is not None
    assert (finding.status, finding.stale, finding.last_seen) == (FindingStatus.OPEN, True, START)
    assert finding.judgement.evidence[0].data == {"state": "Suspended"}
    assert world.finding("good") is None
    assert world.counts("fail")[VERSIONED.uid] == 1
    assert world.counts("unknown") == {VERSIONED.uid: 1}


def test_a_violation_that_is_read_again_unchanged_is_fresh_again_and_tells_nothing(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    world.later(bucket("a", versioning=DENIED))
    told = world.later(bucket("a", versioning=OFF))
    assert said(told) == [("coverage.unread_scope", RESOLVED, Cause.CONFIGURATION)]
    finding = world.finding("a")
    assert finding is not None
    assert (finding.stale, finding.last_seen, finding.since) == (False, world.clock.now, START)


def test_a_violation_found_mended_after_a_gap_resolves_with_the_last_known_values(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    world.later(bucket("a", versioning=DENIED))
    world.later(bucket("a", versioning=DENIED, tags=Known({"x": "y"})))
    told = of(world.later(bucket("a")), VERSIONED.uid)
    assert (told.kind, told.cause) == (RESOLVED, Cause.CONFIGURATION)
    assert [(change.before, change.after) for change in told.changes] == [
        ({"enabled": False, "state": "Suspended"}, {"enabled": True, "state": "Enabled"})
    ]


def test_a_violation_behind_a_gap_regresses_with_the_last_known_values(world: World) -> None:
    world.read(bucket("a"))
    world.later(bucket("a", versioning=DENIED))
    told = of(world.later(bucket("a", versioning=OFF)), VERSIONED.uid)
    assert (told.kind, told.cause) == (REGRESSED, Cause.CONFIGURATION)
    assert [(change.before["enabled"], change.after["enabled"]) for change in told.changes] == [(True, False)]


def test_what_changed_within_the_gap_is_compared_with_the_last_verdict(world: World) -> None:
    world.read(bucket("a"))
    # The policy opens while the ACL is unread; nothing of it is effective yet, so all stays unknown.
    half = msgspec.structs.replace(grant("*"), effective=DENIED)
    world.later(bucket("a", acl_grants=DENIED, policy_grants=Known((half,))))
    told = of(world.later(bucket("a", policy_grants=Known((grant("*"),)))), GRANTED.uid)
    assert told.kind is REGRESSED
    assert [(change.fact, change.before) for change in told.changes] == [("policy_grants", [])]


def test_a_violation_never_decided_before_opens(world: World) -> None:
    world.read(bucket("a", versioning=DENIED))
    told = of(world.later(bucket("a", versioning=OFF)), VERSIONED.uid)
    assert (told.kind, told.cause) == (OPENED, Cause.CONFIGURATION)
    assert told.changes[0].before["fact"] == "unread"


def test_a_source_that_turns_unreadable_takes_no_evidence_away(world: World) -> None:
    both = {"policy_grants": Known((grant("*"),)), "acl_grants": Known((grant("everyone", "ACL"),))}
    world.read(bucket("a", **both))
    told = world.later(bucket("a", **(both | {"acl_grants": DENIED})))
    assert said(told) == [("coverage.unread_scope", REGRESSED, Cause.CONFIGURATION)]
    finding = world.finding("a", GRANTED.uid)
    assert finding is not None
    assert (finding.stale, finding.judgement.severity) == (True, Severity.HIGH)
    assert [one.name for one in finding.judgement.evidence] == ["policy_grants", "acl_grants"]
    # The source that can be read is believed at once, and the one that cannot still counts.
    told = world.later(bucket("a", policy_grants=Known((grant("*"), grant("more"))), acl_grants=DENIED))
    assert said(told) == [(GRANTED.uid, UPDATED, Cause.CONFIGURATION)]
    assert len(told[0].judgement.evidence) == 3
    told = world.later(bucket("a", policy_grants=Known((grant("*"), grant("more")))))
    assert (GRANTED.uid, UPDATED, Cause.CONFIGURATION) in said(told)
    assert [(one.fact, one.after) for one in of(told, GRANTED.uid).changes] == [("acl_grants", [])]


def test_a_resource_gone_from_a_whole_listing_resolves(world: World) -> None:
    world.read(bucket("a", versioning=OFF), bucket("b"))
    (told,) = world.later(bucket("b"))
    assert (told.kind, told.cause, told.judgement.verdict) == (RESOLVED, Cause.RESOURCE_GONE, Verdict.FAIL)
    assert {one.kind: one.count for one in world.state.resource_counts()} == {"bucket": 1}
    assert {one.detector: one.count for one in world.state.judgement_counts()}[VERSIONED.uid] == 1


def test_a_resource_missing_from_a_broken_listing_is_not_gone(world: World) -> None:
    world.read(bucket("a", versioning=OFF), bucket("b"))
    told = world.later(bucket("b"), LIST_DENIED)
    assert said(told) == [("coverage.unread_scope", REGRESSED, Cause.CONFIGURATION)]
    told = world.later(LIST_DENIED)
    assert not told
    assert {one.kind: one.count for one in world.state.resource_counts()} == {"bucket": 2}
    assert world.counts("fail")[VERSIONED.uid] == 1


def test_what_a_broken_listing_does_show_counts(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    told = world.later(bucket("a"), LIST_DENIED)
    assert (VERSIONED.uid, RESOLVED, Cause.CONFIGURATION) in said(told)


def test_a_resource_that_comes_back_violating_regresses(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    world.later()
    (told,) = world.later(bucket("a", versioning=OFF))
    assert (told.kind, told.cause, told.changes) == (REGRESSED, Cause.RESOURCE_NEW, ())


def test_a_stale_violation_whose_resource_is_gone_resolves(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    world.later(bucket("a", versioning=DENIED))
    told = of(world.later(), VERSIONED.uid)
    assert (told.kind, told.cause) == (RESOLVED, Cause.RESOURCE_GONE)


def test_a_read_that_was_saved_shows_as_such(world: World) -> None:
    world.read(bucket("a", acl_grants=NotNeeded("acl_hidden")))
    told = of(world.later(bucket("a", acl_grants=Known((grant("everyone"),)))), GRANTED.uid)
    assert told.kind is REGRESSED
    assert told.changes[0].before == {"fact": "not_needed", "because": "acl_hidden"}


def test_a_fact_of_one_kind_of_off_to_another_updates(world: World) -> None:
    world.read(bucket("a", versioning=NEVER_ON))
    (told,) = world.later(bucket("a", versioning=OFF))
    assert (told.kind, told.changes[0].before, told.changes[0].after) == (
        UPDATED,
        {"enabled": False},
        {"enabled": False, "state": "Suspended"},
    )


def test_the_scope_itself_is_judged_and_drifts(world: World) -> None:
    world.read(bucket("a"))
    (told,) = world.later(bucket("a"), LIST_DENIED)
    assert told.judgement.resource.uid == f"cspmd:{SCOPE.key}"
    assert (told.kind, told.judgement.severity, told.judgement.account) == (REGRESSED, Severity.HIGH, SCOPE.account)
    throttled = Unread(reason=UnreadReason.THROTTLED, operation="s3:ListBuckets")
    (told,) = world.later(bucket("a"), LIST_DENIED, throttled)
    assert told.kind is UPDATED
    # The order in which failures come is no change.
    assert not world.later(throttled, bucket("a"), LIST_DENIED)
    (told,) = world.later(bucket("a"))
    assert told.kind is RESOLVED


def test_a_stricter_policy_judges_again_without_a_read(world: World) -> None:
    world.read(bucket("a"))
    strict = judging(policy=Policy(residency=Residency(default=("aws:eu-west-1",))))
    world.clock.forward(minutes=1)
    told = list(world.runner.rejudge(strict))
    assert said(told) == [(RESIDENT.uid, OPENED, Cause.POLICY)]
    assert not world.runner.rejudge(strict)
    wider = judging(policy=Policy(residency=Residency(default=("aws:eu-west-1", "aws:eu-central-1"))))
    assert said(list(world.runner.rejudge(wider))) == [(RESIDENT.uid, RESOLVED, Cause.POLICY)]
    assert said(list(world.runner.rejudge(strict))) == [(RESIDENT.uid, REGRESSED, Cause.POLICY)]
    # A rule that is not configured any more judges nothing.
    assert said(list(world.runner.rejudge(judging()))) == [(RESIDENT.uid, RESOLVED, Cause.POLICY)]
    assert RESIDENT.uid not in {one.detector for one in world.state.judgement_counts()}


def test_a_pass_under_a_new_policy_tells_the_policy_from_the_change(world: World) -> None:
    world.read(bucket("a"), bucket("b"))
    strict = judging(policy=Policy(residency=Residency(default=("aws:eu-central-1",))))
    told = world.later(bucket("a"), bucket("b", places=Known(("aws:us-east-1",))), judging=strict)
    assert said(told) == [(RESIDENT.uid, OPENED, Cause.CONFIGURATION)]


def test_a_detector_switched_off_ends_its_findings_and_on_again_opens_them(world: World) -> None:
    world.read(bucket("a", versioning=OFF, policy_grants=Known((grant("*"),))))
    fewer = judging(detectors=[one for one in DETECTORS if one is not VERSIONED])
    told = list(world.runner.rejudge(fewer))
    assert said(told) == [(VERSIONED.uid, RESOLVED, Cause.DETECTOR)]
    assert VERSIONED.uid not in {one.detector for one in world.state.judgement_counts()}
    assert world.counts("fail") == {GRANTED.uid: 1}
    assert said(list(world.runner.rejudge(judging()))) == [(VERSIONED.uid, OPENED, Cause.DETECTOR)]


def test_another_severity_updates(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    told = list(world.runner.rejudge(judging(severities={VERSIONED.uid: Severity.CRITICAL})))
    assert said(told) == [(VERSIONED.uid, UPDATED, Cause.DETECTOR)]
    assert (told[0].previous_severity, told[0].judgement.severity) == (Severity.MEDIUM, Severity.CRITICAL)
    assert [one.severity for one in world.state.finding_counts()] == ["critical"]


def test_time_alone_opens_and_a_pass_and_a_due_look_agree(world: World) -> None:
    expires = START + timedelta(minutes=7)
    found = bucket("a", tags=Known({"expires": expires.isoformat()}))
    world.read(found)
    assert world.runner.next_due() == expires
    assert not world.later(found)
    assert not world.runner.judge_due(world.clock.now, world.judging)
    world.clock.forward(minutes=5)
    told = list(world.runner.judge_due(world.clock.now, world.judging))
    assert said(told) == [(EXPIRED.uid, REGRESSED, Cause.TIME)]
    assert not world.runner.judge_due(world.clock.now, world.judging)
    assert not world.read(found)
    assert world.runner.next_due() is None


def test_a_pass_notices_by_itself_what_time_has_made_due(world: World) -> None:
    found = bucket("a", tags=Known({"expires": (START + timedelta(minutes=7)).isoformat()}))
    world.read(found)
    assert said(world.later(found, minutes=10)) == [(EXPIRED.uid, REGRESSED, Cause.TIME)]


def test_a_read_of_one_resource_tells_at_once_who_did_it(world: World) -> None:
    world.read(bucket("a"), bucket("b"))
    who = Actor(user_name="mallory", ip="198.51.100.7", operation="PutBucketVersioning")
    world.clock.forward(seconds=20)
    (told,) = world.runner.refresh(SCOPE, uid("a"), bucket("a", versioning=OFF), world.judging, actor=who)
    assert (told.kind, told.path, told.actor) == (REGRESSED, FindPath.EVENT, who)
    finding = world.finding("a")
    assert finding is not None
    assert finding.actor == who
    assert not world.runner.refresh(SCOPE, uid("a"), bucket("a", versioning=OFF), world.judging, actor=who)
    (told,) = world.later(bucket("a"), bucket("b"))
    assert (told.kind, told.actor) == (RESOLVED, None)


def test_a_read_of_one_resource_that_fails_changes_nothing_and_a_denial_of_existence_ends_it(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    assert not world.runner.refresh(SCOPE, uid("a"), DENIED, world.judging)
    assert world.counts("fail") == {VERSIONED.uid: 1}
    (told,) = world.runner.refresh(SCOPE, uid("a"), None, world.judging)
    assert (told.kind, told.cause) == (RESOLVED, Cause.RESOURCE_GONE)
    assert not world.runner.refresh(SCOPE, uid("a"), None, world.judging)


def test_a_resource_first_seen_through_an_event_is_new(world: World) -> None:
    world.read()
    (told,) = world.runner.refresh(SCOPE, uid("n"), bucket("n", versioning=OFF), world.judging)
    assert (told.kind, told.cause) == (OPENED, Cause.RESOURCE_NEW)
    assert not world.later(bucket("n", versioning=OFF))


@pytest.mark.parametrize("gone", [True, False])
def test_a_refresh_while_a_pass_runs_is_not_overwritten_by_what_the_pass_read_before(
    world: World, *, gone: bool
) -> None:
    world.read(bucket("a"), bucket("b"))
    world.clock.forward(minutes=5)

    def slow() -> object:
        yield bucket("a")
        yield bucket("b")
        world.clock.forward(seconds=10)
        found = None if gone else bucket("a", versioning=OFF)
        world.runner.refresh(SCOPE, uid("a"), found, world.judging)

    world.runner.run(SCOPE, slow(), world.judging)
    names = {one.resource_uid for one in _resources(world)}
    assert (uid("a") in names) is not gone
    assert world.counts("fail") == ({} if gone else {VERSIONED.uid: 1})


def test_a_resource_made_while_a_pass_runs_is_not_taken_for_gone(world: World) -> None:
    world.read(bucket("b"))
    world.clock.forward(minutes=5)

    def slow() -> object:
        yield bucket("b")
        world.clock.forward(seconds=10)
        world.runner.refresh(SCOPE, uid("n"), bucket("n", versioning=OFF), world.judging)

    world.runner.run(SCOPE, slow(), world.judging)
    assert world.counts("fail") == {VERSIONED.uid: 1}


def test_a_transition_bears_the_same_uid_whenever_it_is_made(world: World) -> None:
    first = world.read(bucket("a", versioning=OFF))
    world.later(bucket("a"))
    again = world.later(bucket("a", versioning=OFF))
    world.later(bucket("a"))
    third = world.later(bucket("a", versioning=OFF))
    assert len({one.uid for one in (*first, *again, *third)}) == 3
    assert {finding for _, finding in world.publisher.findings} == {world.publisher.findings[0][1]}
    assert [item.uid for item in world.queued()] == [one.uid for one in world.told]


def test_a_versioning_fact_survives_a_program_that_knew_it_otherwise(world: World) -> None:
    """A stored body without a fact that is new in this release: before is None, it did not exist."""
    world.read(bucket("a"))
    from daemon.state import resources

    with world.state.write() as connection:
        row = resources.load(connection, [uid("a")])[uid("a")]
        body = msgspec.json.decode(row.body)
        del body["versioning"]
        resources.save(connection, [msgspec.structs.replace(row, body=msgspec.json.encode(body).decode(), hash="old")])
    (told,) = world.later(bucket("a", versioning=Known(Versioning(enabled=False))))
    assert (told.kind, told.changes[0].before, told.changes[0].after) == (REGRESSED, None, {"enabled": False})
    assert ON.value.enabled


def _resources(world: World) -> list[object]:
    from daemon.state import judgements, resources, scopes

    with world.state.read() as connection:
        found = scopes.find(connection, SCOPE.key)
        assert found is not None
        uids = resources.owned(connection, found[0])
        return [row for rows in judgements.load(connection, uids).values() for row in rows.values()]
