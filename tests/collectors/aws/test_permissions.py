"""What the generated policy asks for is what is used: no more, and no less."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.api import Permission
from collectors.aws.catalogue import COLLECTORS
from collectors.aws.operations import Operation
from collectors.aws.permissions import policy_document, policy_json, trust_document
from collectors.aws.probe import probe
from collectors.aws.s3 import S3Collector
from collectors.aws.s3 import operations as ops
from collectors.aws.session import AwsAccount
from collectors.aws.terraform import policy_terraform
from collectors.model import Bucket, UnreadReason
from tests.collectors.aws.conftest import SCOPE
from tests.fakes.aws_estate import PUBLIC_ACL, REPLICATED, WEBSITE, name_of, put_bucket, shape_of
from tests.fakes.aws_faults import DENIED, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

ALL = tuple(permission for collector in COLLECTORS for permission in collector.permissions)


def test_the_policy_allows_exactly_what_the_collectors_need() -> None:
    actions = [action for statement in policy_document(ALL)["Statement"] for action in statement["Action"]]
    assert actions == sorted({permission.action for permission in ALL})
    assert {operation.action for operation in S3Collector.operations if operation.action} == {
        permission.action for permission in S3Collector.permissions
    }


def test_the_policy_only_reads_and_never_objects() -> None:
    actions = {permission.action for permission in ALL}
    verbs = {action.partition(":")[2][:3] for action in actions}
    assert verbs <= {"Get", "Lis", "Des", "Gen"}
    assert {action for action in actions if ":Gen" in action} == {"iam:GenerateCredentialReport"}
    assert not actions & {"s3:GetObject", "s3:ListBucket"}


def test_the_policy_is_what_iam_takes(moto: Moto) -> None:
    iam = moto.client("iam")
    created = iam.create_policy(PolicyName="cspmd-read", PolicyDocument=policy_json(ALL))
    assert created["Policy"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:policy/cspmd-read"
    trust = trust_document("arn:aws:iam::111111111111:role/cspmd", "an external id")
    role = iam.create_role(RoleName="cspmd-read", AssumeRolePolicyDocument=json.dumps(trust))
    assert role["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] == {
        "StringEquals": {"sts:ExternalId": "an external id"}
    }


@pytest.mark.parametrize("external_id", [True, False])
def test_the_terraform_names_every_action_once_and_closes_what_it_opens(external_id: bool) -> None:
    assume = Permission(
        action="sts:AssumeRole", operation="sts:AssumeRole", why="w", resources=("arn:aws:iam::1:role/r",)
    )
    text = policy_terraform(ALL, role_name="audit/cspmd", external_id=external_id, own=[assume])
    for action in {permission.action for permission in ALL}:
        assert text.count(f'"{action}"') == 1
    assert text.count("{") == text.count("}")
    assert text.count("[") == text.count("]")
    assert ("sts:ExternalId" in text) is external_id
    assert ("cspmd_external_id" in text) is external_id
    assert 'name               = "cspmd"\n  path               = "/audit/"' in text
    own = text[text.index('"cspmd_own"') :]
    assert '"arn:aws:iam::1:role/r"' in own
    assert '"sts:AssumeRole"' in own
    assert "cspmd_own" not in policy_terraform(ALL)


def test_an_endpoint_that_refuses_all_else_changes_nothing(moto: Moto, account: AwsAccount, faults: Faults) -> None:
    for number in range(20):
        put_bucket(lambda region: moto.client("s3", region=region), name_of(number), shape_of(name_of(number)))
    everything = read(account)
    assert {PUBLIC_ACL, REPLICATED, WEBSITE} <= {shape_of(name) for name in everything}
    listed = {permission.operation for permission in S3Collector.permissions}
    faults.allow_only(frozenset(listed | {"sts:GetCallerIdentity"}))
    assert read(account) == everything


def read(account: AwsAccount) -> dict[str, Bucket]:
    found = list(S3Collector(account).collect(SCOPE))
    assert all(isinstance(item, Bucket) for item in found), found
    return {item.name: item for item in found if isinstance(item, Bucket)}


def test_probing_tries_every_operation_that_needs_a_permission(s3: Any, account: AwsAccount, faults: Faults) -> None:
    s3.create_bucket(Bucket="first")
    of_s3 = {operation.uid for operation in ops.OPERATIONS if operation.action}
    probes = {tried.operation: tried for tried in probe(account)}
    assert {permission.operation for permission in ALL} | {"sts:GetCallerIdentity"} <= set(probes)
    assert [tried for tried in probes.values() if tried.operation in of_s3 and tried.unread is not None] == []
    untried = {uid: tried.untried for uid, tried in probes.items() if uid in of_s3 and tried.untried}
    of_an_organization = {uid for uid in of_s3 if uid.startswith("organizations:")} - {ops.DESCRIBE_ORGANIZATION.uid}
    assert untried == dict.fromkeys(of_an_organization, "the account is in no organization")
    assert faults.count("s3:GetBucketAcl", "first") == 1


def test_probing_says_which_permission_is_missing(s3: Any, account: AwsAccount, faults: Faults) -> None:
    s3.create_bucket(Bucket="first")
    missing: tuple[Operation, ...] = (ops.GET_BUCKET_ENCRYPTION, ops.LIST_ACCESS_POINTS, ops.DESCRIBE_ORGANIZATION)
    for operation in missing:
        faults.plan(operation.uid, DENIED)
    failed = {tried.operation: tried for tried in probe(account) if tried.unread is not None and not tried.untried}
    assert set(failed) >= {operation.uid for operation in missing}
    for operation in missing:
        unread = failed[operation.uid].unread
        assert unread is not None
        assert unread.reason is UnreadReason.DENIED
        assert unread.permission == operation.action
        assert failed[operation.uid].optional is operation.optional


def test_probing_an_empty_account_says_what_it_could_not_try(moto: Moto, account: AwsAccount) -> None:
    untried = {tried.operation: tried.untried for tried in probe(account) if tried.untried}
    assert untried["s3:GetBucketAcl"] == "the account has no bucket"
    assert moto


def test_probing_stops_at_refused_credentials(account: AwsAccount, faults: Faults) -> None:
    from tests.fakes.aws_faults import UNKNOWN_KEY

    faults.plan("sts:GetCallerIdentity", UNKNOWN_KEY)
    (tried,) = probe(account)
    assert tried.unread is not None
    assert tried.unread.reason is UnreadReason.CREDENTIALS
