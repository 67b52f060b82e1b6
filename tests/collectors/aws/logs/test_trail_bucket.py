from __future__ import annotations

import gzip
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.aws.logs.batch import Bounds
from collectors.aws.logs.bucket import WHOLE
from collectors.aws.logs.listed import ALWAYS, Patience
from collectors.aws.logs.progress import VERSION
from collectors.aws.logs.sources import CloudTrailBucket
from collectors.aws.session import AwsAccount
from collectors.model import UnreadReason
from tests.collectors.aws.logs.following import Follower, ids
from tests.fakes.aws_log_cloud import ACCOUNT, LogCloud, trail_file, trail_key

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BUCKET = "trail"


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
def put(cloud: LogCloud, clock: Clock) -> Any:
    """Deliver a file now, named for a moment so many minutes ago, with one event or those given."""
    cloud.objects[BUCKET] = {}

    def deliver(unique: str, *events: str, minutes_ago: float = 0, content: bytes | None = None, **where: str) -> str:
        key = trail_key(clock.now - timedelta(minutes=minutes_ago), unique, **where)
        cloud.put(BUCKET, key, content or trail_file(*(events or (unique,))), clock())
        return key

    return deliver


@pytest.fixture
def follower(reader: AwsAccount, clock: Clock) -> Follower:
    return Follower(CloudTrailBucket(reader, BUCKET, target="prod", clock=clock))


def test_new_files_are_told_once(put: Any, follower: Follower, clock: Clock) -> None:
    put("a", "1", "2")
    put("b", "3")
    assert ids(follower.follow()) == ["1", "2", "3"]
    assert follower.follow() == []
    clock.pass_by(minutes=1)
    put("c")
    assert ids(follower.follow()) == ["c"]
    assert follower.unread == []


def test_records_are_as_the_provider_wrote_them(put: Any, follower: Follower) -> None:
    put("a", content=gzip.compress(b'{"Records": [{"eventID":"1", "x":{"y": [1, "}"]}} ,\n {"eventID":"2"}]}'))
    assert follower.follow() == [b'{"eventID":"1", "x":{"y": [1, "}"]}}', b'{"eventID":"2"}']


def test_it_begins_a_while_ago_and_not_with_the_whole_history(put: Any, follower: Follower, clock: Clock) -> None:
    clock.pass_by(days=-400)
    put("long_ago")
    clock.pass_by(days=399)
    put("a_day_ago")
    clock.pass_by(hours=23, minutes=30)
    put("half_an_hour_ago")
    clock.pass_by(minutes=30)
    put("now")
    assert ids(follower.follow()) == ["half_an_hour_ago", "now"]
    assert follower.follow() == []


def test_a_file_that_comes_late_is_not_skipped_and_not_told_twice(put: Any, follower: Follower, clock: Clock) -> None:
    put("m")
    follower.follow()
    clock.pass_by(minutes=20)
    put("late", minutes_ago=35)
    put("later", minutes_ago=23 * 60)
    put("a")
    assert sorted(ids(follower.follow())) == ["a", "late", "later"]
    for _ in range(5):
        clock.pass_by(hours=1)
        assert follower.follow() == []


def test_names_of_the_same_minute_sort_by_chance(put: Any, follower: Follower, clock: Clock) -> None:
    put("m")
    follower.follow()
    put("b")
    put("z")
    assert sorted(ids(follower.follow())) == ["b", "z"]
    clock.pass_by(seconds=10)
    put("a")
    assert ids(follower.follow()) == ["a"]


def test_replicas_bear_the_date_of_their_original(put: Any, cloud: LogCloud, follower: Follower, clock: Clock) -> None:
    put("first")
    follower.follow()
    original = clock()
    clock.pass_by(minutes=90)
    put("second")
    follower.follow()
    cloud.put(BUCKET, trail_key(START, "replica"), trail_file("replica"), original)
    assert ids(follower.follow()) == ["replica"]


def test_at_midnight_the_folder_changes(put: Any, follower: Follower, clock: Clock) -> None:
    clock.pass_by(hours=11, minutes=59)
    put("before")
    follower.follow()
    clock.pass_by(minutes=2)
    put("after")
    put("late", minutes_ago=3)
    assert sorted(ids(follower.follow())) == ["after", "late"]
    assert follower.follow() == []


def test_new_accounts_and_regions_appear(put: Any, follower: Follower, clock: Clock) -> None:
    put("a")
    follower.follow()
    clock.pass_by(minutes=5)
    put("elsewhere", region="ap-southeast-2")
    put("other", account="222222222222")
    clock.pass_by(minutes=10)
    put("b")
    assert sorted(ids(follower.follow())) == ["b", "elsewhere", "other"]
    assert follower.follow() == []


def test_the_first_file_of_a_region_or_account_is_told_at_the_next_look(
    put: Any, follower: Follower, clock: Clock
) -> None:
    put("a")
    follower.follow()
    clock.pass_by(minutes=1)
    put("region", region="ap-southeast-2")
    assert ids(follower.follow()) == ["region"]
    clock.pass_by(minutes=1)
    put("account", account="222222222222")
    assert ids(follower.follow()) == ["account"]


def test_the_folders_of_a_large_organization_are_looked_for_more_rarely(
    put: Any, cloud: LogCloud, follower: Follower, clock: Clock
) -> None:
    for number in range(100):
        put(f"{number}", account=f"{number:012}")
    follower.follow()
    discovery = 1 + 2 * 100
    assert cloud.calls["ListObjectsV2"] == discovery + 100
    cloud.calls.clear()
    clock.pass_by(minutes=1)
    put("new", account="999999999999")
    assert follower.follow() == []
    assert cloud.calls["ListObjectsV2"] <= 100
    clock.pass_by(seconds=discovery / 2 - 59)
    assert ids(follower.follow()) == ["new"]
    assert Patience().discovery == timedelta(minutes=10)


def test_quiet_folders_of_a_large_organization_are_listed_more_rarely(
    put: Any, cloud: LogCloud, reader: AwsAccount, clock: Clock
) -> None:
    def region(number: int) -> str:
        return f"eu-west-{number}"

    patience = Patience(a_listing=timedelta(seconds=60))
    follower = Follower(CloudTrailBucket(reader, BUCKET, patience=patience, clock=clock))
    for number in range(ALWAYS + 40):
        put(f"{number}", region=region(number))
    follower.follow()
    clock.pass_by(hours=5)
    put("ends the margin", region=region(0))
    follower.follow()
    cloud.calls.clear()
    for minute in range(10):
        clock.pass_by(minutes=1)
        put(f"busy {minute}", region=region(0))
        assert ids(follower.follow()) == [f"busy {minute}"]
        until = follower.deliveries[-1].until
        assert until is not None
        assert timedelta(minutes=15) <= clock.now - until <= timedelta(minutes=25)
    # Each folder once and the busy one each time, and looking for new ones every third time.
    assert cloud.calls["ListObjectsV2"] <= ALWAYS + 40 + 10 + 4 * 3
    put("woken", region=region(7))
    clock.pass_by(minutes=10)
    assert ids(follower.follow()) == ["woken"]
    for number in range(5):
        clock.pass_by(minutes=1)
        put(f"awake {number}", region=region(7))
        assert ids(follower.follow()) == [f"awake {number}"]


def test_organization_trails_have_their_accounts_under_the_organization(
    put: Any, cloud: LogCloud, reader: AwsAccount, clock: Clock
) -> None:
    put("own", above="audit/")
    for account in ("111111111111", "222222222222"):
        key = trail_key(clock.now, account, account=account).replace("AWSLogs/", "audit/AWSLogs/o-abc123def4/")
        cloud.put(BUCKET, key, trail_file(account), clock())
    for prefix in ("audit", "audit/", "audit/AWSLogs/"):
        follower = Follower(CloudTrailBucket(reader, BUCKET, prefix, clock=clock))
        assert sorted(ids(follower.follow())) == ["111111111111", "222222222222", "own"]
    follower = Follower(CloudTrailBucket(reader, BUCKET, "aud", clock=clock))
    assert follower.follow() == []


def test_digests_are_no_log_and_insights_are(put: Any, cloud: LogCloud, follower: Follower, clock: Clock) -> None:
    put("a")
    day = f"{clock.now:%Y/%m/%d}"
    for kind, unique in (("CloudTrail-Digest", "digest"), ("CloudTrail-Insight", "insight")):
        key = (
            f"AWSLogs/{ACCOUNT}/{kind}/eu-west-1/{day}/"
            f"{ACCOUNT}_{kind}_eu-west-1_{clock.now:%Y%m%dT%H%M}Z_{unique}.json.gz"
        )
        cloud.put(BUCKET, key, trail_file(unique), clock())
    cloud.put(BUCKET, f"AWSLogs/{ACCOUNT}/Config/eu-west-1/x.json.gz", trail_file("config"), clock())
    cloud.put(BUCKET, f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/{day}/note.txt", b"hello", clock())
    assert sorted(ids(follower.follow())) == ["a", "insight"]
    assert not [key for key in cloud.read if "Digest" in key or "Config" in key]


def test_restarted_in_the_middle_of_a_file_it_goes_on_there(put: Any, reader: AwsAccount, clock: Clock) -> None:
    put("a", *(str(number) for number in range(25)))
    put("b", "last")
    source = CloudTrailBucket(reader, BUCKET, bounds=Bounds(records=10), clock=clock)
    follower = Follower(source)
    assert ids(follower.follow(deliveries=1)) == [str(number) for number in range(10)]
    again = Follower(CloudTrailBucket(reader, BUCKET, bounds=Bounds(records=10), clock=clock))
    again.cursor = follower.cursor
    assert ids(again.follow(deliveries=1)) == [str(number) for number in range(10, 20)]
    assert ids(again.follow()) == [*(str(number) for number in range(20, 25)), "last"]
    assert again.follow() == []


def test_a_delivery_is_bounded_by_size_too(put: Any, reader: AwsAccount, clock: Clock) -> None:
    put("a", *(str(number) for number in range(100)))
    follower = Follower(CloudTrailBucket(reader, BUCKET, bounds=Bounds(size=1000), clock=clock))
    assert len(follower.follow()) == 100
    assert max(sum(map(len, delivery.records)) for delivery in follower.deliveries) <= 1000
    assert len(follower.deliveries) > 4


KMS = "User: arn:aws:iam::123456789012:role/cspmd is not authorized to perform: kms:Decrypt on resource: key"


def test_a_file_that_cannot_be_read_is_named_and_read_once_it_can_be(
    put: Any, cloud: LogCloud, follower: Follower, clock: Clock
) -> None:
    key = put("a")
    cloud.denied[key] = KMS
    put("b")
    assert ids(follower.follow()) == ["b"]
    [unread] = follower.unread
    assert (unread.reason, unread.permission) == (UnreadReason.DENIED, "kms:Decrypt")
    assert key in unread.detail
    assert follower.deliveries[-1].until is None
    clock.pass_by(minutes=1)
    put("c")
    assert ids(follower.follow()) == ["c"]
    assert [one.permission for one in follower.unread] == ["kms:Decrypt"]
    del cloud.denied[key]
    clock.pass_by(hours=2)
    assert ids(follower.follow()) == ["a"]
    assert follower.unread == []
    assert follower.deliveries[-1].until is not None


def test_it_is_tried_again_more_and_more_rarely_and_given_up_once(
    put: Any, cloud: LogCloud, follower: Follower, clock: Clock
) -> None:
    key = put("a", content=trail_file("1", "2")[:-9])
    put("b")
    follower.follow()
    assert [one.reason for one in follower.unread] == [UnreadReason.MALFORMED]
    for _ in range(80 * 6):
        clock.pass_by(minutes=10)
        follower.follow()
        if not follower.unread:
            break
        assert key in follower.unread[0].detail
        gave_up = "given up" in follower.unread[0].detail
    assert gave_up
    assert timedelta(days=3) <= clock.now - START < timedelta(days=3, hours=2)
    assert 60 <= cloud.read.count(key) <= 3 * 24 + 12
    assert follower.follow() == []
    assert follower.unread == []
    assert follower.ids == ["b"]


def test_where_nothing_can_be_read_nothing_is_passed(
    put: Any, cloud: LogCloud, follower: Follower, clock: Clock
) -> None:
    for number in range(300):
        put(f"{number:03}")
    cloud.failing["GetObject"] = (403, "AccessDenied")
    assert follower.follow() == []
    follower.follow()
    assert follower.unread
    del cloud.failing["GetObject"]
    clock.pass_by(hours=2)
    assert sorted(ids(follower.follow())) == [f"{number:03}" for number in range(300)]


@pytest.mark.parametrize("failure", [(503, "SlowDown"), (400, "ExpiredToken")])
def test_a_general_failure_ends_the_reading_and_owes_nothing(
    put: Any, cloud: LogCloud, follower: Follower, failure: tuple[int, str]
) -> None:
    put("a")
    put("b")
    cloud.failing["GetObject"] = failure
    assert follower.follow() == []
    assert len(follower.unread) == 1
    assert cloud.calls["GetObject"] <= 2 * 5
    cloud.failing.clear()
    assert ids(follower.follow()) == ["a", "b"]


def test_a_listing_that_fails_is_told(put: Any, cloud: LogCloud, follower: Follower) -> None:
    put("a")
    cloud.failing["ListObjectsV2"] = (403, "AccessDenied")
    assert follower.follow() == []
    assert [one.permission for one in follower.unread] == ["s3:ListBucket"]
    cloud.failing.clear()
    assert ids(follower.follow()) == ["a"]


def test_a_file_that_is_deleted_before_it_is_read_is_told_once(
    put: Any, cloud: LogCloud, follower: Follower, clock: Clock
) -> None:
    key = put("a")
    cloud.denied[key] = "no"
    follower.follow()
    del cloud.denied[key]
    del cloud.objects[BUCKET][key]
    clock.pass_by(minutes=1)
    put("b")
    follower.follow()
    [unread] = follower.unread
    assert "deleted" in unread.detail
    follower.follow()
    assert follower.unread == []


def test_a_bucket_without_any_log_is_said_so(cloud: LogCloud, put: Any, follower: Follower, clock: Clock) -> None:
    assert put is not None
    assert follower.follow() == []
    [unread] = follower.unread
    assert (unread.reason, follower.deliveries[-1].until) == (UnreadReason.NOT_TOLD, None)
    clock.pass_by(minutes=1)
    put("a")
    assert ids(follower.follow()) == ["a"]
    assert cloud.calls["GetObject"] == 1


def test_where_nothing_came_the_position_stays_byte_for_byte(put: Any, follower: Follower, clock: Clock) -> None:
    for unique in "abc":
        put(unique)
        clock.pass_by(minutes=5)
    follower.follow()
    before = follower.cursor
    for _ in range(3):
        clock.pass_by(minutes=1)
        follower.follow()
        assert follower.cursor == before
        assert follower.deliveries[-1].until == clock.now - timedelta(minutes=15)


def test_a_trail_that_delivers_no_more_is_taken_for_silent_after_a_day(
    put: Any, follower: Follower, clock: Clock
) -> None:
    put("a")
    follower.follow()
    clock.pass_by(hours=3)
    put("m")
    came = clock.now
    for _ in range(24):
        follower.follow()
        assert follower.deliveries[-1].until == clock.now - timedelta(minutes=15)
        clock.pass_by(hours=1)
    clock.pass_by(days=3)
    assert follower.follow() == []
    assert follower.deliveries[-1].until == came + timedelta(hours=24)
    put("b")
    assert ids(follower.follow()) == ["b"]
    assert follower.deliveries[-1].until == clock.now - timedelta(minutes=15)


@pytest.mark.parametrize("cursor", [b"", b"\xff", b"[]", b"{}", b'{"version":0,"began":1}', b"null"])
def test_a_position_that_cannot_be_read_begins_anew(put: Any, follower: Follower, clock: Clock, cursor: bytes) -> None:
    clock.pass_by(hours=-5)
    put("old")
    clock.pass_by(hours=5)
    put("a")
    follower.cursor = cursor
    assert ids(follower.follow()) == ["a"]
    assert follower.cursor is not None
    assert f'"version":{VERSION}'.encode() in follower.cursor


def test_a_file_named_for_the_future_hides_none_that_come(put: Any, follower: Follower, clock: Clock) -> None:
    put("a")
    put("future", minutes_ago=-60 * 24 * 30)
    assert ids(follower.follow()) == ["a"]
    clock.pass_by(minutes=5)
    put("b")
    assert ids(follower.follow()) == ["b"]


def test_what_is_listed_follows_what_is_new(put: Any, cloud: LogCloud, follower: Follower, clock: Clock) -> None:
    for number in range(50):
        put(f"f{number}")
        clock.pass_by(hours=1)
        follower.follow()
    cloud.starts.clear()
    follower.follow()
    newest = clock.now - timedelta(hours=1)
    floor = newest - Patience().look_back
    assert cloud.starts == [trail_key(floor, "x").rpartition("Z_")[0]]
    assert follower.cursor is not None
    assert len(follower.cursor) < 500


def test_positions_differ_by_target_and_place(reader: AwsAccount) -> None:
    places = [
        CloudTrailBucket(reader, BUCKET, target="a"),
        CloudTrailBucket(reader, BUCKET, target="b"),
        CloudTrailBucket(reader, BUCKET, "p", target="a"),
        CloudTrailBucket(reader, "other", target="a"),
    ]
    assert len({source.position for source in places}) == len(places)


def test_a_file_that_is_too_long_to_be_held_is_read_as_it_comes(put: Any, cloud: LogCloud, follower: Follower) -> None:
    chance = random.Random(7)
    records = [f'{{"eventID":"{number}","x":"{chance.randbytes(40_000).hex()}"}}' for number in range(300)]
    content = gzip.compress(f'{{"Records":[{",".join(records)}]}}'.encode(), 1)
    assert len(content) > WHOLE
    put("long", content=content)
    put("short")
    assert ids(follower.follow()) == [*map(str, range(300)), "short"]
    assert cloud.calls["GetObject"] == 3
    assert len(follower.deliveries) >= 3
