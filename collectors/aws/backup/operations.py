"""Every operation the AWS Backup collector calls, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for AWS Backup";
error codes those of the AWS Backup API reference.
"""

from __future__ import annotations

from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed
from collectors.aws.tagged import GET_RESOURCES

_GONE = frozenset({"ResourceNotFoundException"})


def _backup(name: str, why: str, gone: frozenset[str] = frozenset()) -> Operation:
    return Operation(service="backup", name=name, action=f"backup:{name}", why=why, gone=gone)


LIST_BACKUP_VAULTS = _backup("ListBackupVaults", "where backups lie, and how they are encrypted")
LIST_BACKUP_PLANS = _backup("ListBackupPlans", "which backup plans there are")
GET_BACKUP_PLAN = _backup("GetBackupPlan", "where backups are copied to", _GONE)
LIST_TAGS = _backup("ListTags", "the data class", _GONE)

VAULTS = Listed(LIST_BACKUP_VAULTS, "BackupVaultList")
PLANS = Listed(LIST_BACKUP_PLANS, "BackupPlansList")

OPERATIONS = (LIST_BACKUP_VAULTS, LIST_BACKUP_PLANS, GET_BACKUP_PLAN, LIST_TAGS, DESCRIBE_KEY, GET_RESOURCES)
