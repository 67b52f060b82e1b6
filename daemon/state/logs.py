"""How far each log that is followed has told."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from daemon.state.schema import logs
from daemon.state.writing import upsert


class LogStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How following one log stands.

    ``since`` is when it was first followed, ``read_at`` when it was last read without failure, ``until``
    the moment up to which its source knows that it told everything (None where it cannot know), ``newest``
    the time of the newest event it told.
    """

    position: str
    target: str
    provider: str
    account: str
    source: str
    since: datetime
    read_at: datetime
    until: datetime | None = None
    newest: datetime | None = None


def load_all(connection: Connection) -> dict[str, LogStatus]:
    """Return every log's status by its position."""
    return {row["position"]: LogStatus(**row) for row in connection.execute(select(logs)).mappings()}


def find(connection: Connection, position: str) -> LogStatus | None:
    """Return one log's status, None where it was never read."""
    row = connection.execute(select(logs).where(logs.c.position == position)).mappings().one_or_none()
    return None if row is None else LogStatus(**row)


def save(connection: Connection, status: LogStatus) -> None:
    """Write how a log stands."""
    upsert(connection, logs, [msgspec.structs.asdict(status)])
