"""Whether an open bucket was used: what turns a hole into an incident. It decides no verdict.

Source of the rules: semantics 1.9. That nobody used it can only be said of a time for which a log was on and
was delivered; S3 delivers access logs as best it can, mostly within hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from collectors.model import PUBLIC_REACH, Accesses, Bucket, Capability, Known, NotNeeded, Reach, Unread
from collectors.model.use import LOGGING_OFF, NOT_DELIVERED
from detectors.model import Evidence, Observation, Policy, Severity, over

OUTSIDE = PUBLIC_REACH | {Reach.ANONYMOUS_FROM_RANGE, Reach.NAMED_EXTERNAL}
"""Readers who are known to stand outside the owner's account."""

_STATES = frozenset({LOGGING_OFF, NOT_DELIVERED})


@over()
def by_use(bucket: Bucket, _policy: Policy, _now: datetime) -> Iterable[Observation]:
    """Show who used the data from outside, and up to when the logs told of reads; circumstances, whatever they say."""
    for one in accesses_of(bucket):
        yield Evidence(name="use", data=one, violates=False)
    if isinstance(bucket.use, Known) and bucket.use.value.told_until is not None:
        told = {"until": bucket.use.value.told_until, "logs": bucket.use.value.logs}
        yield Evidence(name="use_told", data=told, violates=False)


def accesses_of(bucket: Bucket) -> tuple[Accesses, ...]:
    """Return the uses that are known, none where nothing is known of any."""
    return bucket.use.value.accesses if isinstance(bucket.use, Known) else ()


def used_from_outside(bucket: Bucket) -> bool:
    """Whether others than the owner's account are known to have used the data."""
    return any(one.reach in OUTSIDE for one in accesses_of(bucket))


def weigh(bucket: Bucket, _policy: Policy, _evidence: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Return a step more where somebody from outside is known to have used the data."""
    return severity.raised() if used_from_outside(bucket) else severity


def use_notes(bucket: Bucket) -> Iterator[str]:
    """Yield what is known of the use of a bucket that is open, or would be, or why nothing is."""
    if isinstance(bucket.use, NotNeeded):
        yield bucket.use.because
    elif isinstance(bucket.use, Unread):
        yield bucket.use.detail if bucket.use.detail in _STATES else "use_unread"
    else:
        unused = "access_log_silent_since" if bucket.use.value.silent else "no_use_logged"
        yield from dict.fromkeys(map(_note, bucket.use.value.accesses)) or (unused,)


def _note(one: Accesses) -> str:
    if one.reach is Reach.ANONYMOUS_INTERNET:
        return "used_anonymously" if one.capability in _TAKING else "changed_anonymously"
    if one.reach in OUTSIDE:
        return "used_by_other_accounts"
    return "used_by_somebody_unknown"


_TAKING = frozenset({Capability.READ, Capability.LIST})
