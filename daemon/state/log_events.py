"""Which events had their effects already: one that is delivered again has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, delete, select

from daemon.state.schema import log_seen
from daemon.state.writing import chunks, insert_new

_HALF = 1 << 63
_WHOLE = 1 << 64


def event_key(source: str, uid: str) -> int:
    """Return what an event is remembered by: 64 bits, signed.

    Among ten million events two would be taken for one with a chance of three in a million.
    """
    number = int.from_bytes(blake2b(f"{source}\0{uid}".encode(), digest_size=8).digest(), "big")
    return number - _WHOLE if number >= _HALF else number


def seen(connection: Connection, keys: Iterable[int]) -> set[int]:
    """Return those of the events that had their effects."""
    found: set[int] = set()
    for chunk in chunks(keys):
        found.update(connection.execute(select(log_seen.c.id).where(log_seen.c.id.in_(chunk))).scalars())
    return found


def note(connection: Connection, keys: Sequence[int], now: datetime) -> None:
    """Remember events in the transaction of their effects; from an earlier moment on for a shorter while."""
    insert_new(connection, log_seen, [{"id": key, "seen_at": now} for key in keys], "id")


def remove_old(connection: Connection, before: datetime, limit: int) -> int:
    """Forget up to ``limit`` events that were read before this time; return how many."""
    old = list(connection.execute(select(log_seen.c.id).where(log_seen.c.seen_at < before).limit(limit)).scalars())
    for chunk in chunks(old):
        connection.execute(delete(log_seen).where(log_seen.c.id.in_(chunk)))
    return len(old)
