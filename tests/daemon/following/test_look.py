"""Looking again at what events touched: read, judged, attributed, and done only when it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import structlog.testing

from collectors.model import Actor, Known, Resource, Scope, Unread
from daemon.following.look import Look, Outcome
from daemon.following.looker import Looker
from daemon.model import Cause, FindPath
from daemon.passes import PassRunner
from daemon.state import State, touches
from daemon.state.touches import Touch
from daemon.targets import Unit
from tests.fakes.followed_logs import LogCounts
from tests.fakes.posture import ACCOUNT, DENIED, OFF, SCOPE, Clock, Publisher, bucket, grant, judging
from tests.fakes.program import wait_for
from tests.fakes.units import INTERVAL, Scripted

OPEN = {"policy_grants": Known((grant("*"),))}
SECOND = timedelta(seconds=1)


class Estate(Scripted):
    """Buckets as they are now, by uid; counts who asks for one."""

    def __init__(self, *there: Any) -> None:
        super().__init__(lambda: list(self.there.values()))
        self.there = {one.uid: one for one in there}
        self.denied = False
        self.asked: list[str] = []

    def refresh(self, scope: Scope, uid: str) -> Resource | Unread | None:
        assert scope.collector.startswith(SCOPE.collector)
        self.asked.append(uid)
        return DENIED if self.denied else self.there.get(uid)

    def put(self, one: Any) -> None:
        self.there[one.uid] = one


class Scene:
    """An estate that was read, and a look at it."""

    def __init__(self, state: State, *there: Any) -> None:
        self.state = state
        self.clock = Clock()
        self.estate = Estate(*there)
        self.runner = PassRunner(state, Publisher(), self.clock)
        self.unit = Unit(scope=SCOPE, interval=INTERVAL, collector=self.estate)
        self.prompted: list[str] = []
        self.look = Look(
            state,
            self.runner,
            units=lambda: [self.unit],
            judging=judging,
            prompt=lambda unit: self.prompted.append(unit.key),
            clock=self.clock,
        )
        self.read()
        self.clock.forward(seconds=30)

    def read(self, *, prompted: bool = False) -> None:
        self.runner.run(SCOPE, self.estate.collect(SCOPE), judging(), prompted=prompted)

    def touch(
        self, uid: str, operation: str = "PutBucketPolicy", *, at: datetime | None = None, account: str = ACCOUNT
    ) -> None:
        at = at or self.clock.now - SECOND
        event = f"{operation}-{at.isoformat()}"
        actor = Actor(user_name="mallory", operation=operation, event_id=event, at=at)
        touch = Touch(
            resource_uid=uid,
            event_uid=event,
            source="aws.cloudtrail",
            account=account,
            at=at,
            seen_at=self.clock.now,
            operation=operation,
            actor=actor,
        )
        with self.state.write() as connection:
            touches.add(connection, [touch])

    def left(self) -> list[str]:
        with self.state.read() as connection:
            return touches.pending_uids(connection)

    def told(self) -> list[tuple[str, str, str, FindPath]]:
        """Return resource, kind, actor and path of what was told, in its order; of one moment by resource."""
        return [
            (one.judgement.resource.name, one.kind.value, "" if one.actor is None else one.actor.user_name, one.path)
            for one in sorted(self.state.transitions(), key=lambda one: (one.at, one.judgement.resource.name))
        ]


@pytest.fixture
def scene(state: State) -> Scene:
    return Scene(state, bucket("a"), bucket("b"))


def test_what_an_event_opened_is_found_and_its_actor_named(scene: Scene) -> None:
    scene.estate.put(bucket("b", **OPEN))
    scene.touch(bucket("b").uid)
    looked = scene.look.at(bucket("b").uid)
    assert looked == (Outcome.CHANGED, scene.clock.now - SECOND)
    assert scene.told() == [("b", "regressed", "mallory", FindPath.EVENT)]
    assert scene.left() == []
    assert scene.look.at(bucket("b").uid).outcome is Outcome.UNCHANGED


def test_what_an_event_deleted_and_what_it_made_is_found(scene: Scene) -> None:
    scene.estate.put(bucket("new", versioning=OFF))
    scene.touch(bucket("new").uid, "CreateBucket")
    assert scene.look.at(bucket("new").uid).outcome is Outcome.CHANGED
    scene.clock.forward(seconds=30)
    del scene.estate.there[bucket("new").uid]
    scene.touch(bucket("new").uid, "DeleteBucket")
    assert scene.look.at(bucket("new").uid).outcome is Outcome.CHANGED
    assert scene.told() == [
        ("new", "opened", "mallory", FindPath.EVENT),
        ("new", "resolved", "mallory", FindPath.EVENT),
    ]


def test_what_is_not_known_yet_is_asked_of_each_unit_that_may_read_it(scene: Scene) -> None:
    class Other(Estate):
        uid = "aws.s3.other"

    other = Other()
    other.denied = True
    scope = msgspec.structs.replace(SCOPE, collector="aws.s3.other")
    before = Unit(scope=scope, interval=INTERVAL, collector=other)
    scene.look = Look(
        scene.state,
        scene.runner,
        units=lambda: [before, scene.unit],
        judging=judging,
        prompt=lambda _unit: None,
        clock=scene.clock,
    )
    scene.estate.put(bucket("new", versioning=OFF))
    scene.touch(bucket("new").uid, "CreateBucket")
    assert scene.look.at(bucket("new").uid).outcome is Outcome.CHANGED
    scene.touch(bucket("none").uid, "CreateBucket")
    assert scene.look.at(bucket("none").uid).outcome is Outcome.UNREAD
    scene.touch(bucket("a").uid)
    asked = list(other.asked)
    assert scene.look.at(bucket("a").uid).outcome is Outcome.UNCHANGED
    assert other.asked == asked


def test_what_cannot_be_read_stays_to_be_looked_at(scene: Scene) -> None:
    scene.estate.denied = True
    scene.touch(bucket("b").uid)
    assert scene.look.at(bucket("b").uid).outcome is Outcome.UNREAD
    assert scene.left() == [bucket("b").uid]
    assert scene.told() == []


@pytest.mark.parametrize("uid", ["arn:aws:lambda:eu-central-1:1:function:f", "nonsense", "arn:aws:s3:::other"])
def test_what_nothing_reads_is_ignored(scene: Scene, uid: str) -> None:
    scene.touch(uid, account="999999999999")
    assert scene.look.at(uid).outcome is Outcome.IGNORED
    assert scene.left() == []
    assert scene.estate.asked == []


def test_an_event_from_before_the_last_whole_read_costs_no_read(scene: Scene) -> None:
    scene.touch(bucket("b").uid, at=scene.clock.now - timedelta(hours=3))
    assert scene.look.at(bucket("b").uid).outcome is Outcome.COVERED
    assert scene.estate.asked == []
    assert scene.left() == []


def test_a_drift_found_before_the_log_told_is_attributed_once(scene: Scene) -> None:
    at = scene.clock.now
    scene.estate.put(bucket("b", **OPEN))
    scene.clock.forward(minutes=5)
    scene.read()
    assert scene.told() == [("b", "regressed", "", FindPath.POLL)]
    scene.clock.forward(minutes=10)
    scene.touch(bucket("b").uid, "PutBucketTagging", at=at + SECOND)
    assert scene.look.at(bucket("b").uid).outcome is Outcome.COVERED
    scene.touch(bucket("b").uid, at=at)
    assert scene.look.at(bucket("b").uid).outcome is Outcome.CHANGED
    scene.touch(bucket("b").uid, at=at - SECOND)
    scene.look.at(bucket("b").uid)
    assert scene.told() == [
        ("b", "regressed", "mallory", FindPath.POLL),
        ("b", "updated", "mallory", FindPath.EVENT),
    ]
    [finding] = scene.state.findings()
    assert finding.actor is not None
    assert finding.actor.at == at


def test_a_switch_of_the_account_has_its_unit_read_anew_and_names_who_turned_it(scene: Scene) -> None:
    scene.estate.put(bucket("a", **OPEN))
    scene.estate.put(bucket("b", **OPEN))
    scene.touch("arn:aws:s3:::*", "PutAccountPublicAccessBlock")
    assert scene.look.at("arn:aws:s3:::*").outcome is Outcome.PROMPTED
    assert scene.prompted == [SCOPE.key]
    assert scene.left() == []
    scene.clock.forward(seconds=5)
    scene.read(prompted=True)
    assert scene.told() == [
        ("a", "regressed", "mallory", FindPath.EVENT),
        ("b", "regressed", "mallory", FindPath.EVENT),
    ]


def test_a_name_told_in_part_is_looked_at_one_by_one(scene: Scene) -> None:
    scene.touch("arn:aws:s3:::b*", "PutBucketPolicy")
    assert scene.look.at("arn:aws:s3:::b*").outcome is Outcome.UNCHANGED
    assert scene.estate.asked == ["arn:aws:s3:::b"]
    assert scene.prompted == []


def test_a_name_without_its_path_is_that_of_the_resource(state: State) -> None:
    uid = f"arn:aws:iam::{ACCOUNT}:user/ops/eve"
    scene = Scene(state, bucket("a"), _renamed(bucket("eve"), uid))
    scene.estate.put(_renamed(bucket("eve", versioning=OFF), uid))
    scene.touch(f"arn:aws:iam::{ACCOUNT}:user/eve", "PutBucketVersioning")
    assert scene.look.at(f"arn:aws:iam::{ACCOUNT}:user/eve").outcome is Outcome.CHANGED
    assert scene.estate.asked == [uid]
    assert scene.told() == [("eve", "regressed", "mallory", FindPath.EVENT)]
    del scene.estate.there[uid]
    scene.clock.forward(seconds=30)
    scene.touch(f"arn:aws:iam::{ACCOUNT}:user/eve", "DeleteUser")
    assert scene.look.at(f"arn:aws:iam::{ACCOUNT}:user/eve").outcome is Outcome.CHANGED
    assert [one.cause for one in scene.state.transitions()][-1] is Cause.RESOURCE_GONE


def _renamed(one: Any, uid: str) -> Any:
    return msgspec.structs.replace(one, uid=uid)


@pytest.fixture
def looker(scene: Scene) -> Any:
    made: list[Looker] = []

    def make(wake: Callable[[], None] = lambda: None) -> tuple[Looker, LogCounts]:
        counts = LogCounts()
        made.append(Looker(scene.state, scene.look, counts, wake))
        return made[-1], counts

    yield make
    for one in made:
        assert one.stop(10)


def test_what_was_left_by_an_earlier_process_is_looked_at_and_the_sinks_are_woken(scene: Scene, looker: Any) -> None:
    scene.estate.put(bucket("b", **OPEN))
    scene.touch(bucket("b").uid)
    woken: list[bool] = []
    running, counts = looker(lambda: woken.append(True))
    running.start()
    wait_for(lambda: counts.looks == ["changed"], "the look", seconds=20)
    assert woken == [True]
    assert scene.left() == []


def test_a_burst_of_events_is_one_read(scene: Scene, looker: Any) -> None:
    running, counts = looker()
    running.start()
    for number in range(50):
        scene.touch(bucket("a").uid, at=scene.clock.now - timedelta(milliseconds=number))
        running.want([bucket("a").uid])
    wait_for(lambda: counts.looks, "the look", seconds=20)
    assert scene.estate.asked == [bucket("a").uid]
    assert scene.left() == []


def test_a_crash_of_one_look_leaves_the_others(scene: Scene, looker: Any) -> None:
    running, counts = looker()
    running.start()
    crashing = bucket("b").uid

    def refresh(_scope: Scope, uid: str) -> Any:
        if uid == crashing:
            raise ZeroDivisionError
        return scene.estate.there[uid]

    scene.estate.refresh = refresh
    scene.touch(crashing)
    scene.touch(bucket("a").uid)
    running.want([crashing, bucket("a").uid])
    wait_for(lambda: counts.looks == ["unchanged"], "the other look", seconds=20)
    assert scene.left() == [crashing]
    assert running.waiting >= 1


def test_a_defect_that_many_looks_show_is_told_once(scene: Scene, looker: Any) -> None:
    running, _ = looker()

    def refresh(_scope: Scope, _uid: str) -> Any:
        asked.append(1)
        raise ZeroDivisionError

    asked: list[int] = []
    scene.estate.refresh = refresh
    for name in "ab":
        scene.touch(bucket(name).uid)
    with structlog.testing.capture_logs() as lines:
        running.start()
        wait_for(lambda: len(asked) == 2, "both looks", seconds=20)
        assert running.stop(10)
    assert len([line for line in lines if "crashed" in line["event"]]) == 1
