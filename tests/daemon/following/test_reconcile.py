"""Counting what the fast path missed: what the log told by now and did not tell of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from collectors.model import Actor, Bucket, Known
from daemon.following.reconcile import GIVEN_UP, Reconcile
from daemon.state import touches
from daemon.state.logs import LogStatus
from daemon.state.touches import Touch
from tests.fakes.followed_logs import LogCounts
from tests.fakes.posture import ACCOUNT, SCOPE, START, World, bucket, grant

OPEN = {"policy_grants": Known((grant("*"),))}
MINUTE = timedelta(minutes=1)
OTHER = "999999999999"


def of_another(**facts: Any) -> Bucket:
    return msgspec.structs.replace(bucket("theirs", **facts), account=OTHER)


def log(world: World, *, until: datetime | None, since: datetime = START - MINUTE, account: str = ACCOUNT) -> LogStatus:
    return LogStatus(
        position="p",
        target="prod",
        provider="aws",
        account=account,
        source="aws.cloudtrail",
        since=since,
        read_at=world.clock.now,
        until=until,
    )


class Counted:
    def __init__(self, world: World) -> None:
        self.world = world
        self.counts = LogCounts()
        self.reconcile = Reconcile(world.state, self.counts, world.clock)

    def __call__(self, *followed: LogStatus) -> int:
        return self.reconcile.count(followed)


@pytest.fixture
def counted(world: World) -> Counted:
    """A world where a bucket was read, logs are followed, and a poll then found the bucket open."""
    made = Counted(world)
    made(log(world, until=world.clock.now))
    world.clock.forward(seconds=1)
    world.read(bucket("b"))
    world.later(bucket("b", **OPEN))
    return made


def test_a_drift_that_the_log_never_told_is_counted_once(counted: Counted, world: World) -> None:
    found = world.clock.now
    assert counted(log(world, until=found)) == 0
    assert counted(log(world, until=found + 3 * MINUTE)) == 1
    assert counted(log(world, until=found + 9 * MINUTE)) == 0
    assert counted.counts.missed_in == [("aws", ACCOUNT)]
    assert Reconcile(world.state, counted.counts, world.clock).count([log(world, until=found + 9 * MINUTE)]) == 0


def test_a_drift_that_the_log_told_of_is_not_missed(counted: Counted, world: World) -> None:
    at = world.clock.now - MINUTE
    actor = Actor(user_name="alice", operation="PutBucketPolicy", event_id="e", at=at)
    touch = Touch(
        resource_uid=bucket("b").uid,
        event_uid="e",
        source="aws.cloudtrail",
        account=ACCOUNT,
        at=at,
        seen_at=world.clock.now,
        operation="PutBucketPolicy",
        actor=actor,
    )
    with world.state.write() as connection:
        touches.add(connection, [touch])
    world.runner.attribute_from_logs([touch])
    assert counted(log(world, until=world.clock.now + 9 * MINUTE)) == 0


def test_a_log_that_cannot_vouch_is_given_an_hour(counted: Counted, world: World) -> None:
    assert counted(log(world, until=None)) == 0
    world.clock.forward(minutes=70)
    assert counted(log(world, until=None)) == 1


def test_a_log_of_another_target_missed_nothing(counted: Counted, world: World) -> None:
    until = world.clock.now + 9 * MINUTE
    other = log(world, until=until, account="999999999999")
    assert counted(msgspec.structs.replace(other, target="dev")) == 0
    assert counted.counts.missed_in == []


@pytest.mark.parametrize("read_as", ["999999999999", "organization"])
def test_an_account_of_which_no_log_ever_told_is_counted(counted: Counted, world: World, read_as: str) -> None:
    assert counted(log(world, until=world.clock.now + 9 * MINUTE, account=read_as)) == 1
    assert counted.counts.missed_in == [("aws", ACCOUNT)]


def test_a_log_that_is_behind_holds_up_no_other_account(counted: Counted, world: World) -> None:
    other = msgspec.structs.replace(SCOPE, account=OTHER)
    world.read(of_another(), scope=other)
    world.later(of_another(**OPEN), scope=other)
    found = world.clock.now
    behind = log(world, until=found - 30 * MINUTE)
    ahead = log(world, until=found + 9 * MINUTE, account=OTHER)
    for _ in range(2):
        counted(behind, ahead)
        assert counted.counts.missed_in == [("aws", OTHER)]
    assert Reconcile(world.state, counted.counts, world.clock).count([behind, ahead]) == 0
    caught_up = log(world, until=found + 9 * MINUTE)
    for _ in range(2):
        counted(caught_up, ahead)
        assert counted.counts.missed_in == [("aws", OTHER), ("aws", ACCOUNT)]


def test_what_comes_to_an_account_that_is_behind_is_counted_in_its_turn(counted: Counted, world: World) -> None:
    found = world.clock.now
    assert counted(log(world, until=found - 30 * MINUTE)) == 0
    world.later(bucket("b", **OPEN), bucket("c"))
    world.later(bucket("b", **OPEN), bucket("c", **OPEN))
    assert counted(log(world, until=found + 3 * MINUTE)) == 1
    assert counted(log(world, until=found + 3 * MINUTE)) == 0
    assert counted(log(world, until=found + 60 * MINUTE)) == 1
    assert counted(log(world, until=found + 60 * MINUTE)) == 0


def test_a_place_of_an_older_version_is_gone_on_from(counted: Counted, world: World) -> None:
    stored = world.state.cursors.get("reconcile")
    assert stored is not None
    assert set(msgspec.json.decode(stored)) == {"at", "uid"}
    assert counted(log(world, until=world.clock.now + 9 * MINUTE)) == 1


def test_following_that_began_later_missed_nothing(counted: Counted, world: World) -> None:
    assert counted(log(world, until=world.clock.now + 9 * MINUTE, since=world.clock.now)) == 0


def test_nobody_waits_for_ever_for_a_log_that_does_not_come_forward(counted: Counted, world: World) -> None:
    stuck = log(world, until=world.clock.now - MINUTE)
    assert counted(stuck) == 0
    world.clock.now += GIVEN_UP + MINUTE
    assert counted(stuck) == 0
    assert counted(log(world, until=world.clock.now + MINUTE)) == 0
