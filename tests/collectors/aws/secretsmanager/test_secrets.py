"""Secrets of a region, read from moto and judged by the real detectors against a table written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from collectors.aws.secretsmanager import SecretCollector
from collectors.aws.session import AwsAccount
from collectors.model import KeyHolder, Known, Secret, Unread, UnreadReason
from detectors.data.encryption_at_rest import Parameters
from detectors.model import Policy, Residency
from detectors.requirement import Requirement
from tests.collectors.aws.looking import connected, look, read, scope, verdicts
from tests.fakes.aws_faults import GATEWAY_PAGE, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

REGION = "eu-central-1"
FOREIGN_KEY = f"arn:aws:kms:{REGION}:210987654321:key/11111111-2222-3333-4444-555555555555"
REFUSED = Fault(status=400, code="AccessDeniedException")
POLICY = Policy(
    residency=Residency(default=("aws:eu-*",), classes={"personal": ("aws:eu-central-1",)}),
    parameters={"data.encryption_at_rest": Parameters(classes={"personal": Requirement.CUSTOMER_KEY})},
)
UIDS = ("data.encryption_at_rest", "residency.out_of_region", "residency.copy_out_of_region")
PERSONAL = [{"Key": "data-class", "Value": "personal"}]
PASS, FAIL, UNKNOWN = "PASS", "FAIL", "UNKNOWN"


def to(*regions: str) -> list[dict[str, str]]:
    return [{"Region": region} for region in regions]


OWN_KEY = "the customer's key"
TABLE: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    # how it is made; encryption, home and copies
    "plain": ({}, (PASS, PASS, PASS)),
    "own key": ({"KmsKeyId": OWN_KEY}, (PASS, PASS, PASS)),
    "personal": ({"Tags": PERSONAL}, (FAIL, PASS, PASS)),
    "personal, own key": ({"Tags": PERSONAL, "KmsKeyId": OWN_KEY}, (PASS, PASS, PASS)),
    "personal, another account's key": ({"Tags": PERSONAL, "KmsKeyId": FOREIGN_KEY}, (PASS, PASS, PASS)),
    "replicated in Europe": ({"AddReplicaRegions": to("eu-west-1", "eu-north-1")}, (PASS, PASS, PASS)),
    "replicated to America": ({"AddReplicaRegions": to("eu-west-1", "us-east-1")}, (PASS, PASS, FAIL)),
    "personal, replicated": (
        {"Tags": PERSONAL, "KmsKeyId": OWN_KEY, "AddReplicaRegions": to("eu-west-1")},
        (PASS, PASS, FAIL),
    ),
    "replicas refused": ({}, (PASS, PASS, UNKNOWN)),
    "replica that was never made": ({}, (PASS, PASS, PASS)),
    "personal, key refused": ({"Tags": PERSONAL, "KmsKeyId": "refused"}, (UNKNOWN, PASS, PASS)),
}


@pytest.fixture
def account(faults: Faults) -> AwsAccount:
    return connected(faults.url)


@pytest.fixture
def make(moto: Moto) -> Callable[..., str]:
    secrets = moto.client("secretsmanager", region=REGION)

    def create(name: str, **settings: Any) -> str:
        arn: str = secrets.create_secret(Name=name, SecretString="never read", **settings)["ARN"]
        return arn

    return create


def test_the_estate_is_judged_as_a_person_judges_it(
    make: Callable[..., str], moto: Moto, account: AwsAccount, faults: Faults
) -> None:
    kms = moto.client("kms", region=REGION)
    keys = {name: kms.create_key()["KeyMetadata"]["Arn"] for name in (OWN_KEY, "refused")}
    arns: dict[str, str] = {}
    for name, (settings, _) in TABLE.items():
        key = settings.get("KmsKeyId")
        arns[name] = make(name, **settings | ({"KmsKeyId": keys.get(key, key)} if key else {}))
    faults.plan("kms:DescribeKey", REFUSED, when=lambda call: call.form["KeyId"] == keys["refused"])
    for name, fault in {
        "replicas refused": REFUSED,
        "replica that was never made": Fault(
            rewrite=lambda body: json.dumps(
                json.loads(body) | {"ReplicationStatus": [{"Region": "us-east-1", "Status": "Failed"}]}
            ).encode()
        ),
    }.items():
        arn = arns[name]
        faults.plan(
            "secretsmanager:DescribeSecret",
            fault,
            times=100,
            when=lambda call, arn=arn: call.form["SecretId"] == arn,  # type: ignore[misc]
        )
    found = read(SecretCollector, account, REGION)
    judged = [verdicts(uid, found.values(), POLICY) for uid in UIDS]
    assert {name: tuple(one[name] for one in judged) for name in found} == {
        name: expected for name, (_, expected) in TABLE.items()
    }
    assert found["own key"].key_holder == Known(KeyHolder.CUSTOMER_KEY)
    assert faults.count("kms:DescribeKey") == 2
    assert not any(call.operation.endswith("SecretValue") for call in faults.calls)

    faults.calls.clear()
    west = read(SecretCollector, account, "eu-west-1")
    assert verdicts("residency.out_of_region", west.values(), POLICY) == {
        "replicated in Europe": PASS,
        "replicated to America": PASS,
        "personal, replicated": PASS,
    } | {name: FAIL for name, one in west.items() if one.tags == Known({"data-class": "personal"})}
    (far,) = read(SecretCollector, account, "us-east-1").values()
    judgement = look("residency.out_of_region", far, POLICY)
    assert judgement.verdict.value == FAIL
    assert "remove-regions-from-replication" in judgement.remediation
    # The list says that these are replicas, which have none themselves.
    assert faults.count("secretsmanager:DescribeSecret") == 0
    assert far.copies == Known(())


def test_a_secret_is_named_as_aws_names_it(make: Callable[..., str], account: AwsAccount) -> None:
    arn = make("db/orders", Tags=[{"Key": "team", "Value": "shop"}])
    found = read(SecretCollector, account, REGION)["db/orders"]
    assert (found.uid, found.region, found.account) == (arn, REGION, ACCOUNT)
    assert found.tags == Known({"team": "shop"})


def test_a_replica_is_named_where_it_lies(make: Callable[..., str], account: AwsAccount) -> None:
    arn = make("db", AddReplicaRegions=to("us-east-1"))
    (copy,) = read(SecretCollector, account, REGION)["db"].copies.value
    assert copy.destination == arn.replace(REGION, "us-east-1")


def test_replicas_of_other_accounts_are_copies_too(
    make: Callable[..., str], account: AwsAccount, faults: Faults
) -> None:
    make("db")
    theirs = f"arn:aws:secretsmanager:{REGION}:210987654321:secret:db-abcdef"
    told = {
        "CrossAccountReplicas": [
            {"ReplicaSecretARN": theirs, "ReplicationStatus": "InSync"},
            {"ReplicaSecretARN": f"{theirs[:-1]}0", "ReplicationStatus": "Detached"},
        ]
    }
    faults.plan(
        "secretsmanager:DescribeSecret", Fault(rewrite=lambda body: json.dumps(json.loads(body) | told).encode())
    )
    (copy,) = read(SecretCollector, account, REGION)["db"].copies.value
    assert (copy.destination, copy.places) == (theirs, Known((f"aws:{REGION}",)))


def test_where_no_rule_asks_for_copies_the_list_is_all(make: Callable[..., str], faults: Faults) -> None:
    for number in range(3):
        make(f"secret {number}")
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, asked=lambda _kind, fact: fact != "copies")
    found = read(SecretCollector, account, REGION)
    assert found["secret 1"].copies == Unread(reason=UnreadReason.NOT_ASKED, operation="secretsmanager:DescribeSecret")
    assert [call.operation for call in faults.calls] == ["sts:GetCallerIdentity", "secretsmanager:ListSecrets"]


def test_secrets_are_read_over_all_pages(make: Callable[..., str], account: AwsAccount, faults: Faults) -> None:
    arns = {name: make(name) for name in ("one", "two", "three")}

    def page(*names: str, token: str = "") -> Fault:
        listed = {"SecretList": [{"ARN": arns[name], "Name": name} for name in names]}
        return Fault(body=json.dumps(listed | ({"NextToken": token} if token else {})).encode())

    faults.plan("secretsmanager:ListSecrets", page("one", token="1"), times=1)
    faults.plan("secretsmanager:ListSecrets", page(token="2"), times=1)
    faults.plan("secretsmanager:ListSecrets", page("two", "three"), times=1)
    assert set(read(SecretCollector, account, REGION)) == set(arns)


@pytest.mark.parametrize("fault", [REFUSED, GATEWAY_PAGE, Fault(body=b"{}"), Fault(body=b'{"SecretList": [{}]}')])
def test_secrets_that_cannot_be_listed_are_no_empty_region(
    make: Callable[..., str], account: AwsAccount, faults: Faults, fault: Fault
) -> None:
    make("db")
    faults.plan("secretsmanager:ListSecrets", fault)
    (unread,) = SecretCollector(account).collect(scope(SecretCollector, REGION))
    assert isinstance(unread, Unread)
    assert unread.operation == "secretsmanager:ListSecrets"


def test_a_secret_that_waits_for_its_deletion_is_gone(
    make: Callable[..., str], moto: Moto, account: AwsAccount
) -> None:
    make("kept")
    arn = make("deleted")
    moto.client("secretsmanager", region=REGION).delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    assert set(read(SecretCollector, account, REGION)) == {"kept"}
    assert SecretCollector(account).refresh(scope(SecretCollector, REGION), arn) is None


def test_a_secret_is_read_anew_by_its_arn(make: Callable[..., str], account: AwsAccount, faults: Faults) -> None:
    arn = make("db", AddReplicaRegions=to("eu-west-1"), Tags=PERSONAL)
    found = read(SecretCollector, account, REGION)["db"]
    collector, where = SecretCollector(account), scope(SecretCollector, REGION)
    assert isinstance(found, Secret)
    assert collector.refresh(where, arn) == found
    assert collector.refresh(where, f"{arn[:-6]}abcdef") is None
    faults.plan("secretsmanager:DescribeSecret", REFUSED)
    assert isinstance(collector.refresh(where, arn), Unread)
