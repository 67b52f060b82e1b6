"""Puts the estate of ``truth`` into a moto server, and makes the proxy before it say the rest."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from tests.collectors.aws.data import truth
from tests.fakes.aws_answers import in_json, in_xml, rds_list
from tests.fakes.aws_faults import Call, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

REFUSED = Fault(status=400, code="AccessDeniedException")
REGIONS = (truth.HOME, truth.WEST, truth.FAR)
_OFTEN = 10**9
_INSIDE = {"own": {}, "managed by AWS": {"KeyManager": "AWS"}, "in an HSM": {"Origin": "AWS_CLOUDHSM"}}


def seed(moto: Moto, faults: Faults) -> None:
    """Make everything there is, and everything that is refused."""
    keys = Keys(moto, faults)
    for name, instance in truth.INSTANCES.items():
        _instance(moto, keys, name, instance)
    for name, cluster in truth.CLUSTERS.items():
        _cluster(moto, keys, name, cluster)
    for name, snapshot in truth.SNAPSHOTS.items():
        _snapshot(moto, name, snapshot)
    for name, table in truth.TABLES.items():
        _table(moto, keys, name, table)
    for name, backup in truth.TABLE_BACKUPS.items():
        _table_backup(moto, name, backup)
    replications: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, file_system in truth.FILE_SYSTEMS.items():
        uid = _file_system(moto, keys, name, file_system)
        replications[file_system.region] += [_replication(uid, to) for to in file_system.replicated_to]
    _say(faults, replications)
    _refuse(faults)


class Keys:
    """Keys of each sort in each region, made when they are first wanted."""

    def __init__(self, moto: Moto, faults: Faults) -> None:
        self._moto = moto
        self._faults = faults
        self._made: dict[tuple[str, str], str] = {}

    def arn(self, sort: str, region: str) -> str:
        """Return the ARN of a key of that sort; what moto cannot make one of, the proxy says of it."""
        if sort == "foreign":
            return f"arn:aws:kms:{region}:{truth.FOREIGN}:key/11111111-2222-3333-4444-555555555555"
        if (sort, region) not in self._made:
            arn = self._moto.client("kms", region=region).create_key()["KeyMetadata"]["Arn"]
            self._made[sort, region] = arn
            fault = Fault(rewrite=in_json("Arn", {arn: _INSIDE[sort]})) if sort in _INSIDE else REFUSED
            self._faults.plan("kms:DescribeKey", fault, times=_OFTEN, when=lambda call: call.form.get("KeyId") == arn)
        return self._made[sort, region]

    def named(self, parameter: str, sort: str, region: str) -> dict[str, str]:
        """Return the parameter that names a key, none where there is none to name."""
        return {parameter: self.arn(sort, region)} if sort else {}


def _tags(data_class: str) -> list[dict[str, str]]:
    return [{"Key": "data-class", "Value": data_class}] if data_class else []


def _instance(moto: Moto, keys: Keys, name: str, one: truth.Instance) -> None:
    rds = moto.client("rds", region=one.region)
    if one.replica_of:
        source = truth.INSTANCES[one.replica_of].region
        arn = f"arn:aws:rds:{source}:{ACCOUNT}:db:{one.replica_of}"
        named = arn if source != one.region else one.replica_of
        rds.create_db_instance_read_replica(
            DBInstanceIdentifier=name, SourceDBInstanceIdentifier=named, SourceRegion=source
        )
        return
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=10,
        MasterUsername="u",
        MasterUserPassword="a long password",
        StorageEncrypted=one.encrypted,
        Tags=_tags(one.data_class),
        **({} if one.public is None else {"PubliclyAccessible": one.public}),
        **keys.named("KmsKeyId", one.key, one.region),
    )


def _cluster(moto: Moto, keys: Keys, name: str, one: truth.Cluster) -> None:
    sized = {"DBClusterInstanceClass": "db.m5d.large", "AllocatedStorage": 100, "StorageType": "io1", "Iops": 1000}
    moto.client("rds", region=one.region).create_db_cluster(
        DBClusterIdentifier=name,
        Engine=one.engine,
        MasterUsername="u",
        MasterUserPassword="a long password",
        StorageEncrypted=one.encrypted,
        Tags=_tags(one.data_class),
        **(sized if one.engine == "mysql" else {}),
        **keys.named("KmsKeyId", one.key, one.region),
    )


def _snapshot(moto: Moto, name: str, one: truth.Snapshot) -> None:
    share = {"AttributeName": "restore", "ValuesToAdd": list(one.shared)}
    tags = _tags(one.data_class)
    if one.of in truth.INSTANCES:
        rds = moto.client("rds", region=truth.INSTANCES[one.of].region)
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=one.of, Tags=tags)
        if one.shared:
            rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, **share)
        return
    rds = moto.client("rds", region=truth.CLUSTERS[one.of].region)
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=name, DBClusterIdentifier=one.of, Tags=tags)
    if one.shared:
        rds.modify_db_cluster_snapshot_attribute(DBClusterSnapshotIdentifier=name, **share)


def _table(moto: Moto, keys: Keys, name: str, one: truth.Table) -> None:
    settings: dict[str, Any] = {"Tags": _tags(one.data_class)} if one.data_class else {}
    if one.key:
        key = keys.arn(one.key, one.region)
        settings["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    if one.stream:
        settings["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    _make_table(moto.client("dynamodb", region=one.region), name, **settings)


def _make_table(dynamodb: Any, name: str, **settings: Any) -> None:
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **settings,
    )


def _table_backup(moto: Moto, name: str, one: truth.TableBackup) -> None:
    dynamodb = moto.client("dynamodb", region=one.region)
    if one.orphan:
        _make_table(dynamodb, one.of)
    dynamodb.create_backup(TableName=one.of, BackupName=name)
    if one.orphan:
        dynamodb.delete_table(TableName=one.of)


def _file_system(moto: Moto, keys: Keys, name: str, one: truth.FileSystem) -> str:
    uid: str = moto.client("efs", region=one.region).create_file_system(
        CreationToken=name,
        Encrypted=one.encrypted,
        Tags=[{"Key": "Name", "Value": name}, *_tags(one.data_class)],
        **keys.named("KmsKeyId", one.key, one.region),
    )["FileSystemId"]
    return uid


def _replication(uid: str, to: str) -> dict[str, Any]:
    arn = f"arn:aws:elasticfilesystem:{truth.HOME}:{ACCOUNT}:file-system/{uid}"
    return {
        "SourceFileSystemId": uid,
        "SourceFileSystemRegion": truth.HOME,
        "SourceFileSystemArn": arn,
        "OriginalSourceFileSystemArn": arn,
        "CreationTime": 1764000000.0,
        "Destinations": [{"Status": "ENABLED", "FileSystemId": "fs-0123456789abcdef0", "Region": to}],
    }


def _in(region: str) -> Callable[[Call], bool]:
    return lambda call: call.region == region


def _say(faults: Faults, replications: Mapping[str, list[dict[str, Any]]]) -> None:
    """Let the proxy say what moto leaves out."""
    instances = {name: one.says for name, one in truth.INSTANCES.items()}
    clusters = {name: one.says for name, one in truth.CLUSTERS.items()}
    snapshots = {name: one.says for name, one in truth.SNAPSHOTS.items()}
    tables = {name: one.says for name, one in truth.TABLES.items()}
    files = {name: one.says for name, one in truth.FILE_SYSTEMS.items()}
    faults.plan("rds:DescribeDBInstances", Fault(rewrite=in_xml("DBInstanceIdentifier", instances)))
    faults.plan("rds:DescribeDBClusters", Fault(rewrite=in_xml("DBClusterIdentifier", clusters)))
    faults.plan("rds:DescribeDBSnapshots", Fault(rewrite=in_xml("DBSnapshotIdentifier", snapshots)))
    faults.plan("rds:DescribeDBClusterSnapshots", Fault(rewrite=in_xml("DBClusterSnapshotIdentifier", snapshots)))
    listed = rds_list("DescribeGlobalClusters", "GlobalClusters", "GlobalClusterMember", *truth.GLOBAL_CLUSTERS)
    faults.plan(
        "rds:DescribeGlobalClusters", Fault(body=listed), times=_OFTEN, when=lambda call: call.region != truth.WEST
    )
    for region in REGIONS:
        here = [one.says for one in truth.RETAINED.values() if one.region == region]
        here += [truth.CURRENT] if region == truth.HOME else []
        name = "DescribeDBInstanceAutomatedBackups"
        body = rds_list(name, "DBInstanceAutomatedBackups", "DBInstanceAutomatedBackup", *here)
        faults.plan(f"rds:{name}", Fault(body=body), times=_OFTEN, when=_in(region))
        clusters_here = [one.says for one in truth.RETAINED_OF_CLUSTERS.values() if one.region == region]
        clusters_here += [truth.CURRENT_OF_CLUSTER] if region == truth.HOME else []
        name = "DescribeDBClusterAutomatedBackups"
        body = rds_list(name, "DBClusterAutomatedBackups", "DBClusterAutomatedBackup", *clusters_here)
        faults.plan(f"rds:{name}", Fault(body=body), times=_OFTEN, when=_in(region))
        body = json.dumps({"Replications": replications.get(region, [])}).encode()
        if region != truth.WEST:
            faults.plan("efs:DescribeReplicationConfigurations", Fault(body=body), times=_OFTEN, when=_in(region))
    undescribed = REFUSED, lambda call: call.form.get("TableName") == truth.UNDESCRIBED
    faults.plan("dynamodb:DescribeTable", undescribed[0], times=_OFTEN, when=undescribed[1])
    faults.plan("dynamodb:DescribeTable", Fault(rewrite=in_json("TableName", tables)), times=_OFTEN)
    groups = [
        {"GlobalTableName": name, "ReplicationGroup": [{"RegionName": region} for region in regions]}
        for name, regions in truth.LEGACY.items()
    ]
    body = json.dumps({"GlobalTables": groups}).encode()
    faults.plan(
        "dynamodb:ListGlobalTables", Fault(body=body), times=_OFTEN, when=lambda call: call.region != truth.WEST
    )
    faults.plan("efs:DescribeFileSystems", Fault(rewrite=in_json("CreationToken", files)))


def _refuse(faults: Faults) -> None:
    """Let the proxy refuse what nobody may ask for."""
    for operation, parameter in (
        ("rds:DescribeDBSnapshotAttributes", "DBSnapshotIdentifier"),
        ("rds:DescribeDBClusterSnapshotAttributes", "DBClusterSnapshotIdentifier"),
    ):
        faults.plan(
            operation,
            Fault(status=403, code="AccessDenied"),
            times=_OFTEN,
            when=lambda call, parameter=parameter: call.form.get(parameter) in truth.UNASKED,
        )
    for operation in (
        "rds:DescribeGlobalClusters",
        "efs:DescribeReplicationConfigurations",
        "dynamodb:ListGlobalTables",
        "resourcegroupstaggingapi:GetResources",
    ):
        fault = Fault(status=403, code="AccessDenied") if operation.startswith("rds:") else REFUSED
        faults.plan(operation, fault, times=_OFTEN, when=_in(truth.WEST))
    faults.plan(
        "dynamodb:ListTagsOfResource",
        REFUSED,
        times=_OFTEN,
        when=lambda call: call.form.get("ResourceArn", "").endswith(f"/{truth.UNTAGGED}"),
    )
