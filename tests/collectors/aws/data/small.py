"""One of each: what needs every call that the collectors of databases, tables and file systems make."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes.aws_faults import Fault, Faults
from tests.fakes.aws_moto import Moto

HOME = "eu-central-1"
NO_REPLICATIONS = Fault(body=json.dumps({"Replications": []}).encode())
NO_GLOBAL_TABLES = Fault(body=json.dumps({"GlobalTables": []}).encode())
TAGS = [{"Key": "data-class", "Value": "internal"}]
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def supplement(faults: Faults) -> None:
    """Answer for moto where it has no such operation."""
    faults.plan("efs:DescribeReplicationConfigurations", NO_REPLICATIONS)
    faults.plan("dynamodb:ListGlobalTables", NO_GLOBAL_TABLES)


def instance(moto: Moto, name: str, *, region: str = HOME, **settings: Any) -> None:
    moto.client("rds", region=region).create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=10,
        MasterUsername="u",
        MasterUserPassword="a long password",
        **({"PubliclyAccessible": False, "StorageEncrypted": True, "Tags": TAGS} | settings),
    )


def table(moto: Moto, name: str, *, region: str = HOME, **settings: Any) -> None:
    moto.client("dynamodb", region=region).create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        **settings,
    )


def file_system(moto: Moto, name: str, *, region: str = HOME, **settings: Any) -> str:
    uid: str = moto.client("efs", region=region).create_file_system(
        CreationToken=name, Tags=[{"Key": "Name", "Value": name}, *TAGS], **({"Encrypted": True} | settings)
    )["FileSystemId"]
    return uid


def seed(moto: Moto) -> None:
    """Make a database, a cluster, a snapshot of each, a table with a backup, and a file system."""
    for make in SEEDS.values():
        make(moto)


def _key(moto: Moto) -> str:
    arn: str = moto.client("kms", region=HOME).create_key()["KeyMetadata"]["Arn"]
    return arn


def _databases(moto: Moto) -> None:
    rds, key = moto.client("rds", region=HOME), _key(moto)
    instance(moto, "db", KmsKeyId=key)
    rds.create_db_cluster(
        DBClusterIdentifier="cluster",
        Engine="aurora-postgresql",
        MasterUsername="u",
        MasterUserPassword="a long password",
        StorageEncrypted=True,
        KmsKeyId=key,
    )
    rds.create_db_snapshot(DBSnapshotIdentifier="snapshot", DBInstanceIdentifier="db")
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="cluster-snapshot", DBClusterIdentifier="cluster")


def _tables(moto: Moto) -> None:
    encrypted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": _key(moto)}
    table(moto, "table", Tags=TAGS, SSESpecification=encrypted, StreamSpecification=STREAM)
    moto.client("dynamodb", region=HOME).create_backup(TableName="table", BackupName="backup")


def _files(moto: Moto) -> None:
    file_system(moto, "files", KmsKeyId=_key(moto))


SEEDS = {"rds": _databases, "dynamodb": _tables, "efs": _files}
"""What makes one of each, by service."""
