"""Documents on their way out: queued with what they tell of, gone once a sink has taken them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, case, delete, func, or_, select, update

from daemon.model import Dataset, Document
from daemon.state.schema import outbox
from daemon.state.writing import chunks, insert_new

LEASE = timedelta(minutes=2)
_ERROR_LENGTH = 2000

Transactions = Callable[[], AbstractContextManager[Connection]]


class OutboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """One queued document. ``attempts`` is how often its sink was tried before this time."""

    id: int
    sink: str
    uid: str
    dataset: Dataset
    body: bytes
    attempts: int
    queued_at: datetime


class OutboxStats(NamedTuple):
    """What waits for one sink: how many documents, since when, and how many it refused for good."""

    sink: str
    pending: int
    oldest: datetime | None
    dead: int


def put(connection: Connection, documents: Iterable[Document], now: datetime) -> None:
    """Queue documents inside the caller's write transaction; one that is queued already stays as it is."""
    rows = [
        {
            "sink": document.sink,
            "uid": document.uid,
            "dataset": document.dataset.value,
            "queued_at": now,
            "next_attempt": now,
            "attempts": 0,
            "error": "",
            "body": document.body,
        }
        for document in documents
    ]
    insert_new(connection, outbox, rows, "sink", "uid")


def waiting_since(connection: Connection, dataset: Dataset, sinks: Collection[str]) -> datetime | None:
    """Return when the oldest undelivered document of this data stream was queued for any of these sinks."""
    wanted = select(func.min(outbox.c.queued_at)).where(
        outbox.c.dead_at.is_(None), outbox.c.dataset == dataset.value, outbox.c.sink.in_(list(sinks))
    )
    return connection.execute(wanted).scalar()


def remove_old(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` dead letters and documents of sinks that took none since this time."""
    old = select(outbox.c.id).where(or_(outbox.c.dead_at < before, outbox.c.queued_at < before)).limit(limit)
    ids = list(connection.execute(old).scalars())
    if ids:
        connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))
    return len(ids)


class Outbox:
    """What shippers take from, each document by one shipper at a time.

    On PostgreSQL a claim is a lease in the row, since shippers may run on many machines. On SQLite
    one process ships, so the lease is kept in memory: claiming writes nothing, and after a kill -9
    nothing waits for a lease of the dead to run out.
    """

    def __init__(self, read: Transactions, write: Transactions, *, shared: bool) -> None:
        self._read = read
        self._write = write
        self._shared = shared
        self._guard = threading.Lock()
        self._leases: dict[int, datetime] = {}

    def claim(self, sink: str, limit: int, now: datetime, lease: timedelta = LEASE) -> list[OutboxItem]:
        """Return up to ``limit`` documents whose time has come, longest due first.

        They are this caller's until delivered, retry or dead is said of them, or the lease ends.
        """
        return (
            self._claim_shared(sink, limit, now, lease) if self._shared else self._claim_alone(sink, limit, now, lease)
        )

    def delivered(self, rows: Iterable[OutboxItem]) -> None:
        """Forget documents that their sink has taken."""
        ids = [row.id for row in rows]
        if not ids:
            return
        with self._write() as connection:
            for chunk in chunks(ids):
                connection.execute(delete(outbox).where(outbox.c.id.in_(chunk)))
        self._release(ids)

    def retry(self, rows: Iterable[OutboxItem], at: datetime, error: str) -> None:
        """Put documents back until ``at``; ``error`` says why, without any secret."""
        ids = [row.id for row in rows]
        if not ids:
            return
        with self._write() as connection:
            for chunk in chunks(ids):
                connection.execute(
                    update(outbox)
                    .where(outbox.c.id.in_(chunk))
                    .values(
                        attempts=outbox.c.attempts + 1, next_attempt=at, leased_until=None, error=error[:_ERROR_LENGTH]
                    )
                )
        self._release(ids)

    def dead(self, rows: Iterable[OutboxItem], reason: str, now: datetime) -> None:
        """Set aside documents that their sink will never take; they are kept until retention."""
        ids = [row.id for row in rows]
        if not ids:
            return
        with self._write() as connection:
            for chunk in chunks(ids):
                connection.execute(
                    update(outbox)
                    .where(outbox.c.id.in_(chunk))
                    .values(
                        attempts=outbox.c.attempts + 1, dead_at=now, leased_until=None, error=reason[:_ERROR_LENGTH]
                    )
                )
        self._release(ids)

    def release(self, rows: Iterable[OutboxItem]) -> None:
        """Give back documents that were claimed and not tried, as at shutdown."""
        ids = [row.id for row in rows]
        if self._shared and ids:
            with self._write() as connection:
                for chunk in chunks(ids):
                    connection.execute(update(outbox).where(outbox.c.id.in_(chunk)).values(leased_until=None))
        self._release(ids)

    def next_attempt(self, sink: str) -> datetime | None:
        """Return when the first document of this sink may be tried, None where none waits."""
        wanted = select(func.min(outbox.c.next_attempt)).where(outbox.c.sink == sink, outbox.c.dead_at.is_(None))
        with self._read() as connection:
            return connection.execute(wanted).scalar()

    def stats(self) -> list[OutboxStats]:
        """Return what waits, for each sink that has anything."""
        alive = outbox.c.dead_at.is_(None)
        wanted = (
            select(
                outbox.c.sink,
                func.sum(case((alive, 1), else_=0)),
                func.min(case((alive, outbox.c.queued_at), else_=None)),
                func.sum(case((alive, 0), else_=1)),
            )
            .group_by(outbox.c.sink)
            .order_by(outbox.c.sink)
        )
        with self._read() as connection:
            return [
                OutboxStats(sink, int(pending), oldest, int(dead))
                for sink, pending, oldest, dead in connection.execute(wanted)
            ]

    def dead_letters(self, limit: int = 100) -> list[tuple[OutboxItem, str]]:
        """Return the newest documents that were refused for good, each with the reason."""
        wanted = select(outbox).where(outbox.c.dead_at.is_not(None)).order_by(outbox.c.id.desc()).limit(limit)
        with self._read() as connection:
            return [(_item(row), row.error) for row in connection.execute(wanted)]

    def _claim_alone(self, sink: str, limit: int, now: datetime, lease: timedelta) -> list[OutboxItem]:
        with self._guard:
            self._leases = {row: until for row, until in self._leases.items() if until > now}
            wanted = (
                select(outbox)
                .where(outbox.c.sink == sink, outbox.c.dead_at.is_(None), outbox.c.next_attempt <= now)
                .where(outbox.c.id.not_in(list(self._leases)))
                .order_by(outbox.c.next_attempt, outbox.c.id)
                .limit(limit)
            )
            with self._read() as connection:
                items = [_item(row) for row in connection.execute(wanted)]
            self._leases.update(dict.fromkeys((item.id for item in items), now + lease))
        return items

    def _claim_shared(self, sink: str, limit: int, now: datetime, lease: timedelta) -> list[OutboxItem]:
        free = or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now)
        wanted = (
            select(outbox.c.id)
            .where(outbox.c.sink == sink, outbox.c.dead_at.is_(None), outbox.c.next_attempt <= now, free)
            .order_by(outbox.c.next_attempt, outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._write() as connection:
            ids = list(connection.execute(wanted).scalars())
            if not ids:
                return []
            taken = update(outbox).where(outbox.c.id.in_(ids)).values(leased_until=now + lease).returning(outbox)
            rows = sorted(connection.execute(taken), key=lambda row: (row.next_attempt, row.id))
            return [_item(row) for row in rows]

    def _release(self, ids: Sequence[int]) -> None:
        with self._guard:
            for row in ids:
                self._leases.pop(row, None)


def _item(row: Row[Any]) -> OutboxItem:
    return OutboxItem(
        id=row.id,
        sink=row.sink,
        uid=row.uid,
        dataset=Dataset(row.dataset),
        body=bytes(row.body),
        attempts=row.attempts,
        queued_at=row.queued_at,
    )
