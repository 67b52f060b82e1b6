"""Image repositories of a region, read from moto and judged by the real detectors against a table written by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.aws.ecr import RepositoryCollector
from collectors.aws.session import AwsAccount
from collectors.model import ImageRepository, KeyHolder, Known, Unread, UnreadReason
from detectors.data.encryption_at_rest import Parameters
from detectors.model import Policy, Residency
from detectors.requirement import Requirement
from tests.collectors.aws.looking import connected, look, read, scope, verdicts
from tests.fakes.aws_faults import GATEWAY_PAGE, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

REGION = "eu-central-1"
FOREIGN = "210987654321"
REFUSED = Fault(status=400, code="AccessDeniedException")
POLICY = Policy(
    residency=Residency(default=("aws:eu-*",), classes={"personal": ("aws:eu-central-1",)}),
    parameters={"data.encryption_at_rest": Parameters(classes={"personal": Requirement.CUSTOMER_KEY})},
)
UIDS = ("data.encryption_at_rest", "residency.out_of_region", "residency.copy_out_of_region")
PASS, FAIL, UNKNOWN = "PASS", "FAIL", "UNKNOWN"
OWN_KEY = {"encryptionType": "KMS", "kmsKey": "the customer's key"}

TABLE: dict[str, tuple[str, dict[str, str] | None, tuple[str, str, str]]] = {
    # its class and how it is encrypted; encryption, home and copies under the rules below
    "tools/build": ("", None, (PASS, PASS, PASS)),
    "tools/keyed": ("", OWN_KEY, (PASS, PASS, PASS)),
    "personal/bare": ("personal", None, (FAIL, PASS, PASS)),
    "personal/keyed": ("personal", OWN_KEY, (PASS, PASS, PASS)),
    "personal/doubly": ("personal", {"encryptionType": "KMS_DSSE", "kmsKey": "the customer's key"}, (PASS, PASS, PASS)),
    "shop/web": ("", None, (PASS, PASS, FAIL)),
    "shop/api": ("personal", OWN_KEY, (PASS, PASS, FAIL)),
    "shopping": ("", None, (PASS, PASS, PASS)),
    "europe/web": ("", None, (PASS, PASS, PASS)),
    "europe/people": ("personal", OWN_KEY, (PASS, PASS, FAIL)),
    "tags/refused": ("", None, (PASS, UNKNOWN, PASS)),
    "europe/tags-refused": ("", OWN_KEY, (PASS, PASS, UNKNOWN)),
    "odd/encryption": ("", None, (UNKNOWN, PASS, PASS)),
}
RULES = [
    {
        "destinations": [{"region": "us-east-1", "registryId": ACCOUNT}],
        "repositoryFilters": [{"filter": "shop/", "filterType": "PREFIX_MATCH"}],
    },
    {
        "destinations": [{"region": "eu-west-1", "registryId": FOREIGN}],
        "repositoryFilters": [
            {"filter": "europe/", "filterType": "PREFIX_MATCH"},
            {"filter": "shop/web", "filterType": "PREFIX_MATCH"},
        ],
    },
]
EVERYTHING_TO_AMERICA: dict[str, Any] = {"destinations": [{"region": "us-east-1", "registryId": ACCOUNT}]}


def registry(*rules: dict[str, Any]) -> Fault:
    """Answer with more rules than moto takes."""
    return Fault(body=json.dumps({"registryId": ACCOUNT, "replicationConfiguration": {"rules": rules}}).encode())


class Repositories:
    def __init__(self, moto: Moto, region: str = REGION) -> None:
        self.ecr = moto.client("ecr", region=region)

    def make(self, name: str, data_class: str = "", encryption: dict[str, str] | None = None) -> str:
        settings: dict[str, Any] = {"encryptionConfiguration": encryption} if encryption else {}
        if data_class:
            settings["tags"] = [{"Key": "data-class", "Value": data_class}]
        arn: str = self.ecr.create_repository(repositoryName=name, **settings)["repository"]["repositoryArn"]
        return arn


@pytest.fixture
def repositories(moto: Moto) -> Repositories:
    return Repositories(moto)


@pytest.fixture
def account(faults: Faults) -> AwsAccount:
    return connected(faults.url)


def test_the_estate_is_judged_as_a_person_judges_it(
    repositories: Repositories, moto: Moto, account: AwsAccount, faults: Faults
) -> None:
    key = moto.client("kms", region=REGION).create_key()["KeyMetadata"]["Arn"]
    for name, (data_class, encryption, _) in TABLE.items():
        repositories.make(name, data_class, encryption and encryption | {"kmsKey": key})
    faults.plan("ecr:DescribeRegistry", registry(*RULES))
    faults.plan("resourcegroupstaggingapi:GetResources", REFUSED)
    faults.plan("ecr:ListTagsForResource", REFUSED, when=lambda call: "refused" in call.form["resourceArn"])

    def oddly(body: bytes) -> bytes:
        answer = json.loads(body)
        for one in answer["repositories"]:
            if one["repositoryName"] == "odd/encryption":
                one["encryptionConfiguration"] = {"encryptionType": "QUANTUM"}
        return json.dumps(answer).encode()

    faults.plan("ecr:DescribeRepositories", Fault(rewrite=oddly))
    found = read(RepositoryCollector, account, REGION)
    judged = [verdicts(uid, found.values(), POLICY) for uid in UIDS]
    table = {name: expected for name, (_, _, expected) in TABLE.items()}
    # A class that is not known decides nothing where every class allows it.
    table["tags/refused"] = (UNKNOWN, PASS, PASS)
    assert {name: tuple(one[name] for one in judged) for name in found} == table
    assert found["personal/keyed"].key_holder == Known(KeyHolder.CUSTOMER_KEY)
    assert faults.count("kms:DescribeKey") == 1
    assert faults.count("ecr:DescribeRegistry") == faults.count("ecr:DescribeRepositories") == 1

    far = Repositories(moto, "us-east-1")
    far.make("shop/web")
    judgement = look("residency.out_of_region", read(RepositoryCollector, account, "us-east-1")["shop/web"], POLICY)
    assert judgement.verdict.value == FAIL
    assert "aws ecr create-repository" in judgement.remediation


def test_the_tags_of_all_repositories_are_one_list(
    repositories: Repositories, account: AwsAccount, faults: Faults
) -> None:
    arn = repositories.make("shop/web", "personal")
    for number in range(4):
        repositories.make(f"tools{number}")
    found = read(RepositoryCollector, account, REGION)
    assert {name: one.tags.value for name, one in found.items() if one.tags.value} == {
        "shop/web": {"data-class": "personal"}
    }
    assert faults.count("resourcegroupstaggingapi:GetResources") == 1
    assert faults.count("ecr:ListTagsForResource") == 0
    assert RepositoryCollector(account).refresh(scope(RepositoryCollector, REGION), arn) == found["shop/web"]


def test_copies_say_which_rule_makes_them_and_where(
    repositories: Repositories, account: AwsAccount, faults: Faults
) -> None:
    repositories.make("shop/web")
    faults.plan("ecr:DescribeRegistry", registry(*RULES, EVERYTHING_TO_AMERICA))
    copies = read(RepositoryCollector, account, REGION)["shop/web"].copies.value
    assert [(one.destination, one.via) for one in copies] == [
        (
            f"arn:aws:ecr:eu-west-1:{FOREIGN}:repository/shop/web",
            "registry replication of europe/*, shop/web*",
        ),
        (
            f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/shop/web",
            "registry replication of shop/*, registry replication of every repository",
        ),
    ]


def test_moto_s_own_answer_of_a_rule_is_understood(repositories: Repositories, account: AwsAccount) -> None:
    repositories.make("shop/web")
    repositories.make("tools")
    assert read(RepositoryCollector, account, REGION)["shop/web"].copies == Known(())
    repositories.ecr.put_replication_configuration(replicationConfiguration={"rules": RULES[:1]})
    found = read(RepositoryCollector, account, REGION)
    assert [one.places for one in found["shop/web"].copies.value] == [Known(("aws:us-east-1",))]
    assert found["tools"].copies == Known(())


@pytest.mark.parametrize(
    "fault",
    [
        REFUSED,
        GATEWAY_PAGE,
        registry(
            {
                "destinations": [{"region": "us-east-1", "registryId": ACCOUNT}],
                "repositoryFilters": [{"filter": "x", "filterType": "NEW"}],
            }
        ),
    ],
)
def test_a_registry_that_cannot_be_understood_leaves_copies_open(
    repositories: Repositories, account: AwsAccount, faults: Faults, fault: Fault
) -> None:
    repositories.make("shop/web")
    faults.plan("ecr:DescribeRegistry", fault)
    found = read(RepositoryCollector, account, REGION)["shop/web"]
    assert isinstance(found.copies, Unread)
    assert look("residency.copy_out_of_region", found, POLICY).verdict.value == UNKNOWN
    assert look("residency.out_of_region", found, POLICY).verdict.value == PASS


@pytest.mark.parametrize("fault", [REFUSED, GATEWAY_PAGE, Fault(body=b"{}")])
def test_repositories_that_cannot_be_listed_are_no_empty_region(
    repositories: Repositories, account: AwsAccount, faults: Faults, fault: Fault
) -> None:
    repositories.make("tools")
    faults.plan("ecr:DescribeRepositories", fault)
    (unread,) = RepositoryCollector(account).collect(scope(RepositoryCollector, REGION))
    assert isinstance(unread, Unread)
    assert unread.operation == "ecr:DescribeRepositories"


def test_where_no_rule_asks_for_more_the_list_is_all(repositories: Repositories, faults: Faults) -> None:
    for number in range(3):
        repositories.make(f"tools{number}")
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, asked=lambda _kind, fact: fact not in {"tags", "copies"})
    found = read(RepositoryCollector, account, REGION)["tools1"]
    assert isinstance(found.copies, Unread)
    assert found.copies.reason is UnreadReason.NOT_ASKED
    assert [call.operation for call in faults.calls] == ["sts:GetCallerIdentity", "ecr:DescribeRepositories"]


def test_an_empty_region_costs_one_call(account: AwsAccount, faults: Faults, moto: Moto) -> None:
    assert read(RepositoryCollector, account, "eu-north-1") == {}
    assert [call.operation for call in faults.calls if not call.operation.startswith("sts:")] == [
        "ecr:DescribeRepositories"
    ]
    assert moto


def test_a_repository_is_read_anew_by_its_arn(repositories: Repositories, account: AwsAccount, faults: Faults) -> None:
    arn = repositories.make("shop/web", "personal")
    repositories.make("other")
    found = read(RepositoryCollector, account, REGION)["shop/web"]
    collector, where = RepositoryCollector(account), scope(RepositoryCollector, REGION)
    assert isinstance(found, ImageRepository)
    assert found.uid == arn
    assert collector.refresh(where, arn) == found
    repositories.ecr.delete_repository(repositoryName="shop/web")
    assert collector.refresh(where, arn) is None
    faults.plan("ecr:DescribeRepositories", REFUSED)
    assert isinstance(collector.refresh(where, arn), Unread)
