"""Saying afterwards who did it: logs often tell later than a poll finds."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from collectors.model import Actor, encode
from daemon.model import FindPath, Transition, TransitionKind
from daemon.passes.identity import finding_id, transition_uid
from daemon.passes.publisher import Publisher
from daemon.state import findings, outbox, resources, scopes, transitions


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
