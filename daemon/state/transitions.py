"""The history of findings: every transition, as it was shipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select, update

from collectors.model import encode
from daemon.model import Transition
from daemon.state.schema import transitions
from daemon.state.writing import insert_new

_TRANSITION = msgspec.json.Decoder(Transition)


def add(connection: Connection, made: Sequence[tuple[Transition, int]]) -> None:
    """Write transitions, each with its place in its finding's sequence."""
    rows = [
        {
            "uid": transition.uid,
            "at": transition.at,
            "kind": transition.kind.value,
            "cause": transition.cause.value,
            "path": transition.path.value,
            "detector": transition.judgement.detector,
            "resource_uid": transition.judgement.resource.uid,
            "provider": transition.judgement.provider.value,
            "account": transition.judgement.account,
            "severity": transition.judgement.severity.value,
            "sequence": sequence,
            "body": encode(transition).decode(),
        }
        for transition, sequence in made
    ]
    insert_new(connection, transitions, rows, "uid")


def get(connection: Connection, uid: str) -> Transition | None:
    """Return one transition, None where it is not known (any more)."""
    body = connection.execute(select(transitions.c.body).where(transitions.c.uid == uid)).scalar()
    return None if body is None else _TRANSITION.decode(body)


def replace(connection: Connection, transition: Transition) -> None:
    """Write one transition anew, for what was learnt of it later."""
    connection.execute(
        update(transitions).where(transitions.c.uid == transition.uid).values(body=encode(transition).decode())
    )


def page(
    connection: Connection, since: datetime | None, after: tuple[datetime, str] | None, limit: int
) -> list[Transition]:
    """Return up to ``limit`` transitions from ``since`` on, oldest first, after this one."""
    wanted = select(transitions.c.body).order_by(transitions.c.at, transitions.c.uid).limit(limit)
    if since is not None:
        wanted = wanted.where(transitions.c.at >= since)
    if after is not None:
        at, uid = after
        wanted = wanted.where((transitions.c.at > at) | ((transitions.c.at == at) & (transitions.c.uid > uid)))
    return [_TRANSITION.decode(body) for body in connection.execute(wanted).scalars()]


def of(connection: Connection, resource_uid: str, detector: str) -> Iterator[Transition]:
    """Yield one finding's transitions, oldest first."""
    wanted = (
        select(transitions.c.body)
        .where(transitions.c.resource_uid == resource_uid, transitions.c.detector == detector)
        .order_by(transitions.c.sequence, transitions.c.at)
    )
    for body in connection.execute(wanted).scalars():
        yield _TRANSITION.decode(body)


def of_resource(connection: Connection, resource_uid: str, since: datetime) -> Iterator[Transition]:
    """Yield the transitions of every finding of a resource from this time on, oldest first."""
    wanted = (
        select(transitions.c.body)
        .where(transitions.c.resource_uid == resource_uid, transitions.c.at >= since)
        .order_by(transitions.c.at, transitions.c.sequence)
    )
    for body in connection.execute(wanted).scalars():
        yield _TRANSITION.decode(body)


def made_between(connection: Connection, since: datetime, until: datetime, limit: int) -> list[tuple[str, str]]:
    """Return (uid, resource uid) of up to ``limit`` transitions made between these times, newest first."""
    wanted = (
        select(transitions.c.uid, transitions.c.resource_uid)
        .where(transitions.c.at >= since, transitions.c.at <= until)
        .order_by(transitions.c.at.desc())
        .limit(limit)
    )
    return [(uid, resource_uid) for uid, resource_uid in connection.execute(wanted)]


def remove_old(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` transitions made before this time; return how many."""
    old = list(connection.execute(select(transitions.c.uid).where(transitions.c.at < before).limit(limit)).scalars())
    if old:
        connection.execute(delete(transitions).where(transitions.c.uid.in_(old)))
    return len(old)
