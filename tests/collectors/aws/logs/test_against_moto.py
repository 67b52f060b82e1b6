"""The wire as moto's S3 and SQS speak it, with messages in the shapes that AWS sends."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.aws.logs.sources import CloudTrailBucket, CloudTrailQueue, S3AccessBucket
from collectors.aws.probe import each
from collectors.aws.session import AwsAccount
from tests.collectors.aws.logs.following import Follower, ids
from tests.collectors.aws.logs.test_trail_queue import TEST_EVENT, by_event_bridge, over_sns, s3_event
from tests.fakes.aws_log_cloud import trail_file, trail_key
from tests.fakes.aws_moto import Moto

BUCKET = "trail"


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def trail(s3: Any) -> Any:
    s3.create_bucket(Bucket=BUCKET)
    return lambda key, *events: s3.put_object(Bucket=BUCKET, Key=key, Body=trail_file(*events))


def test_a_trail_by_listing(trail: Any, account: AwsAccount, now: datetime, s3: Any) -> None:
    trail(trail_key(now, "m"), "1", "2")
    trail(trail_key(now, "x", region="us-east-1", above="AWSLogs/o-abcdefghij/").replace("/AWSLogs/", "/", 1), "3")
    s3.put_object(Bucket=BUCKET, Key="AWSLogs/some+odd name é/x", Body=b"")
    follower = Follower(CloudTrailBucket(account, BUCKET))
    assert sorted(ids(follower.follow())) == ["1", "2", "3"]
    trail(trail_key(now - timedelta(minutes=30), "late"), "4")
    again = Follower(CloudTrailBucket(account, BUCKET))
    again.cursor = follower.cursor
    assert ids(again.follow()) == ["4"]
    assert again.follow() == []
    assert again.unread == []


def test_a_trail_by_a_queue(trail: Any, account: AwsAccount, moto: Moto, now: datetime) -> None:
    sqs = moto.client("sqs")
    url = sqs.create_queue(QueueName="logs")["QueueUrl"]
    for number, wrap in enumerate((s3_event, by_event_bridge, lambda key: over_sns(s3_event(key)))):
        key = trail_key(now, f"{number}")
        trail(key, str(number))
        sqs.send_message(QueueUrl=url, MessageBody=wrap(key))
    sqs.send_message(QueueUrl=url, MessageBody=TEST_EVENT)
    follower = Follower(CloudTrailQueue(account, url, BUCKET))
    assert sorted(ids(follower.follow())) == ["0", "1", "2"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "0"
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
    assert follower.unread == []


def test_access_logs(s3: Any, account: AwsAccount, now: datetime) -> None:
    s3.create_bucket(Bucket="logs")
    s3.put_object(Bucket="logs", Key=f"site/{now:%Y-%m-%d-%H-%M-%S}-0123456789ABCDEF", Body=b"one\ntwo\n")
    dated = f"site/123456789012/us-east-1/site/{now:%Y/%m/%d/%Y-%m-%d}-00-00-00-0123456789ABCDEF"
    s3.put_object(Bucket="logs", Key=dated, Body=gzip.compress(b"three\n"), ContentEncoding="gzip")
    follower = Follower(S3AccessBucket(account, "logs", "site/"))
    assert sorted(follower.follow()) == [b"one", b"three", b"two"]
    assert follower.follow() == []


def test_trying_what_a_log_needs(trail: Any, account: AwsAccount, moto: Moto, now: datetime) -> None:
    url = moto.client("sqs").create_queue(QueueName="logs")["QueueUrl"]
    bucket, queue = CloudTrailBucket(account, BUCKET), CloudTrailQueue(account, url, BUCKET)
    assert [one.untried for one in each(account, bucket.attempts())] == [
        "",
        "there is no log file under the prefix yet",
    ]
    trail(trail_key(now, "m"), "1")
    tried = [*each(account, bucket.attempts()), *each(account, queue.attempts())]
    assert [one.unread for one in tried] == [None] * len(tried)
    assert {one.action for one in tried} == {
        one.action for source in (bucket, queue) for one in source.permissions if one.action != "kms:Decrypt"
    }
    missing = [*each(account, CloudTrailBucket(account, "nowhere").attempts())]
    assert missing[0].unread is not None
    assert "NoSuchBucket" in missing[0].unread.detail
    assert missing[1].untried == "the files could not be listed"


def test_a_queue_that_does_not_exist_is_told(account: AwsAccount, moto: Moto) -> None:
    follower = Follower(CloudTrailQueue(account, f"{moto.url}/123456789012/nowhere", BUCKET))
    follower.follow()
    [unread] = follower.unread
    assert "nowhere" in unread.detail
