"""Example audit logging: one good trail, to be spoilt by replacing an attribute."""

from __future__ import annotations

from typing import Any

from collectors.model import (
    AuditLogging,
    AuditTrail,
    DeletionRule,
    Known,
    LockMode,
    ManagementEvents,
    NotNeeded,
    ObjectLock,
    Provider,
    Recording,
    Unread,
    UnreadReason,
    Versioning,
)
from detectors.storage.examples import NO_GRANTS, private_bucket

_ACCOUNT = "123456789012"
_ASIDE = NotNeeded("judged_with_the_bucket")
_OTHERS = NotNeeded("bucket_of_another_account")

LOCKED = Known(ObjectLock(mode=LockMode.COMPLIANCE, days=400))
GOVERNED = Known(ObjectLock(mode=LockMode.GOVERNANCE, days=400))
UNLOCKED = Known(ObjectLock())
NO_RULE = Known(DeletionRule(refused=False))
VERSIONED = Known(Versioning(enabled=True, state="Enabled"))

LOG_BUCKET = private_bucket(
    uid="arn:aws:s3:::audit-log",
    name="audit-log",
    policy_grants=NO_GRANTS,
    **dict.fromkeys(
        (
            "tags",
            "places",
            "copies",
            "switches",
            "default_encryption",
            "tls_only",
            "versioning",
            "access_logging",
            "access_point_copies",
        ),
        _ASIDE,
    ),
)

IN_ANOTHER_ACCOUNT: dict[str, Any] = {
    "bucket": "archive-audit-log",
    "own_bucket": Known(value=False),
    "log_bucket": Unread(
        reason=UnreadReason.NOT_TOLD, operation="s3:GetBucketPolicy", detail="bucket_of_other_account"
    ),
    "versioning": _OTHERS,
    "object_lock": _OTHERS,
    "deletion": _OTHERS,
}


def trail(**overrides: Any) -> AuditTrail:  # noqa: ANN401 - any attribute may be overridden
    """Return a trail that records everything into a locked, private bucket, with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": f"arn:aws:cloudtrail:eu-central-1:{_ACCOUNT}:trail/audit",
        "name": "audit",
        "region": "eu-central-1",
        "bucket": "audit-log",
        "multi_region": True,
        "validated": True,
        "key_uid": f"arn:aws:kms:eu-central-1:{_ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
        "recording": Known(Recording(on=True)),
        "events": Known(ManagementEvents(read=True, write=True)),
        "own_bucket": Known(value=True),
        "log_bucket": Known(LOG_BUCKET),
        "versioning": VERSIONED,
        "object_lock": LOCKED,
        "deletion": NO_RULE,
    }
    return AuditTrail(**(own | overrides))


def logging(*trails: AuditTrail) -> AuditLogging:
    """Return the audit logging of an account with these trails."""
    return AuditLogging(
        uid=f"arn:aws:cloudtrail::{_ACCOUNT}:trail",
        name="CloudTrail",
        provider=Provider.AWS,
        account=_ACCOUNT,
        trails=Known(trails),
    )


def of_one_region() -> AuditTrail:
    """Return a trail that records one region alone: nothing else of it is read."""
    facts = ("recording", "events", "own_bucket", "log_bucket", "versioning", "object_lock", "deletion")
    return trail(
        uid=f"arn:aws:cloudtrail:eu-central-1:{_ACCOUNT}:trail/local",
        name="local",
        multi_region=False,
        **dict.fromkeys(facts, NotNeeded("trail_of_one_region")),
    )
