"""Every operation the DynamoDB collector calls, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB"
and "... for AWS Resource Groups Tagging API"; error codes those of the Amazon DynamoDB API reference.
"""

from __future__ import annotations

from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed
from collectors.aws.tagged import GET_RESOURCES


def _dynamodb(name: str, why: str, *gone: str, absent: frozenset[str] = frozenset()) -> Operation:
    action = f"dynamodb:{name}"
    return Operation(service="dynamodb", name=name, action=action, why=why, gone=frozenset(gone), absent=absent)


LIST_TABLES = _dynamodb("ListTables", "which tables there are")
DESCRIBE_TABLE = _dynamodb(
    "DescribeTable",
    "how tables are encrypted and which regions they are replicated to",
    "ResourceNotFoundException",
)
LIST_TAGS_OF_RESOURCE = _dynamodb(
    "ListTagsOfResource", "the data class of tables, where no list tells it", "ResourceNotFoundException"
)
LIST_GLOBAL_TABLES = _dynamodb(
    "ListGlobalTables",
    "which regions global tables of the legacy version are replicated to",
    absent=frozenset({"UnknownOperationException"}),
)
LIST_BACKUPS = _dynamodb("ListBackups", "where backups of tables lie")

OPERATIONS = (
    LIST_TABLES,
    DESCRIBE_TABLE,
    LIST_TAGS_OF_RESOURCE,
    LIST_GLOBAL_TABLES,
    LIST_BACKUPS,
    GET_RESOURCES,
    DESCRIBE_KEY,
)

TABLES = Listed(LIST_TABLES, "TableNames", answered="LastEvaluatedTableName", asked="ExclusiveStartTableName")
TAGS = Listed(LIST_TAGS_OF_RESOURCE, "Tags")
GLOBAL_TABLES = Listed(
    LIST_GLOBAL_TABLES, "GlobalTables", answered="LastEvaluatedGlobalTableName", asked="ExclusiveStartGlobalTableName"
)
BACKUPS = Listed(LIST_BACKUPS, "BackupSummaries", answered="LastEvaluatedBackupArn", asked="ExclusiveStartBackupArn")

PAGE = 100
"""What these lists give at most in one answer."""
