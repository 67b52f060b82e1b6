"""What the collectors of trails, keys, secrets, images and backups ask for is what they use."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.backup import BackupCollector
from collectors.aws.cloudtrail import AuditLoggingCollector, TrailCollector
from collectors.aws.ecr import RepositoryCollector
from collectors.aws.kms import KeyCollector
from collectors.aws.operations import Operation
from collectors.aws.s3.operations import OPERATIONS as OF_BUCKETS
from collectors.aws.secretsmanager import SecretCollector
from collectors.aws.session import AwsAccount
from collectors.model import GLOBAL, Resource, encode
from tests.collectors.aws.looking import connected, scope
from tests.fakes.aws_faults import Faults
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.aws_trails import REGION, AuditedAccount

COLLECTORS = (
    AuditLoggingCollector,
    TrailCollector,
    KeyCollector,
    SecretCollector,
    RepositoryCollector,
    BackupCollector,
)
ANYBODY_READS = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "BUCKET/*"}
_UNTRIED = {"kms:DescribeKey", "s3:HeadBucket"}


@pytest.fixture
def account(faults: Faults) -> AwsAccount:
    return connected(faults.url)


@pytest.fixture
def estate(moto: Moto) -> None:
    audited = AuditedAccount(moto, ACCOUNT, "own")
    audited.bucket()
    audited.policy(ANYBODY_READS)
    audited.s3.put_bucket_acl(Bucket="own-log", ACL="public-read")
    audited.trail(TagsList=[{"Key": "data-class", "Value": "internal"}])
    key = moto.client("kms", region=REGION).create_key()["KeyMetadata"]["Arn"]
    moto.client("secretsmanager", region=REGION).create_secret(Name="db", SecretString="-", KmsKeyId=key)
    moto.client("ecr", region=REGION).create_repository(
        repositoryName="shop", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key}
    )
    backup = moto.client("backup", region=REGION)
    backup.create_backup_vault(BackupVaultName="kept", EncryptionKeyArn=key)
    backup.create_backup_plan(
        BackupPlan={"BackupPlanName": "daily", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "kept"}]}
    )


def everything(collector: type[Any], account: AwsAccount) -> list[bytes]:
    """All that a pass finds, and each resource read by itself."""
    where = scope(collector, REGION if collector.regional else GLOBAL)
    found = list(collector(account).collect(where))
    assert found
    assert all(isinstance(one, Resource) for one in found), found
    again = [collector(account).refresh(where, one.uid) for one in found]
    return sorted(encode(one) for one in (*found, *again))


def needed(collector: type[Any]) -> set[str]:
    return {permission.operation for permission in collector.permissions}


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("collector", COLLECTORS)
def test_an_endpoint_that_refuses_all_else_changes_nothing(
    collector: type[Any], account: AwsAccount, faults: Faults
) -> None:
    before = everything(collector, account)
    faults.allow_only(frozenset(needed(collector) | {"sts:GetCallerIdentity", "s3:HeadBucket"}))
    assert everything(collector, account) == before


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("collector", COLLECTORS)
def test_each_permission_is_used(collector: type[Any], account: AwsAccount, faults: Faults) -> None:
    everything(collector, account)
    called = {call.operation for call in faults.calls} - {"sts:GetCallerIdentity"}
    of_buckets = {operation.uid for operation in OF_BUCKETS}
    if collector is AuditLoggingCollector:
        # The trail's bucket is read as any other; that each of these is used is held where buckets are read.
        assert called - of_buckets == needed(collector) - of_buckets
        assert called & of_buckets
    else:
        assert called == {operation.uid for operation in collector.operations}
        assert needed(collector) == called - {"s3:HeadBucket"}


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("collector", COLLECTORS)
def test_trying_them_tries_each_once_and_none_is_refused_to_who_may(collector: type[Any], account: AwsAccount) -> None:
    from collectors.aws.answers import GoneError
    from collectors.model import Known, Unread

    tried = list(collector(account).attempts())
    of_buckets = set(OF_BUCKETS) if collector is AuditLoggingCollector else set()
    expected: set[Operation] = set(collector.operations) - of_buckets
    assert {attempt.operation for attempt in tried} == expected
    assert len(tried) == len(expected)
    assert {attempt.operation.uid for attempt in tried if attempt.untried} <= _UNTRIED
    for attempt in tried:
        if attempt.untried:
            continue
        try:
            answer = account.read(
                attempt.operation, attempt.region, lambda _: None, nothing=Known(None), **attempt.parameters
            )
        except GoneError:
            continue
        assert not isinstance(answer, Unread), answer


def test_no_permission_shows_what_is_kept() -> None:
    actions = {permission.action for collector in COLLECTORS for permission in collector.permissions}
    assert {action.partition(":")[2][:3] for action in actions} <= {"Get", "Lis", "Des"}
    assert not actions & {
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "kms:Decrypt",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "s3:GetObject",
        "cloudtrail:LookupEvents",
    }
