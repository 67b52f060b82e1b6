"""Every list and every call refused, broken or cut short in turn: what is lost, and what is not."""

from __future__ import annotations

import json

import pytest

from collectors.aws.dynamodb import DynamoDbCollector
from collectors.aws.efs import EfsCollector
from collectors.aws.rds import RdsCollector
from collectors.aws.session import AwsAccount
from collectors.model import (
    Database,
    DatabaseBackup,
    DatabaseSnapshot,
    Known,
    NotNeeded,
    Resource,
    Unread,
    UnreadReason,
)
from tests.collectors.aws.data.conftest import Read, scope
from tests.collectors.aws.data.small import HOME, SEEDS, file_system, instance, seed, supplement, table
from tests.fakes.aws_answers import in_xml, rds_list
from tests.fakes.aws_faults import GARBAGE, GATEWAY_PAGE, RESET, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

REFUSED = Fault(status=403, code="AccessDenied")
COLLECTORS = {"rds": RdsCollector, "dynamodb": DynamoDbCollector, "efs": EfsCollector}
LISTS = {
    "rds:DescribeDBInstances": {"db"},
    "rds:DescribeDBClusters": {"cluster"},
    "rds:DescribeDBSnapshots": {"snapshot"},
    "rds:DescribeDBClusterSnapshots": {"cluster-snapshot"},
    "rds:DescribeDBInstanceAutomatedBackups": {"came-over"},
    "rds:DescribeDBClusterAutomatedBackups": {"outlived"},
    "dynamodb:ListTables": {"table"},
    "dynamodb:ListBackups": {"backup"},
    "efs:DescribeFileSystems": {"files"},
}
"""The lists, and what is found by each."""

CAME_OVER = {
    "DBInstanceAutomatedBackupsArn": f"arn:aws:rds:{HOME}:{ACCOUNT}:auto-backup:ab-1",
    "DBInstanceArn": f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:came-over",
    "DBInstanceIdentifier": "came-over",
    "Status": "active",
    "Encrypted": "true",
    "TagList": "",
}
OUTLIVED = {
    "DBClusterAutomatedBackupsArn": f"arn:aws:rds:{HOME}:{ACCOUNT}:cluster-auto-backup:ab-2",
    "DBClusterArn": f"arn:aws:rds:{HOME}:{ACCOUNT}:cluster:outlived",
    "DBClusterIdentifier": "outlived",
    "Status": "retained",
    "StorageEncrypted": "true",
    "TagList": "",
}


@pytest.fixture
def estate(moto: Moto, faults: Faults) -> None:
    seed(moto)
    say(faults)


def say(faults: Faults) -> None:
    supplement(faults)
    body = rds_list(
        "DescribeDBInstanceAutomatedBackups", "DBInstanceAutomatedBackups", "DBInstanceAutomatedBackup", CAME_OVER
    )
    faults.plan("rds:DescribeDBInstanceAutomatedBackups", Fault(body=body))
    body = rds_list(
        "DescribeDBClusterAutomatedBackups", "DBClusterAutomatedBackups", "DBClusterAutomatedBackup", OUTLIVED
    )
    faults.plan("rds:DescribeDBClusterAutomatedBackups", Fault(body=body))


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (REFUSED, UnreadReason.DENIED),
        (GATEWAY_PAGE, UnreadReason.MALFORMED),
        (GARBAGE, UnreadReason.MALFORMED),
        (Fault(body=b"{}"), UnreadReason.MALFORMED),
    ],
    ids=["refused", "gateway", "garbage", "empty"],
)
def test_a_list_that_fails_costs_what_it_lists_and_is_no_empty_region(
    moto: Moto, faults: Faults, read: Read, *, operation: str, fault: Fault, reason: UnreadReason
) -> None:
    service, _, name = operation.partition(":")
    SEEDS[service](moto)
    say(faults)
    everything, none = read(COLLECTORS[service])
    assert none == []
    faults.plan(operation, fault)
    found, unread = read(COLLECTORS[service])
    assert {(one.operation, one.reason) for one in unread} == {(operation, reason)}
    lost = {name for name in everything if name not in found}
    assert {name for name in lost if not name.startswith("rds:")} == LISTS[operation]
    if reason is UnreadReason.DENIED:
        assert unread[0].permission == f"{service.replace('efs', 'elasticfilesystem')}:{name}"


@pytest.mark.parametrize("operation", ["rds:DescribeDBSnapshots", "dynamodb:ListTables"])
def test_an_endpoint_that_resets_is_unreachable_and_no_empty_region(
    moto: Moto, faults: Faults, read: Read, operation: str
) -> None:
    instance(moto, "db")
    table(moto, "table")
    faults.plan(operation, RESET)
    _, unread = read(RdsCollector, DynamoDbCollector)
    assert [(one.operation, one.reason) for one in unread] == [(operation, UnreadReason.UNREACHABLE)]


def test_a_service_that_nobody_answers_for_is_unread_and_no_crash(read: Read) -> None:
    nowhere = AwsAccount(ACCOUNT, endpoint_url="http://127.0.0.1:9")
    found, unread = read(RdsCollector, within=nowhere)
    assert found == {}
    assert {one.reason for one in unread} == {UnreadReason.UNREACHABLE}


def test_a_region_that_is_not_enabled_says_so(faults: Faults, read: Read) -> None:
    unknown = Fault(status=403, code="InvalidClientTokenId")
    for operation in LISTS:
        faults.plan(operation, unknown, when=lambda call: call.region == "me-south-1")
    found, unread = read(region="me-south-1")
    assert found == {}
    assert {one.reason for one in unread} == {UnreadReason.SERVICE_DISABLED}


@pytest.mark.usefixtures("estate")
def test_an_entry_that_makes_no_sense_costs_itself_alone(moto: Moto, faults: Faults, read: Read) -> None:
    instance(moto, "odd")
    faults.plan(
        "rds:DescribeDBInstances", Fault(rewrite=in_xml("DBInstanceIdentifier", {"odd": {"DBInstanceArn": "?"}}))
    )
    found, unread = read(RdsCollector)
    assert [(one.operation, one.reason, one.detail) for one in unread] == [
        ("rds:DescribeDBInstances", UnreadReason.MALFORMED, "noARN")
    ]
    assert "odd" not in found
    assert isinstance(found["db"], Database)


def test_lists_are_followed_to_their_end_and_say_where_they_broke_off(moto: Moto, faults: Faults, read: Read) -> None:
    for number in range(105):
        table(moto, f"table-{number:03}")
    for number in range(4):
        file_system(moto, f"files-{number}")
    supplement(faults)
    found, unread = read(DynamoDbCollector, EfsCollector)
    assert unread == []
    assert len(found) == 109
    assert faults.count("dynamodb:ListTables") == 2
    faults.plan("dynamodb:ListTables", REFUSED, when=lambda call: "ExclusiveStartTableName" in call.form)
    found, unread = read(DynamoDbCollector)
    assert len(found) == 100
    assert [one.operation for one in unread] == ["dynamodb:ListTables"]


def test_pages_of_databases_are_followed(moto: Moto, faults: Faults, read: Read) -> None:
    instance(moto, "one")
    end = b"</DescribeDBInstancesResult>"
    more = Fault(rewrite=lambda body: body.replace(end, b"<Marker>more</Marker>" + end))
    two = {
        "DBInstanceArn": f"arn:aws:rds:{HOME}:{ACCOUNT}:db:two",
        "DBInstanceIdentifier": "two",
        "StorageEncrypted": "true",
    }
    last = Fault(body=rds_list("DescribeDBInstances", "DBInstances", "DBInstance", two))
    faults.plan("rds:DescribeDBInstances", more, times=1)
    faults.plan("rds:DescribeDBInstances", last, times=1, when=lambda call: call.form.get("Marker") == "more")
    found, unread = read(RdsCollector)
    assert unread == []
    assert faults.count("rds:DescribeDBInstances") == 2
    assert {"one", "two"} <= set(found)


def test_what_is_gone_between_list_and_look_is_no_resource(moto: Moto, faults: Faults, read: Read) -> None:
    seed(moto)
    supplement(faults)
    faults.plan("rds:DescribeDBSnapshotAttributes", Fault(status=404, code="DBSnapshotNotFound"))
    faults.plan("dynamodb:DescribeTable", Fault(status=400, code="ResourceNotFoundException"))
    found, unread = read()
    assert unread == []
    assert "snapshot" not in found
    assert "table" not in found
    assert "cluster-snapshot" in found


@pytest.mark.usefixtures("estate")
def test_what_is_gone_is_told_as_gone_and_what_is_refused_as_unread(
    moto: Moto, account: AwsAccount, faults: Faults, read: Read
) -> None:
    found, _ = read()
    rds, dynamodb = RdsCollector(account), DynamoDbCollector(account)
    gone = moto.client("rds", region=HOME)
    gone.delete_db_snapshot(DBSnapshotIdentifier="snapshot")
    gone.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="cluster-snapshot")
    gone.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    gone.delete_db_cluster(DBClusterIdentifier="cluster", SkipFinalSnapshot=True)
    for name in ("db", "cluster", "snapshot", "cluster-snapshot"):
        assert rds.refresh(scope(RdsCollector), found[name].uid) is None
    assert rds.refresh(scope(RdsCollector), found["came-over"].uid) == found["came-over"]
    assert rds.refresh(scope(RdsCollector), f"arn:aws:rds:{HOME}:{ACCOUNT}:og:options") is None
    assert rds.refresh(scope(RdsCollector), "nonsense") is None

    moto.client("dynamodb", region=HOME).delete_table(TableName="table")
    assert dynamodb.refresh(scope(DynamoDbCollector), found["table"].uid) is None
    orphan = dynamodb.refresh(scope(DynamoDbCollector), found["backup"].uid)
    assert isinstance(orphan, DatabaseBackup)
    assert isinstance(orphan.tags, Unread)
    assert orphan.tags.reason is UnreadReason.NOT_TOLD
    moto.client("dynamodb", region=HOME).delete_backup(BackupArn=found["backup"].uid)
    assert dynamodb.refresh(scope(DynamoDbCollector), found["backup"].uid) is None

    moto.client("efs", region=HOME).delete_file_system(FileSystemId=found["files"].uid.rpartition("/")[2])
    assert EfsCollector(account).refresh(scope(EfsCollector), found["files"].uid) is None
    for operation, collector, name in (
        ("rds:DescribeDBInstances", rds, "db"),
        ("dynamodb:ListBackups", dynamodb, "backup"),
        ("efs:DescribeFileSystems", EfsCollector(account), "files"),
    ):
        faults.plan(operation, REFUSED)
        assert isinstance(collector.refresh(scope(type(collector)), found[name].uid), Unread)


@pytest.mark.usefixtures("estate")
def test_tags_come_from_one_list_or_else_from_each_table(faults: Faults, read: Read) -> None:
    found, _ = read(DynamoDbCollector)
    assert found["table"].tags == found["backup"].tags == Known({"data-class": "internal"})
    assert faults.count("dynamodb:ListTagsOfResource") == 0
    faults.plan("resourcegroupstaggingapi:GetResources", REFUSED)
    again, unread = read(DynamoDbCollector)
    assert unread == []
    assert again == found
    faults.plan("dynamodb:ListTagsOfResource", Fault(body=json.dumps({"Tags": [{"Value": "?"}]}).encode()))
    blind, _ = read(DynamoDbCollector)
    assert isinstance(blind["table"].tags, Unread)
    assert blind["table"].tags.reason is UnreadReason.MALFORMED


@pytest.mark.usefixtures("estate")
def test_nothing_is_asked_that_no_rule_looks_at(faults: Faults, read: Read) -> None:
    frugal = AwsAccount(
        ACCOUNT, endpoint_url=faults.url, asked=lambda _kind, fact: fact in {"encryption", "key_holder", "places"}
    )
    found, unread = read(within=frugal)
    assert unread == []
    called = {call.operation for call in faults.calls}
    assert not called & {
        "rds:DescribeDBSnapshotAttributes",
        "rds:DescribeDBClusterSnapshotAttributes",
        "rds:DescribeGlobalClusters",
        "dynamodb:ListGlobalTables",
        "dynamodb:ListTagsOfResource",
        "resourcegroupstaggingapi:GetResources",
        "efs:DescribeReplicationConfigurations",
    }
    for name in ("cluster", "table", "files"):
        assert found[name].copies.reason is UnreadReason.NOT_ASKED
        assert found[name].unread() == ()
    assert found["snapshot"].sharing.reason is UnreadReason.NOT_ASKED


@pytest.mark.parametrize("snapshots", [0, 12])
def test_calls_are_bounded_by_the_region_but_for_manual_snapshots_tables_and_keys(
    moto: Moto, faults: Faults, read: Read, snapshots: int
) -> None:
    supplement(faults)
    for number in range(5):
        instance(moto, f"db-{number}")
        table(moto, f"table-{number}")
        file_system(moto, f"files-{number}")
    for number in range(snapshots):
        moto.client("rds", region=HOME).create_db_snapshot(
            DBSnapshotIdentifier=f"s-{number}", DBInstanceIdentifier="db-0"
        )
    _, unread = read()
    assert unread == []
    asked = sorted(call.operation for call in faults.calls if not call.operation.startswith("sts:"))
    assert asked == sorted(
        [
            "rds:DescribeDBInstances",
            "rds:DescribeDBClusters",
            "rds:DescribeDBSnapshots",
            "rds:DescribeDBClusterSnapshots",
            "rds:DescribeDBInstanceAutomatedBackups",
            *["rds:DescribeDBSnapshotAttributes"] * snapshots,
            "dynamodb:ListTables",
            "dynamodb:ListBackups",
            "resourcegroupstaggingapi:GetResources",
            *["dynamodb:DescribeTable"] * 5,
            "efs:DescribeFileSystems",
            "efs:DescribeReplicationConfigurations",
        ]
    )


def test_an_empty_region_costs_eight_calls(faults: Faults, read: Read) -> None:
    assert read() == ({}, [])
    assert len([call for call in faults.calls if not call.operation.startswith("sts:")]) == 8


def test_resources_are_named_as_aws_names_them(moto: Moto, faults: Faults, read: Read) -> None:
    seed(moto)
    supplement(faults)
    found, _ = read()
    own = f"{HOME}:{ACCOUNT}"
    assert found["db"].uid == f"arn:aws:rds:{own}:db:db"
    assert found["cluster"].uid == f"arn:aws:rds:{own}:cluster:cluster"
    assert found["snapshot"].uid == f"arn:aws:rds:{own}:snapshot:snapshot"
    assert found["cluster-snapshot"].uid == f"arn:aws:rds:{own}:cluster-snapshot:cluster-snapshot"
    assert found["table"].uid == f"arn:aws:dynamodb:{own}:table/table"
    assert found["backup"].uid.startswith(f"arn:aws:dynamodb:{own}:table/table/backup/")
    assert found["files"].uid.startswith(f"arn:aws:elasticfilesystem:{own}:file-system/fs-")
    for one in found.values():
        assert isinstance(one, Resource)
        assert (one.region, one.places) == (HOME, Known((f"aws:{HOME}",)))
    assert found["db"].engine == Known("postgres")
    assert found["db"].replica_of == Known("")
    assert isinstance(found["snapshot"], DatabaseSnapshot)
    assert found["snapshot"].copies == NotNeeded("copies_are_resources_of_their_own")
