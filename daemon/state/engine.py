"""How the database is opened: addresses, the settings each one needs, and its errors in plain words."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import DatabaseError
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from daemon.state.errors import StateError, StateMissingError, StateUnavailableError

BUSY_SECONDS = 30
CONNECT_SECONDS = 10
WRITES = "cspmd_writes"
"""Execution option of a connection that is going to write: SQLite then takes its lock at once."""

_WAL_LIMIT = 64 * 1024 * 1024

# A commit is synced to disk before anything is shipped (synchronous=FULL). With NORMAL a power cut
# could take back the last commits; what was opened and closed again meanwhile would then be lost to
# the auditor. kill -9 alone is harmless under either. The price is one sync a transaction, and
# transactions follow the change, not the estate.
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16000",
    f"PRAGMA journal_size_limit = {_WAL_LIMIT}",
)


def parse_url(text: str) -> URL:
    """Return the parsed address; raise StateError for one that no state can live at."""
    try:
        url = make_url(text)
    except ArgumentError:
        message = (
            "state.url is no database URL; expected sqlite:////path/state.db or postgresql+psycopg://host/database"
        )
        raise StateError(message) from None
    if url.drivername in {"sqlite", "sqlite+pysqlite"}:
        if url.database in {None, "", ":memory:"}:
            message = "state.url names no file; the state must outlive the process: sqlite:////var/lib/cspmd/state.db"
            raise StateError(message)
    elif url.drivername != "postgresql+psycopg":
        message = (
            f"state.url: a state cannot live in {url.drivername!r}; "
            "use sqlite:////path/state.db or postgresql+psycopg://host/database"
        )
        raise StateError(message)
    return url


def sqlite_path(url: URL) -> Path | None:
    """Return the file of an SQLite address, None for any other database."""
    if not url.drivername.startswith("sqlite"):
        return None
    return Path(url.database or "")


def shown(url: URL) -> str:
    """Return the address as it may be shown: without its password and without its options."""
    path = sqlite_path(url)
    return str(path) if path is not None else url.set(query={}).render_as_string(hide_password=True)


def build_engine(url: URL, *, create: bool) -> Engine:
    """Return an engine for the address; the SQLite file is made, readable by its owner alone.

    Raises StateMissingError where the file is not there and ``create`` is False, StateError where
    the path cannot be used.
    """
    path = sqlite_path(url)
    if path is not None:
        _make_file(path, create=create)
        return _sqlite(url)
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "cspmd"},
        )
    except ImportError as error:
        message = "state.url asks for PostgreSQL, but its driver is not installed: pip install 'cspmd[postgres]'"
        raise StateError(message) from error


def _make_file(path: Path, *, create: bool) -> None:
    """Make the file before SQLite does: it holds what an attacker would like to read."""
    if path.exists():
        if not path.is_file():
            message = f"state {path}: is no file; name a file in state.url"
            raise StateError(message)
        if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK | os.X_OK):
            message = f"state {path}: this user may not write it and its directory; correct the owner or set state.url"
            raise StateError(message)
        return
    if not create:
        message = f"state {path}: there is none yet; `cspmd run` or `cspmd scan` makes it"
        raise StateMissingError(message)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        message = f"state {path}: cannot be made ({error.strerror}); give this user the directory or set state.url"
        raise StateError(message) from error


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None})

    # The driver would begin transactions by itself, and only at the first write: too late to be
    # sure that what was read is still so.
    def on_connect(connection: SqliteConnection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own bookkeeping
        for pragma in _PRAGMAS:
            connection.execute(pragma).close()

    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def prepare(engine: Engine, url: URL) -> None:
    """Switch an SQLite file to write-ahead logging; without effect on any other database.

    Raises StateError where the file is no database or cannot be written.
    """
    if sqlite_path(url) is None:
        return
    give_up = time.monotonic() + BUSY_SECONDS
    pause = threading.Event()
    while True:
        try:
            with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
                if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    cursor.execute("PRAGMA auto_vacuum = INCREMENTAL")
                    cursor.execute("PRAGMA journal_mode = WAL").fetchone()
        except DatabaseError as error:
            # SQLite does not wait for its lock here, whatever the busy timeout says.
            if "locked" not in str(error) or time.monotonic() > give_up:
                refused = _sqlite_words(url, str(error))
                raise refused from None
            pause.wait(0.02)
        else:
            return


def in_plain_words(error: DBAPIError | PoolTimeoutError, url: URL) -> StateError:
    """Return what a database error means for an operator; the driver's own text closes it."""
    where = f"state {shown(url)}"
    if isinstance(error, PoolTimeoutError):
        return StateUnavailableError(f"{where}: every connection stayed busy; the database is too slow or blocked")
    told = str(error.orig).strip().splitlines()
    cause = _without_password(told[0] if told else type(error.orig).__name__, url)
    if sqlite_path(url) is not None:
        return _sqlite_words(url, cause)
    if error.connection_invalidated or "connect" in cause or "terminat" in cause or "starting up" in cause:
        return StateUnavailableError(f"{where}: PostgreSQL cannot be reached; nothing was written ({cause})")
    return StateUnavailableError(f"{where}: PostgreSQL refused the statement; nothing was written ({cause})")


def _sqlite_words(url: URL, cause: str) -> StateError:
    where = f"state {shown(url)}"
    if "locked" in cause or "busy" in cause:
        return StateUnavailableError(
            f"{where}: another process kept it locked for {BUSY_SECONDS} s; nothing was written"
        )
    if "readonly" in cause or "unable to open" in cause:
        return StateError(f"{where}: this user may not write it or its directory; correct the owner ({cause})")
    if "full" in cause or "disk I/O" in cause:
        return StateUnavailableError(f"{where}: the disk is full or failing; nothing was written ({cause})")
    if "not a database" in cause or "malformed" in cause:
        return StateError(f"{where}: is no sound cspmd state; restore a backup or move the file away ({cause})")
    return StateUnavailableError(f"{where}: SQLite refused the statement; nothing was written ({cause})")


def _without_password(text: str, url: URL) -> str:
    return text.replace(url.password, "***") if url.password else text
