"""A company's databases, tables and file systems in a moto server, and beside each what is true of it, by hand.

Data may lie anywhere in the EU, personal data in Frankfurt alone; personal data needs a key of one's own. Verdicts:
``P`` pass, ``F`` fail, ``U`` unknown, in the order of ``OF_DATABASES``, ``OF_SNAPSHOTS`` and ``OF_STORES``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.aws_moto import ACCOUNT

HOME, WEST, FAR = "eu-central-1", "eu-west-1", "us-east-1"
FOREIGN = "210987654321"

OF_STORES = ("data.encryption_at_rest", "residency.out_of_region", "residency.copy_out_of_region")
OF_DATABASES = ("data.public_database", *OF_STORES)
OF_SNAPSHOTS = ("data.public_snapshot", *OF_STORES)

PERSONAL = "personal"


def backup_to(region: str) -> str:
    arn = f"arn:aws:rds:{region}:{ACCOUNT}:auto-backup:ab-0a1b2c3d"
    return _replications(arn)


def _replications(arn: str) -> str:
    one = f"<DBInstanceAutomatedBackupsArn>{arn}</DBInstanceAutomatedBackupsArn>"
    return f"<DBInstanceAutomatedBackupsReplication>{one}</DBInstanceAutomatedBackupsReplication>"


def cluster(region: str, name: str) -> str:
    return f"arn:aws:rds:{region}:{ACCOUNT}:cluster:{name}"


REPLICATION = "DBInstanceAutomatedBackupsReplications"
OUTPOST = (
    "<Subnets><Subnet><SubnetIdentifier>subnet-1</SubnetIdentifier><SubnetOutpost>"
    f"<Arn>arn:aws:outposts:{HOME}:{ACCOUNT}:outpost/op-0a1b</Arn></SubnetOutpost></Subnet></Subnets>"
)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A database. ``key`` is the name of one in ``KEYS``, ``says`` what AWS would say of it and moto does not."""

    truth: str
    region: str = HOME
    public: bool | None = False
    encrypted: bool = True
    key: str = ""
    data_class: str = ""
    replica_of: str = ""
    says: Mapping[str, str | None] = field(default_factory=dict)


KEYS = ("own", "managed by AWS", "in an HSM", "hidden")

BARE: dict[str, Any] = {"encrypted": False}
MINE: dict[str, Any] = {"data_class": PERSONAL, "key": "own"}

INSTANCES: dict[str, Instance] = {
    #          public encrypted place copies
    "plain": Instance(truth="PFPP", **BARE),
    "kept": Instance(truth="PPPP"),
    "mine": Instance(truth="PPPP", **MINE),
    "mine-unnamed-key": Instance(truth="PFPP", data_class=PERSONAL),
    "mine-managed-key": Instance(truth="PFPP", data_class=PERSONAL, key="managed by AWS"),
    "mine-foreign-key": Instance(truth="PPPP", data_class=PERSONAL, key="foreign"),
    "mine-hsm": Instance(truth="PPPP", data_class=PERSONAL, key="in an HSM"),
    "mine-hidden-key": Instance(truth="PUPP", data_class=PERSONAL, key="hidden"),
    "hidden-key": Instance(truth="PPPP", key="hidden"),
    "mine-plain": Instance(truth="PFPP", data_class=PERSONAL, **BARE),
    "by-rds": Instance(truth="PPPP", says={"StorageEncryptionType": "sse-rds"}, **BARE),
    "mine-by-rds": Instance(truth="PFPP", data_class=PERSONAL, says={"StorageEncryptionType": "sse-rds"}),
    "by-kms": Instance(truth="PPPP", says={"StorageEncryptionType": "sse-kms"}),
    "by-nothing": Instance(truth="PFPP", says={"StorageEncryptionType": "none"}, **BARE),
    "by-contradiction": Instance(truth="PUPP", says={"StorageEncryptionType": "none"}),
    "by-something-new": Instance(truth="PUPP", says={"StorageEncryptionType": "sse-moon"}),
    "silent-on-encryption": Instance(truth="PUPP", says={"StorageEncrypted": None}),
    "public": Instance(truth="FPPP", public=True),
    "public-plain": Instance(truth="FFPP", public=True, **BARE),
    "silent-on-public": Instance(truth="UPPP", public=None),
    "public-hidden-key": Instance(truth="FUPP", public=True, data_class=PERSONAL, key="hidden"),
    "west": Instance(truth="PPPP", region=WEST),
    "west-mine": Instance(truth="PPFP", region=WEST, **MINE),
    "far": Instance(truth="PPFP", region=FAR),
    "far-plain": Instance(truth="PFFP", region=FAR, **BARE),
    "far-public-mine": Instance(truth="FPFP", region=FAR, public=True, **MINE),
    "in-hamburg": Instance(truth="PPUP", says={"AvailabilityZone": f"{HOME}-ham-1a"}),
    "on-an-outpost": Instance(truth="PPUP", says={"DBSubnetGroup": OUTPOST}),
    "silent-on-tags": Instance(truth="PPPP", key="own", says={"TagList": None}),
    "west-silent-on-tags": Instance(truth="PUUP", region=WEST, says={"TagList": None}),
    "near-source": Instance(truth="PPPP"),
    "near-replica": Instance(truth="PPPP", replica_of="near-source"),
    "far-source": Instance(truth="PPPF"),
    "far-replica": Instance(truth="PPFP", region=FAR, replica_of="far-source"),
    "west-source": Instance(truth="PFPF", data_class=PERSONAL, **BARE),
    "west-replica": Instance(truth="PFFP", region=WEST, replica_of="west-source"),
    "backed-up-far": Instance(truth="PPPF", says={REPLICATION: backup_to(FAR)}),
    "backed-up-west": Instance(truth="PPPP", says={REPLICATION: backup_to(WEST)}),
    "mine-backed-up-west": Instance(truth="PPPF", says={REPLICATION: backup_to(WEST)}, **MINE),
    "backed-up-somewhere": Instance(truth="PPPU", says={REPLICATION: _replications("arn:nonsense")}),
    "backed-up-all-over": Instance(truth="PPPF", says={REPLICATION: _replications("arn:nonsense") + backup_to(FAR)}),
}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster of databases."""

    truth: str
    region: str = HOME
    engine: str = "aurora-postgresql"
    encrypted: bool = True
    key: str = ""
    data_class: str = ""
    says: Mapping[str, str | None] = field(default_factory=dict)


REPLICATED_FAR = {"ReadReplicaIdentifiers": f"<ReadReplicaIdentifier>{cluster(FAR, 'r')}</ReadReplicaIdentifier>"}

CLUSTERS: dict[str, Cluster] = {
    "aurora": Cluster(truth="PPPP"),
    "aurora-plain": Cluster(truth="PFPP", **BARE),
    "aurora-mine": Cluster(truth="PPPP", **MINE),
    "aurora-without-flag": Cluster(truth="PPPP", says={"PubliclyAccessible": None}),
    "express": Cluster(truth="FPPP", says={"PubliclyAccessible": None, "InternetAccessGatewayEnabled": "true"}),
    "multi-az-public": Cluster(truth="FPPP", engine="mysql", says={"PubliclyAccessible": "true"}),
    "documents": Cluster(truth="PPPP", says={"Engine": "docdb"}),
    "documents-mine": Cluster(truth="PFPP", data_class=PERSONAL, says={"Engine": "docdb"}),
    "graph-plain": Cluster(truth="PFPP", engine="neptune", **BARE),
    "aurora-far": Cluster(truth="PPFP", region=FAR),
    "aurora-replicated": Cluster(truth="PPPF", says=REPLICATED_FAR),
    "global-primary": Cluster(truth="PPPF"),
    "global-secondary": Cluster(truth="PPFP", region=FAR),
    "global-within": Cluster(truth="PPPP"),
    "global-within-mine": Cluster(truth="PPPF", **MINE),
    "global-unranked": Cluster(truth="PPPF"),
    # In the west nobody may ask for global databases.
    "aurora-west": Cluster(truth="PPPU", region=WEST),
    "aurora-west-replicated": Cluster(truth="PPPF", region=WEST, says=REPLICATED_FAR),
    "mysql-west": Cluster(truth="PPPP", region=WEST, engine="mysql"),
}


def _member(arn: str, *readers: str, writer: bool) -> str:
    listed = "".join(f"<member>{reader}</member>" for reader in readers)
    return (
        f"<GlobalClusterMember><DBClusterArn>{arn}</DBClusterArn><Readers>{listed}</Readers>"
        f"<IsWriter>{str(writer).lower()}</IsWriter></GlobalClusterMember>"
    )


def _global(name: str, *members: str) -> dict[str, str]:
    return {"GlobalClusterIdentifier": name, "GlobalClusterMembers": "".join(members)}


_PRIMARY, _SECONDARY = cluster(HOME, "global-primary"), cluster(FAR, "global-secondary")
GLOBAL_CLUSTERS = (
    _global("worldwide", _member(_PRIMARY, _SECONDARY, writer=True), _member(_SECONDARY, writer=False)),
    _global("eu", _member(cluster(HOME, "global-within"), cluster(WEST, "elsewhere"), writer=True)),
    _global("eu-mine", _member(cluster(HOME, "global-within-mine"), cluster(WEST, "elsewhere"), writer=True)),
    _global(
        "unranked",
        _member(cluster(HOME, "global-unranked"), writer=False),
        _member(cluster(FAR, "elsewhere"), writer=False),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A manual snapshot of an instance or a cluster; ``shared`` with ``all`` or accounts."""

    truth: str
    of: str
    shared: tuple[str, ...] = ()
    data_class: str = ""
    says: Mapping[str, str | None] = field(default_factory=dict)


COPIED = {"SourceDBSnapshotIdentifier": f"arn:aws:rds:{HOME}:{ACCOUNT}:snapshot:s-kept"}
CLUSTER_COPIED = {"SourceDBClusterSnapshotArn": f"arn:aws:rds:{HOME}:{ACCOUNT}:cluster-snapshot:s-cluster"}
CLUSTER_COPIED_WITHIN = {"SourceDBClusterSnapshotArn": f"arn:aws:rds:{FAR}:{ACCOUNT}:cluster-snapshot:s-cluster-far"}
SNAPSHOTS: dict[str, Snapshot] = {
    "s-private": Snapshot(truth="PFPP", of="plain"),
    "s-kept": Snapshot(truth="PPPP", of="kept"),
    "s-public": Snapshot(truth="FFPP", of="plain", shared=("all",)),
    "s-given": Snapshot(truth="PFPP", of="plain", shared=(FOREIGN,)),
    "s-public-and-given": Snapshot(truth="FFPP", of="plain", shared=(FOREIGN, "all")),
    "s-unasked": Snapshot(truth="UFPP", of="plain", shared=("all",)),
    "s-mine": Snapshot(truth="PPPP", of="mine", data_class=PERSONAL),
    "s-mine-plain": Snapshot(truth="PFPP", of="mine-plain", data_class=PERSONAL),
    "s-silent": Snapshot(truth="PUPP", of="kept", says={"Encrypted": None}),
    "s-far": Snapshot(truth="PPFP", of="far"),
    "s-far-public": Snapshot(truth="FFFP", of="far-plain", shared=("all",)),
    "s-west-mine": Snapshot(truth="PPFP", of="west-mine", data_class=PERSONAL),
    "s-on-an-outpost": Snapshot(truth="PPUP", of="kept", says={"SnapshotTarget": "outposts"}),
    "s-untagged-of-mine": Snapshot(truth="PPPP", of="mine"),
    "s-untagged-of-mine-plain": Snapshot(truth="PFPP", of="mine-plain"),
    "s-untagged-of-mine-unnamed-key": Snapshot(truth="PFPP", of="mine-unnamed-key"),
    "s-untagged-of-west-mine": Snapshot(truth="PPFP", of="west-mine"),
    "s-reclassed-of-west-mine": Snapshot(truth="PPPP", of="west-mine", data_class="internal"),
    "s-untagged-of-an-untold": Snapshot(truth="PUUP", of="west-silent-on-tags"),
    "s-of-one-that-is-gone": Snapshot(truth="PPPP", of="west-mine", says={"DbiResourceId": "db-GONE"}),
    "s-copied-far": Snapshot(truth="PUFF", of="far", says=COPIED),
    "s-copied-west": Snapshot(truth="PUUU", of="west", says=COPIED),
    "s-copied-west-internal": Snapshot(truth="PPPP", of="west", data_class="internal", says=COPIED),
    "s-copied-west-mine": Snapshot(truth="PPFF", of="west-mine", data_class=PERSONAL, says=COPIED),
    "s-copied-within": Snapshot(truth="PPFP", of="far", says={"SourceDBSnapshotIdentifier": "s-far"}),
    "s-cluster": Snapshot(truth="PPPP", of="aurora"),
    "s-cluster-untagged-of-mine": Snapshot(truth="PPPP", of="aurora-mine"),
    "s-cluster-untagged-of-documents-mine": Snapshot(truth="PFPP", of="documents-mine"),
    "s-cluster-copied-far": Snapshot(truth="PUFF", of="aurora-far", says=CLUSTER_COPIED),
    "s-cluster-copied-within": Snapshot(truth="PPFP", of="aurora-far", says=CLUSTER_COPIED_WITHIN),
    "s-cluster-public": Snapshot(truth="FFPP", of="aurora-plain", shared=("all",)),
    "s-cluster-given": Snapshot(truth="PPPP", of="aurora", shared=(FOREIGN,)),
    "s-cluster-unasked": Snapshot(truth="UPPP", of="aurora"),
    "s-cluster-far": Snapshot(truth="PPFP", of="aurora-far"),
}
UNASKED = ("s-unasked", "s-cluster-unasked")
"""Snapshots whose attributes nobody may ask for."""


@dataclass(frozen=True, kw_only=True)
class Retained:
    """An automated backup that outlived its instance, or that came from another region."""

    truth: str
    region: str = HOME
    says: Mapping[str, str | None]


def _backup(region: str, name: str, status: str, source: str, **members: str) -> dict[str, str | None]:
    return {
        "DBInstanceAutomatedBackupsArn": f"arn:aws:rds:{region}:{ACCOUNT}:auto-backup:ab-{name}",
        "DBInstanceArn": f"arn:aws:rds:{source}:{ACCOUNT}:db:{name}",
        "DBInstanceIdentifier": name,
        "Region": source,
        "Status": status,
        "Encrypted": "true",
        "TagList": "",
        **members,
    }


RETAINED: dict[str, Retained] = {
    "left-behind": Retained(truth="PPP", says=_backup(HOME, "left-behind", "retained", HOME)),
    "left-behind-plain": Retained(
        truth="FPP", says=_backup(HOME, "left-behind-plain", "retained", HOME, Encrypted="false")
    ),
    "left-behind-far": Retained(truth="PFP", region=FAR, says=_backup(FAR, "left-behind-far", "retained", FAR)),
    "left-behind-copied": Retained(
        truth="PPF",
        says=_backup(HOME, "left-behind-copied", "retained", HOME, **{REPLICATION: backup_to(FAR)}),
    ),
    "came-over": Retained(truth="PFP", region=FAR, says=_backup(FAR, "came-over", "active", HOME)),
    "came-over-west": Retained(truth="PPP", region=WEST, says=_backup(WEST, "came-over-west", "replicating", HOME)),
}


def _of_cluster(region: str, name: str, status: str, source: str, **members: str | None) -> dict[str, str | None]:
    return {
        "DBClusterAutomatedBackupsArn": f"arn:aws:rds:{region}:{ACCOUNT}:cluster-auto-backup:ab-{name}",
        "DBClusterArn": cluster(source, name),
        "DBClusterIdentifier": name,
        "Region": source,
        "Status": status,
        "StorageEncrypted": "true",
        "TagList": "",
        **members,
    }


MINE_TAGGED = f"<Tag><Key>data-class</Key><Value>{PERSONAL}</Value></Tag>"
RETAINED_OF_CLUSTERS: dict[str, Retained] = {
    "c-left-behind": Retained(truth="PPP", says=_of_cluster(HOME, "c-left-behind", "retained", HOME)),
    "c-left-behind-plain": Retained(
        truth="FPP", says=_of_cluster(HOME, "c-left-behind-plain", "retained", HOME, StorageEncrypted="false")
    ),
    "c-left-behind-silent": Retained(
        truth="UPP", says=_of_cluster(HOME, "c-left-behind-silent", "retained", HOME, StorageEncrypted=None)
    ),
    "c-left-behind-mine": Retained(
        truth="FPP", says=_of_cluster(HOME, "c-left-behind-mine", "retained", HOME, TagList=MINE_TAGGED)
    ),
    "c-left-behind-west-mine": Retained(
        truth="FFP",
        region=WEST,
        says=_of_cluster(WEST, "c-left-behind-west-mine", "retained", WEST, TagList=MINE_TAGGED),
    ),
    "c-left-behind-far": Retained(truth="PFP", region=FAR, says=_of_cluster(FAR, "c-left-behind-far", "retained", FAR)),
    "c-came-over": Retained(truth="PFP", region=FAR, says=_of_cluster(FAR, "c-came-over", "active", HOME)),
}
CURRENT_OF_CLUSTER = _of_cluster(HOME, "aurora", "active", HOME)
"""The backup of a cluster that is there: no data of its own."""
CURRENT = _backup(HOME, "kept", "active", HOME)
"""The backup of an instance that is there: no data of its own."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A DynamoDB table; ``says`` what AWS would say of it and moto does not."""

    truth: str
    region: str = HOME
    key: str = ""
    data_class: str = ""
    stream: bool = False
    says: Mapping[str, Any] = field(default_factory=dict)


def replicated(*regions: str) -> dict[str, Any]:
    replicas = [{"RegionName": region, "ReplicaStatus": "ACTIVE"} for region in regions]
    return {"Replicas": replicas, "GlobalTableVersion": "2019.11.21"}


TABLES: dict[str, Table] = {
    #             encrypted place copies
    "t-owned-key": Table(truth="PPP"),
    "t-mine-owned-key": Table(truth="FPP", data_class=PERSONAL),
    "t-mine": Table(truth="PPP", **MINE),
    "t-mine-managed-key": Table(truth="FPP", data_class=PERSONAL, key="managed by AWS"),
    "t-mine-hidden-key": Table(truth="UPP", data_class=PERSONAL, key="hidden"),
    "t-hidden-key": Table(truth="PPP", key="hidden"),
    "t-off-again": Table(truth="PPP", says={"SSEDescription": {"Status": "DISABLED"}}),
    "t-without-arn": Table(truth="UPU", says={"SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"}}),
    "t-undescribed": Table(truth="UPU"),
    "t-far": Table(truth="PFP", region=FAR),
    "t-far-mine": Table(truth="FFP", region=FAR, data_class=PERSONAL),
    "t-global": Table(truth="PPF", says=replicated(FAR)),
    "t-global-within": Table(truth="PPP", says=replicated(HOME, WEST)),
    "t-global-within-mine": Table(truth="PPF", says=replicated(WEST), **MINE),
    "t-witnessed": Table(
        truth="PPF", says=replicated(WEST) | {"GlobalTableWitnesses": [{"RegionName": FAR, "WitnessStatus": "ACTIVE"}]}
    ),
    "t-legacy": Table(truth="PPF", stream=True),
    "t-streaming": Table(truth="PPP", stream=True),
    # In the west nobody may list tags or legacy global tables; the tags of one table are nobody's to read at all.
    "t-west": Table(truth="PPP", region=WEST),
    "t-west-mine": Table(truth="PFP", region=WEST, **MINE),
    "t-west-untagged": Table(truth="UUP", region=WEST),
    "t-west-streaming": Table(truth="PPU", region=WEST, stream=True),
}
UNDESCRIBED = "t-undescribed"
UNTAGGED = "t-west-untagged"
LEGACY = {"t-legacy": (HOME, FAR), "t-of-others": (FAR,)}


@dataclass(frozen=True, kw_only=True)
class TableBackup:
    """An on-demand backup of a table; ``orphan``: the table is deleted afterwards."""

    truth: str
    of: str
    region: str = HOME
    orphan: bool = False


TABLE_BACKUPS: dict[str, TableBackup] = {
    "b-owned-key": TableBackup(truth="PPP", of="t-owned-key"),
    "b-mine": TableBackup(truth="UPP", of="t-mine"),
    "b-far": TableBackup(truth="PFP", of="t-far", region=FAR),
    "b-west-mine": TableBackup(truth="UFP", of="t-west-mine", region=WEST),
    "b-orphan": TableBackup(truth="UUP", of="t-deleted", region=WEST, orphan=True),
}


@dataclass(frozen=True, kw_only=True)
class FileSystem:
    """An EFS file system, and the regions it is replicated to."""

    truth: str
    region: str = HOME
    encrypted: bool = True
    key: str = ""
    data_class: str = ""
    replicated_to: tuple[str, ...] = ()
    says: Mapping[str, Any] = field(default_factory=dict)


FILE_SYSTEMS: dict[str, FileSystem] = {
    "fs-plain": FileSystem(truth="FPP", **BARE),
    "fs-kept": FileSystem(truth="PPP"),
    "fs-mine": FileSystem(truth="PPP", **MINE),
    "fs-mine-unnamed-key": FileSystem(truth="FPP", data_class=PERSONAL),
    "fs-mine-hidden-key": FileSystem(truth="UPP", data_class=PERSONAL, key="hidden"),
    "fs-silent": FileSystem(truth="UPP", says={"Encrypted": None}),
    "fs-silent-on-tags": FileSystem(truth="PPP", key="own", says={"Tags": None}),
    "fs-one-zone": FileSystem(truth="PPP", says={"AvailabilityZoneName": f"{HOME}a"}),
    "fs-far": FileSystem(truth="PFP", region=FAR),
    "fs-copied-far": FileSystem(truth="PPF", replicated_to=(FAR,)),
    "fs-copied-west": FileSystem(truth="PPP", replicated_to=(WEST,)),
    "fs-mine-copied-west": FileSystem(truth="PPF", replicated_to=(WEST,), **MINE),
    # In the west nobody may ask for replications.
    "fs-west": FileSystem(truth="PPU", region=WEST),
    "fs-west-mine": FileSystem(truth="PFU", region=WEST, **MINE),
}
