"""Saying who did it: at once where the log has told already, afterwards where it tells later than a read finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from collectors.model import Actor, encode
from daemon.model import Cause, FindPath, Transition, TransitionKind
from daemon.passes.causes import likeliest
from daemon.passes.identity import finding_id, transition_uid
from daemon.passes.publisher import Publisher
from daemon.state import findings, outbox, resources, scopes, touches, transitions
from daemon.state.touches import Touch

WHOLE_SECOND = timedelta(seconds=1)
"""How much later than its record says an event may have happened: the logs tell whole seconds."""

LATEST = timedelta(hours=24)
"""How long after an event the change that it made may be found."""

MOST_NAMELESS = 5000
"""Transitions that are looked through for those that late events explain."""

_SOMEBODY_DID = frozenset({Cause.CONFIGURATION, Cause.RESOURCE_NEW, Cause.RESOURCE_GONE})
_NOBODYS = frozenset({"use"})


def somebody_did(made: Transition) -> bool:
    """Whether a transition has a cause that somebody can be named for, and is not.

    That data was used is no change that anybody made to the resource.
    """
    if made.changes and all(change.fact in _NOBODYS for change in made.changes):
        return False
    return made.actor is None and made.cause in _SOMEBODY_DID and made.seen_before is not None


def who(connection: Connection, made: Transition) -> Actor | None:
    """Return who caused a transition, as far as the logs have told; None where nobody is to be named.

    The event happened no later than the change was seen, and after the resource was last seen as it had
    been. Of several it is the newest whose operation may have caused it, one that names the resource itself
    before one that may mean it; what explained an earlier change explains no later one.
    """
    if not somebody_did(made) or made.seen_before is None:
        return None
    about = made.judgement
    uid = about.resource.uid
    found = touches.of(connection, uid, [about.account], after=made.seen_before - WHOLE_SECOND, until=made.at)
    if found:
        explained = {
            other.actor.event_id
            for other in transitions.of_resource(connection, uid, since=found[-1].at)
            if other.actor is not None and other.at < made.at
        }
        found = [one for one in found if one.event_uid not in explained]
    touch = likeliest(sorted(found, key=lambda one: one.whole), made)
    return None if touch is None else touch.actor


def nameless(connection: Connection, found: Sequence[Touch]) -> list[tuple[str, Actor]]:
    """Return the transitions that these events may explain and nobody is named for yet, with who is to be named."""
    if not found:
        return []
    times = [one.at for one in found]
    made = transitions.made_between(connection, min(times), max(times) + LATEST, MOST_NAMELESS)
    uids = {one.resource_uid for one in found}
    named = []
    for uid, resource_uid in made:
        if not touches.named(resource_uid, uids):
            continue
        transition = transitions.get(connection, uid)
        actor = None if transition is None else who(connection, transition)
        if actor is not None:
            named.append((uid, actor))
    return named


def attribute(connection: Connection, publisher: Publisher, uid: str, actor: Actor, now: datetime) -> Transition | None:
    """Write the actor of a transition that had none; return what is told of it, if anything is.

    The history always learns it, once. Where the finding still stands as that transition left it,
    it is told as ``updated`` with the same cause and changes.
    """
    made = transitions.get(connection, uid)
    if made is None or made.actor is not None:
        return None
    about = made.judgement
    head = resources.heads(connection, [about.resource.uid]).get(about.resource.uid)
    if head is not None:
        scopes.hold(connection, head.scope_id)
    transitions.replace(connection, msgspec.structs.replace(made, actor=actor))
    row = findings.load(connection, [about.resource.uid]).get(about.resource.uid, {}).get(about.detector)
    if row is None or row.transition_uid != uid:
        return None
    named = msgspec.structs.replace(row, actor=encode(actor).decode())
    if not row.active:
        findings.save(connection, [named])
        return None
    sequence = row.sequence + 1
    told = Transition(
        uid=transition_uid(
            lineage=row.lineage,
            sequence=sequence,
            kind=TransitionKind.UPDATED,
            judgement=about,
            changes=made.changes,
            extra=encode(actor),
        ),
        kind=TransitionKind.UPDATED,
        cause=made.cause,
        at=now,
        path=FindPath.EVENT,
        judgement=about,
        previous_severity=about.severity,
        changes=made.changes,
        first_seen=made.first_seen,
        actor=actor,
    )
    findings.save(connection, [msgspec.structs.replace(named, sequence=sequence, transition_uid=told.uid)])
    transitions.add(connection, [(told, sequence)])
    outbox.put(connection, publisher.transition(told, finding_id(about.detector, about.resource.uid)), now)
    return told
