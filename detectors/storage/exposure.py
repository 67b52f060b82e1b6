"""Reading grants: which reach the public, which bite now, and how they are shown as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors.model import (
    PUBLIC_REACH,
    Bucket,
    Database,
    DataCopy,
    Fact,
    Grant,
    Known,
    Reach,
    Resource,
    Unread,
    UnreadReason,
)
from detectors.model import Evidence, Observation

SOURCES = ("policy_grants", "acl_grants", "access_point_grants")
"""The facts of a bucket that hold grants, one for each way in."""

HELD_REACH = frozenset({Reach.ANONYMOUS_FROM_RANGE, Reach.NAMED_EXTERNAL, Reach.ORGANISATION})
"""Grants to others that are held to a range, to named accounts or to an organisation."""


def shown(grant: Grant) -> dict[str, Any]:
    """Return a grant as evidence data: what it gives to whom through what, and the exact statement."""
    entries: dict[str, Any] = {
        "via": grant.via,
        "reach": grant.reach,
        "what": grant.what,
        "principals": grant.principals,
        "resources": grant.resources,
        "blocked_by": grant.blocked_by,
        "statement": grant.statement,
        "notes": grant.notes,
    }
    return {name: value for name, value in entries.items() if value not in ((), None)}


def public_now(source: str, grant: Grant) -> Iterator[Observation]:
    """Observe a grant that lets the public in now; one held to a few is shown as a circumstance.

    A grant whose reach is unknown and that is not known to be blocked leaves the question open.
    """
    if grant.reach in PUBLIC_REACH:
        if grant.effective.value:
            yield Evidence(name=source, data=shown(grant))
    elif grant.reach is Reach.UNKNOWN:
        if grant.effective.value:
            yield _undecided(grant)
    elif grant.reach in HELD_REACH:
        yield Evidence(name=source, data=shown(grant), violates=False)


def public_when_unblocked(source: str, grant: Grant) -> Iterator[Observation]:
    """Observe a grant that would let the public in if no switch silenced it."""
    if grant.reach in PUBLIC_REACH:
        if not grant.effective.value:
            yield Evidence(name=source, data=shown(grant))
    elif grant.reach is Reach.UNKNOWN and not grant.effective.value:
        yield _undecided(grant)


def _undecided(grant: Grant) -> Unread:
    """Return why the reach is unknown: what was not read, or that it was and is not understood."""
    return grant.unread or Unread(
        reason=UnreadReason.UNSUPPORTED, operation=f"weigh the reach of {grant.via}", detail="reach unknown"
    )


def exposed(resource: Resource) -> bool:
    """Return whether the public is known to be let in now. What could not be read proves nothing."""
    if isinstance(resource, DataCopy):
        return isinstance(resource.sharing, Known) and resource.sharing.value.public
    if isinstance(resource, Database):
        return isinstance(resource.public_endpoint, Known) and resource.public_endpoint.value.on
    return isinstance(resource, Bucket) and any(
        grant.reach in PUBLIC_REACH and grant.effective == Known(value=True)
        for source in SOURCES
        for grant in grants_known(resource, source)
    )


def latently_public(bucket: Bucket) -> bool:
    """Return whether a public grant is known that a switch silences now."""
    return any(
        grant.reach in PUBLIC_REACH and grant.effective == Known(value=False)
        for source in SOURCES
        for grant in grants_known(bucket, source)
    )


def grants_known(bucket: Bucket, source: str) -> tuple[Grant, ...]:
    """Return a source's grants, none where the source has no value."""
    fact: Fact[tuple[Grant, ...]] = getattr(bucket, source)
    return fact.value if isinstance(fact, Known) else ()
