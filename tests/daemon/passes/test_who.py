"""Who is named for a drift: the event that can have caused it, and nobody where none can."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from collectors.model import Actor, Known
from daemon.model import Cause, Transition
from daemon.state import touches
from daemon.state.touches import Touch, names_of
from tests.fakes.posture import OFF, World, bucket, grant

OPENED = {"policy_grants": Known((grant("*"),))}
UID = bucket("b").uid


def tell(world: World, user: str, operation: str, at: datetime, *, uid: str = UID, account: str = "") -> None:
    actor = Actor(user_name=user, operation=operation, event_id=f"{user}-{operation}", at=at, ip="198.51.100.7")
    touch = Touch(
        resource_uid=uid,
        event_uid=actor.event_id,
        source="aws.cloudtrail",
        account=account or bucket("b").account,
        at=at,
        seen_at=world.clock.now,
        operation=operation,
        actor=actor,
    )
    with world.state.write() as connection:
        touches.add(connection, [touch])


def opened(world: World) -> Transition:
    return [one for one in world.state.transitions() if one.cause is Cause.CONFIGURATION][-1]


def by(world: World) -> str:
    actor = opened(world).actor
    return "" if actor is None else actor.user_name


def test_the_newest_event_that_changes_what_changed_is_named(world: World) -> None:
    world.read(bucket("b"))
    now = world.clock.now
    tell(world, "early", "PutBucketPolicy", now + timedelta(seconds=10))
    tell(world, "late", "PutBucketPolicy", now + timedelta(seconds=20))
    tell(world, "tagger", "PutBucketTagging", now + timedelta(seconds=30))
    world.later(bucket("b", **OPENED))
    assert by(world) == "late"
    [finding] = world.state.findings()
    assert finding.actor is not None
    assert (finding.actor.user_name, finding.actor.ip) == ("late", "198.51.100.7")


@pytest.mark.parametrize("first", ["PutBucketPolicy", "DeletePublicAccessBlock"])
def test_of_two_events_in_one_second_the_one_that_fits_what_changed_is_named(world: World, first: str) -> None:
    world.read(bucket("b"))
    at = world.clock.now + timedelta(seconds=10)
    for operation in ("PutBucketPolicy", "DeletePublicAccessBlock"):
        # Of events at one moment the state returns those first whose ids come first.
        tell(world, "a" if operation == first else "z", operation, at)
    world.later(bucket("b", **OPENED))
    actor = opened(world).actor
    assert actor is not None
    assert actor.operation == "PutBucketPolicy"


def test_an_event_before_the_last_look_or_after_the_change_was_seen_names_nobody(world: World) -> None:
    tell(world, "before", "PutBucketPolicy", world.clock.now - timedelta(minutes=1))
    world.read(bucket("b"))
    tell(world, "after", "PutBucketPolicy", world.clock.now + timedelta(hours=1))
    world.later(bucket("b", **OPENED))
    assert by(world) == ""


def test_nobody_is_named_for_an_operation_that_changes_something_else(world: World) -> None:
    world.read(bucket("b"))
    tell(world, "tagger", "PutBucketTagging", world.clock.now + timedelta(seconds=10))
    tell(world, "versioner", "PutBucketVersioning", world.clock.now + timedelta(seconds=11))
    world.later(bucket("b", **OPENED))
    assert by(world) == ""


def test_nobody_is_named_for_what_was_found_at_the_first_look(world: World) -> None:
    tell(world, "somebody", "PutBucketPolicy", world.clock.now - timedelta(seconds=1))
    world.read(bucket("b", **OPENED))
    [transition] = world.state.transitions()
    assert transition.actor is None


def test_a_switch_of_the_whole_account_names_who_turned_it(world: World) -> None:
    world.read(bucket("b"))
    at = world.clock.now + timedelta(seconds=5)
    tell(world, "other", "PutAccountPublicAccessBlock", at + timedelta(seconds=1), uid="arn:aws:s3:::*", account="9")
    tell(world, "boss", "PutAccountPublicAccessBlock", at, uid="arn:aws:s3:::*")
    world.later(bucket("b", **OPENED))
    assert by(world) == "boss"


def test_an_event_that_names_the_resource_goes_before_one_that_may_mean_it(world: World) -> None:
    world.read(bucket("b"))
    at = world.clock.now + timedelta(seconds=5)
    tell(world, "owner", "PutBucketPolicy", at)
    tell(world, "boss", "PutAccountPublicAccessBlock", at + timedelta(seconds=9), uid="arn:aws:s3:::*")
    world.later(bucket("b", **OPENED))
    assert by(world) == "owner"


def test_what_explained_one_change_does_not_explain_the_next(world: World) -> None:
    world.read(bucket("b", **OPENED))
    tell(world, "bob", "DeleteBucketPolicy", world.clock.now + timedelta(minutes=4, seconds=55))
    world.later(bucket("b"))
    assert by(world) == "bob"
    world.clock.forward(seconds=10)
    world.read(bucket("b", **OPENED))
    assert opened(world).actor is None


def test_who_deleted_a_resource_is_named(world: World) -> None:
    world.read(bucket("b", versioning=OFF), bucket("c"))
    tell(world, "cleaner", "DeleteBucket", world.clock.now + timedelta(seconds=5))
    tell(world, "tagger", "PutBucketTagging", world.clock.now + timedelta(seconds=9))
    world.later(bucket("c"))
    gone = [one for one in world.state.transitions() if one.cause is Cause.RESOURCE_GONE]
    assert [one.actor.user_name for one in gone if one.actor is not None] == ["cleaner"]


def test_who_made_a_resource_that_violates_from_the_start_is_named(world: World) -> None:
    world.read(bucket("a"))
    now = world.clock.now
    tell(world, "maker", "CreateBucket", now + timedelta(seconds=5))
    tell(world, "opener", "PutBucketPolicy", now + timedelta(seconds=6))
    tell(world, "tagger", "PutBucketTagging", now + timedelta(seconds=7))
    world.later(bucket("a"), bucket("b", versioning=OFF, **OPENED))
    new = {one.judgement.detector: one for one in world.state.transitions() if one.cause is Cause.RESOURCE_NEW}
    named = {detector: one.actor.user_name for detector, one in new.items() if one.actor is not None}
    assert named["storage.test_granted"] == "opener"
    assert named["storage.test_versioned"] == "maker"


@pytest.mark.parametrize(
    ("uid", "names"),
    [
        ("arn:aws:s3:::b", ("arn:aws:s3:::b",)),
        ("arn:aws:iam::1:user/alice", ("arn:aws:iam::1:user/alice",)),
        ("arn:aws:iam::1:user/eu/ops/alice", ("arn:aws:iam::1:user/eu/ops/alice", "arn:aws:iam::1:user/alice")),
        ("/subscriptions/1/x/y", ("/subscriptions/1/x/y",)),
    ],
)
def test_events_may_leave_out_the_path_of_a_name(uid: str, names: tuple[str, ...]) -> None:
    assert names_of(uid) == names
