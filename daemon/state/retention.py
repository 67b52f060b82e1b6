"""Forgetting what is older than the operator wants kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from daemon.state import findings, log_events, outbox, sightings, touches, transitions, uses
from daemon.state.outbox import Transactions
from daemon.state.schema import meta
from daemon.state.writing import upsert

STEP = 1000
"""Rows deleted in one transaction: writers wait for no more than that."""

TOUCHED_KEPT = timedelta(days=14)
"""How long it is kept who touched what. A drift is attributed within hours, or not at all."""

SEEN_KEPT = timedelta(days=7)
"""How long an event is known that had its effects. Clouds deliver twice within hours."""

COUNTED_KEPT = timedelta(days=1)
"""How long an event is known that was only counted; it is noted as seen so much earlier."""

WAITING_KEPT = timedelta(days=90)
"""How long a match is kept that a correlation waits with; far longer than any time span that a rule looks over."""

_LINEAGE = "lineage"


class Pruned(NamedTuple):
    """How many rows of each kind retention ended."""

    findings: int
    transitions: int
    documents: int
    touches: int = 0
    events: int = 0
    uses: int = 0


def lineage(connection: Connection) -> str:
    """Return what marks the present life of this state in the uids of transitions.

    It differs between states, and after findings were forgotten: a violation that returns after
    that starts to count anew, and its transitions must not bear the uids of the forgotten ones.
    """
    instance, generation = (
        connection.execute(select(meta.c.value).where(meta.c.key == _LINEAGE)).scalar_one().split(".")
    )
    return f"{instance}.{generation}"


def prune(write: Transactions, before: datetime, now: datetime) -> Pruned:
    """Delete what ended before this time: resolved findings, transitions, dead letters, documents nobody took.

    Also what is kept of the logs and no longer needed ``now``.
    """
    done = Pruned(
        findings=_in_steps(write, lambda connection: _findings(connection, before)),
        transitions=_in_steps(write, lambda connection: transitions.remove_old(connection, before, STEP)),
        documents=_in_steps(write, lambda connection: outbox.remove_old(connection, before, STEP)),
        touches=_in_steps(write, lambda connection: touches.remove_old(connection, now - TOUCHED_KEPT, STEP)),
        events=_in_steps(write, lambda connection: log_events.remove_old(connection, now - SEEN_KEPT, STEP))
        + _in_steps(write, lambda connection: sightings.remove_old(connection, now - WAITING_KEPT, STEP)),
        uses=_in_steps(write, lambda connection: uses.remove_old(connection, before, STEP)),
    )
    if any(done):
        with write() as connection:
            if connection.dialect.name == "sqlite":
                connection.execute(text("PRAGMA incremental_vacuum")).close()
    return done


def _findings(connection: Connection, before: datetime) -> int:
    removed = findings.remove_resolved(connection, before, STEP)
    if removed:
        instance, _, generation = lineage(connection).partition(".")
        upsert(connection, meta, [{"key": _LINEAGE, "value": f"{instance}.{int(generation) + 1}"}])
    return removed


def _in_steps(write: Transactions, step: Callable[[Connection], int]) -> int:
    total = 0
    while True:
        with write() as connection:
            removed = step(connection)
        total += removed
        if removed < STEP:
            return total
