"""Automated backups that no database of the region stands for: of instances and of clusters, under different names."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from collectors.aws.answers import Answer
from collectors.aws.pages import Listed
from collectors.aws.rds import operations as ops
from collectors.aws.rds.copies import replicated_backups
from collectors.aws.rds.region import Region, region_of
from collectors.model import Copy, DatabaseBackup, Fact, Known, NotNeeded

_OF_A_DATABASE = frozenset({"active", "creating"})
_NO_COPIES = NotNeeded("copies_are_resources_of_their_own")


class BackupKind(msgspec.Struct, frozen=True, kw_only=True):
    """Backups of one sort: their list, and the members that hold what of an entry.

    ``what`` is the word for them in their ARN. Those of ``tells_copies`` name where they are replicated to.
    """

    what: str
    listed: Listed
    arn: str
    identifier: str
    source: str
    encrypted: str
    tells_copies: bool


OF_INSTANCES = BackupKind(
    what="auto-backup",
    listed=ops.AUTOMATED_BACKUPS,
    arn="DBInstanceAutomatedBackupsArn",
    identifier="DBInstanceIdentifier",
    source="DBInstanceArn",
    encrypted="Encrypted",
    tells_copies=True,
)
OF_CLUSTERS = BackupKind(
    what="cluster-auto-backup",
    listed=ops.CLUSTER_AUTOMATED_BACKUPS,
    arn="DBClusterAutomatedBackupsArn",
    identifier="DBClusterIdentifier",
    source="DBClusterArn",
    encrypted="StorageEncrypted",
    tells_copies=False,
)
SORTS: Mapping[str, BackupKind] = {sort.what: sort for sort in (OF_INSTANCES, OF_CLUSTERS)}


def backup(entry: Answer, sort: BackupKind, region: Region) -> DatabaseBackup | None:
    """Return the backup of one entry of ``DescribeDBInstanceAutomatedBackups`` or its like for clusters.

    None where it is the current backup of a database here: that lies where the database does and is encrypted as
    it is. One that came from another region, or that was retained when its database was deleted, is data by itself.
    Raises MalformedAnswerError.
    """
    source = str(entry.get(sort.source) or "")
    came_from = {str(entry.get("Region") or ""), region_of(source) if source else ""} - {""}
    if entry.get("Status") in _OF_A_DATABASE and came_from <= {region.name}:
        return None
    operation = sort.listed.operation
    alike = region.described(entry, operation, arn=sort.arn, name=sort.identifier, encrypted=sort.encrypted)
    copies: Fact[tuple[Copy, ...]] = _NO_COPIES
    if sort.tells_copies:
        copies = Known(tuple(replicated_backups(entry, region.name, operation)))
    return DatabaseBackup(
        **alike,
        places=Known((f"aws:{region.name}",)),
        copies=copies,
        source=Known(source or alike["name"]),
    )
