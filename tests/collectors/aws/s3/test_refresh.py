from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collectors.aws.s3 import S3Collector
from collectors.aws.session import AwsAccount
from collectors.model import Bucket, Unread, UnreadReason
from tests.collectors.aws.conftest import SCOPE
from tests.fakes.aws_estate import name_of, put_bucket, shape_of
from tests.fakes.aws_faults import DENIED, Fault, Faults
from tests.fakes.aws_moto import Moto

Collect = Callable[[], dict[str, Bucket]]


def uid(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def test_one_bucket_read_anew_is_what_the_whole_read_says(moto: Moto, account: AwsAccount, collect: Collect) -> None:
    one_of_each = {shape_of(name_of(number)): name_of(number) for number in range(20)}
    for shape, name in one_of_each.items():
        put_bucket(lambda region: moto.client("s3", region=region), name, shape)
    whole = collect()
    collector = S3Collector(account)
    assert set(whole) == set(one_of_each.values())
    for name, bucket in whole.items():
        assert collector.refresh(SCOPE, bucket.uid) == bucket, name


def test_a_change_is_seen_at_once(s3: Any, account: AwsAccount) -> None:
    s3.create_bucket(Bucket="changing")
    collector = S3Collector(account)
    before = collector.refresh(SCOPE, uid("changing"))
    s3.put_bucket_acl(Bucket="changing", ACL="public-read")
    after = collector.refresh(SCOPE, uid("changing"))
    assert isinstance(before, Bucket)
    assert isinstance(after, Bucket)
    assert before.acl_grants != after.acl_grants


def test_reading_one_bucket_reads_no_other(s3: Any, account: AwsAccount, faults: Faults) -> None:
    for name in ("wanted", "wanted-not"):
        s3.create_bucket(Bucket=name)
    assert isinstance(S3Collector(account).refresh(SCOPE, uid("wanted")), Bucket)
    assert {call.bucket for call in faults.calls} == {"", "wanted"}
    assert len(faults.calls) <= 16


def test_a_bucket_that_is_gone_is_none(s3: Any, account: AwsAccount) -> None:
    s3.create_bucket(Bucket="going")
    s3.delete_bucket(Bucket="going")
    assert S3Collector(account).refresh(SCOPE, uid("going")) is None


def test_a_name_that_another_account_holds_proves_nothing(account: AwsAccount, faults: Faults) -> None:
    faults.plan("s3:GetBucketLocation", DENIED)
    told = S3Collector(account).refresh(SCOPE, uid("taken-by-another"))
    assert isinstance(told, Unread)
    assert told.reason is UnreadReason.DENIED
    (asked,) = [call for call in faults.calls if call.operation == "s3:GetBucketLocation"]
    assert asked.headers["x-amz-expected-bucket-owner"] == account.account_id


def test_a_bucket_that_the_listing_does_not_show_yet_is_read(s3: Any, account: AwsAccount, faults: Faults) -> None:
    s3.create_bucket(Bucket="brand-new")
    empty = b"<ListAllMyBucketsResult><Owner><ID>o</ID></Owner><Buckets></Buckets></ListAllMyBucketsResult>"
    faults.plan("s3:ListBuckets", Fault(body=empty))
    assert isinstance(S3Collector(account).refresh(SCOPE, uid("brand-new")), Bucket)


def test_a_listing_that_is_refused_does_not_stop_the_one_bucket(s3: Any, account: AwsAccount, faults: Faults) -> None:
    s3.create_bucket(Bucket="known")
    faults.plan("s3:ListBuckets", DENIED)
    assert isinstance(S3Collector(account).refresh(SCOPE, uid("known")), Bucket)
    assert S3Collector(account).refresh(SCOPE, uid("never-was")) is None
