"""AWS: CloudTrail events and S3 server access log lines."""

from __future__ import annotations

from operator import attrgetter

from detectors.sigma.source import AnyRecord, LogSource
from detectors.sigma.sources.names import as_written_or_camel, canonical

_CLOUDTRAIL_DIRECT = {
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
    "readOnly": "reading",
    "recipientAccountId": "recipient_account_id",
}


def _outcome(record: AnyRecord) -> str:
    return "failure" if record.failed else "success"


def _documents(record: AnyRecord) -> list[str]:
    """Return parameters that are documents written as JSON text, such as policies: rules quote from inside them."""
    parameters = record.tree("requestParameters")
    if not isinstance(parameters, dict):
        return []
    return [value for value in parameters.values() if isinstance(value, str) and value[:1] in {"{", "["}]


CLOUDTRAIL = LogSource(
    name="aws.cloudtrail",
    matches=frozenset({("aws", "cloudtrail")}),
    keys=("eventSource", "eventName", "userIdentity.type"),
    direct=_CLOUDTRAIL_DIRECT,
    wrappers=("aws.cloudtrail.flattened.", "aws.cloudtrail.", "cloudtrail.", "records.", "detail."),
    aliases={
        **canonical(_CLOUDTRAIL_DIRECT),
        "status": ("status", "~outcome"),
        "event.outcome": ("~outcome",),
        "public_statements": ("~public_statements",),
        "open_ports": ("~open_ports",),
        "requestparameters": ("requestParameters", "~documents"),
        "request_parameters": ("requestParameters", "~documents"),
        "additional_eventdata": ("additionalEventData",),
        "additional_eventdata.*": ("additionalEventData",),
        "console_login.additional_eventdata.*": ("additionalEventData",),
        "event.action": ("eventName",),
        "event.id": ("eventID",),
        "event.provider": ("eventSource",),
        "cloud.account.id": ("recipientAccountId", "userIdentity.accountId"),
        "cloud.region": ("awsRegion",),
        "error.code": ("errorCode",),
        "error.message": ("errorMessage",),
        "source.address": ("sourceIPAddress",),
        "source.ip": ("sourceIPAddress",),
        "source_ip_address": ("sourceIPAddress",),
        "user.id": ("userIdentity.principalId",),
        "user.name": ("userIdentity.userName", "userIdentity.sessionContext.sessionIssuer.userName"),
        "user_agent.original": ("userAgent",),
        "user_identity.session_context.mfa_authenticated": ("userIdentity.sessionContext.attributes.mfaAuthenticated",),
        "user_identity.session_context.creation_date": ("userIdentity.sessionContext.attributes.creationDate",),
        "user_identity.session_context.session_issuer.type": ("userIdentity.sessionContext.sessionIssuer.type",),
        "user_identity.type": ("userIdentity.type",),
        "user_identity.arn": ("userIdentity.arn",),
        "user_identity.access_key_id": ("userIdentity.accessKeyId",),
        "user_identity.invoked_by": ("userIdentity.invokedBy",),
        "error_code": ("errorCode",),
        "error_message": ("errorMessage",),
        "event_type": ("eventType",),
        "request_parameters.*": ("requestParameters",),
        "response_elements.*": ("responseElements",),
    },
    unnamed=as_written_or_camel,
    derived={
        "~outcome": _outcome,
        "~documents": _documents,
        "~public_statements": attrgetter("public_statements"),
        "~open_ports": attrgetter("open_ports"),
    },
    undecoded={
        "requestParameters": "request_parameters",
        "~documents": "request_parameters",
        "responseElements": "response_elements",
        "additionalEventData": "additional_event_data",
        "serviceEventDetails": "service_event_details",
        "resources": "resources",
        "tlsDetails": "tls_details",
    },
)

_S3_DIRECT = {
    "operation": "operation",
    "error_code": "error_code",
    "authentication_type": "authentication_type",
    "bucket": "bucket",
    "key": "key",
    "remote_ip": "remote_ip",
    "requester": "requester",
    "request_uri": "request_uri",
    "user_agent": "user_agent",
    "referrer": "referrer",
    "host_header": "host_header",
    "tls_version": "tls_version",
    "signature_version": "signature_version",
    "access_point_arn": "access_point_arn",
    "acl_required": "acl_required",
}

S3ACCESS = LogSource(
    name="aws.s3access",
    matches=frozenset({("aws", "s3access"), ("aws", "s3")}),
    keys=("operation", "error_code"),
    direct=_S3_DIRECT,
    wrappers=("aws.s3access.",),
    aliases={
        **canonical(_S3_DIRECT),
        **{path.replace("_", ""): (path,) for path in _S3_DIRECT},
        "aclrequired": ("acl_required",),
        "point_arn": ("access_point_arn",),
        "client.ip": ("remote_ip",),
        "client.address": ("remote_ip",),
        "source.ip": ("remote_ip",),
        "source.address": ("remote_ip",),
        "client.user.id": ("requester",),
        "user.id": ("requester",),
        "event.action": ("operation",),
        "event.code": ("error_code",),
        "http.response.status_code": ("http_status",),
        "user_agent.original": ("user_agent",),
    },
)
