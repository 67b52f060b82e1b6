"""Whole passes against a real moto server: what is found, and with how many calls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from collectors.aws.iam import IamCollector
from collectors.aws.iam import operations as ops
from collectors.aws.session import AwsAccount
from collectors.model import (
    GLOBAL,
    Known,
    Manager,
    Mfa,
    NotNeeded,
    Reach,
    TrustedKind,
    Unread,
    UnreadReason,
    content_hash,
    encode,
)
from tests.collectors.aws.iam.conftest import (
    ROOT,
    SCOPE,
    Clock,
    Estate,
    csv_of,
    real_report,
    report_answer,
    summary_answer,
)
from tests.collectors.aws.iam.documents import FOREIGN, NO_MFA, allow, arn, deny, document, trust_of
from tests.fakes.aws_faults import Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

Collect = Callable[[], Estate]


def text(*statements: Any) -> str:
    return json.dumps(document(*statements))


SERVICE_TRUST = text(trust_of({"Service": "lambda.amazonaws.com"}))


def put_user(iam: Any, name: str, *statements: Any, **others: Any) -> None:
    iam.create_user(UserName=name, **others)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text(*statements))


def give_device(iam: Any, name: str) -> None:
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )


def test_an_empty_account_has_its_root(collect: Collect, faults: Faults) -> None:
    """Told by a summary like moto's own, which leaves out the password."""
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(AccountMFAEnabled=0, AccountAccessKeysPresent=0))
    found = collect().whole()
    assert (found.users, found.roles) == ({}, {})
    root = found.root
    assert (root.uid, root.name, root.kind(), root.region) == (ROOT, "root", "root_user", GLOBAL)
    assert root.mfa == Known(Mfa(enforced=False))
    assert root.access_keys == Known(())
    assert isinstance(root.console_access, Unread)
    assert (root.console_access.reason, root.console_access.detail) == (
        UnreadReason.NOT_TOLD,
        "no_AccountPasswordPresent",
    )


def test_how_users_sign_in(iam: Any, collect: Collect) -> None:
    for name in ("bare", "password", "both"):
        put_user(iam, name, Path="/eng/", Tags=[{"Key": "team", "Value": "a"}])
    for name in ("password", "both"):
        iam.create_login_profile(UserName=name, Password="a long password 1!")
    give_device(iam, "both")
    iam.create_access_key(UserName="bare")
    off = iam.create_access_key(UserName="bare")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="bare", AccessKeyId=off, Status="Inactive")
    users = collect().whole().users
    assert {name: (one.console_access, one.mfa.value.enforced) for name, one in users.items()} == {
        "bare": (Known(value=False), False),
        "password": (Known(value=True), False),
        "both": (Known(value=True), True),
    }
    assert sorted(key.active for key in users["bare"].access_keys.value) == [False, True]
    bare = users["bare"]
    assert bare.uid == arn("user", "eng/bare")
    assert bare.tags == Known({"team": "a"})
    assert bare.unread() == ()


def test_privileges_come_from_every_kind_of_policy(iam: Any, collect: Collect) -> None:
    everything = iam.create_policy(PolicyName="everything", PolicyDocument=text(allow("*")))["Policy"]["Arn"]
    iam.create_group(GroupName="inline")
    iam.put_group_policy(GroupName="inline", PolicyName="own", PolicyDocument=text(allow("*")))
    iam.create_group(GroupName="managed")
    iam.attach_group_policy(GroupName="managed", PolicyArn=everything)
    put_user(iam, "a-inline", allow("*"))
    put_user(iam, "b-attached")
    iam.attach_user_policy(UserName="b-attached", PolicyArn=everything)
    for name, group in (("c-group", "inline"), ("d-group", "managed")):
        put_user(iam, name)
        iam.add_user_to_group(UserName=name, GroupName=group)
    put_user(iam, "e-none", allow("s3:*"))
    iam.create_role(RoleName="f-role", AssumeRolePolicyDocument=SERVICE_TRUST)
    iam.attach_role_policy(RoleName="f-role", PolicyArn=everything)
    found = collect().whole()
    via = {
        name: [path.via for path in one.admin_paths.value if path.effective.value]
        for name, one in (found.users | found.roles).items()
    }
    assert via == {
        "a-inline": ["inline policy own"],
        "b-attached": [f"managed policy {everything}"],
        "c-group": ["group inline: inline policy own"],
        "d-group": [f"group managed: managed policy {everything}"],
        "e-none": [],
        "f-role": [f"managed policy {everything}"],
    }
    assert found.users["a-inline"].escalation_paths == NotNeeded("administrator_already")
    assert found.users["e-none"].escalation_paths == Known(())


def test_only_the_default_version_of_a_policy_counts(iam: Any, collect: Collect) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=text(allow("s3:*")))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=text(allow("*")), SetAsDefault=False)
    put_user(iam, "u", allow("iam:SetDefaultPolicyVersion"))
    iam.attach_user_policy(UserName="u", PolicyArn=policy)
    user = collect().whole().users["u"]
    assert user.admin_paths == Known(())
    (path,) = user.escalation_paths.value
    assert (path.method, path.targets) == ("set_default_policy_version", (policy,))
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
    assert collect().whole().users["u"].admin_paths.value[0].effective == Known(value=True)


def test_a_boundary_is_found_and_bounds(collect: Collect, iam: Any, faults: Faults) -> None:
    """moto keeps boundaries of users to itself: this answer is the one it should have given."""
    boundary = iam.create_policy(PolicyName="bound", PolicyDocument=text(allow("s3:*")))["Policy"]["Arn"]
    put_user(iam, "u", allow("*"))
    with_boundary = (
        f"<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>"
        f"<PermissionsBoundaryArn>{boundary}</PermissionsBoundaryArn></PermissionsBoundary>"
    )

    def rewritten(body: bytes) -> bytes:
        return body.replace(b"<UserName>u</UserName>", f"<UserName>u</UserName>{with_boundary}".encode())

    faults.plan("iam:GetAccountAuthorizationDetails", Fault(rewrite=rewritten))
    (path,) = collect().whole().users["u"].admin_paths.value
    assert path.effective == Known(value=False)
    assert path.blocked_by == (f"permissions boundary {boundary}",)


def test_escalation_reaches_who_is_there(iam: Any, collect: Collect) -> None:
    put_user(iam, "boss", allow("*"))
    put_user(iam, "clerk", allow("iam:CreateAccessKey", on=arn("user", "boss")))
    put_user(iam, "temp", allow("iam:CreateLoginProfile", on=arn("user", "clerk")))
    put_user(iam, "peer", allow("iam:CreateAccessKey", on=arn("user", "nobody")))
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=SERVICE_TRUST)
    iam.put_role_policy(RoleName="deploy", PolicyName="p", PolicyDocument=text(allow("*")))
    passing = (allow("iam:PassRole", on=arn("role", "deploy")), allow("lambda:CreateFunction", "lambda:InvokeFunction"))
    put_user(iam, "coder", *passing)
    put_user(iam, "glue-coder", passing[0], allow("glue:CreateDevEndpoint"))
    users = collect().whole().users
    ways = {
        name: [(path.method, path.targets) for path in one.escalation_paths.value]
        for name, one in users.items()
        if name != "boss"
    }
    assert ways == {
        "clerk": [("create_access_key", (arn("user", "boss"),))],
        "temp": [("create_login_profile", (arn("user", "clerk"),))],
        "peer": [],
        "coder": [("pass_role_lambda", (arn("role", "deploy"),))],
        "glue-coder": [],
    }


def test_rules_about_mfa(iam: Any, collect: Collect) -> None:
    put_user(iam, "u", deny(NotAction=["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"], Condition=NO_MFA))
    (rule,) = collect().whole().users["u"].mfa_rules.value
    assert (rule.construct, rule.mitigates) == ("Deny BoolIfExists false", True)


def test_roles_and_whom_they_trust(iam: Any, collect: Collect) -> None:
    iam.create_role(RoleName="vendor", AssumeRolePolicyDocument=text(trust_of({"AWS": f"arn:aws:iam::{FOREIGN}:root"})))
    path = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
    saml = trust_of({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_x"}, "sts:AssumeRoleWithSAML")
    iam.create_role(RoleName="AWSReservedSSO_Admin_x", Path=path, AssumeRolePolicyDocument=text(saml))
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    roles = collect().whole().roles
    (vendor,) = roles["vendor"].trust.value
    assert (vendor.reach, vendor.account) == (Reach.NAMED_EXTERNAL, FOREIGN)
    assert roles["vendor"].managed_by == Known(Manager.CUSTOMER)
    (center,) = roles["AWSReservedSSO_Admin_x"].trust.value
    assert center.kind is TrustedKind.SAML
    assert roles["AWSReservedSSO_Admin_x"].managed_by == Known(Manager.IDENTITY_CENTER)
    (linked,) = (role for name, role in roles.items() if name.startswith("AWSServiceRole"))
    assert linked.managed_by == Known(Manager.PROVIDER)
    assert linked.admin_paths == linked.escalation_paths == NotNeeded("service_linked_role")
    assert linked.unread() == ()


def test_a_pass_takes_three_calls_and_a_page(iam: Any, collect: Collect, faults: Faults) -> None:
    for number in range(20):
        put_user(iam, f"u{number}", allow("s3:*"))
        iam.create_access_key(UserName=f"u{number}")
    faults.calls.clear()
    assert len(collect().whole().users) == 20
    assert Counter(call.operation for call in faults.calls) == {
        "sts:GetCallerIdentity": 1,
        ops.GENERATE_CREDENTIAL_REPORT.uid: 1,
        ops.GET_CREDENTIAL_REPORT.uid: 1,
        ops.GET_ACCOUNT_SUMMARY.uid: 1,
        ops.GET_ACCOUNT_AUTHORIZATION_DETAILS.uid: 1,
    }


def test_the_next_pass_asks_for_no_report_while_the_last_is_fresh(
    moto: Moto, iam: Any, collect: Collect, faults: Faults, clock: Clock
) -> None:
    put_user(iam, "u")
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, report_answer(csv_of(*real_report(moto)), clock.now))
    collect().whole()
    faults.calls.clear()
    collect().whole()
    assert faults.count(ops.GENERATE_CREDENTIAL_REPORT.uid) == 0
    clock.now += timedelta(hours=4, seconds=1)
    collect().whole()
    assert faults.count(ops.GENERATE_CREDENTIAL_REPORT.uid) == 1


def test_two_passes_over_the_same_are_the_same_to_the_byte(iam: Any, collect: Collect) -> None:
    put_user(iam, "boss", allow("*"))
    put_user(iam, "clerk", allow("iam:*"), Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])
    iam.create_access_key(UserName="clerk")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=SERVICE_TRUST)

    def hashes() -> dict[str, str]:
        found = collect().whole()
        every = [*found.users.values(), *found.roles.values(), found.root]
        return {one.uid: content_hash(encode(one)) for one in every}

    first = hashes()
    assert len(first) == 4
    assert hashes() == first


def test_pages_are_followed_to_the_end(iam: Any, account: AwsAccount, faults: Faults) -> None:
    """moto gives everything at once: its answer is cut in two here, users first and what they are under last."""
    policy = iam.create_policy(PolicyName="everything", PolicyDocument=text(allow("*")))["Policy"]["Arn"]
    put_user(iam, "u")
    iam.attach_user_policy(UserName="u", PolicyArn=policy)

    def first(body: bytes) -> bytes:
        begin, end = body.index(b"<Policies>"), body.index(b"</Policies>") + len(b"</Policies>")
        cut = body[:begin] + b"<Policies></Policies>" + body[end:]
        return cut.replace(b"<IsTruncated>false</IsTruncated>", b"<IsTruncated>true</IsTruncated><Marker>more</Marker>")

    def second(body: bytes) -> bytes:
        begin, end = body.index(b"<UserDetailList>"), body.index(b"</UserDetailList>") + len(b"</UserDetailList>")
        return body[:begin] + b"<UserDetailList></UserDetailList>" + body[end:]

    uid = ops.GET_ACCOUNT_AUTHORIZATION_DETAILS.uid
    faults.plan(uid, Fault(rewrite=first), times=1, when=lambda call: "Marker" not in call.form)
    faults.plan(uid, Fault(rewrite=second), times=1, when=lambda call: call.form.get("Marker") == "more")
    user = Estate(IamCollector(account).collect(SCOPE)).whole().users["u"]
    assert [path.via for path in user.admin_paths.value] == [f"managed policy {policy}"]
    assert faults.count(uid) == 2


def test_a_policy_that_was_not_listed_leaves_its_holders_open(iam: Any, collect: Collect, faults: Faults) -> None:
    policy = iam.create_policy(PolicyName="lost", PolicyDocument=text(allow("s3:*")))["Policy"]["Arn"]
    put_user(iam, "u")
    iam.attach_user_policy(UserName="u", PolicyArn=policy)
    put_user(iam, "other", allow("s3:*"))

    def without_policies(body: bytes) -> bytes:
        begin, end = body.index(b"<Policies>"), body.index(b"</Policies>") + len(b"</Policies>")
        return body[:begin] + b"<Policies></Policies>" + body[end:]

    faults.plan(ops.GET_ACCOUNT_AUTHORIZATION_DETAILS.uid, Fault(rewrite=without_policies))
    users = collect().whole().users
    (path,) = users["u"].admin_paths.value
    assert isinstance(path.effective, Unread)
    assert path.effective.detail == "policy_not_listed"
    assert users["u"].unread()
    assert users["other"].admin_paths == Known(())


@pytest.mark.parametrize("account_id", ["111111111111"])
def test_another_accounts_credentials_read_nothing(moto: Moto, faults: Faults, account_id: str) -> None:
    moto.client("iam").create_user(UserName="u")
    found = list(IamCollector(AwsAccount(account_id, endpoint_url=faults.url)).collect(SCOPE))
    assert len(found) == 1
    assert isinstance(found[0], Unread)
    assert found[0].reason is UnreadReason.CREDENTIALS
    assert {call.operation for call in faults.calls} == {"sts:GetCallerIdentity"}


def test_a_grant_ends_by_the_clock_of_the_pass(iam: Any, collect: Collect, clock: Clock) -> None:
    end = clock.now + timedelta(days=1)
    ends = {"DateLessThan": {"aws:CurrentTime": end.isoformat()}}
    put_user(iam, "u", allow("*", Condition=ends))
    assert [path.effective for path in collect().whole().users["u"].admin_paths.value] == [Known(value=True)]
    clock.now = end + timedelta(seconds=1)
    assert not any(path.effective.value for path in collect().whole().users["u"].admin_paths.value)
