"""The audit trail of an account: what records who did what, and where the record lies."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from collectors.model.facts import Fact
from collectors.model.places import Placed
from collectors.model.resource import Resource
from collectors.model.storage import Bucket, Versioning


class Recording(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a trail records now. The errors are the provider's own codes, empty where delivery works.

    ``delivery_error`` is of the log files, ``digest_error`` of the digests that prove them unchanged.
    """

    on: bool
    delivery_error: str = ""
    digest_error: str = ""


class ManagementEvents(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which management events a trail records: those that read, those that write, and what of them is left out.

    ``left_out`` are event sources that are excluded (``kms.amazonaws.com``); ``narrowed_by`` are the other fields
    that a selector picks events by, so that not all are recorded.
    """

    read: bool
    write: bool
    left_out: tuple[str, ...] = ()
    narrowed_by: tuple[str, ...] = ()


class LockMode(StrEnum):
    """How a bucket's Object Lock keeps an object by default, weakest first."""

    NONE = "none"
    GOVERNANCE = "governance"
    COMPLIANCE = "compliance"


class ObjectLock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The default retention of a bucket's Object Lock: its mode, and how many days an object is kept by it."""

    mode: LockMode = LockMode.NONE
    days: int = 0


class DeletionRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the bucket's policy refuses the account's own principals.

    ``refused``: deleting objects with all their versions, by request and by a rule that lets them expire. ``liftable``:
    the same principals may change the policy first. ``statements`` are the Denies that do it.
    """

    refused: bool
    liftable: bool = True
    statements: tuple[str, ...] = ()


class AuditTrail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One trail as the account's audit logging sees it, also one that an organization's account keeps for it.

    ``uid`` is the provider's name of it, ``region`` where it was made, ``bucket`` the name of the bucket it writes to
    and ``key_uid`` the customer's key it encrypts with, empty where there is none. ``own_bucket`` says whether that
    bucket is the account's own; ``log_bucket`` is what its exposure depends on, None where there is no such bucket.
    """

    uid: str
    name: str
    region: str
    bucket: str
    multi_region: bool
    organization: bool = False
    global_services: bool = True
    validated: bool = False
    key_uid: str = ""
    recording: Fact[Recording]
    events: Fact[ManagementEvents]
    own_bucket: Fact[bool]
    log_bucket: Fact[Bucket | None]
    versioning: Fact[Versioning]
    object_lock: Fact[ObjectLock]
    deletion: Fact[DeletionRule]


class AuditLogging(Resource, frozen=True, kw_only=True, tag="audit_logging"):
    """The audit logging of one account: every trail that may record all of it."""

    trails: Fact[tuple[AuditTrail, ...]]


class LogTrail(Placed, frozen=True, kw_only=True, tag="log_trail"):
    """One trail as data that lies somewhere.

    ``places`` is where the trail was made and is kept, ``copies`` are the bucket and the log group that it delivers to.
    """
