from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.aws.logs.batch import Bounds
from collectors.aws.logs.lookup import CloudTrailLookup, Windows
from collectors.aws.session import AwsAccount
from collectors.model import UnreadReason
from tests.collectors.aws.logs.following import Follower, ids
from tests.fakes.aws_log_cloud import ACCOUNT, LogCloud

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REGION = "eu-west-1"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now.timestamp()

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def happen(cloud: LogCloud, clock: Clock) -> Any:
    def event(event_id: str, *, minutes_ago: float = 0, region: str = REGION) -> None:
        at = clock() - minutes_ago * 60
        record = json.dumps({"eventVersion": "1.08", "eventID": event_id}, separators=(",", ":"))
        cloud.happen(region, event_id, at, record)

    return event


@pytest.fixture
def follower(reader: AwsAccount, clock: Clock) -> Follower:
    return Follower(CloudTrailLookup(reader, REGION, target="prod", clock=clock))


def test_events_are_told_once_however_late_they_come(happen: Any, follower: Follower, clock: Clock) -> None:
    happen("a")
    assert follower.follow() == [b'{"eventVersion":"1.08","eventID":"a"}']
    for minute in range(1, 40):
        clock.pass_by(minutes=1)
        happen(f"now {minute}")
        happen(f"late {minute}", minutes_ago=minute % 14)
        assert sorted(ids(follower.follow())) == [f"late {minute}", f"now {minute}"]


def test_events_that_come_hours_late_are_told_once(happen: Any, follower: Follower, clock: Clock) -> None:
    follower.follow()
    for _ in range(8 * 6):
        clock.pass_by(minutes=10)
        follower.follow()
    happen("an hour late", minutes_ago=61)
    happen("five hours late", minutes_ago=5 * 60)
    told: list[str] = []
    for _ in range(60):
        clock.pass_by(minutes=1)
        told += ids(follower.follow())
    assert sorted(told) == ["an hour late", "five hours late"]
    assert follower.unread == []


def test_events_from_before_it_began_are_not_told_by_a_later_look(
    happen: Any, follower: Follower, clock: Clock
) -> None:
    happen("before", minutes_ago=90)
    for _ in range(120):
        assert follower.follow() == []
        clock.pass_by(minutes=1)


def test_looking_back_is_bounded_where_much_happens(
    happen: Any, cloud: LogCloud, follower: Follower, clock: Clock
) -> None:
    for number in range(7000):
        happen(f"{number}", minutes_ago=number / 140)
    assert len(follower.follow()) == 7000
    told: list[str] = []
    for _ in range(3):
        clock.pass_by(minutes=20)
        cloud.calls.clear()
        told += ids(follower.follow())
        assert cloud.calls["LookupEvents"] <= 110
    assert told == []


def test_a_position_of_an_older_version_tells_nothing_twice(happen: Any, follower: Follower, clock: Clock) -> None:
    happen("a")
    follower.follow()
    assert follower.cursor is not None
    held = json.loads(follower.cursor)
    follower.cursor = json.dumps({name: held[name] for name in ("version", "told", "seen")}).encode()
    clock.pass_by(minutes=50)
    assert follower.follow() == []
    clock.pass_by(minutes=50)
    assert follower.follow() == []


def test_it_begins_an_hour_ago(happen: Any, follower: Follower) -> None:
    happen("before", minutes_ago=90)
    happen("after", minutes_ago=50)
    happen("now")
    assert ids(follower.follow()) == ["after", "now"]


def test_a_span_of_many_pages_is_told_whole(happen: Any, cloud: LogCloud, follower: Follower) -> None:
    for number in range(1234):
        happen(f"{number}", minutes_ago=number / 40)
    assert sorted(map(int, ids(follower.follow()))) == list(range(1234))
    assert follower.follow() == []
    assert cloud.calls["LookupEvents"] < 60


def test_an_outage_is_caught_up_with_the_oldest_span_first(happen: Any, follower: Follower, clock: Clock) -> None:
    happen("0")
    follower.follow()
    for hour in range(1, 50):
        clock.pass_by(hours=1)
        happen(str(hour))
    assert ids(follower.follow()) == [str(hour) for hour in range(1, 50)]


def test_killed_within_a_span_it_tells_the_rest_and_no_more(happen: Any, reader: AwsAccount, clock: Clock) -> None:
    for number in range(300):
        happen(f"{number}", minutes_ago=number / 20)
    make = lambda: Follower(CloudTrailLookup(reader, REGION, bounds=Bounds(records=40), clock=clock))  # noqa: E731 - made twice
    follower = make()
    first = ids(follower.follow(deliveries=3))
    assert len(first) == 120
    clock.pass_by(minutes=3)
    happen("late", minutes_ago=9)
    again = make()
    again.cursor = follower.cursor
    rest = ids(again.follow())
    assert sorted(first + rest) == sorted([*(f"{number}" for number in range(300)), "late"])


def test_a_call_that_fails_is_told_and_passes_nothing(
    happen: Any, cloud: LogCloud, follower: Follower, clock: Clock
) -> None:
    happen("a")
    cloud.failing["LookupEvents"] = (400, "AccessDeniedException")
    assert follower.follow() == []
    [unread] = follower.unread
    assert (unread.reason, unread.permission) == (UnreadReason.DENIED, "cloudtrail:LookupEvents")
    assert REGION in unread.detail
    assert follower.deliveries[-1].until is None
    cloud.failing.clear()
    clock.pass_by(hours=5)
    assert ids(follower.follow()) == ["a"]
    assert follower.deliveries[-1].until == clock.now - timedelta(minutes=15)


def test_a_call_that_is_throttled_is_made_again(happen: Any, cloud: LogCloud, follower: Follower) -> None:
    for number in range(120):
        happen(str(number))
    cloud.throttled = 1
    assert len(follower.follow()) == 120
    assert follower.unread == []
    assert cloud.calls["LookupEvents"] == 5


def test_more_than_the_history_holds_is_said_to_be_lost(
    happen: Any, cloud: LogCloud, reader: AwsAccount, clock: Clock
) -> None:
    follower = Follower(CloudTrailLookup(reader, REGION, windows=Windows(longest=timedelta(days=1)), clock=clock))
    follower.follow()
    clock.pass_by(days=80)
    follower.follow()
    before = cloud.calls["LookupEvents"]
    clock.pass_by(days=91)
    happen("a")
    assert ids(follower.follow()) == ["a"]
    [unread] = follower.unread
    assert "lost" in unread.detail
    assert cloud.calls["LookupEvents"] - before <= 91
    follower.follow()
    assert follower.unread == []


def test_an_event_without_its_record_is_named_once_and_hides_no_other(
    happen: Any, cloud: LogCloud, follower: Follower, clock: Clock
) -> None:
    cloud.happen(REGION, "empty", clock())
    happen("a")
    assert ids(follower.follow()) == ["a"]
    [unread] = follower.unread
    assert "empty" in unread.detail
    assert follower.follow() == []
    assert follower.unread == []


def test_a_quiet_history_needs_no_new_position(happen: Any, follower: Follower, clock: Clock) -> None:
    happen("a")
    follower.follow()
    before = follower.cursor
    for _ in range(9):
        clock.pass_by(minutes=1)
        follower.follow()
        assert follower.cursor == before
    clock.pass_by(minutes=1)
    follower.follow()
    assert follower.cursor != before


@pytest.mark.parametrize("cursor", [b"", b"\xff", b"{}", b'{"version":7,"told":1}'])
def test_a_position_that_cannot_be_read_begins_anew(happen: Any, follower: Follower, cursor: bytes) -> None:
    happen("a")
    follower.cursor = cursor
    assert ids(follower.follow()) == ["a"]


def test_each_region_has_its_own_history_limit_and_position(cloud: LogCloud, clock: Clock, happen: Any) -> None:
    import time

    account = AwsAccount(ACCOUNT, endpoint_url=cloud.url)
    regions = ["eu-west-1", "us-east-1"]
    sources = [CloudTrailLookup(account, region, target="prod", clock=clock) for region in regions]
    assert len({source.position for source in sources}) == 2
    happen("there", region="us-east-1")
    begun = time.monotonic()
    for _ in range(2):
        followers = [Follower(source) for source in sources]
        for follower in followers:
            follower.follow()
    assert [follower.ids for follower in followers] == [[], ["there"]]
    # Two spans each time, two calls a second and region.
    assert 1.5 <= time.monotonic() - begun < 6
    assert cloud.calls["LookupEvents"] == 8
