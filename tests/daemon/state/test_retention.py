"""What is older than the operator wants kept is forgotten, and nothing that still stands."""

from __future__ import annotations

from datetime import timedelta

from collectors.model import Actor
from daemon.model import Dataset, Document, FindingStatus, TransitionKind
from daemon.state import Pruned, State, outbox, retention, touches
from daemon.state.touches import Touch
from tests.fakes.posture import ACCOUNT, OFF, START, VERSIONED, World, bucket

KEEP = timedelta(days=400)


def test_what_ended_long_ago_is_forgotten_and_what_stands_is_not(state: State) -> None:
    world = World(state)
    world.read(bucket("gone", versioning=OFF), bucket("stays", versioning=OFF))
    world.later(bucket("gone"), bucket("stays", versioning=OFF))
    dead = state.outbox.claim("test", 1, world.clock.now)
    state.outbox.dead(dead, "refused", world.clock.now)
    assert state.prune(world.clock.now + KEEP, KEEP) == Pruned(0, 2, 2)
    assert len(list(state.transitions())) == 1
    world.clock.forward(days=400, minutes=1)
    pruned = state.prune(world.clock.now, KEEP)
    assert pruned == Pruned(1, 1, 1)
    assert [(one.judgement.resource.name, one.status) for one in state.findings()] == [("stays", FindingStatus.OPEN)]
    assert state.outbox.stats() == []
    assert state.prune(world.clock.now, KEEP) == Pruned(0, 0, 0)
    assert world.counts("fail") == {VERSIONED.uid: 1}


def test_what_returns_after_it_was_forgotten_bears_another_name(state: State) -> None:
    world = World(state)
    (first,) = world.read(bucket("a", versioning=OFF))
    world.later()
    world.clock.forward(days=500)
    state.prune(world.clock.now, KEEP)
    (again,) = world.read(bucket("a", versioning=OFF))
    assert again.kind is TransitionKind.OPENED
    assert again.judgement == first.judgement
    assert again.uid != first.uid


def test_more_than_one_step_is_forgotten(state: State) -> None:
    world = World(state)
    with state.write() as connection:
        documents = [
            Document(sink="gone", uid=f"d{number}", dataset=Dataset.FINDINGS, body=b"{}")
            for number in range(2 * retention.STEP + 5)
        ]
        outbox.put(connection, documents, world.clock.now)
    assert state.prune(world.clock.now + KEEP + KEEP, KEEP).documents == 2 * retention.STEP + 5
    assert state.outbox.stats() == []


def test_who_touched_what_is_forgotten_by_age_whether_it_could_be_looked_at_or_not(state: State) -> None:
    def touch(name: str, days: int) -> Touch:
        at = START - timedelta(days=days)
        return Touch(
            resource_uid=name,
            event_uid=name,
            source="aws.cloudtrail",
            account=ACCOUNT,
            at=at,
            seen_at=at,
            operation="PutBucketPolicy",
            actor=Actor(),
        )

    with state.write() as connection:
        touches.add(connection, [touch("unread", 15), touch("looked", 15), touch("young", 13)])
        touches.looked(connection, "looked", START, START)
    assert state.prune(START, KEEP).touches == 2
    with state.read() as connection:
        assert touches.pending_uids(connection) == ["young"]
