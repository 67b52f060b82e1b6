"""Who holds the key that a bucket names: KMS says so, and is asked only where something hangs on it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.aws.s3 import S3Collector
from collectors.aws.session import AwsAccount
from collectors.model import Bucket, Fact, KeyHolder, Known, NotNeeded, Unread, UnreadReason
from detectors.model import Policy
from detectors.requirement import Requirement
from detectors.storage.encryption_at_rest import UID, Parameters
from tests.collectors.aws.conftest import SCOPE
from tests.collectors.aws.looking import verdicts
from tests.fakes.aws_faults import DENIED, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

DESCRIBE_KEY = "kms:DescribeKey"
REGION = "eu-central-1"


class Keys:
    """Buckets in one region, each with default encryption of its own."""

    def __init__(self, moto: Moto) -> None:
        self._s3, self._kms = moto.client("s3", region=REGION), moto.client("kms", region=REGION)

    def make(self, **settings: str) -> str:
        key: str = self._kms.create_key(**settings)["KeyMetadata"]["Arn"]
        return key

    def bucket(self, name: str, key: str | None = None, algorithm: str = "aws:kms") -> None:
        self._s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        default = {"SSEAlgorithm": algorithm} | ({} if key is None else {"KMSMasterKeyID": key})
        rules = [{"ApplyServerSideEncryptionByDefault": default}]
        self._s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


@pytest.fixture
def keys(moto: Moto) -> Keys:
    return Keys(moto)


def read(account: AwsAccount) -> dict[str, Bucket]:
    return {item.name: item for item in S3Collector(account).collect(SCOPE) if isinstance(item, Bucket)}


def holders(account: AwsAccount) -> dict[str, Fact[KeyHolder]]:
    return {name: bucket.key_holder for name, bucket in read(account).items()}


def managed_by(manager: str, **more: str) -> Fault:
    def rewrite(answer: bytes) -> bytes:
        described: dict[str, Any] = json.loads(answer)
        described["KeyMetadata"] |= {"KeyManager": manager, **more}
        return json.dumps(described).encode()

    return Fault(rewrite=rewrite)


def requiring(require: str) -> Policy:
    return Policy(parameters={UID: Parameters(require=Requirement(require))})


def test_a_key_of_aws_that_is_named_by_its_arn_is_no_customers(keys: Keys, account: AwsAccount, faults: Faults) -> None:
    own, of_aws, in_hsm = (keys.make() for _ in range(3))
    faults.plan(DESCRIBE_KEY, managed_by("AWS"), times=1, when=lambda call: call.form.get("KeyId") == of_aws)
    faults.plan(
        DESCRIBE_KEY,
        managed_by("CUSTOMER", Origin="AWS_CLOUDHSM"),
        times=1,
        when=lambda call: call.form.get("KeyId") == in_hsm,
    )
    for name, key in {"own": own, "twice": own, "of-aws": of_aws, "in-hsm": in_hsm}.items():
        keys.bucket(name, key)
    keys.bucket("foreign", f"arn:aws:kms:{REGION}:999999999999:key/1b8c5e2a-0000-4000-8000-000000000001")
    keys.bucket("by-alias", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3")
    keys.bucket("unnamed")
    keys.bucket("by-s3", algorithm="AES256")
    found = read(account)
    assert {name: bucket.key_holder for name, bucket in found.items() if isinstance(bucket.key_holder, Known)} == {
        "own": Known(KeyHolder.CUSTOMER_KEY),
        "twice": Known(KeyHolder.CUSTOMER_KEY),
        "foreign": Known(KeyHolder.CUSTOMER_KEY),
        "of-aws": Known(KeyHolder.PROVIDER),
        "in-hsm": Known(KeyHolder.HSM),
    }
    told = NotNeeded("holder_told_with_encryption")
    assert {found[name].key_holder for name in ("by-alias", "unnamed", "by-s3")} == {told}
    assert faults.count(DESCRIBE_KEY) == 3
    assert {call.region for call in faults.calls if call.operation == DESCRIBE_KEY} == {REGION}
    passes = {
        require: {
            name for name, verdict in verdicts(UID, found.values(), requiring(require)).items() if verdict == "PASS"
        }
        for require in ("provider", "customer_key", "hsm")
    }
    assert passes == {
        "provider": set(found),
        "customer_key": {"own", "twice", "foreign", "in-hsm"},
        "hsm": {"in-hsm"},
    }


def test_a_key_that_may_not_be_looked_at_leaves_its_buckets_open(
    keys: Keys, account: AwsAccount, faults: Faults
) -> None:
    keys.bucket("own", keys.make())
    faults.plan(DESCRIBE_KEY, DENIED)
    found = read(account)
    assert found["own"].key_holder == Unread(
        reason=UnreadReason.DENIED, operation=DESCRIBE_KEY, permission=DESCRIBE_KEY, detail="AccessDenied"
    )
    assert verdicts(UID, found.values(), requiring("customer_key")) == {"own": "UNKNOWN"}
    assert verdicts(UID, found.values(), requiring("provider")) == {"own": "PASS"}


def test_keys_are_not_looked_at_where_nothing_hangs_on_them(keys: Keys, faults: Faults) -> None:
    keys.bucket("own", keys.make())
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, asked=lambda _, fact: fact != "key_holder")
    [bucket] = read(account).values()
    assert bucket.key_holder == Unread(reason=UnreadReason.NOT_ASKED, operation=DESCRIBE_KEY)
    assert bucket.unread() == ()
    assert faults.count(DESCRIBE_KEY) == 0
    tried = {attempt.operation.uid for attempt in S3Collector(account).attempts()}
    assert DESCRIBE_KEY not in tried
    assert "s3:GetBucketTagging" in tried
