from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.aws.logs.sources import S3AccessBucket, S3AccessQueue
from collectors.aws.session import AwsAccount
from tests.collectors.aws.logs.following import Follower
from tests.fakes.aws_log_cloud import ACCOUNT, LogCloud

START = datetime(2026, 3, 2, 0, 5, tzinfo=UTC)
BUCKET = "logs"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now.timestamp()

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock(cloud: LogCloud) -> Clock:
    cloud.objects[BUCKET] = {}
    return Clock()


def unique(text: str) -> str:
    return f"{text.encode().hex().upper():0>16}"


@pytest.fixture
def flat(cloud: LogCloud, clock: Clock) -> Any:
    def put(line: str, *, above: str = "", minutes_ago: float = 0) -> str:
        at = clock.now - timedelta(minutes=minutes_ago)
        key = f"{above}{at:%Y-%m-%d-%H-%M-%S}-{unique(line)}"
        cloud.put(BUCKET, key, f"{line}\n".encode(), clock())
        return key

    return put


@pytest.fixture
def by_event_day(cloud: LogCloud, clock: Clock) -> Any:
    def put(line: str, *, days_ago: int = 0, above: str = f"{ACCOUNT}/eu-west-1/site/") -> str:
        day = clock.now - timedelta(days=days_ago)
        key = f"{above}{day:%Y/%m/%d}/{day:%Y-%m-%d}-00-00-00-{unique(line)}"
        cloud.put(BUCKET, key, f"{line}\n".encode(), clock())
        return key

    return put


def follow(reader: AwsAccount, clock: Clock, prefix: str = "") -> Follower:
    return Follower(S3AccessBucket(reader, BUCKET, prefix, clock=clock))


def told(follower: Follower) -> list[str]:
    return sorted(line.decode() for line in follower.follow())


def test_flat_files_are_told_once_line_by_line(cloud: LogCloud, flat: Any, reader: AwsAccount, clock: Clock) -> None:
    key = flat("a")
    cloud.put(BUCKET, key, b"one \xff\ntwo\r\n\nthree", clock())
    follower = follow(reader, clock)
    assert follower.follow() == [b"one \xff", b"two\r", b"three"]
    clock.pass_by(minutes=1)
    flat("b")
    flat("late", minutes_ago=5 * 60)
    assert told(follower) == ["b", "late"]
    assert told(follower) == []


def test_files_by_the_day_of_their_events_all_bear_one_time(
    by_event_day: Any, reader: AwsAccount, clock: Clock
) -> None:
    by_event_day("m")
    by_event_day("yesterday", days_ago=1)
    follower = follow(reader, clock)
    assert told(follower) == ["m", "yesterday"]
    for number in range(20):
        clock.pass_by(hours=1)
        by_event_day(f"today {number}")
        if number < 6:
            by_event_day(f"late {number}", days_ago=1)
        assert told(follower) == ([f"late {number}"] if number < 6 else []) + [f"today {number}"]
    assert told(follower) == []


def test_flat_and_dated_files_of_several_buckets_lie_side_by_side(
    flat: Any, by_event_day: Any, cloud: LogCloud, reader: AwsAccount, clock: Clock
) -> None:
    flat("flat")
    flat("own prefix", above="site-")
    flat("own folder", above="sites/one/")
    by_event_day("dated")
    by_event_day("other", above=f"deep/{ACCOUNT}/us-east-1/other/")
    cloud.put(BUCKET, "AWSLogs/x/y/z", b"no", clock())
    cloud.put(BUCKET, "readme.txt", b"no", clock())
    cloud.put(BUCKET, "zzz/2026-03-02-00-00-00-notalog.txt", b"no", clock())
    follower = follow(reader, clock)
    assert told(follower) == ["dated", "flat", "other", "own folder", "own prefix"]
    assert told(follower) == []
    assert follower.unread == []


def test_only_what_lies_under_the_prefix_is_read(
    flat: Any, by_event_day: Any, reader: AwsAccount, clock: Clock
) -> None:
    flat("mine", above="logs/")
    flat("mine too", above="logs/site-")
    by_event_day("dated", above=f"logs/{ACCOUNT}/eu-west-1/site/")
    flat("other", above="other/")
    assert told(follow(reader, clock, "logs/")) == ["dated", "mine", "mine too"]
    assert told(follow(reader, clock, "logs/site-")) == ["mine too"]


def test_looking_for_folders_costs_no_listing_of_every_file(
    cloud: LogCloud, flat: Any, reader: AwsAccount, clock: Clock
) -> None:
    cloud.page = 50
    clock.pass_by(days=-60)
    for _ in range(300):
        flat("old")
        clock.pass_by(hours=4)
    clock.pass_by(days=60 - 50)
    flat("new")
    flat("in a folder", above="zone/")
    follower = follow(reader, clock)
    assert told(follower) == ["in a folder", "new"]
    assert cloud.calls["ListObjectsV2"] <= 8


def test_what_a_busy_bucket_costs_the_cursor_is_bounded(flat: Any, reader: AwsAccount, clock: Clock) -> None:
    follower = follow(reader, clock)
    for number in range(16):
        for part in range(10):
            flat(f"{number}-{part}")
        clock.pass_by(hours=1)
        assert len(told(follower)) == 10
    assert follower.cursor is not None
    assert len(follower.cursor) < 10 * 8 * 17 + 300


def test_a_queue_tells_of_access_logs_too(cloud: LogCloud, flat: Any, reader: AwsAccount, clock: Clock) -> None:
    from tests.collectors.aws.logs.test_trail_queue import s3_event

    cloud.now = clock()
    keys = [flat("a", above="logs/"), flat("b", above="other/")]
    for key in keys:
        cloud.send(s3_event(key, bucket=BUCKET))
    source = S3AccessQueue(reader, f"{cloud.url}/{ACCOUNT}/q", BUCKET, "logs/", clock=clock)
    follower = Follower(source)
    assert told(follower) == ["a"]
    assert cloud.messages == []
