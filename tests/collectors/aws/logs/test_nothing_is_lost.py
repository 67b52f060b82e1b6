"""Whatever the order of arrivals, kills and failures: each event once among what was committed, and none missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from collectors.aws.logs.batch import Bounds
from collectors.aws.logs.lookup import CloudTrailLookup
from collectors.aws.logs.sources import CloudTrailBucket, CloudTrailQueue, S3AccessBucket
from collectors.aws.session import AwsAccount
from collectors.aws.throttle import Pacing
from tests.collectors.aws.logs.following import Follower
from tests.collectors.aws.logs.test_trail_queue import s3_event
from tests.fakes.aws_log_cloud import ACCOUNT, LogCloud, log_cloud, trail_file, trail_key

START = datetime(2026, 3, 1, 23, 40, tzinfo=UTC)
BUCKET = "logs"
REGIONS = ("eu-west-1", "us-east-1")

UNIQUE = st.text("abcdefgh", min_size=16, max_size=16)
ARRIVE = st.tuples(
    st.just("arrive"), UNIQUE, st.integers(0, 110), st.integers(0, 1), st.integers(1, 9)
)  # how late in minutes, in which region, with how many events
STEP = st.one_of(
    ARRIVE,
    ARRIVE,
    ARRIVE,
    st.tuples(st.just("time"), st.sampled_from([0.5, 1, 7, 25])),
    st.tuples(st.just("follow")),
    st.tuples(st.just("killed after commits"), st.integers(1, 3)),
    st.tuples(st.just("killed before commit"), st.integers(1, 3)),
    st.tuples(st.just("committed, not settled"), st.integers(1, 3)),
    st.tuples(st.just("refuse"), st.integers(0, 3)),
    st.tuples(st.just("outage")),
    st.tuples(st.just("heal")),
)
STEPS = st.lists(STEP, min_size=3, max_size=25)
SEVERAL_TIMES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def server() -> Iterator[LogCloud]:
    with log_cloud() as served:
        yield served


@pytest.fixture(scope="module")
def account(server: LogCloud) -> AwsAccount:
    return AwsAccount(ACCOUNT, endpoint_url=server.url, pacing={"cloudtrail": Pacing(ceiling=1e5, floor=1e4)})


class World:
    """A cloud that begins empty, what happened in it, and one who follows."""

    def __init__(self, cloud: LogCloud, make: Callable[[World], Follower]) -> None:
        self.cloud = cloud
        cloud.now = START.timestamp()
        cloud.page = 3
        cloud.objects = {BUCKET: {}}
        cloud.events = {}
        cloud.messages.clear()
        cloud.denied.clear()
        cloud.failing.clear()
        self.happened: list[str] = []
        self.make = make
        self.follower = make(self)
        self.follower.follow()

    def __call__(self) -> float:
        return self.cloud.now

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.cloud.now, UTC)

    def restart(self) -> None:
        again = self.make(self)
        again.cursor, again.records = self.follower.cursor, self.follower.records
        self.follower = again

    def run(self, steps: list[tuple[object, ...]], arrive: Callable[..., None]) -> None:
        for step, *how in steps:
            match step:
                case "arrive":
                    arrive(self, *how)
                case "time":
                    self.cloud.now += timedelta(minutes=how[0]).total_seconds()  # type: ignore[arg-type]  # as STEP says
                case "follow":
                    self.follower.follow()
                case "killed after commits":
                    self.follower.follow(deliveries=how[0])  # type: ignore[arg-type]  # as STEP says
                    self.restart()
                case "killed before commit":
                    committed, told = self.follower.cursor, list(self.follower.records)
                    self.follower.follow(deliveries=how[0], settle=False)  # type: ignore[arg-type]  # as STEP says
                    self.follower.cursor, self.follower.records = committed, told
                    self.restart()
                case "committed, not settled":
                    self.follower.follow(deliveries=how[0], settle=False)  # type: ignore[arg-type]  # as STEP says
                    self.restart()
                case "refuse":
                    for key in sorted(self.cloud.objects[BUCKET])[how[0] :: 4]:  # type: ignore[misc]  # as STEP says
                        self.cloud.denied[key] = "no"
                case "outage":
                    self.cloud.failing.update(
                        GetObject=(400, "ExpiredToken"), LookupEvents=(400, "AccessDeniedException")
                    )
                case "heal":
                    self.heal()
        # Of a place without any log nothing can be said to be complete.
        arrive(self, "z" * 16, 0, 0, 1)

    def heal(self) -> None:
        self.cloud.denied.clear()
        self.cloud.failing.clear()

    def ends_with_everything_told_once(self) -> None:
        self.heal()
        for _ in range(3):
            self.cloud.now += 3600
            self.follower.follow()
        assert sorted(self.follower.ids) == sorted(self.happened)
        assert self.follower.unread == []
        assert self.follower.deliveries[-1].until is not None
        assert self.cloud.messages == []


def by_file(world: World, unique: str, late: int, region: int, events: int) -> str:
    """Deliver a file, unless one of that name was; return its key."""
    key = trail_key(world.now - timedelta(minutes=late), unique, region=REGIONS[region])
    if key not in world.cloud.objects[BUCKET]:
        ids = [f"{key}#{number}" for number in range(events)]
        world.cloud.put(BUCKET, key, trail_file(*ids), world())
        world.happened += ids
    return key


@given(STEPS)
@example([("arrive", "b" * 16, 0, 0, 9), ("killed after commits", 1), ("arrive", "a" * 16, 0, 0, 3), ("follow",)])
@SEVERAL_TIMES
def test_a_bucket_that_is_listed(server: LogCloud, account: AwsAccount, steps: list[tuple[object, ...]]) -> None:
    def make(world: World) -> Follower:
        return Follower(CloudTrailBucket(account, BUCKET, bounds=Bounds(records=4), clock=world))

    world = World(server, make)
    world.run(steps, by_file)
    world.ends_with_everything_told_once()


@given(STEPS)
@SEVERAL_TIMES
def test_access_logs(server: LogCloud, account: AwsAccount, steps: list[tuple[object, ...]]) -> None:
    def arrive(world: World, unique: str, late: int, region: int, events: int) -> None:
        at = world.now - timedelta(minutes=late)
        name = f"{at:%Y-%m-%d-%H-%M-%S}-{unique}" if region else f"{at:%Y/%m/%d/%Y-%m-%d}-00-00-00-{unique}"
        key = name if region else f"{ACCOUNT}/eu-west-1/site/{name}"
        if key not in world.cloud.objects[BUCKET]:
            lines = [f"{key}#{number}" for number in range(events)]
            world.cloud.put(BUCKET, key, "".join(f'"{line}"\n' for line in lines).encode(), world())
            world.happened += lines

    def make(world: World) -> Follower:
        return Follower(S3AccessBucket(account, BUCKET, bounds=Bounds(records=4), clock=world))

    world = World(server, make)
    world.run(steps, arrive)
    world.ends_with_everything_told_once()


@given(STEPS)
@SEVERAL_TIMES
def test_a_queue(server: LogCloud, account: AwsAccount, steps: list[tuple[object, ...]]) -> None:
    def arrive(world: World, *how: object) -> None:
        key = by_file(world, *how)  # type: ignore[arg-type]  # as STEP says
        for _ in range(1 + len(key) % 2):
            world.cloud.send(s3_event(key, bucket=BUCKET))

    def make(world: World) -> Follower:
        url = f"{server.url}/{ACCOUNT}/q"
        return Follower(CloudTrailQueue(account, url, BUCKET, bounds=Bounds(records=4), clock=world))

    world = World(server, make)
    world.run(steps, arrive)
    world.ends_with_everything_told_once()


@given(STEPS)
@SEVERAL_TIMES
def test_the_event_history(server: LogCloud, account: AwsAccount, steps: list[tuple[object, ...]]) -> None:
    def arrive(world: World, unique: str, late: int, _region: int, events: int) -> None:
        for number in range(events):
            event = f"{unique}{late}#{number}@{world()}"
            if event not in world.happened:
                world.cloud.happen(REGIONS[0], event, world() - late % 15 * 60, f'{{"eventID": "{event}"}}')
                world.happened.append(event)

    def make(world: World) -> Follower:
        return Follower(CloudTrailLookup(account, REGIONS[0], bounds=Bounds(records=4), clock=world))

    world = World(server, make)
    world.run(steps, arrive)
    world.ends_with_everything_told_once()
