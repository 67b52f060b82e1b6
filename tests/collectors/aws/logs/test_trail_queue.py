from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest
import structlog.testing

from collectors.aws.logs.batch import Bounds
from collectors.aws.logs.notifications import Put, UnknownMessageError, objects_put
from collectors.aws.logs.sources import CloudTrailQueue
from collectors.aws.session import AwsAccount
from collectors.model import UnreadReason
from tests.collectors.aws.logs.following import Follower, ids
from tests.fakes.aws_log_cloud import ACCOUNT, LogCloud, trail_file, trail_key

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BUCKET = "trail"


def s3_event(key: str, *, bucket: str = BUCKET, event: str = "ObjectCreated:Put") -> str:
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2026-03-01T12:00:00.000Z",
        "eventName": event,
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "c",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": quote_plus(key, safe="/"), "size": 10, "eTag": "e", "sequencer": "0"},
        },
    }
    return json.dumps({"Records": [record]})


def over_sns(message: str) -> str:
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "m",
            "TopicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:trail",
            "Subject": "Amazon S3 Notification",
            "Message": message,
            "Timestamp": "2026-03-01T12:00:00.000Z",
            "SignatureVersion": "1",
        }
    )


def by_event_bridge(key: str, detail_type: str = "Object Created") -> str:
    return json.dumps(
        {
            "version": "0",
            "id": "i",
            "detail-type": detail_type,
            "source": "aws.s3",
            "account": ACCOUNT,
            "region": "eu-west-1",
            "resources": [f"arn:aws:s3:::{BUCKET}"],
            "detail": {"version": "0", "bucket": {"name": BUCKET}, "object": {"key": key, "size": 10}},
        }
    )


TEST_EVENT = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET, "RequestId": "r"})
BY_CLOUDTRAIL = json.dumps({"s3Bucket": BUCKET, "s3ObjectKey": ["a b", "c"]})
ODD_KEY = "AWSLogs/a b+c=é%20.json.gz"


@pytest.mark.parametrize(
    "body",
    [
        s3_event(ODD_KEY),
        s3_event(ODD_KEY, event="s3:ObjectCreated:CompleteMultipartUpload"),
        over_sns(s3_event(ODD_KEY)),
        by_event_bridge(ODD_KEY),
        over_sns(by_event_bridge(ODD_KEY)),
    ],
)
def test_every_way_of_being_told_names_the_object_as_it_is(body: str) -> None:
    assert objects_put(body) == (Put(BUCKET, ODD_KEY),)


def test_cloudtrail_itself_names_several() -> None:
    assert objects_put(over_sns(BY_CLOUDTRAIL)) == (Put(BUCKET, "a b"), Put(BUCKET, "c"))


@pytest.mark.parametrize(
    "body",
    [
        TEST_EVENT,
        over_sns(TEST_EVENT),
        s3_event("a", event="ObjectRemoved:Delete"),
        s3_event("a", event="s3:LifecycleExpiration:Delete"),
        by_event_bridge("a", "Object Deleted"),
        over_sns("CloudTrail validation message."),
        '{"Records": []}',
    ],
)
def test_messages_of_other_kinds_name_none(body: str) -> None:
    assert objects_put(body) == ()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "null",
        "{}",
        '{"Records": [{}]}',
        '{"Records": [3]}',
        '{"Records": [{"eventName": "ObjectCreated:Put"}]}',
        '{"Type": "Notification", "Message": "hello"}',
        '{"detail-type": "Object Created", "detail": {"bucket": {}}}',
        over_sns(over_sns(over_sns(over_sns(TEST_EVENT)))),
        "[" * 100_000,
    ],
)
def test_what_is_no_message_is_said_to_be_none(body: str) -> None:
    with pytest.raises(UnknownMessageError):
        objects_put(body)


class Clock:
    def __init__(self, cloud: LogCloud) -> None:
        self.cloud = cloud
        cloud.now = START.timestamp()

    def __call__(self) -> float:
        return self.cloud.now

    def pass_by(self, **time: float) -> None:
        self.cloud.now += timedelta(**time).total_seconds()


@pytest.fixture
def clock(cloud: LogCloud) -> Clock:
    cloud.objects[BUCKET] = {}
    return Clock(cloud)


@pytest.fixture
def put(cloud: LogCloud, clock: Clock) -> Any:
    def deliver(unique: str, *events: str, tell: bool = True) -> str:
        key = trail_key(START, unique)
        cloud.put(BUCKET, key, trail_file(*(events or (unique,))), clock())
        if tell:
            cloud.send(s3_event(key))
        return key

    return deliver


@pytest.fixture
def make(cloud: LogCloud, reader: AwsAccount, clock: Clock) -> Any:
    def follower(records: int = 5000) -> Follower:
        url = f"{cloud.url}/{ACCOUNT}/logs"
        return Follower(CloudTrailQueue(reader, url, BUCKET, bounds=Bounds(records=records), clock=clock))

    return follower


def test_what_the_queue_tells_is_read_and_deleted_after_the_commit(put: Any, make: Any, cloud: LogCloud) -> None:
    for unique in ("a", "b", "c"):
        put(unique)
    follower = make()
    assert ids(follower.follow(settle=False)) == ["a", "b", "c"]
    assert len(cloud.messages) == 3
    for delivery in follower.deliveries:
        follower.source.settle(delivery)
    assert cloud.messages == []
    assert follower.deliveries[-1].until == START - timedelta(minutes=15)


def test_more_than_ten_messages_are_taken_in_turns(put: Any, make: Any, cloud: LogCloud) -> None:
    for number in range(35):
        put(f"{number:02}")
    follower = make()
    assert sorted(ids(follower.follow())) == [f"{number:02}" for number in range(35)]
    assert cloud.messages == []
    assert cloud.calls["ReceiveMessage"] == 5


def test_a_message_that_was_committed_and_not_deleted_has_its_file_known(
    put: Any, make: Any, cloud: LogCloud, clock: Clock
) -> None:
    put("a")
    first = make()
    first.follow(settle=False)
    clock.pass_by(minutes=3)
    again = make()
    again.cursor = first.cursor
    assert again.follow() == []
    assert cloud.messages == []
    assert cloud.calls["GetObject"] == 1


def test_killed_before_the_commit_nothing_is_lost(put: Any, make: Any, cloud: LogCloud, clock: Clock) -> None:
    put("a")
    first = make()
    next(iter(first.source.read(None)))
    clock.pass_by(minutes=3)
    assert ids(make().follow()) == ["a"]
    assert cloud.messages == []


def test_left_in_the_middle_of_a_file_it_goes_on_there(put: Any, make: Any, cloud: LogCloud) -> None:
    put("a", *(str(number) for number in range(25)))
    put("b")
    follower = make(records=10)
    assert ids(follower.follow(deliveries=1)) == [str(number) for number in range(10)]
    assert [message.visible_at for message in cloud.messages] == [START.timestamp()] * 2
    again = make(records=10)
    again.cursor = follower.cursor
    assert ids(again.follow()) == [*(str(number) for number in range(10, 25)), "b"]
    assert cloud.messages == []


def test_told_twice_a_file_is_read_once(put: Any, make: Any, cloud: LogCloud) -> None:
    key = put("a")
    cloud.send(over_sns(s3_event(key)))
    cloud.send(by_event_bridge(key))
    follower = make()
    assert ids(follower.follow()) == ["a"]
    cloud.send(s3_event(key))
    assert follower.follow() == []
    assert cloud.messages == []


def test_messages_of_other_kinds_and_about_other_files_are_deleted(make: Any, cloud: LogCloud) -> None:
    cloud.send(TEST_EVENT)
    cloud.send(s3_event(f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/eu-west-1/2026/03/01/x.json.gz"))
    cloud.send(s3_event(f"AWSLogs/{ACCOUNT}/Config/x.json.gz"))
    follower = make()
    assert follower.follow() == []
    assert follower.unread == []
    assert cloud.messages == []
    assert cloud.calls["GetObject"] == 0


def test_logs_outside_the_prefix_are_said_to_be_left_out(
    put: Any, cloud: LogCloud, reader: AwsAccount, clock: Clock
) -> None:
    put("a")
    cloud.send(s3_event(f"AWSLogs/{ACCOUNT}/Config/x.json.gz"))
    source = CloudTrailQueue(reader, f"{cloud.url}/{ACCOUNT}/logs", BUCKET, "audit", clock=clock)
    follower = Follower(source)
    with structlog.testing.capture_logs() as logged:
        assert follower.follow() == []
        put("b")
        follower.follow()
    assert cloud.messages == []
    assert [one["file"] for one in logged] == [trail_key(START, "a")]


def test_poison_is_left_to_the_dead_letter_policy_and_said(put: Any, make: Any, cloud: LogCloud, clock: Clock) -> None:
    poison = cloud.send("not a message")
    strange = cloud.send(s3_event("a", bucket="another"))
    put("a")
    follower = make()
    assert ids(follower.follow()) == ["a"]
    assert [
        (one.reason, message in one.detail) for one, message in zip(follower.unread, (poison, strange), strict=True)
    ] == [
        (UnreadReason.MALFORMED, True),
        (UnreadReason.UNSUPPORTED, True),
    ]
    assert follower.deliveries[-1].until is None
    assert {message.id for message in cloud.messages} == {poison, strange}
    assert {message.received for message in cloud.messages} == {1}
    clock.pass_by(minutes=3)
    follower.follow()
    assert {message.received for message in cloud.messages} == {2}


def test_a_queue_that_is_told_of_nothing_for_a_day_is_taken_for_silent(put: Any, make: Any, clock: Clock) -> None:
    put("a")
    came = datetime.fromtimestamp(clock(), UTC)
    cursor = None
    for hours, until in (
        (0, came - timedelta(minutes=15)),
        (24, came + timedelta(hours=23, minutes=45)),
        (56, came + timedelta(hours=24)),
    ):
        clock.pass_by(hours=hours)
        follower = make()
        follower.cursor = cursor
        follower.follow()
        cursor = follower.cursor
        assert follower.deliveries[-1].until == until
    put("b")
    assert ids(follower.follow()) == ["b"]
    assert follower.deliveries[-1].until == datetime.fromtimestamp(clock(), UTC) - timedelta(minutes=15)


def test_messages_about_another_bucket_come_ever_more_rarely_and_are_warned_of_once_a_day(
    put: Any, make: Any, cloud: LogCloud, clock: Clock
) -> None:
    put("a")
    strange = [cloud.send(s3_event(key, bucket="another")) for key in "abc"]
    poison = cloud.send("not a message")
    follower = make()
    with structlog.testing.capture_logs() as lines:
        for _ in range(23 * 60):
            follower.follow()
            clock.pass_by(minutes=1)
    told = [line for line in lines if "dead-letter" in line["event"]]
    assert [line["message"] for line in told] == [strange[0], poison]
    assert 25 <= max(message.received for message in cloud.messages) <= 32
    with structlog.testing.capture_logs() as lines:
        for _ in range(3 * 60):
            follower.follow()
            clock.pass_by(minutes=1)
    told = [line for line in lines if "dead-letter" in line["event"]]
    assert len(told) == 2
    assert all(line["handed_out_since"] > 20 for line in told)


def test_a_file_that_cannot_be_read_keeps_its_message_ever_longer(
    put: Any, make: Any, cloud: LogCloud, clock: Clock
) -> None:
    key = put("a")
    put("b")
    cloud.denied[key] = "is not authorized to perform: kms:Decrypt on"
    follower = make()
    assert ids(follower.follow()) == ["b"]
    assert [one.permission for one in follower.unread] == ["kms:Decrypt"]
    [message] = cloud.messages
    assert message.visible_at == clock() + 120
    clock.pass_by(seconds=121)
    follower.follow()
    assert message.visible_at == clock() + 240
    del cloud.denied[key]
    clock.pass_by(seconds=241)
    assert ids(follower.follow()) == ["a"]
    assert cloud.messages == []


def test_a_general_failure_puts_off_what_was_taken(put: Any, make: Any, cloud: LogCloud, clock: Clock) -> None:
    for unique in "abc":
        put(unique)
    cloud.failing["GetObject"] = (400, "ExpiredToken")
    follower = make()
    assert follower.follow() == []
    assert len(follower.unread) == 1
    assert cloud.calls["GetObject"] <= 3
    cloud.failing.clear()
    assert follower.follow() == []
    clock.pass_by(minutes=3)
    assert sorted(ids(follower.follow())) == ["a", "b", "c"]


def test_work_that_takes_long_keeps_its_messages(put: Any, make: Any, cloud: LogCloud, clock: Clock) -> None:
    for unique in "abcdef":
        put(unique, *(f"{unique}{number}" for number in range(10)))
    follower = make(records=5)
    told = []
    for item in follower.source.read(None):
        told += ids(list(item.records))
        follower.source.settle(item)
        clock.pass_by(seconds=50)
        assert all(message.visible_at > clock() for message in cloud.messages)
    assert len(told) == len(set(told)) == 60
    assert cloud.messages == []
    assert {message.received for message in cloud.messages} <= {1}


def test_a_queue_that_cannot_be_asked_is_told(make: Any, reader: AwsAccount, clock: Clock) -> None:
    follower = make()
    nowhere = "http://127.0.0.1:9/1/q"
    account = AwsAccount(ACCOUNT, endpoint_url="http://127.0.0.1:9")
    follower.source = CloudTrailQueue(account, nowhere, BUCKET, clock=clock)
    follower.follow()
    assert [one.reason for one in follower.unread] == [UnreadReason.UNREACHABLE]
    assert reader


@pytest.mark.parametrize("cursor", [b"", b"\xff", b"{}", b'{"version":9}'])
def test_a_record_of_what_was_read_that_cannot_be_read_is_forgotten(put: Any, make: Any, cursor: bytes) -> None:
    put("a")
    follower = make()
    follower.cursor = cursor
    assert ids(follower.follow()) == ["a"]


def test_what_is_remembered_is_bounded(put: Any, make: Any, clock: Clock) -> None:
    follower = make()
    for number in range(60):
        put(f"{number:03}")
    follower.follow()
    assert follower.cursor is not None
    size = len(follower.cursor)
    assert size < 60 * 17 + 100
    clock.pass_by(days=15)
    put("new")
    follower.follow()
    assert len(follower.cursor) < 100


@pytest.mark.parametrize(
    ("url", "arn"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/q", "arn:aws:sqs:eu-west-1:123456789012:q"),
        ("https://eu-west-1.queue.amazonaws.com/123456789012/q", "arn:aws:sqs:eu-west-1:123456789012:q"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q", "arn:aws-cn:sqs:cn-north-1:123456789012:q"),
        ("https://sqs.us-gov-west-1.amazonaws.com/123456789012/q", "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:q"),
        ("https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/123456789012/q", "arn:aws:sqs:eu-west-1:123456789012:q"),
        ("https://sqs.eu-west-1.api.aws/123456789012/q", "arn:aws:sqs:eu-west-1:123456789012:q"),
        ("https://sqs-fips.us-gov-west-1.amazonaws.com/1/q", "arn:aws-us-gov:sqs:us-gov-west-1:1:q"),
        ("http://127.0.0.1:5000/123456789012/q", "arn:aws:sqs:*:123456789012:q"),
    ],
)
def test_the_queue_is_where_its_url_says(reader: AwsAccount, url: str, arn: str) -> None:
    source = CloudTrailQueue(reader, url, BUCKET)
    assert source.queue.arn == arn
    assert {one.resources for one in source.needs() if one.action == "sqs:ReceiveMessage"} == {(arn,)}
