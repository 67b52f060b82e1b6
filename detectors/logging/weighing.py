"""What one trail is worth as an account's audit trail: what is wrong with it, and what could not be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import msgspec

from collectors.model import (
    AuditTrail,
    Bucket,
    Fact,
    Known,
    LockMode,
    ManagementEvents,
    ObjectLock,
    Recording,
    Unread,
    either,
)
from detectors.engine import judge
from detectors.model import Policy, Verdict
from detectors.storage.public_access import DETECTOR as PUBLIC_ACCESS

T = TypeVar("T")


class Protection(StrEnum):
    """How well the log must be kept from those whose deeds are in it.

    ``guarded``: deleting it takes more than the right to delete: a lock, a second factor, lifting a Deny, or another
    account. ``immutable``: nobody of the account deletes it, whatever their rights. ``none``: not asked for.
    """

    GUARDED = "guarded"
    IMMUTABLE = "immutable"
    NONE = "none"


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an audit trail must be.

    ``log_protection`` as :class:`Protection` says. ``trusted_buckets`` names (``*`` for any characters) buckets of
    other accounts that the operator vouches for: what they are open to cannot be seen from here. ``may_leave_out`` are
    event sources that a trail need not record (``kms.amazonaws.com``). ``min_retention`` is how long a bucket's Object
    Lock must keep the log to be taken for a strong guard. ``require_customer_key``: the log must be
    encrypted with a key of one's own.
    """

    log_protection: Protection = Protection.GUARDED
    trusted_buckets: tuple[str, ...] = ()
    may_leave_out: tuple[str, ...] = ()
    min_retention: timedelta = timedelta(days=90)
    require_customer_key: bool = False


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """One trail: ``problems`` by code with what was seen, ``unread`` what leaves it open, ``notes`` how it holds."""

    trail: AuditTrail
    problems: dict[str, Any]
    unread: tuple[Unread, ...]
    notes: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether it is known to be all that it must be."""
        return not self.problems and not self.unread


class _Look:
    """Gathers what a look at one trail comes to."""

    def __init__(self) -> None:
        self.problems: dict[str, Any] = {}
        self.unread: dict[Unread, None] = {}
        self.notes: list[str] = []

    def at(self, fact: Fact[T], seen: Callable[[T], None]) -> None:
        """Look at a fact that has a value; one that was not needed has nothing to add."""
        if isinstance(fact, Known):
            seen(fact.value)
        elif isinstance(fact, Unread):
            self.unread[fact] = None

    def demand(self, fact: Fact[bool], otherwise: str, data: object = True) -> None:  # noqa: FBT002 - evidence, no flag
        """Take a demand that is known not to be met for a problem."""
        if isinstance(fact, Unread):
            self.unread[fact] = None
        elif not (isinstance(fact, Known) and fact.value):
            self.problems[otherwise] = data


def weigh_trail(trail: AuditTrail, policy: Policy, parameters: Parameters, now: datetime) -> Weighed:
    """Return what a trail is worth."""
    look = _Look()
    look.demand(Known(trail.multi_region), "of_one_region")
    look.demand(Known(trail.global_services), "global_services_left_out")
    look.demand(Known(trail.validated), "log_files_not_validated")
    look.demand(Known(bool(trail.key_uid) or not parameters.require_customer_key), "no_key_of_ones_own")
    look.at(trail.recording, lambda recording: _recording(look, recording))
    look.at(trail.events, lambda events: _events(look, events, parameters))
    if trail.organization:
        look.notes.append("trail_of_the_organization")
    _bucket(look, trail, policy, parameters, now)
    return Weighed(trail=trail, problems=look.problems, unread=tuple(look.unread), notes=tuple(look.notes))


def _recording(look: _Look, recording: Recording) -> None:
    look.demand(Known(recording.on), "not_recording")
    look.demand(Known(not recording.delivery_error), "delivery_fails", recording.delivery_error)
    look.demand(Known(not recording.digest_error), "digest_delivery_fails", recording.digest_error)


def _events(look: _Look, events: ManagementEvents, parameters: Parameters) -> None:
    look.demand(Known(events.read), "reads_not_recorded")
    look.demand(Known(events.write), "writes_not_recorded")
    look.demand(Known(not events.narrowed_by), "events_narrowed", events.narrowed_by)
    missing = tuple(source for source in events.left_out if source not in parameters.may_leave_out)
    look.demand(Known(not missing), "events_left_out", missing)
    if events.left_out and not missing:
        look.notes.append("events_left_out_as_allowed")


def _bucket(look: _Look, trail: AuditTrail, policy: Policy, parameters: Parameters, now: datetime) -> None:
    if trail.log_bucket == Known(None):
        look.problems["bucket_does_not_exist"] = trail.bucket
        return
    elsewhere = trail.own_bucket == Known(value=False)
    if elsewhere and any(fnmatchcase(trail.bucket, name) for name in parameters.trusted_buckets):
        look.notes.append("log_bucket_vouched_for")
        return
    look.at(trail.log_bucket, lambda bucket: _public(look, bucket, policy, now))
    if parameters.log_protection is not Protection.NONE and trail.multi_region:
        immutable = parameters.log_protection is Protection.IMMUTABLE
        guards = tuple(_guards(trail, parameters.min_retention, immutable=immutable))
        look.demand(either(*(fact for _, fact in guards)), "log_can_be_deleted", parameters.log_protection)
        held = {note for note, fact in guards if fact == Known(value=True)}
        # A weak guard needs no word where a strong one stands beside it.
        if held and "" not in held:
            look.notes.extend(sorted(held))


def _guards(trail: AuditTrail, long: timedelta, *, immutable: bool) -> Iterator[tuple[str, Fact[bool]]]:
    """Yield what keeps the log from being deleted by those whose deeds are in it, weak ones with a note."""
    yield "", _told(trail.own_bucket, lambda own: not own)
    yield "", _told(trail.object_lock, lambda lock: lock.mode is LockMode.COMPLIANCE and _keeps(lock, long))
    yield "", _told(trail.versioning, lambda versioning: versioning.enabled and versioning.mfa_delete)
    if not immutable:
        yield "object_lock_can_be_bypassed", _told(trail.object_lock, lambda lock: lock.mode is LockMode.GOVERNANCE)
        yield "object_lock_ends_early", _told(trail.object_lock, lambda lock: _held(lock) and not _keeps(lock, long))
        yield "", _told(trail.deletion, lambda rule: rule.refused and not rule.liftable)
        yield "deletion_rule_can_be_lifted", _told(trail.deletion, lambda rule: rule.refused and rule.liftable)


def _held(lock: ObjectLock) -> bool:
    return lock.mode is not LockMode.NONE


def _keeps(lock: ObjectLock, long: timedelta) -> bool:
    return timedelta(days=lock.days) >= long


def _told(fact: Fact[T], true: Callable[[T], bool]) -> Fact[bool]:
    return Known(true(fact.value)) if isinstance(fact, Known) else fact


def _public(look: _Look, bucket: Bucket | None, policy: Policy, now: datetime) -> None:
    """Judge the bucket as any other, by the rule for public access."""
    judgement = None if bucket is None else judge(PUBLIC_ACCESS, bucket, policy, now)
    if judgement is None:
        return
    if judgement.verdict is Verdict.FAIL:
        look.problems["bucket_is_public"] = [one.data for one in judgement.evidence if one.violates]
    look.unread.update(dict.fromkeys(judgement.unread))
