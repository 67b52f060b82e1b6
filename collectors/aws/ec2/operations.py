"""Every operation the EC2 collectors call, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for
Amazon EC2" and "... for AWS Key Management Service"; error codes those of the EC2 API reference.
"""

from __future__ import annotations

from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Operation


def _describe(name: str, why: str, *gone: str, optional: bool = False) -> Operation:
    return Operation(service="ec2", name=name, action=f"ec2:{name}", why=why, gone=frozenset(gone), optional=optional)


DESCRIBE_SECURITY_GROUPS = _describe(
    "DescribeSecurityGroups",
    "which ports are open to whom",
    "InvalidGroup.NotFound",
    "InvalidGroupId.Malformed",
    "InvalidGroupId.NotFound",
)
DESCRIBE_NETWORK_INTERFACES = _describe("DescribeNetworkInterfaces", "what the security groups guard")
GET_MANAGED_PREFIX_LIST_ENTRIES = _describe(
    "GetManagedPrefixListEntries",
    "which addresses the prefix lists in security groups stand for",
    "InvalidPrefixListID.NotFound",
    "InvalidPrefixListId.NotFound",
)
DESCRIBE_VOLUMES = _describe(
    "DescribeVolumes",
    "where disks lie and how they are encrypted",
    "InvalidVolume.NotFound",
    "InvalidVolumeID.Malformed",
)
DESCRIBE_SNAPSHOTS = _describe(
    "DescribeSnapshots",
    "where snapshots lie, how they are encrypted, and which are public",
    "InvalidSnapshot.NotFound",
    "InvalidSnapshotID.Malformed",
)
DESCRIBE_SNAPSHOT_ATTRIBUTE = _describe(
    "DescribeSnapshotAttribute", "with whom a snapshot that seems public is shared", "InvalidSnapshot.NotFound"
)
GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE = _describe(
    "GetSnapshotBlockPublicAccessState",
    "whether a switch of the region keeps public snapshots from the public",
    optional=True,
)
DESCRIBE_IMAGES = _describe(
    "DescribeImages",
    "where machine images lie, how they are encrypted, and which are public",
    "InvalidAMIID.NotFound",
    "InvalidAMIID.Malformed",
    "InvalidAMIID.Unavailable",
)
GET_EBS_ENCRYPTION_BY_DEFAULT = _describe(
    "GetEbsEncryptionByDefault", "whether the region encrypts new disks by itself"
)

NETWORK_OPERATIONS = (DESCRIBE_SECURITY_GROUPS, DESCRIBE_NETWORK_INTERFACES, GET_MANAGED_PREFIX_LIST_ENTRIES)
STORAGE_OPERATIONS = (
    DESCRIBE_VOLUMES,
    DESCRIBE_SNAPSHOTS,
    DESCRIBE_SNAPSHOT_ATTRIBUTE,
    GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE,
    DESCRIBE_IMAGES,
    GET_EBS_ENCRYPTION_BY_DEFAULT,
    DESCRIBE_KEY,
)
