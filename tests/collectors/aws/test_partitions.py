"""aws-cn and aws-us-gov: the same findings under the partition's own names, asked for at its own addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest

from collectors.aws.catalogue import COLLECTORS
from collectors.aws.iam.operations import GET_ACCOUNT_SUMMARY
from collectors.aws.iam.privileges.trust import trusts
from collectors.aws.operations import ASSUME_ROLE, GET_CALLER_IDENTITY, Operation
from collectors.aws.policy import bucket_policy_grants, parse_policy
from collectors.aws.regions import DESCRIBE_REGIONS, EnabledRegions
from collectors.aws.s3.operations import DESCRIBE_ORGANIZATION, GET_ACCOUNT_PUBLIC_ACCESS_BLOCK, LIST_BUCKETS
from collectors.aws.session import AwsAccount
from collectors.model import GLOBAL, Known, Provider, Reach, Resource, Scope, Switch, Trust, encode
from daemon.targets.aws_organization import LIST_ACCOUNTS
from detectors.catalogue import detectors_for
from detectors.engine import judge
from detectors.model import Policy
from detectors.model.policy import Residency
from tests.fakes.aws_families import HOME, Families, supplement
from tests.fakes.aws_faults import Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

PARTITIONS = [("aws-cn", "cn-north-1"), ("aws-cn", "cn-northwest-1"), ("aws-us-gov", "us-gov-west-1")]
_MADE_UP = re.compile(r"(vol|snap|ami|sg|fs|vpc)-[0-9a-f]+|\d{4}(-\d\d){4}|\b[0-9a-f-]{36}\b")


def resources(account: AwsAccount, region: str) -> Iterator[Resource]:
    for made in COLLECTORS:
        collector: Any = made(account)
        scope = Scope(
            target="test",
            provider=Provider.AWS,
            account=ACCOUNT,
            region=region if collector.regional else GLOBAL,
            collector=collector.uid,
        )
        for item in collector.collect(scope):
            assert isinstance(item, Resource), item
            assert [one for one in item.unread() if one.failed] == [], item.uid
            again = collector.refresh(scope, item.uid)
            assert again is not None
            assert (type(again), again.uid) == (type(item), item.uid)
            yield item


def verdicts(found: list[Resource], region: str) -> list[tuple[str, str, str]]:
    """What every detector says of each, under names that do not change from one run to the next."""
    policy = Policy(residency=Residency(default=(f"aws:{region}",)))
    now = datetime.now(UTC)
    return sorted(
        (detector.uid, _MADE_UP.sub("x", one.name), judged.verdict.value)
        for one in found
        for detector in detectors_for(type(one))
        if (judged := judge(detector, one, policy, now)) is not None
    )


@pytest.fixture(scope="module")
def at_home(moto_process: Moto, proxy: Faults, credentials: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """The verdicts on the same things in the commercial partition."""
    assert credentials
    moto_process.reset()
    proxy.clear()
    supplement(proxy)
    Families(moto_process, "own").seed()
    account = AwsAccount(ACCOUNT, endpoint_url=proxy.url, regions=(HOME,))
    found = verdicts(list(resources(account, HOME)), HOME)
    proxy.clear()
    return found


@pytest.mark.parametrize(("partition", "region"), PARTITIONS)
def test_each_family_is_read_and_judged_as_anywhere(
    at_home: list[tuple[str, str, str]], moto: Moto, faults: Faults, partition: str, region: str
) -> None:
    supplement(faults)
    Families(moto, "own", region=region).seed()
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, regions=(region,))
    assert account.partition == partition
    faults.calls.clear()
    found = list(resources(account, region))
    assert {type(one) for one in found} == {kind for collector in COLLECTORS for kind in collector.kinds}
    assert [one.uid for one in found if not one.uid.startswith(f"arn:{partition}:")] == []
    text = "\n".join(encode(one).decode() for one in found)
    assert re.findall(r'arn:(?!aws-)[^"]*', text) == []
    assert {one.region for one in found} == {region, GLOBAL}
    assert {call.region for call in faults.calls if call.region} == {region}
    assert {
        place for one in found if isinstance(places := getattr(one, "places", None), Known) for place in places.value
    } == {f"aws:{region}"}
    assert verdicts(found, region) == at_home
    assert {verdict for _, _, verdict in at_home} == {"PASS", "FAIL"}


@pytest.mark.parametrize("region", [region for _, region in PARTITIONS])
def test_the_regions_are_asked_for_in_the_partition(faults: Faults, region: str) -> None:
    found: list[tuple[str, ...]] = []
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, regions=(region,))
    scope = Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region=GLOBAL, collector="aws.regions")
    assert list(EnabledRegions(account, lambda regions, _complete: found.append(regions)).collect(scope)) == []
    assert found == [(region,)]
    assert [call.region for call in faults.calls if call.operation == DESCRIBE_REGIONS.uid] == [region]


class _Stopped(Exception):  # noqa: N818 - no error: the request is not to leave
    pass


def sent(region: str, operation: Operation, **parameters: str) -> tuple[str, str]:
    """Return where a call goes without an endpoint of one's own, and for which region it is signed."""
    seen: list[AWSRequest] = []
    account = AwsAccount(ACCOUNT, regions=(region,))

    def stop(request: AWSRequest, **_: object) -> None:
        seen.append(request)
        raise _Stopped

    client = account.client(operation.service, account.home_region)
    client.meta.events.register_first("before-send", stop)
    with pytest.raises(_Stopped):
        account.call(operation, account.home_region, **parameters)
    authorization = seen[0].headers["Authorization"]
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    return seen[0].url.split("/")[2], text.partition("Credential=")[2].split("/")[2]


CALLS: dict[str, tuple[Operation, dict[str, str]]] = {
    "iam": (GET_ACCOUNT_SUMMARY, {}),
    "organizations": (LIST_ACCOUNTS, {}),
    "its members": (DESCRIBE_ORGANIZATION, {}),
    "sts": (GET_CALLER_IDENTITY, {}),
    "role": (ASSUME_ROLE, {"RoleArn": "arn:x", "RoleSessionName": "s"}),
    "s3": (LIST_BUCKETS, {}),
    "s3control": (GET_ACCOUNT_PUBLIC_ACCESS_BLOCK, {"AccountId": ACCOUNT}),
    "ec2": (DESCRIBE_REGIONS, {}),
}


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (
            "cn-north-1",
            {
                "iam": ("iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
                "organizations": ("organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"),
                "its members": ("organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"),
                "sts": ("sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
                "role": ("sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
                "s3": ("s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
                "s3control": (f"{ACCOUNT}.s3-control.cn-north-1.amazonaws.com.cn", "cn-north-1"),
                "ec2": ("ec2.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            },
        ),
        (
            "us-gov-east-1",
            {
                "iam": ("iam.us-gov.amazonaws.com", "us-gov-west-1"),
                "organizations": ("organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
                "its members": ("organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
                "sts": ("sts.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
                "role": ("sts.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
                "s3": ("s3.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
                "s3control": (f"{ACCOUNT}.s3-control.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
                "ec2": ("ec2.us-gov-east-1.amazonaws.com", "us-gov-east-1"),
            },
        ),
        (
            "eu-central-1",
            {
                "iam": ("iam.amazonaws.com", "us-east-1"),
                "organizations": ("organizations.us-east-1.amazonaws.com", "us-east-1"),
                "its members": ("organizations.us-east-1.amazonaws.com", "us-east-1"),
                "sts": ("sts.eu-central-1.amazonaws.com", "eu-central-1"),
                "role": ("sts.eu-central-1.amazonaws.com", "eu-central-1"),
                "s3": ("s3.eu-central-1.amazonaws.com", "eu-central-1"),
                "s3control": (f"{ACCOUNT}.s3-control.eu-central-1.amazonaws.com", "eu-central-1"),
                "ec2": ("ec2.eu-central-1.amazonaws.com", "eu-central-1"),
            },
        ),
    ],
)
def test_calls_go_to_the_partition_s_own_addresses(region: str, expected: dict[str, tuple[str, str]]) -> None:
    found = {name: sent(region, operation, **parameters) for name, (operation, parameters) in CALLS.items()}
    assert found == expected


def test_a_role_is_assumed_under_the_partition_s_name(moto: Moto, faults: Faults) -> None:
    assert moto
    account = AwsAccount("210987654321", endpoint_url=faults.url, role_name="cspmd-read", regions=("cn-north-1",))
    assert account.verify() is None
    [assumed] = [call for call in faults.calls if call.operation == "sts:AssumeRole"]
    assert assumed.form["RoleArn"] == "arn:aws-cn:iam::210987654321:role/cspmd-read"


def test_the_environment_s_region_tells_the_partition(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-northwest-1")
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url)
    assert (account.home_region, account.partition) == ("cn-northwest-1", "aws-cn")
    scope = Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region=GLOBAL, collector="aws.regions")
    list(EnabledRegions(account, lambda _regions, _complete: None).collect(scope))
    assert {call.region for call in faults.calls} == {"cn-northwest-1"}


def trusted_by(*services: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize("service", ["ec2.amazonaws.com.cn", "ec2.amazonaws.com"])
def test_a_role_for_a_machine_of_china_can_be_passed_to_one(moto: Moto, faults: Faults, service: str) -> None:
    region = "cn-north-1"
    iam = moto.client("iam", region=region)
    iam.create_role(RoleName="admin", AssumeRolePolicyDocument=json.dumps(trusted_by(service)))
    iam.put_role_policy(RoleName="admin", PolicyName="all", PolicyDocument=_allow("*"))
    iam.create_user(UserName="passes")
    iam.put_user_policy(UserName="passes", PolicyName="p", PolicyDocument=_allow("iam:PassRole", "ec2:RunInstances"))
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, regions=(region,))
    judged = verdicts(list(_identities(account)), region)
    found = {detector: verdict for detector, name, verdict in judged if name == "passes"}
    assert found["identity.privilege_escalation"] == "FAIL"
    assert found["identity.least_privilege"] == "PASS"


@pytest.mark.parametrize(
    "issuer",
    [
        "cognito-identity.amazonaws.com",
        "cognito-identity-us-gov.amazonaws.com",
        "cognito-identity.us-gov-east-1.amazonaws.com",
        "cognito-identity.cn-north-1.amazonaws.com.cn",
    ],
)
def test_identity_pools_let_anybody_in_unless_they_name_the_pool(issuer: str) -> None:
    def letting_in(**conditions: dict[str, str]) -> tuple[Trust, ...]:
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": issuer},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": conditions,
        }
        return trusts(parse_policy({"Version": "2012-10-17", "Statement": [statement]}), ACCOUNT)

    [stranger] = letting_in()
    assert stranger.reach is Reach.ANONYMOUS_INTERNET
    pool = {f"{issuer}:aud": "eu-central-1:12345678-1234-1234-1234-123456789012"}
    [guest] = letting_in(StringEquals=pool)
    assert guest.notes == ("federation_lets_guests_in",)
    signed_in = {"ForAnyValue:StringLike": {f"{issuer}:amr": "authenticated"}}
    [user] = letting_in(StringEquals=pool, **signed_in)
    assert user.reach is Reach.PRIVATE


@pytest.mark.parametrize(("partition", "region"), PARTITIONS)
def test_principals_of_a_partition_are_told_apart(partition: str, region: str) -> None:
    bucket = f"arn:{partition}:s3:::b"

    def reach(principal: Any, **conditions: dict[str, str]) -> set[Reach]:
        statement = {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetObject",
            "Resource": f"{bucket}/*",
            "Condition": conditions,
        }
        document = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
        found = bucket_policy_grants(
            document, bucket_arn=bucket, owner_account=ACCOUNT, restricted=Known(Switch(on=False))
        )
        return {grant.reach for grant in found}

    other = "210987654321"
    assert reach("*") == {Reach.ANONYMOUS_INTERNET}
    assert reach({"AWS": f"arn:{partition}:iam::{other}:root"}) == {Reach.NAMED_EXTERNAL}
    assert reach({"AWS": f"arn:{partition}:iam::{ACCOUNT}:user/u"}) <= {Reach.PRIVATE}
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    trail = f"arn:{partition}:cloudtrail:{region}:{ACCOUNT}:trail/t"
    of_service = reach({"Service": f"cloudtrail.{suffix}"}, StringEquals={"aws:SourceArn": trail})
    assert of_service <= {Reach.PRIVATE}
    own = {"aws:PrincipalArn": f"arn:{partition}:iam::{ACCOUNT}:role/*"}
    assert reach("*", ArnLike=own) <= {Reach.PRIVATE}
    point = f"arn:{partition}:s3:{region}:{ACCOUNT}:accesspoint/*"
    assert Reach.ANONYMOUS_INTERNET not in reach("*", StringLike={"s3:DataAccessPointArn": point})


def _identities(account: AwsAccount) -> Iterator[Resource]:
    from collectors.aws.iam import IamCollector

    scope = Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region=GLOBAL, collector="aws.iam")
    for item in IamCollector(account).collect(scope):
        assert isinstance(item, Resource)
        yield item


def _allow(*actions: str) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    )
