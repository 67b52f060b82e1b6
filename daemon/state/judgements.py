"""What each detector says of each resource now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, or_, select, tuple_, update

from daemon.state.schema import judgements
from daemon.state.writing import chunks, upsert

Key = tuple[str, str]
"""Resource uid and detector uid: what a judgement and a finding are known by."""


class JudgementRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stored judgement.

    ``decided`` is the last verdict that was not UNKNOWN; ``memory`` the facts (JSON, by name) as
    they were then, where the resource's stored body differs; ``posture_due`` when its posture
    document is sent again.
    """

    resource_uid: str
    detector: str
    provider: str
    account: str
    verdict: str
    severity: str
    decided: str | None
    hash: str
    posture_due: datetime | None
    memory: str | None
    body: str

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.resource_uid, self.detector


class JudgementCount(msgspec.Struct, frozen=True, order=True):
    """How many judgements of a detector came to a verdict in an account."""

    provider: str
    account: str
    detector: str
    verdict: str
    count: int


def load(connection: Connection, uids: Iterable[str]) -> dict[str, dict[str, JudgementRow]]:
    """Return every judgement of these resources, by resource uid and detector."""
    found: dict[str, dict[str, JudgementRow]] = {}
    for chunk in chunks(uids):
        for row in connection.execute(select(judgements).where(judgements.c.resource_uid.in_(chunk))).mappings():
            found.setdefault(row["resource_uid"], {})[row["detector"]] = JudgementRow(**row)
    return found


def bodies(connection: Connection, uids: Iterable[str]) -> dict[str, list[str]]:
    """Return the JSON of every judgement of these resources, by resource, in the order of detectors."""
    wanted = select(judgements.c.resource_uid, judgements.c.body)
    found: dict[str, list[str]] = {}
    for chunk in chunks(uids):
        ordered = wanted.where(judgements.c.resource_uid.in_(chunk)).order_by(judgements.c.detector)
        for uid, body in connection.execute(ordered):
            found.setdefault(uid, []).append(body)
    return found


def save(connection: Connection, rows: Sequence[JudgementRow]) -> None:
    """Insert or replace these judgements."""
    upsert(connection, judgements, [msgspec.structs.asdict(row) for row in rows])


def remove(connection: Connection, keys: Iterable[Key]) -> None:
    """Delete these judgements."""
    for chunk in chunks(keys):
        connection.execute(
            delete(judgements).where(tuple_(judgements.c.resource_uid, judgements.c.detector).in_(chunk))
        )


def remove_of(connection: Connection, uids: Iterable[str]) -> None:
    """Delete every judgement of these resources."""
    for chunk in chunks(uids):
        connection.execute(delete(judgements).where(judgements.c.resource_uid.in_(chunk)))


def posture_due(connection: Connection, now: datetime, limit: int) -> list[tuple[Key, str]]:
    """Return key and JSON of judgements whose posture document is due, longest due first."""
    columns = judgements.c
    wanted = (
        select(columns.resource_uid, columns.detector, columns.body)
        .where(or_(columns.posture_due <= now, columns.posture_due.is_(None)))
        .order_by(columns.posture_due.nulls_first(), columns.resource_uid, columns.detector)
        .limit(limit)
    )
    return [((uid, detector), body) for uid, detector, body in connection.execute(wanted)]


def postpone_posture(connection: Connection, due: Sequence[tuple[Key, datetime]]) -> None:
    """Say when the posture document of each of these judgements is due again."""
    columns = judgements.c
    statement = (
        update(judgements)
        .where(columns.resource_uid == bindparam("of_resource"), columns.detector == bindparam("by_detector"))
        .values(posture_due=bindparam("due"))
    )
    rows = [{"of_resource": uid, "by_detector": detector, "due": at} for (uid, detector), at in due]
    if rows:
        connection.execute(statement, rows)


def counts(connection: Connection) -> list[JudgementCount]:
    """Return how many judgements came to each verdict, by account and detector."""
    columns = (judgements.c.provider, judgements.c.account, judgements.c.detector, judgements.c.verdict)
    wanted = select(*columns, func.count()).group_by(*columns)
    return [JudgementCount(*row) for row in connection.execute(wanted)]
