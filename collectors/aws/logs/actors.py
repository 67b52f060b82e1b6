"""Who made a request, as the AWS logs tell it."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime

from collectors.aws.logs.cloudtrail import CloudTrailRecord, UserIdentity
from collectors.aws.logs.s3access import S3AccessRecord
from collectors.model import Actor

ANONYMOUS = "anonymous"
_NOBODY = frozenset({"anonymous", "ANONYMOUS_PRINCIPAL"})
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail writes where somebody may have typed a password into the field of the name."""
_V4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")


def is_anonymous(identity: UserIdentity) -> bool:
    """Whether nobody signed the request: "CloudTrail identification for S3 requests", Amazon S3 User Guide."""
    return identity.type == "AWSAccount" and (identity.account_id in _NOBODY or identity.principal_id in _NOBODY)


def cloudtrail_actor(record: CloudTrailRecord, at: datetime) -> Actor:
    """Return who made the request that an event tells of, at the event's time."""
    identity = record.user_identity
    if is_anonymous(identity):
        uid, name = "", ANONYMOUS
    else:
        uid, name = identity.principal_id or identity.arn or identity.account_id or "", _name(identity)
    return Actor(
        user_id=uid,
        user_name=name,
        ip=ip_only(record.source_ip_address),
        user_agent=record.user_agent or "",
        operation=record.event_name or "",
        event_id=record.event_id or "",
        at=at,
    )


def s3access_actor(record: S3AccessRecord, at: datetime) -> Actor:
    """Return who made a request to a bucket, at its time."""
    requester = record.requester or ""
    return Actor(
        user_id=requester,
        user_name=ANONYMOUS if record.anonymous else arn_name(requester),
        ip=ip_only(record.remote_ip),
        user_agent=record.user_agent or "",
        operation=record.operation or "",
        event_id=record.uid or "",
        at=at,
    )


def arn_name(arn: str) -> str:
    """Return the name in an identity's ARN, of a role's session ``role/session``; empty for what is no ARN."""
    if not arn.startswith("arn:"):
        return ""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        return name
    return name.rpartition("/")[2] if name else kind


def ip_only(address: str | None) -> str:
    """Return an IP address as it stands, empty for the names that services of AWS have in its place."""
    if not address:
        return ""
    if _V4.fullmatch(address):
        return address
    if ":" not in address:
        return ""
    try:
        return str(ipaddress.IPv6Address(address))
    except ValueError:
        return ""


def _name(identity: UserIdentity) -> str:
    """Return the name that a reader knows the caller by; empty where only another account is told."""
    kind = identity.type
    if kind == "Root":
        return "root"
    if kind in {"AssumedRole", "FederatedUser"} and identity.arn:
        return arn_name(identity.arn)
    if kind == "AWSAccount":
        return ""
    named = identity.user_name or identity.session_context.session_issuer.user_name
    if named and named != _HIDDEN:
        return named
    return identity.invoked_by or (arn_name(identity.arn) if identity.arn else "")
