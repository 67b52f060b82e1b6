"""The scopes that were read: how their last read ended, and when one last succeeded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select

from collectors.model import Provider, Scope
from daemon.state.schema import scopes
from daemon.state.writing import insert_new


class ScopeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How reading one scope stands.

    ``last_read`` is when its last pass ended, ``last_success`` when one last listed it whole; both
    are None until then. ``last_began`` is when the last whole one began: what it showed is no older than that.
    ``known`` of ``asked`` facts were read in the last pass.
    """

    scope: Scope
    last_read: datetime | None = None
    last_success: datetime | None = None
    last_began: datetime | None = None
    complete: bool = False
    resources: int = 0
    known: int = 0
    asked: int = 0

    @property
    def coverage(self) -> float:
        """The share (0 to 1) of what was asked that was read; 0 where the listing failed."""
        if not self.complete:
            return 0.0
        return 1.0 if self.asked == 0 else self.known / self.asked

    def same_result(self, other: ScopeStatus) -> bool:
        """Whether both say the same but for their times."""
        mine = (self.complete, self.resources, self.known, self.asked)
        return mine == (other.complete, other.resources, other.known, other.asked)


def ensure(connection: Connection, scope: Scope) -> int:
    """Return the id of the scope's row, making it where there is none, inside a write transaction."""
    found = find(connection, scope.key)
    if found is not None:
        return found[0]
    row = {
        "key": scope.key,
        **msgspec.structs.asdict(scope),
        "provider": scope.provider.value,
        **dict.fromkeys(("resources", "known", "asked"), 0),
        "complete": False,
    }
    insert_new(connection, scopes, [row], "key")
    made = connection.execute(select(scopes.c.id).where(scopes.c.key == scope.key)).scalar_one()
    return int(made)


def hold(connection: Connection, scope_id: int) -> None:
    """Keep other writers out of this scope until the transaction ends.

    SQLite's write transactions are alone anyway.
    """
    connection.execute(select(scopes.c.id).where(scopes.c.id == scope_id).with_for_update())


def find(connection: Connection, key: str) -> tuple[int, ScopeStatus] | None:
    """Return the scope's row id and stored status, None where it was never read."""
    row = connection.execute(select(scopes).where(scopes.c.key == key)).one_or_none()
    return None if row is None else (int(row.id), _status(row))


def load_all(connection: Connection) -> dict[int, ScopeStatus]:
    """Return every scope's stored status by row id, in the order of their keys."""
    return {int(row.id): _status(row) for row in connection.execute(select(scopes).order_by(scopes.c.key))}


def save(connection: Connection, status: ScopeStatus) -> None:
    """Write how the scope's last pass ended."""
    stored = ("last_read", "last_success", "last_began", "complete", "resources", "known", "asked")
    values = {name: getattr(status, name) for name in stored}
    connection.execute(scopes.update().where(scopes.c.key == status.scope.key).values(values))


def remove(connection: Connection, ids: Iterable[int]) -> None:
    """Delete the rows of scopes that hold no resource any more."""
    connection.execute(delete(scopes).where(scopes.c.id.in_(list(ids))))


def _status(row: Row[Any]) -> ScopeStatus:
    return ScopeStatus(
        scope=Scope(
            target=row.target,
            provider=Provider(row.provider),
            account=row.account,
            region=row.region,
            collector=row.collector,
        ),
        last_read=row.last_read,
        last_success=row.last_success,
        last_began=row.last_began,
        complete=row.complete,
        resources=row.resources,
        known=row.known,
        asked=row.asked,
    )
