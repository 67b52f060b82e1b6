"""The S3 actions that a bucket or access point policy can grant, and what each lets its holder do.

Source: service authorization reference for Amazon S3 (actions with resource types bucket and object). Actions on the
account or on other S3 resources cannot be granted by a bucket policy and are left out.
"""

from __future__ import annotations

from functools import lru_cache

from collectors.aws.policy.patterns import glob
from collectors.aws.policy.selection import Part
from collectors.model import Capability

EVERY_ACTION = glob("s3:*")

_OBJECT_READ = """
    GetObject GetObjectVersion GetObjectAttributes GetObjectVersionAttributes GetObjectTorrent GetObjectVersionTorrent
    GetObjectAcl GetObjectVersionAcl GetObjectTagging GetObjectVersionTagging GetObjectLegalHold GetObjectRetention
    GetObjectVersionForReplication GetObjectAnnotation ListObjectAnnotations
"""
_OBJECT_LIST = "ListMultipartUploadParts"
_OBJECT_WRITE = """
    PutObject PutObjectTagging PutObjectVersionTagging PutObjectLegalHold PutObjectRetention PutObjectAnnotation
    DeleteObjectTagging DeleteObjectVersionTagging DeleteObjectAnnotation ReplicateObject ReplicateTags RestoreObject
    InitiateReplication AbortMultipartUpload UpdateObjectEncryption
"""
_OBJECT_DELETE = "DeleteObject DeleteObjectVersion ReplicateDelete"
_OBJECT_ADMIN = "PutObjectAcl PutObjectVersionAcl ObjectOwnerOverrideToBucketOwner BypassGovernanceRetention"
_BUCKET_LIST = "ListBucket ListBucketVersions ListBucketMultipartUploads"
_BUCKET_READ = """
    GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation
    GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration
    GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment
    GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration
    GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration
    ListTagsForResource
"""
_BUCKET_DELETE = "DeleteBucket"
_BUCKET_ADMIN = """
    CreateBucket CreateBucketMetadataTableConfiguration DeleteBucketMetadataTableConfiguration DeleteBucketPolicy
    DeleteBucketWebsite PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS
    PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy
    PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite
    PutEncryptionConfiguration PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration
    PutMetricsConfiguration PutReplicationConfiguration TagResource UntagResource
    UpdateBucketMetadataAnnotationTableConfiguration UpdateBucketMetadataInventoryTableConfiguration
    UpdateBucketMetadataJournalTableConfiguration
"""


def _named(names: str, capability: Capability) -> dict[str, Capability]:
    return {f"s3:{name.lower()}": capability for name in names.split()}


OBJECT_ACTIONS = (
    _named(_OBJECT_READ, Capability.READ)
    | _named(_OBJECT_LIST, Capability.LIST)
    | _named(_OBJECT_WRITE, Capability.WRITE)
    | _named(_OBJECT_DELETE, Capability.DELETE)
    | _named(_OBJECT_ADMIN, Capability.ADMIN)
)
"""What each action on objects lets its holder do, by its name in lower case."""

BUCKET_ACTIONS = (
    _named(_BUCKET_LIST, Capability.LIST)
    | _named(_BUCKET_READ, Capability.READ)
    | _named(_BUCKET_DELETE, Capability.DELETE)
    | _named(_BUCKET_ADMIN, Capability.ADMIN)
)
"""The same for actions on the bucket itself. Reading its configuration is READ, changing it is ADMIN."""

_VERBS = {
    "get": Capability.READ,
    "head": Capability.READ,
    "list": Capability.LIST,
    "put": Capability.WRITE,
    "delete": Capability.DELETE,
}


@lru_cache(maxsize=4096)
def known_actions(part: Part, *, of_objects: bool) -> tuple[str, ...]:
    """Return the known actions of one resource type that belong to the part, in the order of the table."""
    return tuple(action for action in (OBJECT_ACTIONS if of_objects else BUCKET_ACTIONS) if part.matches(action))


def applies(part: Part, *, of_objects: bool) -> bool:
    """Whether the part holds an action that works on this resource type; unknown actions may work on any."""
    return bool(known_actions(part, of_objects=of_objects)) or not known_actions(part, of_objects=not of_objects)


def capability_of(action: str) -> Capability:
    """Return what an action lets its holder do; one that is not known is told by its verb."""
    known = OBJECT_ACTIONS.get(action) or BUCKET_ACTIONS.get(action)
    if known is not None:
        return known
    name = action.rpartition(":")[2]
    return next((capability for verb, capability in _VERBS.items() if name.startswith(verb)), Capability.ADMIN)


def in_order(capabilities: set[Capability]) -> tuple[Capability, ...]:
    """Return capabilities in the order that the model lists them in."""
    return tuple(capability for capability in Capability if capability in capabilities)
