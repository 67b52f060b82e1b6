"""CloudTrail events as ECS documents, with the field names of Elastic's AWS integration."""

from __future__ import annotations

import re
from typing import Any

from collectors.aws.logs.cloudtrail import CloudTrailRecord, UserIdentity
from collectors.model.log_records import rfc3339
from daemon.documents.logs.categories import (
    AUTHENTICATION,
    CONFIGURATION,
    DATABASE,
    FILE,
    HOST,
    IAM,
    NETWORK,
    Act,
    act_of,
    types,
)
from daemon.documents.logs.parts import as_text, document, endpoint, flat, present, truth

DATASET = "aws.cloudtrail"

_CATEGORIES = {
    **dict.fromkeys(
        ("iam", "sso", "sso-directory", "identitystore", "organizations", "rolesanywhere", "cognito-idp"), IAM
    ),
    **dict.fromkeys(("sts", "signin", "sso-oauth", "sso-oidc"), AUTHENTICATION),
    **dict.fromkeys(
        (
            *("route53", "route53domains", "elasticloadbalancing", "network-firewall", "wafv2", "waf", "waf-regional"),
            *("directconnect", "vpc-lattice", "globalaccelerator", "cloudfront", "networkmanager"),
        ),
        NETWORK,
    ),
    **dict.fromkeys(
        ("rds", "dynamodb", "redshift", "redshift-serverless", "elasticache", "neptune-db", "docdb-elastic"), DATABASE
    ),
    **dict.fromkeys(("autoscaling", "ec2-instance-connect", "ssm"), HOST),
}
_NETWORKING = re.compile(
    r"SecurityGroup|NetworkAcl|Route|Vpc|Subnet|Gateway|FlowLog|Vpn|NetworkInterface|Address|Peering|TrafficMirror"
)
_MACHINES = re.compile(r"Instances?$|InstanceAttribute|ConsoleOutput|HostReservation")
_SIGN_INS = (
    "ConsoleLogin",
    "SwitchRole",
    "Authenticate",
    "Federate",
    "Assume",
    "GetSessionToken",
    "GetFederationToken",
)
_ADMINISTERED = (
    ("User", "user"),
    ("LoginProfile", "user"),
    ("AccessKey", "user"),
    ("MFADevice", "user"),
    ("Group", "group"),
)


def cloudtrail_document(record: CloudTrailRecord, original: bytes) -> dict[str, Any]:
    """Return the document of an event; ``original`` is the record as it came."""
    identity = record.user_identity
    parameters = record.tree("requestParameters")
    asked = parameters if isinstance(parameters, dict) else {}
    category, kinds = _classified(record)
    source = endpoint(record.source_ip_address)
    user = _user(identity, asked)
    return document(
        dataset=DATASET,
        time=record.time,
        original=original,
        event={
            "id": record.event_id,
            "action": record.event_name,
            "provider": record.event_source,
            "outcome": "failure" if record.failed else "success",
            "category": list(category),
            "type": kinds,
        },
        fields={
            "user": user,
            "group": present({"name": _text(asked, "groupName")}) if category == IAM else {},
            "source": source,
            "user_agent": present({"original": record.user_agent}),
            "cloud": present(
                {
                    "provider": "aws",
                    "account": present({"id": record.recipient_account_id or identity.account_id}),
                    "region": record.aws_region,
                    "service": present({"name": (record.event_source or "").partition(".")[0]}),
                }
            ),
            "error": present({"code": record.error_code, "message": record.error_message}),
            "tls": _tls(record.tree("tlsDetails")),
            "aws": present({"cloudtrail": _own(record, parameters)}),
        },
        users=(
            identity.user_name,
            identity.session_context.session_issuer.user_name,
            _session_name(identity),
            user.get("name"),
            _text(asked, "userName"),
            _text(asked, "newUserName"),
            identity.session_context.source_identity,
        ),
        addresses=(record.source_ip_address,),
    )


def _classified(record: CloudTrailRecord) -> tuple[tuple[str, ...], list[str]]:
    name = record.event_name or ""
    service = (record.event_source or "").partition(".")[0]
    read = record.read_only is True or record.read_only == "true"
    act = Act.READ if read else act_of(name)
    category: tuple[str, ...]
    if service in {"s3", "s3express", "s3-outposts"}:
        data = record.event_category == "Data" or truth(record.management_event) is False
        category = FILE if data else CONFIGURATION
    elif service == "ec2":
        category = NETWORK if _NETWORKING.search(name) else HOST if _MACHINES.search(name) else CONFIGURATION
    else:
        category = _CATEGORIES.get(service, CONFIGURATION)
    if category == AUTHENTICATION:
        return category, ["start" if name.startswith(_SIGN_INS) else "info"]
    found = types(category, act)
    if category == IAM:
        found += [kind for part, kind in _ADMINISTERED if part in name][:1]
    return category, found


def _user(identity: UserIdentity, asked: dict[str, Any]) -> dict[str, Any]:
    """Return who acted: for a role its name, for the root ``root``; and whom the call was about."""
    session = identity.session_context
    name = session.session_issuer.user_name or identity.user_name
    if identity.type == "Root":
        name = name or "root"
    return present(
        {
            "id": identity.principal_id,
            "name": name,
            "target": present({"name": _text(asked, "userName")}),
            "changes": present({"name": _text(asked, "newUserName")}),
        }
    )


def _session_name(identity: UserIdentity) -> str | None:
    """Return the name of an assumed role's session: often the person behind the role."""
    if identity.type != "AssumedRole" or not identity.arn:
        return None
    return identity.arn.rpartition("/")[2]


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _tls(details: object) -> dict[str, Any]:
    if not isinstance(details, dict):
        return {}
    version = _text(details, "tlsVersion")
    protocol, number = _protocol(version)
    return present(
        {
            "version": number,
            "version_protocol": protocol,
            "cipher": _text(details, "cipherSuite"),
            "client": present({"server_name": _text(details, "clientProvidedHostHeader")}),
        }
    )


def _protocol(version: str | None) -> tuple[str | None, str | None]:
    """Return protocol and number of what AWS writes as ``TLSv1.3``."""
    protocol, dot, number = (version or "").lower().partition("v")
    return (protocol, number) if dot and protocol and number else (None, None)


def _own(record: CloudTrailRecord, parameters: object) -> dict[str, Any]:
    answer, additional = record.tree("responseElements"), record.tree("additionalEventData")
    details, insight = record.tree("serviceEventDetails"), record.tree("insightDetails")
    asked, answered, added = as_text(parameters), as_text(answer), as_text(additional)
    return present(
        {
            "event_version": record.event_version,
            "event_category": record.event_category,
            "event_type": record.event_type,
            "user_identity": _identity(record.user_identity),
            "error_code": record.error_code,
            "error_message": record.error_message,
            "request_parameters": asked,
            "response_elements": answered,
            "additional_eventdata": added,
            "service_event_details": as_text(details),
            "request_id": record.request_id,
            "api_version": record.api_version,
            "management_event": as_text(record.management_event),
            "read_only": truth(record.read_only),
            "resources": _resources(record.tree("resources")),
            "recipient_account_id": record.recipient_account_id,
            "shared_event_id": record.shared_event_id,
            "vpc_endpoint_id": record.vpc_endpoint_id,
            "session_credential_from_console": as_text(record.session_credential_from_console),
            "console_login": _console_login(record, additional),
            "flattened": present(
                {
                    "request_parameters": flat(parameters, asked),
                    "response_elements": flat(answer, answered),
                    "additional_eventdata": flat(additional, added),
                    "service_event_details": flat(details),
                    "insight_details": flat(insight),
                }
            ),
        }
    )


def _identity(identity: UserIdentity) -> dict[str, Any]:
    session = identity.session_context
    issuer = session.session_issuer
    return present(
        {
            "type": identity.type,
            "arn": identity.arn,
            "access_key_id": identity.access_key_id,
            "invoked_by": identity.invoked_by,
            "session_context": present(
                {
                    "mfa_authenticated": session.attributes.mfa_authenticated,
                    "creation_date": rfc3339(session.attributes.creation_date),
                    "session_issuer": present(
                        {
                            "type": issuer.type,
                            "principal_id": issuer.principal_id,
                            "arn": issuer.arn,
                            "account_id": issuer.account_id,
                        }
                    ),
                }
            ),
        }
    )


def _resources(resources: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in resources if isinstance(resources, list) else ():
        if isinstance(one, dict):
            arn = _text(one, "ARN") or _text(one, "arn")
            named = present({"arn": arn, "account_id": as_text(one.get("accountId")), "type": _text(one, "type")})
            if named and named not in found:
                found.append(named)
    return found


def _console_login(record: CloudTrailRecord, additional: object) -> dict[str, Any]:
    if record.event_name != "ConsoleLogin" or not isinstance(additional, dict):
        return {}
    said = {
        "mobile_version": _said_yes(additional.get("MobileVersion")),
        "login_to": _text(additional, "LoginTo"),
        "mfa_used": _said_yes(additional.get("MFAUsed")),
    }
    return present({"additional_eventdata": present(said)})


def _said_yes(value: object) -> bool | None:
    return {"yes": True, "no": False}.get(value.lower()) if isinstance(value, str) else None
