"""Every operation the log sources call, with the IAM action each needs.

Actions are those of the Service Authorization Reference for Amazon S3, Amazon SQS and AWS CloudTrail.
"""

from __future__ import annotations

from collectors.api import Permission
from collectors.aws.operations import Operation

LIST_OBJECTS = Operation(
    service="s3", name="ListObjectsV2", action="s3:ListBucket", why="which log files were delivered"
)
GET_OBJECT = Operation(
    service="s3",
    name="GetObject",
    action="s3:GetObject",
    why="reads the log files",
    gone=frozenset({"NoSuchKey"}),
)
RECEIVE_MESSAGE = Operation(
    service="sqs", name="ReceiveMessage", action="sqs:ReceiveMessage", why="is told of new log files"
)
DELETE_MESSAGES = Operation(
    service="sqs",
    name="DeleteMessageBatch",
    action="sqs:DeleteMessage",
    why="takes off the queue what was read and committed",
)
CHANGE_VISIBILITY = Operation(
    service="sqs",
    name="ChangeMessageVisibilityBatch",
    action="sqs:ChangeMessageVisibility",
    why="keeps messages from being handed out twice while they are worked on",
)
GET_QUEUE_ATTRIBUTES = Operation(
    service="sqs",
    name="GetQueueAttributes",
    action="sqs:GetQueueAttributes",
    why="whether the queue can be reached and has a dead-letter policy",
    optional=True,
)
LOOKUP_EVENTS = Operation(
    service="cloudtrail",
    name="LookupEvents",
    action="cloudtrail:LookupEvents",
    why="who did what, of the last 90 days",
)

DECRYPT = Permission(
    action="kms:Decrypt", operation=GET_OBJECT.uid, why="reads log files that are encrypted with a KMS key", via="s3"
)
