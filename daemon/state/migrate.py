"""Bringing the schema up to date, once, whoever comes first; Alembic is imported only then."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from daemon.state.errors import StateMissingError, StateTooNewError
from daemon.state.schema import REVISIONS

MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_KEY = 0x63_73_70_6D_64_01  # "cspmd", 1: the migration


def version(connection: Connection) -> str | None:
    """Return the schema version the database is at, None where it holds no state."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def is_current(connection: Connection, where: str) -> bool:
    """Whether nothing is left to do; raise StateTooNewError for a version this program does not know."""
    found = version(connection)
    if found is not None and found not in REVISIONS:
        message = (
            f"state {where}: was written by a newer cspmd (schema {found}; this one knows up to {REVISIONS[-1]}); "
            "install that version again, or restore the backup made before it"
        )
        raise StateTooNewError(message)
    return found == REVISIONS[-1]


def upgrade(connection: Connection, where: str, *, create: bool) -> None:
    """Bring the schema to this program's version inside the caller's write transaction.

    Two first starts at once are safe: SQLite's write lock, or an advisory lock on PostgreSQL, lets
    the second one in when the first has committed, and it then finds nothing to do. Raises
    StateMissingError where there is no schema yet and ``create`` is False.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})
    if is_current(connection, where):
        return
    if not create and version(connection) is None:
        message = f"state {where}: there is none yet; `cspmd run` or `cspmd scan` makes it"
        raise StateMissingError(message)

    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
