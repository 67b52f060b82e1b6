"""Every database, table and file system of an estate judged, each judgement held against the truth beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.aws.dynamodb import DynamoDbCollector
from collectors.aws.efs import EfsCollector
from collectors.aws.rds import RdsCollector
from collectors.aws.session import AwsAccount
from collectors.model import (
    Database,
    DatabaseBackup,
    DatabaseSnapshot,
    FileSystem,
    Known,
    NotNeeded,
    Provider,
    Resource,
    Scope,
    Table,
    Unread,
)
from detectors.catalogue import catalogue, detectors_for
from detectors.data.encryption_at_rest import Parameters
from detectors.engine import judge
from detectors.model import Judgement, Policy, Residency, Severity
from detectors.requirement import Requirement
from tests.collectors.aws.data import truth
from tests.collectors.aws.data.seeding import REGIONS, seed
from tests.fakes.aws_faults import Faults, fault_proxy
from tests.fakes.aws_moto import ACCOUNT, Moto, moto_server

POLICY = Policy(
    residency=Residency(default=("aws:eu-*",), classes={truth.PERSONAL: (f"aws:{truth.HOME}",)}),
    parameters={"data.encryption_at_rest": Parameters(classes={truth.PERSONAL: Requirement.CUSTOMER_KEY})},
)
COLLECTORS = (RdsCollector, DynamoDbCollector, EfsCollector)

Estate = dict[tuple[type[Resource], str], Any]


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with moto_server() as server:
        yield server


@pytest.fixture(scope="module")
def faults(moto: Moto) -> Iterator[Faults]:
    with fault_proxy(moto.port) as proxy:
        seed(moto, proxy)
        yield proxy


@pytest.fixture(scope="module")
def account(faults: Faults) -> AwsAccount:
    return AwsAccount(ACCOUNT, endpoint_url=faults.url)


def scope(collector: type, region: str) -> Scope:
    return Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region=region, collector=collector.uid)


@pytest.fixture(scope="module")
def found(account: AwsAccount) -> Estate:
    estate: Estate = {}
    for collector in COLLECTORS:
        for region in REGIONS:
            for item in collector(account).collect(scope(collector, region)):
                assert isinstance(item, Resource), item
                assert (type(item), item.name) not in estate, item
                assert item.region == region
                estate[type(item), item.name] = item
    return estate


def look(uid: str, resource: Resource) -> Judgement:
    judgement = judge(catalogue()[uid], resource, POLICY, datetime(2026, 6, 1, tzinfo=UTC))
    assert judgement is not None
    return judgement


def seen(resource: Resource, uids: tuple[str, ...]) -> tuple[str, Mapping[str, Judgement]]:
    judged = {uid: look(uid, resource) for uid in uids}
    return "".join(one.verdict.value[0] for one in judged.values()), judged


TABLE: tuple[tuple[type[Resource], tuple[str, ...], Mapping[str, Any]], ...] = (
    (Database, truth.OF_DATABASES, truth.INSTANCES | truth.CLUSTERS),
    (DatabaseSnapshot, truth.OF_SNAPSHOTS, truth.SNAPSHOTS),
    (DatabaseBackup, truth.OF_STORES, truth.RETAINED | truth.RETAINED_OF_CLUSTERS | truth.TABLE_BACKUPS),
    (Table, truth.OF_STORES, truth.TABLES),
    (FileSystem, truth.OF_STORES, truth.FILE_SYSTEMS),
)
ROWS = [pytest.param(kind, name, uids, one.truth, id=name) for kind, uids, rows in TABLE for name, one in rows.items()]


@pytest.mark.parametrize(("kind", "name", "uids", "verdicts"), ROWS)
def test_a_resource(found: Estate, kind: type[Resource], name: str, uids: tuple[str, ...], verdicts: str) -> None:
    assert seen(found[kind, name], uids) == (verdicts, seen(found[kind, name], uids)[1])


def test_the_estate_is_large_and_found_whole(found: Estate) -> None:
    expected = {(kind, name) for kind, _, rows in TABLE for name in rows}
    automated = {key for key in found if key[1].startswith("rds:")}
    assert set(found) == expected | automated
    assert len(expected) > 100
    verdicts = "".join(one.truth for _, _, rows in TABLE for one in rows.values())
    assert all(verdicts.count(letter) > 25 for letter in "PFU")


def test_every_detector_of_these_kinds_was_tried() -> None:
    for kind, uids, _ in TABLE:
        assert {detector.uid for detector in detectors_for(kind)} == set(uids)


def test_snapshots_that_rds_makes_by_itself_are_nobody_elses_and_as_encrypted_as_their_database(
    found: Estate, faults: Faults
) -> None:
    automated = [one for (kind, name), one in found.items() if kind is DatabaseSnapshot and name.startswith("rds:")]
    assert len(automated) > 40
    for one in automated:
        assert look("data.public_snapshot", one).verdict.value == "PASS"
    of_plain = next(one for one in automated if one.source == Known("plain"))
    assert look("data.encryption_at_rest", of_plain).verdict.value == "FAIL"
    asked = {call.form.get("DBSnapshotIdentifier", "") for call in faults.calls if "Attributes" in call.operation}
    assert not any(name.startswith("rds:") for name in asked)


def test_evidence_names_what_an_operator_needs(found: Estate) -> None:
    public = look("data.public_database", found[Database, "public"])
    (shown,) = public.evidence
    assert shown.data["by"] == ("PubliclyAccessible",)
    assert shown.data["endpoint"].endswith(".eu-central-1.rds.amazonaws.com")
    assert shown.data["firewall"][0].startswith("sg-")
    assert public.notes == ("firewall_not_judged",)
    assert "modify-db-instance" in public.remediation
    gateway = look("data.public_database", found[Database, "express"])
    assert gateway.evidence[0].data["by"] == ("InternetAccessGatewayEnabled",)
    left = look("data.public_database", found[Database, "aurora-without-flag"])
    assert left.notes == ("public_flag_of_its_instances",)

    copied = look("residency.copy_out_of_region", found[Database, "global-primary"])
    (evidence,) = copied.evidence
    assert evidence.data["place"] == f"aws:{truth.FAR}"
    assert evidence.data["destination"] == truth.cluster(truth.FAR, "global-secondary")
    assert evidence.data["via"] == "global database worldwide"
    assert "remove-from-global-cluster" in copied.remediation
    for kind, name, words in (
        (Database, "far-source", "create-db-instance-read-replica"),
        (Table, "t-global", "--replica-updates"),
        (FileSystem, "fs-copied-far", "delete-replication-configuration"),
    ):
        judgement = look("residency.copy_out_of_region", found[kind, name])
        assert judgement.evidence[0].data["place"] == f"aws:{truth.FAR}"
        assert words in judgement.remediation or kind is Database
    given = look("data.public_snapshot", found[DatabaseSnapshot, "s-given"])
    assert given.notes == ("shared_with_named_accounts",)
    assert given.evidence[0].data == {"accounts": (truth.FOREIGN,)}


def test_open_and_out_of_place_is_one_step_worse(found: Estate) -> None:
    assert look("residency.out_of_region", found[Database, "far-public-mine"]).severity is Severity.CRITICAL
    assert look("residency.out_of_region", found[Database, "far"]).severity is Severity.HIGH


def test_what_could_not_be_read_names_the_permission(found: Estate) -> None:
    for uid, kind, name, action in (
        ("data.encryption_at_rest", Database, "mine-hidden-key", "kms:DescribeKey"),
        ("data.public_snapshot", DatabaseSnapshot, "s-unasked", "rds:DescribeDBSnapshotAttributes"),
        (
            "data.public_snapshot",
            DatabaseSnapshot,
            "s-cluster-unasked",
            "rds:DescribeDBClusterSnapshotAttributes",
        ),
        ("residency.copy_out_of_region", Database, "aurora-west", "rds:DescribeGlobalClusters"),
        ("data.encryption_at_rest", Table, "t-undescribed", "dynamodb:DescribeTable"),
        ("residency.out_of_region", Table, "t-west-untagged", "dynamodb:ListTagsOfResource"),
        ("residency.copy_out_of_region", Table, "t-west-streaming", "dynamodb:ListGlobalTables"),
        (
            "residency.copy_out_of_region",
            FileSystem,
            "fs-west",
            "elasticfilesystem:DescribeReplicationConfigurations",
        ),
    ):
        judgement = look(uid, found[kind, name])
        assert [unread.permission for unread in judgement.unread] == [action], name
        assert action in judgement.remediation


def test_what_the_cloud_does_not_tell_lowers_no_coverage(found: Estate) -> None:
    for kind, name in ((Database, "silent-on-public"), (Database, "silent-on-tags"), (DatabaseBackup, "b-orphan")):
        resource = found[kind, name]
        known, asked = resource.coverage()
        assert known == asked
        assert resource.unread() == ()
    assert isinstance(found[Database, "silent-on-public"].public_endpoint, Unread)
    assert found[Database, "plain"].key_holder == NotNeeded("nothing_encrypted")


@pytest.mark.parametrize(
    ("collector", "kind", "names"),
    [
        (RdsCollector, Database, ("public", "far-source", "aurora", "global-primary", "express", "mine-hidden-key")),
        (RdsCollector, DatabaseSnapshot, ("s-public", "s-unasked", "s-cluster-public", "s-far")),
        (RdsCollector, DatabaseBackup, ("left-behind", "came-over", "c-left-behind-plain", "c-came-over")),
        (DynamoDbCollector, Table, ("t-global", "t-legacy", "t-mine", "t-west-untagged", "t-undescribed")),
        (DynamoDbCollector, DatabaseBackup, ("b-mine", "b-far", "b-orphan")),
        (EfsCollector, FileSystem, ("fs-plain", "fs-mine", "fs-west")),
    ],
)
def test_each_is_read_anew_by_its_arn(
    found: Estate, account: AwsAccount, collector: Callable[..., Any], kind: type[Resource], names: tuple[str, ...]
) -> None:
    for name in names:
        one = found[kind, name]
        assert collector(account).refresh(scope(collector, one.region), one.uid) == one  # type: ignore[arg-type]
