from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collectors.aws.s3 import S3Collector
from collectors.aws.s3 import operations as ops
from collectors.aws.session import AwsAccount
from collectors.model import (
    AccessLogging,
    Bucket,
    Copy,
    CopyKind,
    Encryption,
    KeyHolder,
    Known,
    NotNeeded,
    Unread,
    UnreadReason,
    Versioning,
)
from tests.collectors.aws.conftest import SCOPE
from tests.fakes.aws_estate import BLOCK, NO_BLOCK, tls_statement
from tests.fakes.aws_estate import policy as policy_of
from tests.fakes.aws_faults import DENIED, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

Collect = Callable[[], dict[str, Bucket]]


def test_buckets_lie_where_they_were_made(moto: Moto, s3: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="virginia")
    for region in ("eu-west-1", "ap-southeast-2"):
        moto.client("s3", region=region).create_bucket(
            Bucket=f"in-{region}", CreateBucketConfiguration={"LocationConstraint": region}
        )
    found = collect()
    assert {name: bucket.region for name, bucket in found.items()} == {
        "virginia": "us-east-1",
        "in-eu-west-1": "eu-west-1",
        "in-ap-southeast-2": "ap-southeast-2",
    }
    assert found["in-eu-west-1"].places == Known(("aws:eu-west-1",))


def test_protection_is_read_as_it_is_set(s3: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="logs")
    s3.create_bucket(Bucket="data")
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_policy(Bucket="data", Policy=policy_of(tls_statement("data")))
    delivery = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    owner = s3.get_bucket_acl(Bucket="logs")["Owner"]
    s3.put_bucket_acl(
        Bucket="logs",
        AccessControlPolicy={
            "Owner": owner,
            "Grants": [{"Grantee": delivery, "Permission": p} for p in ("WRITE", "READ_ACP")],
        },
    )
    s3.put_bucket_logging(
        Bucket="data", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "data/"}}
    )
    data, logs = collect()["data"], collect()["logs"]
    assert data.versioning == Known(Versioning(enabled=True, state="Enabled"))
    assert data.access_logging == Known(AccessLogging(enabled=True, target="logs", prefix="data/"))
    assert isinstance(data.tls_only, Known)
    assert data.tls_only.value.enforced
    assert logs.versioning == Known(Versioning(enabled=False))
    assert logs.access_logging == Known(AccessLogging(enabled=False))
    assert isinstance(logs.tls_only, Known)
    assert not logs.tls_only.value.enforced


def test_encryption_says_who_holds_the_key(s3: Any, collect: Collect) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1b8c5e2a-0000-4000-8000-000000000001"
    defaults = {
        "by-provider": {"SSEAlgorithm": "AES256"},
        "by-aws-key": {"SSEAlgorithm": "aws:kms"},
        "by-aws-alias": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": "arn:aws:kms:us-east-1:123456789012:alias/aws/s3",
        },
        "by-own-key": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "by-own-key-twice": {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": key},
    }
    s3.create_bucket(Bucket="by-default")
    for name, default in defaults.items():
        s3.create_bucket(Bucket=name)
        s3.put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
        )
    found = {name: bucket.default_encryption for name, bucket in collect().items()}
    alias = "arn:aws:kms:us-east-1:123456789012:alias/aws/s3"
    assert found == {
        "by-default": Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", explicit=False)),
        "by-provider": Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256")),
        "by-aws-key": Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="aws:kms")),
        "by-aws-alias": Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="aws:kms", key_uid=alias)),
        "by-own-key": Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="aws:kms", key_uid=key)),
        "by-own-key-twice": Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="aws:kms:dsse", key_uid=key)),
    }


def test_tags_are_read_and_none_is_an_answer(s3: Any, collect: Collect) -> None:
    for name in ("tagged", "plain"):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_tagging(Bucket="tagged", Tagging={"TagSet": [{"Key": "data-class", "Value": "personal"}]})
    found = collect()
    assert found["tagged"].tags == Known({"data-class": "personal"})
    assert found["plain"].tags == Known({})


def test_replication_says_where_the_copies_lie(moto: Moto, s3: Any, collect: Collect, faults: Faults) -> None:
    s3.create_bucket(Bucket="source")
    moto.client("s3", region="eu-west-1").create_bucket(
        Bucket="own-copy", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    moto.client("s3", region="ap-south-1", account="999999999999").create_bucket(
        Bucket="foreign-copy", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
    )
    s3.put_bucket_versioning(Bucket="source", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(
        Bucket="source",
        ReplicationConfiguration={
            "Role": f"arn:aws:iam::{ACCOUNT}:role/replication",
            "Rules": [
                replication_rule("own", "own-copy", 1),
                replication_rule("again", "own-copy", 2),
                replication_rule("foreign", "foreign-copy", 3),
                replication_rule("off", "never", 4, status="Disabled"),
            ],
        },
    )
    # How S3 refuses a stranger: it still says where the bucket lies.
    faults.plan("s3:HeadBucket", Fault(status=403, code="AccessDenied"))
    source = collect()["source"]
    assert source.copies == Known(
        (
            Copy(
                kind=CopyKind.REPLICATION,
                destination="arn:aws:s3:::own-copy",
                places=Known(("aws:eu-west-1",)),
                via="replication rule own, again",
            ),
            Copy(
                kind=CopyKind.REPLICATION,
                destination="arn:aws:s3:::foreign-copy",
                places=Known(("aws:ap-south-1",)),
                via="replication rule foreign",
            ),
        )
    )


def test_a_strangers_bucket_that_says_nothing_leaves_the_place_open(s3: Any, collect: Collect, faults: Faults) -> None:
    for name in ("source", "target"):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket="source", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(
        Bucket="source",
        ReplicationConfiguration={"Role": "arn:aws:iam::1:role/r", "Rules": [replication_rule("r", "target", 1)]},
    )
    only_the_source = (
        b"<ListAllMyBucketsResult><Owner><ID>o</ID></Owner><Buckets><Bucket><Name>source</Name>"
        b"<BucketRegion>us-east-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>"
    )
    faults.plan("s3:ListBuckets", Fault(body=only_the_source))
    faults.plan("s3:HeadBucket", Fault(status=403, code="AccessDenied", silent=True))
    (copy,) = known(collect()["source"].copies)
    assert copy.places == Unread(
        reason=UnreadReason.DENIED, operation="s3:HeadBucket", permission="s3:ListBucket", detail="403"
    )


def test_a_replica_that_does_not_exist_has_no_known_place(moto: Moto, s3: Any, collect: Collect) -> None:
    for name in ("source", "target"):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket="source", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(
        Bucket="source",
        ReplicationConfiguration={"Role": "arn:aws:iam::1:role/r", "Rules": [replication_rule("r", "target", 1)]},
    )
    s3.delete_bucket(Bucket="target")
    (copy,) = known(collect()["source"].copies)
    assert isinstance(copy.places, Unread)
    assert copy.places.detail == "destination_does_not_exist"
    assert moto


def replication_rule(uid: str, bucket: str, priority: int, *, status: str = "Enabled") -> dict[str, Any]:
    return {
        "ID": uid,
        "Status": status,
        "Priority": priority,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{bucket}"},
    }


def known(fact: Any) -> Any:
    assert isinstance(fact, Known), fact
    return fact.value


def test_a_multi_region_access_point_spreads_the_data_of_all_its_buckets(moto: Moto, s3: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="here")
    moto.client("s3", region="eu-west-1").create_bucket(
        Bucket="there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3.create_bucket(Bucket="apart")
    control = moto.client("s3control", region="us-west-2")
    control.create_multi_region_access_point(
        AccountId=ACCOUNT,
        ClientToken="token",
        Details={"Name": "span", "Regions": [{"Bucket": "here"}, {"Bucket": "there"}], "PublicAccessBlock": NO_BLOCK},
    )
    alias = control.list_multi_region_access_points(AccountId=ACCOUNT)["AccessPoints"][0]["Alias"]
    found = collect()
    expected = Copy(
        kind=CopyKind.MULTI_REGION_ACCESS,
        destination=f"arn:aws:s3::{ACCOUNT}:accesspoint/{alias}",
        places=Known(("aws:eu-west-1", "aws:us-east-1")),
        via="multi-region access point span",
    )
    assert found["here"].access_point_copies == Known((expected,))
    assert found["there"].access_point_copies == Known((expected,))
    assert found["apart"].access_point_copies == Known(())


def page(name: str, token: str = "") -> Fault:
    """One page of a listing, as S3 answers it."""
    bucket = f"<Bucket><Name>{name}</Name><BucketRegion>us-east-1</BucketRegion></Bucket>"
    following = f"<ContinuationToken>{token}</ContinuationToken>" if token else ""
    body = f"<ListAllMyBucketsResult><Buckets>{bucket}</Buckets>{following}</ListAllMyBucketsResult>"
    return Fault(body=body.encode())


def test_a_listing_is_read_to_its_last_page(s3: Any, collect: Collect, faults: Faults) -> None:
    for name in ("first", "second"):
        s3.create_bucket(Bucket=name)
    faults.plan("s3:ListBuckets", page("first", "more"), times=1)
    faults.plan("s3:ListBuckets", page("second"), times=1)
    assert set(collect()) == {"first", "second"}
    first, second = [call for call in faults.calls if call.operation == "s3:ListBuckets"]
    assert first.query == {"max-buckets": "10000"}
    assert second.query == {"max-buckets": "10000", "continuation-token": "more"}


def test_a_page_that_fails_keeps_what_came_before_and_says_so(s3: Any, account: AwsAccount, faults: Faults) -> None:
    s3.create_bucket(Bucket="first")
    faults.plan("s3:ListBuckets", page("first", "more"), times=1)
    faults.plan("s3:ListBuckets", DENIED, times=1)
    bucket, told = S3Collector(account).collect(SCOPE)
    assert isinstance(bucket, Bucket)
    assert bucket.name == "first"
    assert isinstance(told, Unread)
    assert told.permission == "s3:ListAllMyBuckets"


def test_an_empty_account_is_complete(s3: Any, collect: Collect) -> None:
    assert s3
    assert collect() == {}


def test_a_bucket_that_goes_away_between_list_and_read_is_dropped(s3: Any, faults: Faults, collect: Collect) -> None:
    for name in ("stays", "goes"):
        s3.create_bucket(Bucket=name)
    faults.plan(
        ops.GET_BUCKET_VERSIONING.uid, Fault(status=404, code="NoSuchBucket"), when=lambda call: call.bucket == "goes"
    )
    assert set(collect()) == {"stays"}


def test_account_switches_known_on_decide_without_the_buckets(
    s3: Any, s3control: Any, collect: Collect, faults: Faults
) -> None:
    s3.create_bucket(Bucket="covered")
    s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=BLOCK)
    faults.plan(ops.GET_PUBLIC_ACCESS_BLOCK.uid, DENIED)
    bucket = collect()["covered"]
    assert isinstance(bucket.policy_silenced, Known)
    assert bucket.policy_silenced.value.on
    assert bucket.acl_grants == NotNeeded("acl_hidden")
    assert isinstance(bucket.switches, Unread)
