"""What happens to the state without a cloud being read: retired scopes, repeated posture, later attribution."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from collectors.model import Actor, Provider
from daemon.model import Cause, Dataset, FindingStatus, FindPath, TransitionKind
from daemon.state import State
from tests.fakes.posture import DENIED, LIST_DENIED, OFF, SCOPE, START, VERSIONED, World, bucket, uid

OTHER = msgspec.structs.replace(SCOPE, account="210987654321")
RENAMED = msgspec.structs.replace(SCOPE, target="production")
WHO = Actor(user_name="mallory", ip="198.51.100.7")


def test_what_is_watched_no_more_ends_out_of_scope(world: World) -> None:
    world.read(bucket("a", versioning=OFF), bucket("b"))
    world.read(bucket("c", versioning=OFF), LIST_DENIED, scope=OTHER)
    assert not world.runner.retire([SCOPE, OTHER])
    told = world.runner.retire([SCOPE])
    assert {(one.judgement.resource.uid, one.kind, one.cause) for one in told} == {
        (uid("c"), TransitionKind.RESOLVED, Cause.OUT_OF_SCOPE),
        (f"cspmd:{OTHER.key}", TransitionKind.RESOLVED, Cause.OUT_OF_SCOPE),
    }
    assert [one.scope for one in world.state.scopes()] == [SCOPE]
    assert sum(one.count for one in world.state.resource_counts()) == 2
    assert not world.runner.retire([SCOPE])
    # What is watched again was never seen mended.
    (opened,) = world.later(bucket("c", versioning=OFF), scope=OTHER)
    assert (opened.kind, opened.cause) == (TransitionKind.OPENED, Cause.RESOURCE_NEW)


def test_a_target_under_another_name_closes_nothing(world: World) -> None:
    world.read(bucket("a", versioning=OFF), bucket("b"), LIST_DENIED)
    (told,) = world.runner.retire([RENAMED])
    assert told.judgement.resource.uid == f"cspmd:{SCOPE.key}"
    finding = world.finding("a")
    assert finding is not None
    assert (finding.status, finding.target) == (FindingStatus.OPEN, "production")
    assert not world.later(bucket("a", versioning=OFF), bucket("b"), scope=RENAMED)
    (told,) = world.later(bucket("b"), scope=RENAMED)
    assert told.cause is Cause.RESOURCE_GONE


def test_two_targets_that_read_one_account_do_not_quarrel(world: World) -> None:
    world.read(bucket("a", versioning=OFF))
    assert not world.read(bucket("a"), scope=RENAMED)
    assert not world.later(bucket("a", versioning=OFF))
    assert not world.later(scope=RENAMED)
    assert not world.runner.refresh(RENAMED, uid("a"), None, world.judging)
    assert world.counts("fail") == {VERSIONED.uid: 1}


def test_that_two_targets_read_one_account_is_logged_once_a_scope(world: World) -> None:
    found = [bucket("a"), bucket("b"), bucket("c")]
    world.read(*found)
    with capture_logs() as logs:
        for _ in range(3):
            world.later(*found, scope=RENAMED)
        world.later(*found)
    [line] = logs
    assert "do two targets read one account?" in line["event"]
    assert (line["scope"], line["resources"], line["one_of_them"]) == (RENAMED.key, 3, uid("a"))
    with capture_logs() as logs:
        world.later(scope=RENAMED)
        world.later(found[0], scope=RENAMED)
    assert [line["resources"] for line in logs] == [1]


def test_posture_is_told_when_it_changes_and_again_within_a_day(state: State) -> None:
    world = World(state, wants_posture=True)
    found = [bucket(f"b{number}") for number in range(20)]
    world.read(*found)
    first = world.queued(Dataset.MISCONFIGURATION)
    assert len(first) == 20 * 3 + 1
    world.state.outbox.delivered(first)
    world.later(bucket("b0", versioning=OFF), *found[1:])
    changed = world.queued(Dataset.MISCONFIGURATION)
    assert [msgspec.json.decode(item.body)["verdict"] for item in changed] == ["FAIL"]
    world.state.outbox.delivered(world.queued())
    assert world.runner.posture_due(START + timedelta(hours=17), 1000) == 0

    waves = []
    for half_hour in range(36, 48):
        world.clock.now = START + timedelta(hours=half_hour / 2)
        waves.append(world.runner.posture_due(world.clock.now, 1000))
        world.state.outbox.delivered(world.queued())
    assert sum(waves) == 61
    assert max(waves) < 30, "they come spread, not all at once"


def test_repeated_posture_is_bounded_and_waits_for_a_sink_that_takes_none(state: State) -> None:
    world = World(state, wants_posture=True)
    world.read(*[bucket(f"b{number}") for number in range(20)])
    world.clock.forward(hours=24)
    assert world.runner.posture_due(world.clock.now, 1000) == 0
    world.state.outbox.delivered(world.queued())
    assert world.runner.posture_due(world.clock.now, 50) == 50
    assert world.runner.posture_due(world.clock.now, 50) == 11
    assert len({item.uid for item in world.queued()}) == 61


def test_posture_does_not_wait_for_a_sink_that_is_configured_no_more(state: State) -> None:
    world = World(state, wants_posture=True)
    world.publisher.sink = "given up"
    world.read(bucket("a"), bucket("b"))
    world.publisher.sink = "test"
    world.clock.forward(hours=24)
    assert world.queued_for("given up")
    assert world.runner.posture_due(world.clock.now, 1000) == 7
    assert len(world.queued_for("test")) == 7


def test_a_sink_switched_on_later_gets_all_posture(state: State) -> None:
    world = World(state)
    world.read(bucket("a"), bucket("b"))
    assert world.runner.posture_due(world.clock.now, 1000) == 0
    world.publisher.posture_sinks = (world.publisher.sink,)
    assert world.runner.posture_due(world.clock.now, 1000) == 7
    assert world.runner.posture_due(world.clock.now, 1000) == 0


def test_a_poll_s_finding_learns_later_and_once_who_did_it(world: World) -> None:
    world.read(bucket("a"))
    (found,) = world.later(bucket("a", versioning=OFF))
    world.clock.forward(minutes=8)
    told = world.runner.attribute(found.uid, WHO)
    assert told is not None
    assert (told.kind, told.path, told.actor, told.cause, told.changes) == (
        TransitionKind.UPDATED,
        FindPath.EVENT,
        WHO,
        found.cause,
        found.changes,
    )
    assert told.uid != found.uid
    finding = world.finding("a")
    assert finding is not None
    assert (finding.actor, finding.drift) == (WHO, TransitionKind.REGRESSED)
    assert world.runner.attribute(found.uid, Actor(user_name="another")) is None
    assert [one.uid for one in world.told][-1] == told.uid
    assert [one.actor for one in world.state.transitions()] == [WHO, WHO]
    (resolved,) = world.later(bucket("a"))
    assert resolved.uid not in {found.uid, told.uid}


def test_a_finding_that_moved_on_learns_it_in_its_history_only(world: World) -> None:
    (found,) = world.read(bucket("a", versioning=OFF))
    (resolved,) = world.later(bucket("a"))
    assert world.runner.attribute(found.uid, WHO) is None
    assert world.runner.attribute(resolved.uid, WHO) is None
    assert [one.actor for one in world.state.transitions()] == [WHO, WHO]
    assert len(world.queued()) == 2
    assert world.runner.attribute("nothing", WHO) is None


def test_history_is_told_oldest_first_from_any_time(world: World) -> None:
    world.read(bucket("a", versioning=OFF), bucket("b", versioning=OFF))
    world.later(bucket("a"), bucket("b"))
    history = list(world.state.transitions())
    assert {one.uid for one in history} == {one.uid for one in world.told}
    assert [one.at for one in history] == sorted(one.at for one in history)
    assert {one.uid for one in world.state.transitions(world.clock.now)} == {one.uid for one in world.told[2:]}


def test_counts_are_what_metrics_need(world: World) -> None:
    world.read(bucket("a", versioning=OFF), bucket("b", versioning=DENIED), bucket("c"))
    verdicts = {(one.detector, one.verdict): one.count for one in world.state.judgement_counts()}
    assert verdicts[VERSIONED.uid, "FAIL"] == verdicts[VERSIONED.uid, "UNKNOWN"] == verdicts[VERSIONED.uid, "PASS"] == 1
    findings = {(one.detector, one.severity, one.status): one.count for one in world.state.finding_counts()}
    assert findings == {
        (VERSIONED.uid, "medium", "fail"): 1,
        (VERSIONED.uid, "medium", "unknown"): 1,
        ("coverage.unread_scope", "medium", "fail"): 1,
    }
    assert {one.provider for one in world.state.finding_counts()} == {Provider.AWS.value}
    (status,) = world.state.scopes()
    assert status.coverage == pytest.approx((status.asked - 1) / status.asked)
    assert status.resources == 3


def test_findings_come_page_by_page_and_by_status(world: World) -> None:
    found = [bucket(f"b{number:04}", versioning=OFF) for number in range(1203)]
    world.read(*found)
    world.later(*found[3:])
    assert len(list(world.state.findings(FindingStatus.OPEN))) == 1200
    assert len(list(world.state.findings(FindingStatus.RESOLVED))) == 3
    uids = [one.judgement.resource.uid for one in world.state.findings()]
    assert uids == sorted(one.uid for one in found)
