"""How far each log source was read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, select

from daemon.state.schema import cursors
from daemon.state.writing import upsert


class Cursors:
    """Named opaque positions, moved only inside the transaction of what they led to."""

    def __init__(self, read: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._read = read

    def get(self, name: str) -> bytes | None:
        """Return the position stored under this name, None where reading starts afresh."""
        with self._read() as connection:
            return find(connection, name)

    def set(self, transaction: Connection, name: str, value: bytes, now: datetime) -> None:
        """Move the position inside the caller's write transaction."""
        put(transaction, name, value, now)


def find(connection: Connection, name: str) -> bytes | None:
    """Return what is stored under a name, as this connection sees it."""
    found = connection.execute(select(cursors.c.value).where(cursors.c.name == name)).scalar()
    return None if found is None else bytes(found)


def put(transaction: Connection, name: str, value: bytes, now: datetime) -> None:
    """Store under a name, inside the caller's write transaction."""
    upsert(transaction, cursors, [{"name": name, "value": value, "updated_at": now}])
