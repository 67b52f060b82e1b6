"""Automated backups that no instance of the region stands for. Raises MalformedAnswerError."""

from __future__ import annotations

from collectors.aws.answers import Answer
from collectors.aws.rds.copies import replicated_backups
from collectors.aws.rds.operations import DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS
from collectors.aws.rds.region import Region, region_of
from collectors.model import DatabaseBackup, Known

_OF_AN_INSTANCE = frozenset({"active", "creating"})


def backup(entry: Answer, region: Region) -> DatabaseBackup | None:
    """Return the backup of one entry of ``DescribeDBInstanceAutomatedBackups``.

    None where it is the current backup of an instance here: that lies where the instance does and is encrypted as
    it is. One that came from another region, or that was retained when its instance was deleted, is data by itself.
    """
    operation = DESCRIBE_DB_INSTANCE_AUTOMATED_BACKUPS
    source = str(entry.get("DBInstanceArn") or "")
    came_from = {str(entry.get("Region") or ""), region_of(source) if source else ""} - {""}
    if entry.get("Status") in _OF_AN_INSTANCE and came_from <= {region.name}:
        return None
    alike = region.described(
        entry, operation, arn="DBInstanceAutomatedBackupsArn", name="DBInstanceIdentifier", encrypted="Encrypted"
    )
    return DatabaseBackup(
        **alike,
        places=Known((f"aws:{region.name}",)),
        copies=Known(tuple(replicated_backups(entry, region.name, operation))),
        source=Known(source or alike["name"]),
    )
