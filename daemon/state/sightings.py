"""Matches that correlation rules still wait with: a restart forgets none of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select, tuple_

from daemon.state.schema import sightings
from daemon.state.writing import chunks, insert_new


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One match of a rule that a correlation refers to, in the group that it belongs to."""

    correlation: str
    group_key: str
    rule: str
    event_uid: str
    source: str
    at: datetime
    value: str


def add(connection: Connection, found: Sequence[Sighting]) -> None:
    """Write matches; one that is there already stays as it is."""
    rows = [msgspec.structs.asdict(one) for one in found]
    insert_new(connection, sightings, rows, "correlation", "group_key", "rule", "event_uid")


def fulfilled(connection: Connection, correlation: str, group_key: str) -> None:
    """Forget a group whose correlation was fulfilled: it starts anew."""
    columns = sightings.c
    connection.execute(delete(sightings).where(columns.correlation == correlation, columns.group_key == group_key))


def expire(connection: Connection, source: str, correlation: str, before: datetime) -> None:
    """Forget what lies outside of a correlation's time span."""
    columns = sightings.c
    connection.execute(
        delete(sightings).where(columns.source == source, columns.correlation == correlation, columns.at < before)
    )


def remove_old(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` matches from before this time: of rules that are no more; return how many."""
    columns = sightings.c
    key = (columns.correlation, columns.group_key, columns.rule, columns.event_uid)
    old = [tuple(row) for row in connection.execute(select(*key).where(columns.at < before).limit(limit))]
    for chunk in chunks(old):
        connection.execute(delete(sightings).where(tuple_(*key).in_(chunk)))
    return len(old)


def load(connection: Connection, source: str) -> list[Sighting]:
    """Return every match of a log source that a correlation waits with, oldest first."""
    wanted = select(sightings).where(sightings.c.source == source).order_by(sightings.c.at, sightings.c.event_uid)
    return [Sighting(**row) for row in connection.execute(wanted).mappings()]
