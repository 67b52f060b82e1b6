"""What the collector asks for is what it uses: no more, and no less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collectors.aws.iam import IamCollector
from collectors.aws.iam import operations as ops
from collectors.aws.session import AwsAccount
from collectors.model import encode
from tests.collectors.aws.iam.conftest import SCOPE, Clock, Estate, summary_answer
from tests.collectors.aws.iam.documents import allow, arn, trust_of
from tests.collectors.aws.iam.test_collect import give_device, put_user, text
from tests.fakes.aws_faults import Faults
from tests.fakes.aws_moto import ACCOUNT, Moto


def seed(iam: Any, faults: Faults) -> None:
    put_user(iam, "u", allow("*"))
    iam.create_login_profile(UserName="u", Password="a long password 1!")
    give_device(iam, "u")
    iam.create_access_key(UserName="u")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trust_of({"Service": "ec2.amazonaws.com"})))
    numbers = {"AccountPasswordPresent": 1, "AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**numbers))


def everything(account: AwsAccount, clock: Clock) -> list[bytes]:
    """All that a pass finds, and each identity read by itself."""
    collector = IamCollector(account, sleep=clock.sleep, now=clock)
    found = Estate(collector.collect(SCOPE)).whole()
    uids = (arn("user", "u"), arn("role", "r"), found.root.uid)
    again = [collector.refresh(SCOPE, uid) for uid in uids]
    return [encode(one) for one in (*found.users.values(), *found.roles.values(), found.root, *again)]


def test_an_endpoint_that_refuses_all_else_changes_nothing(
    iam: Any, account: AwsAccount, faults: Faults, clock: Clock
) -> None:
    seed(iam, faults)
    before = everything(account, clock)
    faults.allow_only(frozenset({one.operation for one in IamCollector.permissions} | {"sts:GetCallerIdentity"}))
    assert everything(account, clock) == before


def test_each_permission_is_used(iam: Any, account: AwsAccount, faults: Faults, clock: Clock) -> None:
    seed(iam, faults)
    faults.calls.clear()
    everything(account, clock)
    called = {call.operation for call in faults.calls} - {"sts:GetCallerIdentity"}
    assert called == {operation.uid for operation in ops.OPERATIONS}
    assert {one.operation for one in IamCollector.permissions} == called
    assert all(one.action == one.operation for one in IamCollector.permissions)


def test_trying_them_tries_each_once(account: AwsAccount, faults: Faults, clock: Clock) -> None:
    tried = list(IamCollector(account, sleep=clock.sleep, now=clock).attempts())
    assert {attempt.operation for attempt in tried} == set(ops.OPERATIONS)
    assert [attempt.operation.uid for attempt in tried if attempt.untried] == ["iam:GetAccessKeyLastUsed"]
    assert faults.calls == []


def test_two_accounts_never_see_each_others_identities(moto: Moto, faults: Faults, clock: Clock) -> None:
    other = "210987654321"
    moto.client("iam").create_user(UserName="here")
    moto.client("iam", account=other).create_user(UserName="there")
    read: Callable[[AwsAccount], Estate] = lambda account: Estate(  # noqa: E731 - said twice below
        IamCollector(account, sleep=clock.sleep, now=clock).collect(SCOPE)
    )
    own = AwsAccount(ACCOUNT, endpoint_url=faults.url)
    foreign = AwsAccount(other, endpoint_url=faults.url, role_name="cspmd-read")
    assert set(read(own).whole().users) == {"here"}
    assert set(read(foreign).whole().users) == {"there"}
    assert {one.account for one in read(foreign).users.values()} == {other}
