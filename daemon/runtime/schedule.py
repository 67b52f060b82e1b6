"""The clockwork: APScheduler with one job a unit of work, and the daemon's own upkeep.

A unit's job never overlaps itself, runs once however many ticks it missed, and however late (a late
read is worth more than none). Starts are spread, so that hundreds of accounts are not asked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobExecutionEvent, JobSubmissionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

log = structlog.get_logger(__name__)

LONGEST_SPREAD = timedelta(seconds=30)
SPREAD_PER_UNIT = timedelta(milliseconds=250)
JITTER_SHARE = 0.1
LONGEST_JITTER = timedelta(seconds=30)


class Job(Protocol):
    """What is read regularly: a scope, or a log."""

    @property
    def key(self) -> str:
        """What it is known by."""

    @property
    def interval(self) -> timedelta:
        """How often it is read."""


UnitT = TypeVar("UnitT", bound=Job)


class Schedule(Generic[UnitT]):
    """Runs units and upkeep on time, each kind on its own threads.

    ``read`` is called with a unit when its time has come; ``failed`` with the key of a unit whose
    read ended in an exception that nobody foresaw. ``workers`` units are read at once; the others
    wait their turn. ``remedy`` is what an operator may do about reads that take longer than their interval.
    """

    def __init__(
        self,
        read: Callable[[UnitT], None],
        failed: Callable[[str, BaseException], None],
        *,
        workers: int,
        remedy: str = "raise schedule.config for this target",
    ) -> None:
        self._read = read
        self._failed = failed
        self._remedy = remedy
        self._units: dict[str, UnitT] = {}
        self._overlapping: set[str] = set()
        self._scheduler = BackgroundScheduler(
            executors={"units": ThreadPoolExecutor(workers), "upkeep": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        self._scheduler.add_listener(self._job_failed, EVENT_JOB_ERROR)
        self._scheduler.add_listener(self._job_overlapped, EVENT_JOB_MAX_INSTANCES)

    def start(self) -> None:
        """Begin to run what is scheduled."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing any more; what runs is not waited for."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    @property
    def units(self) -> tuple[UnitT, ...]:
        """The units that are scheduled now."""
        return tuple(self._units.values())

    def apply(self, units: Iterable[UnitT]) -> tuple[tuple[UnitT, ...], tuple[UnitT, ...]]:
        """Make these the scheduled units and return (added, removed).

        Units that stay keep their rhythm; one whose interval changed, or that is reached in another
        way, is read anew soon.
        """
        wanted = {unit.key: unit for unit in units}
        removed = tuple(unit for key, unit in self._units.items() if key not in wanted)
        for unit in removed:
            self._forget(unit.key)
        added = tuple(unit for key, unit in wanted.items() if self._units.get(key) != unit)
        spread = min(LONGEST_SPREAD, SPREAD_PER_UNIT * len(added))
        start = datetime.now(UTC)
        for position, unit in enumerate(added):
            self._add(unit, start + spread * position / len(added))
        return added, removed

    def _add(self, unit: UnitT, first: datetime) -> None:
        self._units[unit.key] = unit
        # The trigger only ever adds its jitter: taken off first, a unit is never read more rarely than configured.
        jitter = min(unit.interval * JITTER_SHARE, LONGEST_JITTER)
        self._scheduler.add_job(
            self._read,
            IntervalTrigger(
                seconds=(unit.interval - jitter).total_seconds(),
                jitter=jitter.total_seconds(),
                timezone=UTC,
            ),
            args=(unit,),
            id=unit.key,
            name=unit.key,
            executor="units",
            next_run_time=first,
            replace_existing=True,
        )

    def _forget(self, key: str) -> None:
        del self._units[key]
        self._overlapping.discard(key)
        self._scheduler.remove_job(key)

    def postpone(self, key: str, wait: timedelta) -> None:
        """Read this unit next after ``wait`` and in its own rhythm from then on; an unknown key is ignored."""
        try:
            self._scheduler.modify_job(key, next_run_time=datetime.now(UTC) + wait)
        except JobLookupError:
            return

    def upkeep(self, name: str, every: timedelta, work: Callable[[], None], *, first: timedelta | None = None) -> None:
        """Do this piece of upkeep regularly, one piece at a time; ``first`` says when it is first due."""
        self._scheduler.add_job(
            work,
            IntervalTrigger(seconds=every.total_seconds(), timezone=UTC),
            id=f"upkeep/{name}",
            name=name,
            executor="upkeep",
            next_run_time=datetime.now(UTC) + (every if first is None else first),
            replace_existing=True,
        )

    def once(self, name: str, work: Callable[[], None], *, after: timedelta = timedelta()) -> None:
        """Do this piece of upkeep once, after this time; asked for again before that, it is done once."""
        self._scheduler.add_job(
            work,
            DateTrigger(datetime.now(UTC) + after, timezone=UTC),
            id=f"once/{name}",
            name=name,
            executor="upkeep",
            replace_existing=True,
        )

    def _job_failed(self, event: JobExecutionEvent) -> None:
        self._failed(event.job_id, event.exception)

    def _job_overlapped(self, event: JobSubmissionEvent) -> None:
        if event.job_id in self._overlapping or event.job_id.startswith(("upkeep/", "once/")):
            return
        self._overlapping.add(event.job_id)
        log.warning(
            "a read takes longer than its interval; the next one waits for it",
            scope=event.job_id,
            remedy=self._remedy,
        )
