"""Every operation the CloudTrail collectors call, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for AWS CloudTrail"
and "... for Amazon S3"; error codes those of the CloudTrail and S3 API references.
"""

from __future__ import annotations

from collectors.aws.operations import Operation
from collectors.aws.pages import Listed
from collectors.aws.s3 import operations as s3

_GONE = frozenset({"TrailNotFoundException"})

DESCRIBE_TRAILS = Operation(
    service="cloudtrail",
    name="DescribeTrails",
    action="cloudtrail:DescribeTrails",
    why="which trails record the account's audit log, and where they write it to",
)
GET_TRAIL_STATUS = Operation(
    service="cloudtrail",
    name="GetTrailStatus",
    action="cloudtrail:GetTrailStatus",
    why="whether a trail really records and delivers",
    gone=_GONE,
)
GET_EVENT_SELECTORS = Operation(
    service="cloudtrail",
    name="GetEventSelectors",
    action="cloudtrail:GetEventSelectors",
    why="whether a trail records every management event",
    gone=_GONE,
)
LIST_TAGS = Operation(
    service="cloudtrail",
    name="ListTags",
    action="cloudtrail:ListTags",
    why="the data class",
    gone=frozenset({"ResourceNotFoundException", *_GONE}),
)
GET_OBJECT_LOCK_CONFIGURATION = Operation(
    service="s3",
    name="GetObjectLockConfiguration",
    action="s3:GetBucketObjectLockConfiguration",
    why="whether the audit log can be deleted",
    absent=frozenset({"ObjectLockConfigurationNotFoundError"}),
    gone=frozenset({"NoSuchBucket"}),
)

TRAILS = Listed(DESCRIBE_TRAILS, "trailList")

AUDIT_OPERATIONS = (
    DESCRIBE_TRAILS,
    GET_TRAIL_STATUS,
    GET_EVENT_SELECTORS,
    GET_OBJECT_LOCK_CONFIGURATION,
    # The bucket that the log lies in is read as any other.
    *s3.OPERATIONS,
)
TRAIL_OPERATIONS = (DESCRIBE_TRAILS, LIST_TAGS, s3.HEAD_BUCKET)
