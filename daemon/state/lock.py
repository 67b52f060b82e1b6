"""Who holds the state: one `run` at a time, and no `scan` beside it on an embedded database."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from daemon.state.engine import CONNECT_SECONDS, in_plain_words, parse_url, shown, sqlite_path
from daemon.state.errors import StateError, StateLockedError

_ADVISORY_KEY = 0x63_73_70_6D_64_02  # "cspmd", 2: the process that holds the state


class StateLock:
    """The right to be the only process of its sort on a state.

    On SQLite it is a lock on the file ``<state>.lock`` that the kernel drops with its holder, even
    on kill -9; the file tells who holds it. On PostgreSQL it is an advisory lock that the server
    drops with the session. ``purpose`` names the holder's command to whom it keeps out.
    """

    def __init__(self, url: str, purpose: str) -> None:
        self._url = parse_url(url)
        self._purpose = purpose
        self._file: int | None = None
        self._session: Connection | None = None

    def acquire(self) -> None:
        """Take the lock; raise StateLockedError, naming the holder, where another process has it."""
        if sqlite_path(self._url) is None:
            self._acquire_session()
        else:
            self._acquire_file()

    def release(self) -> None:
        """Give the lock up; without effect where it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None:
            engine = self._session.engine
            self._session.close()
            engine.dispose()
            self._session = None

    def __enter__(self) -> Self:
        """Take the lock."""
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock up."""
        self.release()

    def _acquire_file(self) -> None:
        path = Path(f"{sqlite_path(self._url)}.lock")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            message = (
                f"state lock {path}: cannot be made ({error.strerror}); give this user the directory or set state.url"
            )
            raise StateError(message) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 200).decode(errors="replace").strip() or "another process"
            os.close(file)
            raise self._taken(holder) from None
        os.ftruncate(file, 0)
        os.write(file, f"cspmd {self._purpose} (pid {os.getpid()})\n".encode())
        self._file = file

    def _acquire_session(self) -> None:
        engine = create_engine(
            self._url,
            hide_parameters=True,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "application_name": f"cspmd {self._purpose} (pid {os.getpid()})",
            },
        )
        try:
            session = engine.connect()
            if session.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}).scalar():
                self._session = session
                return
            holder = session.execute(_HOLDER, {"high": _ADVISORY_KEY >> 32, "low": _ADVISORY_KEY & 0xFFFFFFFF}).scalar()
            session.close()
        except DBAPIError as error:
            raise in_plain_words(error, self._url) from None
        raise self._taken(str(holder or "another process"))

    def _taken(self, holder: str) -> StateLockedError:
        message = f"state {shown(self._url)}: is held by {holder}; stop that first, or use another state.url"
        return StateLockedError(message, holder=holder)


_HOLDER = text(
    "SELECT activity.application_name || coalesce(' at ' || host(activity.client_addr), '')"
    " FROM pg_locks AS locks JOIN pg_stat_activity AS activity USING (pid)"
    " WHERE locks.locktype = 'advisory' AND locks.granted AND locks.objsubid = 1"
    " AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND locks.classid::bigint = :high AND locks.objid::bigint = :low"
)
