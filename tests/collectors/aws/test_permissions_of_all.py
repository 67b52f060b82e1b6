"""The generated policy is what all collectors together use: no more, and no less; doctor names each action."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from collectors.aws.catalogue import COLLECTORS
from collectors.aws.operations import Operation
from collectors.aws.probe import probe
from collectors.aws.regions import EnabledRegions
from collectors.aws.session import AwsAccount
from collectors.model import GLOBAL, Provider, Resource, Scope, UnreadReason, encode
from tests.collectors.aws.iam.conftest import summary_answer
from tests.fakes.aws_estate import EUROPEAN, NAME, PUBLIC_ACL, REPLICATED, put_bucket
from tests.fakes.aws_families import HOME, Families, supplement
from tests.fakes.aws_faults import ANY, DENIED, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

CLASSES: tuple[Any, ...] = (*COLLECTORS, EnabledRegions)
ALL = {permission for collector in CLASSES for permission in collector.permissions}
OPERATIONS = {operation.uid: operation for collector in CLASSES for operation in collector.operations}
NEEDS_NOTHING = frozenset({"sts:GetCallerIdentity"})

# What a member of an organization is told, whose management account it may ask.
OF_A_MEMBER: dict[str, dict[str, Any]] = {
    "organizations:DescribeOrganization": {"Organization": {"MasterAccountId": "999999999999", "FeatureSet": "ALL"}},
    "organizations:DescribeEffectivePolicy": {"EffectivePolicy": {"PolicyContent": "{}", "PolicyType": "S3_POLICY"}},
    "organizations:ListPoliciesForTarget": {"Policies": [{"Id": "p-writes", "AwsManaged": False}]},
    "organizations:ListParents": {"Parents": [{"Id": "r-ab12", "Type": "ROOT"}]},
    "organizations:DescribePolicy": {"Policy": {"Content": '{"Version": "2012-10-17", "Statement": []}'}},
}


@pytest.fixture
def estate(moto: Moto, faults: Faults) -> None:
    """An account in which every operation has something to tell."""
    Families(moto, "own").seed()
    for shape in (PUBLIC_ACL, REPLICATED):
        put_bucket(lambda region: moto.client("s3", region=region), NAME.format(shape=shape, number=1), shape)
    put_bucket(lambda region: moto.client("s3", region=region), NAME.format(shape=EUROPEAN, number=4), EUROPEAN)
    for shape, number, region in ((REPLICATED, 1, "us-east-1"), (EUROPEAN, 4, "eu-west-1")):
        # Its key is one that only a recording knows.
        s3 = moto.client("s3", region=region)
        s3.delete_bucket_encryption(Bucket=NAME.format(shape=shape, number=number))
    _multi_region_access_point(moto)
    supplement(faults)
    tell_what_moto_cannot(faults)


def tell_what_moto_cannot(faults: Faults) -> None:
    numbers = {"AccountPasswordPresent": 1, "AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}
    faults.plan("iam:GetAccountSummary", summary_answer(**numbers))
    for operation, answer in OF_A_MEMBER.items():
        faults.plan(operation, Fault(body=json.dumps(answer).encode()))


def _multi_region_access_point(moto: Moto) -> None:
    bucket = NAME.format(shape=PUBLIC_ACL, number=1)
    moto.client("s3control", region="us-west-2").create_multi_region_access_point(
        AccountId=ACCOUNT, ClientToken="t", Details={"Name": "worldwide", "Regions": [{"Bucket": bucket}]}
    )


def everything(account: AwsAccount) -> dict[str, bytes]:
    """All that a pass over one region finds, and each of it read by itself; fails where anything failed."""
    found: dict[str, bytes] = {}
    for made in COLLECTORS:
        collector: Any = made(account)
        scope = Scope(
            target="test",
            provider=Provider.AWS,
            account=ACCOUNT,
            region=HOME if collector.regional else GLOBAL,
            collector=collector.uid,
        )
        for item in _resources(collector.collect(scope)):
            found[item.uid] = encode(item)
            [again] = _resources(iter([collector.refresh(scope, item.uid)]))
            found[f"{item.uid} again"] = encode(again)
    list(EnabledRegions(account, lambda _regions, _complete: None).collect(scope))
    return found


def _resources(items: Iterator[Any]) -> Iterator[Resource]:
    for item in items:
        assert isinstance(item, Resource), item
        failed = [one for one in item.unread() if one.failed]
        # The proxy's answers are all truthful: whatever is unread was refused.
        assert failed == [], (item.uid, [one.summary for one in failed])
        yield item


@pytest.mark.usefixtures("estate")
def test_what_is_not_listed_is_not_used_and_what_is_listed_is(account: AwsAccount, faults: Faults) -> None:
    before = everything(account)
    kinds = {kind for collector in COLLECTORS for kind in collector.kinds}
    assert len(before) >= 2 * len(kinds)
    called = {call.operation for call in faults.calls} - NEEDS_NOTHING
    assert called == {permission.operation for permission in ALL} | {
        uid for uid, operation in OPERATIONS.items() if not operation.action
    }
    allowed = {permission.operation for permission in ALL} | NEEDS_NOTHING
    allowed |= {uid for uid, operation in OPERATIONS.items() if not operation.action}
    faults.allow_only(frozenset(allowed))
    after = everything(account)
    assert after.keys() == before.keys()
    assert [uid for uid in before if after[uid] != before[uid]] == []


@pytest.mark.usefixtures("estate")
def test_trying_them_names_each_action_that_is_missing(account: AwsAccount, faults: Faults) -> None:
    faults.clear()
    for operation in ("s3:ListBuckets", *NEEDS_NOTHING):
        faults.plan(operation, Fault())
    told = OF_A_MEMBER["organizations:DescribeOrganization"]
    faults.plan("organizations:DescribeOrganization", Fault(body=json.dumps(told).encode()))
    faults.plan(ANY, DENIED)
    tried = {one.operation: one for one in probe(account)}
    missing = {one.action for one in tried.values() if one.unread is not None}
    for one in tried.values():
        if one.unread is not None:
            assert (one.unread.reason, one.unread.permission) == (UnreadReason.DENIED, one.action), one
    untried = {one.operation for one in tried.values() if one.untried}
    granted = {"s3:ListAllMyBuckets", "organizations:DescribeOrganization"}
    assert missing | granted | {OPERATIONS[uid].action for uid in untried if OPERATIONS[uid].action} == {
        permission.action for permission in ALL
    }
    assert untried <= {
        "iam:GetAccessKeyLastUsed",
        "organizations:DescribePolicy",
        "organizations:ListParents",
        "organizations:ListPoliciesForTarget",
        "kms:GetKeyRotationStatus",
        "kms:ListResourceTags",
        "s3:HeadBucket",
    }


def test_each_operation_is_described_once() -> None:
    by_uid: dict[str, set[Operation]] = {}
    for collector in CLASSES:
        for operation in collector.operations:
            by_uid.setdefault(operation.uid, set()).add(operation)
    assert {uid for uid, operations in by_uid.items() if len({one.action for one in operations}) > 1} == set()
