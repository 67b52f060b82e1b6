"""Following one log for one round: read, match, write with the position, and only then let the cloud forget."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog

from collectors.api import Delivery
from collectors.model import Unread
from daemon.following import effects
from daemon.following.correlations import Correlations
from daemon.following.detections import Alerting
from daemon.following.effects import Caused
from daemon.following.owners import owners
from daemon.following.reading import Batch, Reader
from daemon.logs.formats import log_format
from daemon.state import State, logs
from daemon.state.logs import LogStatus
from daemon.targets import LogUnit
from detectors.sigma.rules import RuleSet

log = structlog.get_logger(__name__)

MOST_UNREAD = 100
"""Distinct failures that one round names."""

HEARTBEAT = timedelta(minutes=10)
"""How old the stored status of a log becomes while it tells nothing."""


class LogTally(Protocol):
    """Counts what logs tell: the metrics of the daemon."""

    def log_told(self, source: str, target: str, records: int) -> None:
        """Count records of a log."""

    def log_undecodable(self, source: str, target: str, records: int) -> None:
        """Count records of a log that could not be decoded."""

    def log_detected(self, source: str, target: str, detector: str, matches: int) -> None:
        """Count events that matched a rule."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """How one round ended: what could not be read, and whether it was broken off because the daemon ends.

    ``reached_the_end`` is whether the source went through everything, for all that parts could not be read.
    """

    records: int = 0
    unread: tuple[Unread, ...] = ()
    handed_back: bool = False
    reached_the_end: bool = False


class Matching:
    """The rules that logs are matched with and what is told of matches; replaced as a whole at a reload."""

    def __init__(self, rules: RuleSet, alerting: Alerting) -> None:
        self.rules = rules
        self.alerting = alerting
        self._guard = threading.Lock()
        self._sources: dict[str, tuple[Reader, Correlations]] = {}

    def of(self, source: str) -> tuple[Reader, Correlations]:
        """Return what reads and what correlates the logs of one source; raise UnfollowableError for one of no use."""
        with self._guard:
            if source not in self._sources:
                reader = Reader(log_format(source), self.rules)
                self._sources[source] = reader, Correlations(source, self.rules.correlations)
            return self._sources[source]


class Follower:
    """Follows logs. Safe for use by many threads; one log is followed by one thread at a time.

    ``matching`` is asked anew for each delivery. ``look`` is told of the uids that events touched, once that is
    written. Once ``stopping`` is set a round ends at its next delivery.
    """

    def __init__(  # noqa: PLR0913 - where it goes, by what it is judged, and who is told
        self,
        state: State,
        matching: Callable[[], Matching],
        look: Callable[[Collection[str]], None],
        *,
        tally: LogTally,
        stopping: threading.Event,
        clock: Callable[[], datetime],
    ) -> None:
        self._state = state
        self._matching = matching
        self._look = look
        self._tally = tally
        self._stopping = stopping
        self._clock = clock
        self._guard = threading.Lock()
        self._statuses: dict[str, LogStatus] = {}
        self._odd: set[str] = set()
        self._writing: dict[str, threading.Lock] = {}

    @property
    def statuses(self) -> Mapping[str, LogStatus]:
        """How each log that was read in this process stands, by position; exact where the state may be older."""
        with self._guard:
            return dict(self._statuses)

    def follow(self, unit: LogUnit) -> Round:
        """Read a log from where it was read to, to its end; return how that went.

        Raises StateUnavailableError where the state cannot be used just now: the delivery under way is then
        read again next time.
        """
        cursor = self._state.cursors.get(unit.key)
        records = 0
        unread: dict[Unread, None] = {}
        reached_the_end = False
        for item in unit.source.read(cursor):
            reached_the_end = isinstance(item, Delivery)
            if self._stopping.is_set():
                return Round(records=records, unread=tuple(unread), handed_back=True)
            if isinstance(item, Unread):
                if len(unread) < MOST_UNREAD:
                    unread[item] = None
                continue
            self._take(unit, item, cursor)
            cursor = item.cursor
            records += len(item.records)
        return Round(records=records, unread=tuple(unread), reached_the_end=reached_the_end)

    def _take(self, unit: LogUnit, delivery: Delivery, before: bytes | None) -> None:
        matching = self._matching()
        reader, _ = matching.of(unit.source.uid)
        batch = reader.read(delivery.records, owners(self._state))
        now = self._clock()
        status = self._status(unit, delivery, batch, now)
        if self._must_write(batch, delivery, before, status):
            caused = self._write(unit, delivery, batch, status, matching)
            if caused.touched or caused.news:
                self._look(caused.touched | caused.news)
            for detector, matches in caused.detected.items():
                self._tally.log_detected(unit.source.uid, unit.target, detector, matches)
        with self._guard:
            self._statuses[unit.key] = status
        unit.source.settle(delivery)
        self._count(unit, batch)

    def _write(self, unit: LogUnit, delivery: Delivery, batch: Batch, status: LogStatus, matching: Matching) -> Caused:
        now = status.read_at
        reader, correlations = matching.of(unit.source.uid)
        # Two logs of one source may tell of the same event: the second has to find what the first left.
        with self._alone(unit.source.uid):
            try:
                with self._state.write() as connection:
                    caused = effects.write(
                        connection,
                        batch.told,
                        correlations,
                        reader.novelties,
                        matching.alerting,
                        target=unit.target,
                        now=now,
                    )
                    self._state.cursors.set(connection, unit.key, delivery.cursor, now)
                    logs.save(connection, status)
            except BaseException:
                # What was observed is in memory and not in the state: it is observed again.
                correlations.forget()
                reader.novelties.forget()
                raise
        return caused

    def _alone(self, source: str) -> threading.Lock:
        with self._guard:
            return self._writing.setdefault(source, threading.Lock())

    def _status(self, unit: LogUnit, delivery: Delivery, batch: Batch, now: datetime) -> LogStatus:
        before = self.statuses.get(unit.key)
        if before is None:
            with self._state.read() as connection:
                before = logs.find(connection, unit.key)
        return LogStatus(
            position=unit.key,
            target=unit.target,
            provider=unit.source.provider.value,
            account=unit.account,
            source=unit.source.uid,
            since=now if before is None else before.since,
            read_at=now,
            until=_later(delivery.until, None if before is None else before.until),
            newest=_later(batch.newest, None if before is None else before.newest),
        )

    def _must_write(self, batch: Batch, delivery: Delivery, before: bytes | None, status: LogStatus) -> bool:
        if batch.told or delivery.cursor != before:
            return True
        with self._state.read() as connection:
            stored = logs.find(connection, status.position)
        return stored is None or status.read_at - stored.read_at > HEARTBEAT

    def _count(self, unit: LogUnit, batch: Batch) -> None:
        source, target = unit.source.uid, unit.target
        self._tally.log_told(source, target, batch.records)
        if batch.undecodable:
            self._tally.log_undecodable(source, target, batch.undecodable)
            if unit.key not in self._odd:
                self._odd.add(unit.key)
                log.warning(
                    "records of a log could not be decoded; whatever they tell of is judged by no rule",
                    log=unit.key,
                    records=batch.undecodable,
                    reason=batch.problem,
                )
        elif batch.records:
            self._odd.discard(unit.key)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
