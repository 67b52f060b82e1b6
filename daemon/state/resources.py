"""Resources as they were last read, with the hash that says whether anything changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, or_, select, update

from collectors.model import ReadScope
from daemon.state.schema import resources
from daemon.state.writing import chunks, upsert

PAGE = 200
"""How many uids a page holds."""


class Head(NamedTuple):
    """What decides whether a resource must be looked at again, without its body."""

    scope_id: int
    hash: str
    judged_with: str
    next_due: datetime | None
    changed_at: datetime


class Settled(NamedTuple):
    """A resource that was judged anew: what with, and when time alone will call for it again."""

    uid: str
    judged_with: str
    next_due: datetime | None


class ResourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stored resource. ``body`` is its JSON; ``judged_with`` the fingerprint of the judging."""

    uid: str
    scope_id: int
    kind: str
    provider: str
    account: str
    hash: str
    judged_with: str
    next_due: datetime | None
    first_seen: datetime
    changed_at: datetime
    body: str


class ResourceCount(msgspec.Struct, frozen=True, order=True):
    """How many resources of a kind an account holds."""

    provider: str
    account: str
    kind: str
    count: int


def heads(connection: Connection, uids: Iterable[str]) -> dict[str, Head]:
    """Return the heads of those resources that are known."""
    columns = resources.c
    wanted = select(
        columns.uid, columns.scope_id, columns.hash, columns.judged_with, columns.next_due, columns.changed_at
    )
    found: dict[str, Head] = {}
    for chunk in chunks(uids):
        for uid, *head in connection.execute(wanted.where(columns.uid.in_(chunk))):
            found[uid] = Head(*head)
    return found


def load(connection: Connection, uids: Iterable[str]) -> dict[str, ResourceRow]:
    """Return the whole rows of those resources that are known."""
    found: dict[str, ResourceRow] = {}
    for chunk in chunks(uids):
        for row in connection.execute(select(resources).where(resources.c.uid.in_(chunk))).mappings():
            found[row["uid"]] = ResourceRow(**row)
    return found


def kinds(connection: Connection, uids: Iterable[str]) -> dict[str, str]:
    """Return the kinds of those resources that are known."""
    found: dict[str, str] = {}
    for chunk in chunks(uids):
        wanted = select(resources.c.uid, resources.c.kind).where(resources.c.uid.in_(chunk))
        found.update((uid, kind) for uid, kind in connection.execute(wanted))
    return found


def account_of(connection: Connection, uid: str) -> str:
    """Return the account that a resource is in, empty where it is not known."""
    return connection.execute(select(resources.c.account).where(resources.c.uid == uid)).scalar() or ""


def save(connection: Connection, rows: Sequence[ResourceRow]) -> None:
    """Insert or replace these resources."""
    upsert(connection, resources, [msgspec.structs.asdict(row) for row in rows])


def settle(connection: Connection, settled: Sequence[Settled]) -> None:
    """Note that resources were judged anew while they stayed what they are."""
    statement = (
        update(resources)
        .where(resources.c.uid == bindparam("of"))
        .values(judged_with=bindparam("fingerprint"), next_due=bindparam("due"))
    )
    if settled:
        connection.execute(
            statement, [{"of": one.uid, "fingerprint": one.judged_with, "due": one.next_due} for one in settled]
        )


def remove(connection: Connection, uids: Iterable[str]) -> None:
    """Delete these resources."""
    for chunk in chunks(uids):
        connection.execute(delete(resources).where(resources.c.uid.in_(chunk)))


def hand_over(connection: Connection, scope_id: int, successor: int) -> None:
    """Give everything one scope owns to another."""
    connection.execute(update(resources).where(resources.c.scope_id == scope_id).values(scope_id=successor))


def owned(connection: Connection, scope_id: int) -> list[str]:
    """Return the uids of every resource the scope owns."""
    return list(connection.execute(select(resources.c.uid).where(resources.c.scope_id == scope_id)).scalars())


def like(connection: Connection, beginning: str, ending: str, limit: int) -> list[str]:
    """Return up to ``limit`` uids that begin and end so."""
    uid = resources.c.uid
    wanted = select(uid).where(uid.startswith(beginning, autoescape=True), uid.endswith(ending, autoescape=True))
    return list(connection.execute(wanted.order_by(uid).limit(limit)).scalars())


def scopes_of(connection: Connection, beginning: str) -> set[int]:
    """Return the ids of the scopes that own a resource whose uid begins so."""
    wanted = select(resources.c.scope_id).where(resources.c.uid.startswith(beginning, autoescape=True)).distinct()
    return set(connection.execute(wanted).scalars())


def unsettled(
    connection: Connection, scope_id: int, *, fingerprint: str | None, due: datetime, after: str
) -> list[str]:
    """Return a page of uids of the scope whose judgements may no longer hold, those after ``after``.

    Those whose time has come by ``due``; with a ``fingerprint`` also those judged with another one.
    """
    conditions: list[ColumnElement[bool]] = [resources.c.next_due <= due]
    if fingerprint is not None:
        conditions.append(resources.c.judged_with != fingerprint)
    wanted = (
        select(resources.c.uid)
        .where(resources.c.scope_id == scope_id, resources.c.uid > after, or_(*conditions))
        .order_by(resources.c.uid)
        .limit(PAGE)
    )
    return list(connection.execute(wanted).scalars())


def unsettled_scopes(connection: Connection, *, fingerprint: str | None, due: datetime) -> list[int]:
    """Return the ids of scopes that own a resource whose judgements may no longer hold."""
    conditions: list[ColumnElement[bool]] = [resources.c.next_due <= due]
    if fingerprint is not None:
        conditions.append(resources.c.judged_with != fingerprint)
    wanted = select(resources.c.scope_id).where(or_(*conditions)).distinct().order_by(resources.c.scope_id)
    return list(connection.execute(wanted).scalars())


def next_due(connection: Connection) -> datetime | None:
    """Return when time alone will next call for a look at any resource."""
    return connection.execute(select(func.min(resources.c.next_due))).scalar()


def counts(connection: Connection) -> list[ResourceCount]:
    """Return how many resources of each kind each account holds; the program's own scopes are none."""
    columns = (resources.c.provider, resources.c.account, resources.c.kind)
    wanted = select(*columns, func.count()).where(resources.c.kind != ReadScope.kind()).group_by(*columns)
    return [ResourceCount(*row) for row in connection.execute(wanted)]
