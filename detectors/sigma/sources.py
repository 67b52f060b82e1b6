"""The log sources that rules are matched against, with the names other systems give their fields."""

from __future__ import annotations

from detectors.sigma.source import LogSource

CLOUDTRAIL = LogSource(
    name="aws.cloudtrail",
    matches=frozenset({("aws", "cloudtrail")}),
    keys=("eventSource", "eventName", "userIdentity.type"),
    direct={
        "eventSource": "event_source",
        "eventName": "event_name",
        "userIdentity.type": "identity_type",
        "userIdentity.arn": "identity.arn",
        "userIdentity.userName": "identity.user_name",
        "userIdentity.accountId": "identity.account_id",
        "userIdentity.invokedBy": "identity.invoked_by",
        "userIdentity.accessKeyId": "identity.access_key_id",
        "eventType": "event_type",
        "errorCode": "error_code",
        "errorMessage": "error_message",
        "userAgent": "user_agent",
        "sourceIPAddress": "source_ip_address",
        "awsRegion": "aws_region",
    },
)
