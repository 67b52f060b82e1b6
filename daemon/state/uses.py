"""Uses of data that logs told of, counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select, tuple_

from daemon.state.schema import uses
from daemon.state.writing import chunks, upsert


class UseRow(msgspec.Struct, frozen=True, kw_only=True):
    """The uses of one resource by readers of one reach, with one capability, as one log source tells of them.

    ``first`` and ``last`` are when the events happened. ``readers`` is a JSON list, bounded; ``shown`` the
    JSON of what judging was last given of this row, None where nothing yet.
    """

    resource_uid: str
    source: str
    reach: str
    capability: str
    count: int
    first: datetime
    last: datetime
    readers: str
    shown: str | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is known by."""
        return self.resource_uid, self.source, self.reach, self.capability


def load(connection: Connection, resource_uids: Iterable[str]) -> list[UseRow]:
    """Return what is counted of these resources, in the order of its keys."""
    found: list[UseRow] = []
    order = (uses.c.resource_uid, uses.c.source, uses.c.reach, uses.c.capability)
    for chunk in chunks(resource_uids):
        wanted = select(uses).where(uses.c.resource_uid.in_(chunk)).order_by(*order)
        found += [UseRow(**row) for row in connection.execute(wanted).mappings()]
    return found


def save(connection: Connection, rows: Sequence[UseRow]) -> None:
    """Insert or replace these rows."""
    upsert(connection, uses, [msgspec.structs.asdict(row) for row in rows])


def remove_old(connection: Connection, before: datetime, limit: int) -> int:
    """Forget up to ``limit`` rows whose last use was before this time; return how many."""
    key = (uses.c.resource_uid, uses.c.source, uses.c.reach, uses.c.capability)
    old = [tuple(row) for row in connection.execute(select(*key).where(uses.c.last < before).limit(limit))]
    for chunk in chunks(old):
        connection.execute(delete(uses).where(tuple_(*key).in_(chunk)))
    return len(old)
