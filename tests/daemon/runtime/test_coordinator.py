from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from collectors.model import Resource, Unread
from daemon.model import FindPath, TransitionKind
from daemon.runtime.call_log import CallLog
from daemon.runtime.coordinator import Coordinator, HandedBackError
from daemon.runtime.drift_watch import DriftWatch
from daemon.state import State
from daemon.targets import Unit
from daemon.targets.call_counts import CallCounts
from tests.fakes.posture import ACCOUNT, LIST_DENIED, OFF, ON, SCOPE, VERSIONED, World, bucket, judging
from tests.fakes.units import INTERVAL, Scripted, unit


class Tally:
    """Remembers what is counted."""

    def __init__(self) -> None:
        self.polls: list[tuple[str, str, float]] = []
        self.drifts: list[tuple[str, str, str, TransitionKind]] = []
        self.latencies: list[tuple[str, FindPath, float]] = []

    def polled(self, provider: str, collector: str, seconds: float) -> None:
        self.polls.append((provider, collector, seconds))

    def drifted(self, provider: str, account: str, detector: str, kind: TransitionKind) -> None:
        self.drifts.append((provider, account, detector, kind))

    def detected(self, provider: str, path: FindPath, seconds: float) -> None:
        self.latencies.append((provider, path, seconds))


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def world(state: State) -> World:
    return World(state)


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def coordinator(world: World, tally: Tally, stopping: threading.Event) -> Coordinator:
    watch = DriftWatch(tally)
    world.runner._observe = watch  # noqa: SLF001 - the world's runner was built with another ear
    return Coordinator(world.state, world.runner, watch, tally, stopping, CallLog(CallCounts(), lambda: ()))


def test_reads_a_unit_into_the_state_and_hands_everything_on(coordinator: Coordinator, tally: Tally) -> None:
    seen: list[str] = []
    judged: list[tuple[str, str]] = []
    snapshot = coordinator.read(
        unit(bucket("a", versioning=OFF), bucket("b")),
        judging(),
        on_judgement=lambda one, _rule: judged.append((one.resource.name, one.detector)),
        on_resource=lambda one: seen.append(one.name),
    )
    assert (snapshot.complete, snapshot.resources) == (True, 2)
    assert seen == ["a", "b"]
    assert ("a", VERSIONED.uid) in judged
    assert [(provider, collector) for provider, collector, _ in tally.polls] == [("aws", "aws.s3")]


def test_drift_is_counted_with_how_long_it_may_have_stood(coordinator: Coordinator, world: World, tally: Tally) -> None:
    rules = judging()
    coordinator.read(unit(bucket("a", versioning=OFF), bucket("b", versioning=ON)), rules)
    assert tally.latencies == []
    world.clock.forward(minutes=5)
    coordinator.read(unit(bucket("a", versioning=ON), bucket("b", versioning=OFF)), rules)
    assert {(detector, kind) for _, _, detector, kind in tally.drifts if kind is not TransitionKind.OPENED} == {
        (VERSIONED.uid, TransitionKind.RESOLVED),
        (VERSIONED.uid, TransitionKind.REGRESSED),
    }
    assert {account for _, account, _, _ in tally.drifts} == {ACCOUNT}
    assert tally.latencies == [("aws", FindPath.POLL, 300.0)]


def test_time_in_which_a_scope_could_not_be_read_counts_as_unseen(
    coordinator: Coordinator, world: World, tally: Tally
) -> None:
    rules = judging()
    coordinator.read(unit(bucket("a", versioning=ON)), rules)
    for _ in range(3):
        world.clock.forward(minutes=5)
        coordinator.read(unit(LIST_DENIED), rules)
    world.clock.forward(minutes=5)
    tally.latencies.clear()
    coordinator.read(unit(bucket("a", versioning=OFF)), rules)
    assert tally.latencies == [("aws", FindPath.POLL, 1200.0)]


def test_a_read_that_is_told_to_stop_is_handed_back(
    coordinator: Coordinator, world: World, tally: Tally, stopping: threading.Event
) -> None:
    coordinator.read(unit(bucket("a", versioning=OFF), bucket("b")), judging())
    tally.polls.clear()
    ended = threading.Event()

    def reading() -> Iterator[Resource | Unread]:
        try:
            yield bucket("a", versioning=ON)
            stopping.set()
            yield bucket("c")
        finally:
            ended.set()

    with pytest.raises(HandedBackError):
        coordinator.read(Unit(scope=SCOPE, interval=INTERVAL, collector=Scripted(reading)), judging())
    assert ended.is_set()
    assert tally.polls == []
    left = world.state.scope(SCOPE.key)
    assert left is not None
    assert (left.complete, left.resources) == (True, 2)
    assert world.finding("a") is not None


def test_what_a_collector_raises_reaches_the_caller_and_is_still_timed(coordinator: Coordinator, tally: Tally) -> None:
    def reading() -> Iterator[Resource | Unread]:
        yield bucket("a")
        raise KeyError("x")  # noqa: EM101 - any defect of a collector

    with pytest.raises(KeyError):
        coordinator.read(Unit(scope=SCOPE, interval=INTERVAL, collector=Scripted(reading)), judging())
    assert len(tally.polls) == 1
