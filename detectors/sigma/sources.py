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
        "userIdentity.type": "user_identity.type",
        "userIdentity.arn": "user_identity.arn",
        "userIdentity.userName": "user_identity.user_name",
        "userIdentity.accountId": "user_identity.account_id",
        "userIdentity.invokedBy": "user_identity.invoked_by",
        "userIdentity.accessKeyId": "user_identity.access_key_id",
        "userIdentity.sessionContext.sessionIssuer.type": "user_identity.session_context.session_issuer.type",
        "eventType": "event_type",
        "errorCode": "error_code",
        "errorMessage": "error_message",
        "userAgent": "user_agent",
        "sourceIPAddress": "source_ip_address",
        "awsRegion": "aws_region",
    },
)
