"""The state as the rest of the daemon holds it: opened once, read and written in transactions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from daemon.model import Finding, FindingStatus, Transition
from daemon.state import findings, judgements, migrate, resources, retention, scopes, transitions
from daemon.state.cursors import Cursors
from daemon.state.engine import WRITES, build_engine, in_plain_words, parse_url, prepare, shown, sqlite_path
from daemon.state.findings import FindingCount
from daemon.state.judgements import JudgementCount, Key
from daemon.state.outbox import Outbox
from daemon.state.resources import ResourceCount
from daemon.state.retention import Pruned
from daemon.state.scopes import ScopeStatus

_PAGE = 500


class State:
    """What cspmd knows: resources, judgements, findings, their history, and what is on its way out.

    Safe to use from many threads. Every method may raise StateUnavailableError where the database
    cannot be reached or written just now.
    """

    def __init__(self, engine: Engine, url: URL) -> None:
        self._engine = engine
        self._url = url
        self._writing = threading.RLock() if sqlite_path(url) is not None else None
        self._beats: dict[str, ScopeStatus] = {}
        self._beats_guard = threading.Lock()
        self.outbox = Outbox(self.read, self.write, shared=sqlite_path(url) is None)
        self.cursors = Cursors(self.read)

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> State:
        """Open the state at this address, making or migrating it as needed.

        Raises StateError where it cannot be used (the text says why and what to do),
        StateMissingError where there is none and ``create`` is False.
        """
        parsed = parse_url(url)
        state = cls(build_engine(parsed, create=create), parsed)
        try:
            state._prepare(create=create)
        except BaseException:
            state.close()
            raise
        return state

    def close(self) -> None:
        """Close every connection. Writes nothing: see :meth:`flush`."""
        self._engine.dispose()

    @property
    def where(self) -> str:
        """The address as it may be shown."""
        return shown(self._url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection whose reads all see the same moment; nothing is written."""
        with self._translated(), self._engine.connect() as connection:
            if self._writing is None:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in a write transaction: committed at the end, rolled back on an exception."""
        if self._writing is None:
            with self._translated(), self._engine.begin() as connection:
                yield connection
            return
        with self._writing, self._translated(), self._engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    def findings(self, status: FindingStatus | None = None) -> Iterator[Finding]:
        """Yield findings (all, or those of one status) by resource and detector; a page is read at a time.

        ``last_seen`` of an active finding that is not stale is its scope's last success.
        """
        confirmed = {seen.scope.key: seen.last_success for seen in self.scopes()}
        after: Key = ("", "")
        while True:
            with self.read() as connection:
                page = findings.page(connection, status, after, _PAGE)
            for finding, scope_key in page:
                seen = confirmed.get(scope_key)
                fresh = finding.status is not FindingStatus.RESOLVED and not finding.stale
                if fresh and seen is not None and seen > finding.last_seen:
                    yield msgspec.structs.replace(finding, last_seen=seen)
                else:
                    yield finding
            if len(page) < _PAGE:
                return
            last = page[-1][0].judgement
            after = (last.resource.uid, last.detector)

    def active_keys(self) -> list[Key]:
        """Return (resource uid, detector) of every finding that is not resolved."""
        with self.read() as connection:
            return findings.active_keys(connection)

    def transitions(self, since: datetime | None = None) -> Iterator[Transition]:
        """Yield the history from ``since`` on, oldest first; a page is read at a time."""
        after: tuple[datetime, str] | None = None
        while True:
            with self.read() as connection:
                page = transitions.page(connection, since, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = (page[-1].at, page[-1].uid)

    def finding_counts(self) -> list[FindingCount]:
        """Count findings by provider, account, detector, severity and status.

        ``fail`` are those open, stale ones too; ``excepted``; and ``unknown``, judgements that came
        to UNKNOWN where no violation was proven before.
        """
        with self.read() as connection:
            return findings.counts(connection) + findings.unknown_counts(connection)

    def judgement_counts(self) -> list[JudgementCount]:
        """Count judgements by provider, account, detector and verdict."""
        with self.read() as connection:
            return judgements.counts(connection)

    def resource_counts(self) -> list[ResourceCount]:
        """Count resources by provider, account and kind."""
        with self.read() as connection:
            return resources.counts(connection)

    def scopes(self) -> list[ScopeStatus]:
        """Return how each scope stands, in the order of their keys; exact for what this process read."""
        with self.read() as connection:
            stored = {status.scope.key: status for status in scopes.load_all(connection).values()}
        with self._beats_guard:
            for key, beat in self._beats.items():
                if key in stored and _newer(beat, stored[key]):
                    stored[key] = beat
        return [stored[key] for key in sorted(stored)]

    def beat(self, status: ScopeStatus) -> None:
        """Keep in memory how a scope's last pass ended."""
        with self._beats_guard:
            self._beats[status.scope.key] = status

    def scope(self, key: str) -> ScopeStatus | None:
        """Return how one scope stands, None where it was never read."""
        with self.read() as connection:
            found = scopes.find(connection, key)
        if found is None:
            return None
        with self._beats_guard:
            beat = self._beats.get(key)
        return beat if beat is not None and _newer(beat, found[1]) else found[1]

    def forget(self, key: str) -> None:
        """Drop what is kept in memory of a scope that is watched no more."""
        with self._beats_guard:
            self._beats.pop(key, None)

    def flush(self) -> None:
        """Write what is known of scopes in memory only, as at shutdown."""
        with self._beats_guard:
            beats = list(self._beats.values())
        with self.read() as connection:
            stored = {status.scope.key: status for status in scopes.load_all(connection).values()}
        late = [beat for beat in beats if beat.scope.key in stored and _newer(beat, stored[beat.scope.key])]
        if late:
            with self.write() as connection:
                for beat in late:
                    scopes.save(connection, beat)

    def prune(self, now: datetime, retention_time: timedelta) -> Pruned:
        """Forget what ended longer ago than ``retention_time``."""
        return retention.prune(self.write, now - retention_time, now)

    def _prepare(self, *, create: bool) -> None:
        prepare(self._engine, self._url)
        with self.read() as connection:
            ready = migrate.is_current(connection, self.where)
        if not ready:
            with self.write() as connection:
                migrate.upgrade(connection, self.where, create=create)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what the database says into an operator's words; a mistake of ours stays what it is."""
        try:
            yield
        except (IntegrityError, DataError):
            raise
        except (DBAPIError, PoolTimeoutError) as error:
            raise in_plain_words(error, self._url) from None


def _newer(one: ScopeStatus, other: ScopeStatus) -> bool:
    return one.last_read is not None and (other.last_read is None or one.last_read > other.last_read)
