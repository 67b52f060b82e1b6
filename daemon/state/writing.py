"""Writing many rows with one statement, the same way on every database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

CHUNK = 500
"""How many keys one statement names: well below every database's limit of parameters."""


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield the items in lists of at most ``size``."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return this database's own INSERT, which can say what a conflict means."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as pg_insert

        return pg_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, or replace those whose primary key is there already.

    Every row names the same columns; columns that are not named keep what they hold.
    """
    if not rows:
        return
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), rows)


def upsert_newer(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], moment: str) -> None:
    """Insert the rows, or replace those whose primary key is there already with an earlier ``moment``."""
    if not rows:
        return
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    later = statement.excluded[moment] > table.c[moment]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values, where=later), rows)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *key: str) -> None:
    """Insert the rows; one whose ``key`` columns are there already is left as it is."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(index_elements=key), rows)
