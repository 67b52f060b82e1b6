"""Every operation the EFS collector calls, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for Amazon Elastic
File System"; error codes those of the Amazon EFS API reference.
"""

from __future__ import annotations

from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed

DESCRIBE_FILE_SYSTEMS = Operation(
    service="efs",
    name="DescribeFileSystems",
    action="elasticfilesystem:DescribeFileSystems",
    why="where file systems lie and how they are encrypted",
    gone=frozenset({"FileSystemNotFound"}),
)
DESCRIBE_REPLICATION_CONFIGURATIONS = Operation(
    service="efs",
    name="DescribeReplicationConfigurations",
    action="elasticfilesystem:DescribeReplicationConfigurations",
    why="which regions file systems are replicated to",
    gone=frozenset({"ReplicationNotFound", "FileSystemNotFound"}),
)

OPERATIONS = (DESCRIBE_FILE_SYSTEMS, DESCRIBE_REPLICATION_CONFIGURATIONS, DESCRIBE_KEY)

FILE_SYSTEMS = Listed(DESCRIBE_FILE_SYSTEMS, "FileSystems", answered="NextMarker", asked="Marker")
REPLICATIONS = Listed(DESCRIBE_REPLICATION_CONFIGURATIONS, "Replications")

PAGE = 100
"""What these lists give at most in one answer."""
