"""Resource control policies of the organization: what they refuse is latent, and unread they leave a note."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from collectors.aws.s3 import S3Collector
from collectors.aws.session import AwsAccount
from collectors.model import Bucket, Known, Reach
from detectors.engine import judge
from detectors.model import Policy, Verdict
from detectors.storage.public_access import DETECTOR as PUBLIC
from tests.collectors.aws.conftest import SCOPE
from tests.fakes.aws_estate import PRIVATE, PUBLIC_ACL, PUBLIC_POLICY, policy, put_bucket, statement
from tests.fakes.aws_faults import DENIED, Call, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

MANAGEMENT, ROOT, UNIT = "999999999999", "r-ab12", "ou-ab12-11111111"
ORGANIZATION = "o-exampleorg1"
LIST, PARENTS, DESCRIBE = (
    "organizations:ListPoliciesForTarget",
    "organizations:ListParents",
    "organizations:DescribePolicy",
)
NOTE = "resource_control_policies_unread"
BLOCKED = ("organization resource control policy",)

OUTSIDERS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    },
}
FULL_ACCESS = {"Id": "p-RCPFullAWSAccess", "Type": "RESOURCE_CONTROL_POLICY", "AwsManaged": True}

Answer = Callable[..., None]


@pytest.fixture
def organization(faults: Faults) -> Answer:
    """Let the proxy answer for an organization: which policies hang where."""

    def answer(attached: dict[str, list[str]], *, management: str = MANAGEMENT, features: str = "ALL") -> None:
        told = {"Id": ORGANIZATION, "MasterAccountId": management, "FeatureSet": features}
        say("organizations:DescribeOrganization", {"Organization": told})
        say("organizations:DescribeEffectivePolicy", {"EffectivePolicy": {"PolicyContent": "{}"}})
        for target in (ACCOUNT, UNIT, ROOT):
            own = [{"Id": one, "AwsManaged": False} for one in attached.get(target, ())]
            say(LIST, {"Policies": [], "NextToken": "2"}, TargetId=target, NextToken=None)
            say(LIST, {"Policies": [FULL_ACCESS, *own]}, TargetId=target, NextToken="2")
        say(PARENTS, {"Parents": [{"Id": UNIT, "Type": "ORGANIZATIONAL_UNIT"}]}, ChildId=ACCOUNT)
        say(PARENTS, {"Parents": [{"Id": ROOT, "Type": "ROOT"}]}, ChildId=UNIT)
        say(DESCRIBE, {"Policy": {"Content": policy(OUTSIDERS)}}, PolicyId="p-outsiders")
        say(DESCRIBE, {"Policy": {"Content": policy({**OUTSIDERS, "Action": "s3:Put*"})}}, PolicyId="p-writes")

    def say(operation: str, content: dict[str, Any], **asked: str | None) -> None:
        def fits(call: Call) -> bool:
            return all(call.form.get(name) == value for name, value in asked.items())

        faults.plan(operation, Fault(body=json.dumps(content).encode()), times=10**9, when=fits)

    return answer


@pytest.fixture
def estate(moto: Moto) -> None:
    for name, shape in (("by-policy", PUBLIC_POLICY), ("by-acl", PUBLIC_ACL), ("private", PRIVATE)):
        put_bucket(lambda region: moto.client("s3", region=region), name, shape)


def read(account: AwsAccount) -> dict[str, Bucket]:
    return {item.name: item for item in S3Collector(account).collect(SCOPE) if isinstance(item, Bucket)}


def verdict(bucket: Bucket) -> Verdict:
    from datetime import UTC, datetime

    judged = judge(PUBLIC, bucket, Policy(), datetime.now(UTC))
    assert judged is not None
    return judged.verdict


def public(bucket: Bucket) -> list[tuple[Any, tuple[str, ...], tuple[str, ...]]]:
    grants = (*bucket.policy_grants.value, *(bucket.acl_grants.value if isinstance(bucket.acl_grants, Known) else ()))
    return [
        (grant.effective, grant.blocked_by, grant.notes) for grant in grants if grant.reach is Reach.ANONYMOUS_INTERNET
    ]


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("target", [ACCOUNT, UNIT, ROOT])
def test_what_a_policy_above_refuses_is_latent(
    account: AwsAccount, faults: Faults, organization: Answer, target: str
) -> None:
    organization({target: ["p-outsiders"]})
    found = read(account)
    for name in ("by-policy", "by-acl"):
        assert public(found[name]) == [(Known(value=False), BLOCKED, ())], name
        assert verdict(found[name]) is Verdict.PASS
    # Each unit is asked once, in two pages, and each policy; however many buckets are public.
    assert (faults.count(LIST), faults.count(PARENTS), faults.count(DESCRIBE)) == (6, 2, 1)


@pytest.mark.usefixtures("estate")
def test_what_it_does_not_refuse_stays_public(account: AwsAccount, organization: Answer) -> None:
    organization({ROOT: ["p-writes"]})
    found = read(account)
    assert public(found["by-policy"]) == [(Known(value=True), (), ())]
    assert public(found["by-acl"]) == [(Known(value=True), (), ())]
    assert verdict(found["by-policy"]) is verdict(found["by-acl"]) is Verdict.FAIL


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("missing", [LIST, PARENTS, DESCRIBE])
def test_unread_they_leave_a_fail_and_say_so(
    account: AwsAccount, faults: Faults, organization: Answer, missing: str
) -> None:
    faults.plan(missing, DENIED)
    organization({ROOT: ["p-outsiders"]})
    found = read(account)
    for name in ("by-policy", "by-acl"):
        assert public(found[name]) == [(Known(value=True), (), (NOTE,))], name
        assert verdict(found[name]) is Verdict.FAIL
    assert faults.count(missing) == 1
    assert [one.unread() for one in found.values()] == [(), (), ()]


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize("settings", [{"management": ACCOUNT}, {"features": "CONSOLIDATED_BILLING"}])
def test_they_do_not_bind_the_management_account(
    account: AwsAccount, faults: Faults, organization: Answer, settings: dict[str, str]
) -> None:
    organization({ROOT: ["p-outsiders"]}, **settings)
    assert public(read(account)["by-policy"]) == [(Known(value=True), (), ())]
    assert faults.count(LIST) == 0


def test_where_nothing_is_public_nobody_asks(
    account: AwsAccount, faults: Faults, organization: Answer, s3: Any
) -> None:
    organization({ROOT: ["p-outsiders"]})
    s3.create_bucket(Bucket="private")
    within = statement("private", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    s3.put_bucket_policy(Bucket="private", Policy=policy(within))
    read(account)
    assert (faults.count(LIST), faults.count(PARENTS), faults.count(DESCRIBE)) == (0, 0, 0)


@pytest.mark.usefixtures("estate")
def test_they_are_asked_for_with_the_organization_s_credentials(faults: Faults, organization: Answer) -> None:
    organization({UNIT: ["p-outsiders"]})
    own = AwsAccount("", endpoint_url=faults.url)
    member = AwsAccount(ACCOUNT, endpoint_url=faults.url, role_name="cspmd-read", organization=own)
    faults.calls.clear()
    assert verdict(read(member)["by-policy"]) is Verdict.PASS
    asked = [call for call in faults.calls if call.operation == LIST]
    buckets = [call for call in faults.calls if call.operation == "s3:ListBuckets"]
    signed = {call.headers["Authorization"].partition("Credential=")[2].partition("/")[0] for call in asked}
    assert signed == {"AKIATESTTESTTESTTEST"}
    assert buckets[0].headers["Authorization"].partition("Credential=")[2].partition("/")[0] not in signed
