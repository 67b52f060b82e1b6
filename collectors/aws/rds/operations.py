"""Every operation the RDS collector calls, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for Amazon RDS";
error codes those of the Amazon RDS API reference. DocumentDB and Neptune are managed through the same API, with the
same actions (their developer guides, "Managing access").
"""

from __future__ import annotations

from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed


def _describe(name: str, why: str, *gone: str) -> Operation:
    return Operation(service="rds", name=name, action=f"rds:{name}", why=why, gone=frozenset(gone))


DESCRIBE_DB_INSTANCES = _describe(
    "DescribeDBInstances",
    "where databases lie, how they are encrypted, which are public, and where their replicas and backups go",
    "DBInstanceNotFound",
    "DBInstanceNotFoundFault",
)
DESCRIBE_DB_CLUSTERS = _describe(
    "DescribeDBClusters",
    "where database clusters lie, how they are encrypted, and where their replicas go",
    "DBClusterNotFoundFault",
)
DESCRIBE_GLOBAL_CLUSTERS = _describe(
    "DescribeGlobalClusters", "which regions global databases are spread over", "GlobalClusterNotFoundFault"
)
DESCRIBE_DB_SNAPSHOTS = _describe(
    "DescribeDBSnapshots",
    "where database snapshots lie and how they are encrypted",
    "DBSnapshotNotFound",
    "DBSnapshotNotFoundFault",
)
DESCRIBE_DB_SNAPSHOT_ATTRIBUTES = _describe(
    "DescribeDBSnapshotAttributes",
    "with whom manual database snapshots are shared",
    "DBSnapshotNotFound",
    "DBSnapshotNotFoundFault",
)
DESCRIBE_DB_CLUSTER_SNAPSHOTS = _describe(
    "DescribeDBClusterSnapshots",
    "where snapshots of database clusters lie and how they are encrypted",
    "DBClusterSnapshotNotFoundFault",
)
DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES = _describe(
    "DescribeDBClusterSnapshotAttributes",
    "with whom manual snapshots of database clusters are shared",
    "DBClusterSnapshotNotFoundFault",
)
DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS = _describe(
    "DescribeDBInstanceAutomatedBackups",
    "where backups lie that came from other regions or outlived their database",
    "DBInstanceAutomatedBackupNotFound",
    "DBInstanceAutomatedBackupNotFoundFault",
)
DESCRIBE_DB_CLUSTER_AUTOMATED_BACKUPS = _describe(
    "DescribeDBClusterAutomatedBackups",
    "where backups of clusters lie that came from other regions or outlived their cluster",
    "DBClusterAutomatedBackupNotFoundFault",
)

OPERATIONS = (
    DESCRIBE_DB_INSTANCES,
    DESCRIBE_DB_CLUSTERS,
    DESCRIBE_GLOBAL_CLUSTERS,
    DESCRIBE_DB_SNAPSHOTS,
    DESCRIBE_DB_SNAPSHOT_ATTRIBUTES,
    DESCRIBE_DB_CLUSTER_SNAPSHOTS,
    DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES,
    DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS,
    DESCRIBE_DB_CLUSTER_AUTOMATED_BACKUPS,
    DESCRIBE_KEY,
)


def _listed(operation: Operation, entries: str) -> Listed:
    return Listed(operation, entries, answered="Marker", asked="Marker")


INSTANCES = _listed(DESCRIBE_DB_INSTANCES, "DBInstances")
CLUSTERS = _listed(DESCRIBE_DB_CLUSTERS, "DBClusters")
GLOBAL_CLUSTERS = _listed(DESCRIBE_GLOBAL_CLUSTERS, "GlobalClusters")
SNAPSHOTS = _listed(DESCRIBE_DB_SNAPSHOTS, "DBSnapshots")
CLUSTER_SNAPSHOTS = _listed(DESCRIBE_DB_CLUSTER_SNAPSHOTS, "DBClusterSnapshots")
AUTOMATED_BACKUPS = _listed(DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS, "DBInstanceAutomatedBackups")
CLUSTER_AUTOMATED_BACKUPS = _listed(DESCRIBE_DB_CLUSTER_AUTOMATED_BACKUPS, "DBClusterAutomatedBackups")

PAGE = 100
"""What RDS's lists give at most in one answer."""
