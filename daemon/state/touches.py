"""Events that may have changed a resource: who to name for a drift, and what is still to be looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, and_, delete, or_, select, tuple_, update

from collectors.model import Actor, encode
from daemon.state.schema import touches
from daemon.state.writing import chunks, insert_new

EVERY = "*"
"""How a uid ends that stands for every resource whose uid begins with what is before it."""

MOST = 500
"""Touches that one question about a resource returns: the newest."""

_ACTOR = msgspec.json.Decoder(Actor)


class Touch(msgspec.Struct, frozen=True, kw_only=True):
    """One event that may have changed one resource, or with a star at the end every one of a kind.

    ``at`` is when it happened, ``seen_at`` when it was read, ``looked_at`` when what it names was looked
    at after that.
    """

    resource_uid: str
    event_uid: str
    source: str
    account: str
    at: datetime
    seen_at: datetime
    operation: str
    actor: Actor
    looked_at: datetime | None = None

    @property
    def whole(self) -> bool:
        """Whether it stands for more than one resource."""
        return self.resource_uid.endswith(EVERY)


def named(uid: str, names: Collection[str]) -> bool:
    """Whether one of these names, as events tell them, is that of a resource or of all that begin as it does."""
    if any(one in names for one in names_of(uid)):
        return True
    return any(uid.startswith(one[:-1]) for one in names if one.endswith(EVERY))


def names_of(uid: str) -> tuple[str, ...]:
    """Return what events may call a resource: its uid, and that without a path, as those of IAM do."""
    head, _, rest = uid.partition("/")
    last = rest.rpartition("/")[2]
    return (uid,) if last in {rest, ""} or not head else (uid, f"{head}/{last}")


def add(connection: Connection, found: Sequence[Touch]) -> None:
    """Write touches; one that is there already stays as it is."""
    rows = [{**msgspec.structs.asdict(one), "whole": one.whole, "actor": encode(one.actor).decode()} for one in found]
    insert_new(connection, touches, rows, "resource_uid", "event_uid")


def pending_uids(connection: Connection) -> list[str]:
    """Return what is named by touches and was not looked at since."""
    wanted = select(touches.c.resource_uid).where(touches.c.looked_at.is_(None)).distinct()
    return list(connection.execute(wanted).scalars())


def pending_of(connection: Connection, uid: str) -> list[Touch]:
    """Return the touches of one uid, as events name it, that it was not looked at since; the newest of many."""
    wanted = (
        select(touches)
        .where(touches.c.resource_uid == uid, touches.c.looked_at.is_(None))
        .order_by(touches.c.at.desc())
        .limit(MOST)
    )
    return list(_read(connection, wanted))


def accounts(connection: Connection) -> frozenset[str]:
    """Return the accounts whose logs have told of changes."""
    return frozenset(connection.execute(select(touches.c.account).distinct()).scalars())


def looked(connection: Connection, uid: str, before: datetime, at: datetime) -> None:
    """Note that what a uid names was looked at, for its touches that were read no later than ``before``."""
    connection.execute(
        update(touches)
        .where(touches.c.resource_uid == uid, touches.c.looked_at.is_(None), touches.c.seen_at <= before)
        .values(looked_at=at)
    )


def of(connection: Connection, uid: str, accounts: Collection[str], *, after: datetime, until: datetime) -> list[Touch]:
    """Return the touches of a resource that happened after one time and no later than another, newest first.

    ``accounts`` are those whose touches of many resources may mean this one.
    """
    mine = touches.c.resource_uid.in_(names_of(uid))
    many = and_(touches.c.account.in_(accounts), touches.c.whole.is_(True))
    wanted = (
        select(touches)
        .where(or_(mine, many), touches.c.at > after, touches.c.at <= until)
        .order_by(touches.c.at.desc(), touches.c.event_uid)
        .limit(MOST)
    )
    return [one for one in _read(connection, wanted) if named(uid, (one.resource_uid,))]


def remove_old(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` touches that happened before this time; return how many.

    Also of what could never be looked at since: whole reads have tried the same in the meantime.
    """
    old = select(touches.c.resource_uid, touches.c.event_uid).where(touches.c.at < before)
    keys = connection.execute(old.limit(limit)).all()
    for chunk in chunks(tuple(key) for key in keys):
        connection.execute(delete(touches).where(tuple_(touches.c.resource_uid, touches.c.event_uid).in_(chunk)))
    return len(keys)


def _read(connection: Connection, wanted: Select[Any]) -> Iterator[Touch]:
    for row in connection.execute(wanted):
        yield _touch(row)


def _touch(row: Row[Any]) -> Touch:
    return Touch(
        resource_uid=row.resource_uid,
        event_uid=row.event_uid,
        source=row.source,
        account=row.account,
        at=row.at,
        seen_at=row.seen_at,
        operation=row.operation,
        actor=_ACTOR.decode(row.actor),
        looked_at=row.looked_at,
    )
