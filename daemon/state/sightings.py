"""Matches that correlation rules still wait with: a restart forgets none of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select, tuple_

from daemon.state.schema import sightings
from daemon.state.writing import chunks, upsert_newer

BURST = ""
"""The rule of what is no match but a burst that was told of."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One match of a rule that a correlation refers to, in the group that it belongs to.

    ``counts_as`` tells it from the others of its rule in the group: of those that count as the same the newest
    is kept. With an empty ``rule`` it is none, but a burst that was told of: it ended ``at``, and began at ``value``.
    """

    correlation: str
    group_key: str
    rule: str
    counts_as: str
    source: str
    at: datetime
    value: str


def add(connection: Connection, found: Sequence[Sighting]) -> None:
    """Write matches, of those that count as the same the newest."""
    newest: dict[tuple[str, str, str, str], Sighting] = {}
    for one in found:
        key = one.correlation, one.group_key, one.rule, one.counts_as
        if key not in newest or newest[key].at < one.at:
            newest[key] = one
    upsert_newer(connection, sightings, [_row(one) for one in newest.values()], "at")


def fulfilled(connection: Connection, correlation: str, group_key: str) -> None:
    """Forget what waits in a group whose correlation was fulfilled: it starts anew."""
    columns = sightings.c
    connection.execute(
        delete(sightings).where(
            columns.correlation == correlation, columns.group_key == group_key, columns.rule != BURST
        )
    )


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
    return [
        Sighting(
            correlation=row.correlation,
            group_key=row.group_key,
            rule=row.rule,
            counts_as=row.event_uid,
            source=row.source,
            at=row.at,
            value=row.value,
        )
        for row in connection.execute(wanted)
    ]


def _row(one: Sighting) -> dict[str, Any]:
    row = msgspec.structs.asdict(one)
    row["event_uid"] = row.pop("counts_as")
    return row
