"""What the collectors of databases, tables and file systems ask for is what they use: no more, and no less."""

from __future__ import annotations

from typing import Any

from collectors.aws.dynamodb import DynamoDbCollector
from collectors.aws.efs import EfsCollector
from collectors.aws.rds import RdsCollector
from collectors.aws.session import AwsAccount
from collectors.model import Resource, encode
from tests.collectors.aws.data.conftest import Read, scope
from tests.collectors.aws.data.small import seed, supplement
from tests.fakes.aws_faults import Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

COLLECTORS: tuple[Any, ...] = (RdsCollector, DynamoDbCollector, EfsCollector)


def everything(account: AwsAccount, read: Read) -> list[bytes]:
    """All that a pass finds, and each of it read by itself."""
    encoded: list[bytes] = []
    for collector in COLLECTORS:
        found, unread = read(collector)
        assert unread == []
        for one in found.values():
            again = collector(account).refresh(scope(collector), one.uid)
            assert isinstance(again, Resource)
            assert (again.unread(), one.unread()) == ((), ())
            encoded += [encode(one), encode(again)]
    return sorted(encoded)


def test_an_endpoint_that_refuses_all_else_changes_nothing(
    moto: Moto, account: AwsAccount, faults: Faults, read: Read
) -> None:
    seed(moto)
    supplement(faults)
    before = everything(account, read)
    needed = {one.operation for collector in COLLECTORS for one in collector.permissions}
    faults.allow_only(frozenset(needed | {"sts:GetCallerIdentity"}))
    assert everything(account, read) == before
    assert len(before) == 2 * (2 + 4 + 1 + 1 + 1)


def test_each_permission_is_used(moto: Moto, faults: Faults, read: Read) -> None:
    seed(moto)
    supplement(faults)
    for collector in COLLECTORS:
        # A key that another collector asked for is asked for no more by the same account.
        account = AwsAccount(ACCOUNT, endpoint_url=faults.url)
        faults.calls.clear()
        found, _ = read(collector, within=account)
        for one in found.values():
            collector(account).refresh(scope(collector), one.uid)
        called = {call.operation for call in faults.calls} - {"sts:GetCallerIdentity"}
        assert called == {operation.uid for operation in collector.operations}
        assert {one.operation for one in collector.permissions} == called


def test_trying_them_tries_each_once(account: AwsAccount, faults: Faults) -> None:
    for collector in COLLECTORS:
        tried = list(collector(account).attempts())
        assert [attempt.operation for attempt in tried if attempt.untried] == [collector.operations[-1]]
        assert {attempt.operation for attempt in tried} == set(collector.operations)
        assert len(tried) == len(collector.operations)
        for attempt in tried:
            if not attempt.untried and attempt.operation.name != "DescribeReplicationConfigurations":
                method = getattr(account.client(attempt.operation.service, attempt.region), attempt.operation.method)
                # The SDK itself says whether the parameters are what the operation takes.
                model = method.__self__.meta.service_model.operation_model(attempt.operation.name)
                assert set(attempt.parameters) <= set(model.input_shape.members)
    assert faults.calls == []


def test_two_accounts_never_see_each_others_data(moto: Moto, faults: Faults, read: Read) -> None:
    other = "210987654321"
    supplement(faults)
    seed(moto)
    moto.client("rds", region="eu-central-1", account=other).create_db_instance(
        DBInstanceIdentifier="theirs", Engine="mysql", DBInstanceClass="db.t3.micro", PubliclyAccessible=True
    )
    own = AwsAccount(ACCOUNT, endpoint_url=faults.url)
    foreign = AwsAccount(other, endpoint_url=faults.url, role_name="cspmd-read")
    assert "db" in read(within=own)[0]
    assert "theirs" not in read(within=own)[0]
    theirs = read(within=foreign)[0]
    assert [name for name in theirs if not name.startswith("rds:")] == ["theirs"]
    assert {one.account for one in theirs.values()} == {other}
