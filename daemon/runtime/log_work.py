"""The following of logs as part of the running daemon: when each is read, and what happens when that fails."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from collectors.model import Scope, Unread, UnreadReason
from daemon.following.coverage import Coverage, scope_of
from daemon.following.crashes import Crashes
from daemon.following.detections import Alerting, DetectionPublisher, quieten
from daemon.following.follower import Follower, Matching, Round
from daemon.following.look import Look
from daemon.following.looker import Looker
from daemon.following.reading import UnfollowableError
from daemon.following.reconcile import Reconcile
from daemon.following.rules import rules_of
from daemon.passes import Judging, PassRunner
from daemon.runtime.backoff import wait_after
from daemon.runtime.health import Health
from daemon.runtime.schedule import Schedule
from daemon.state import State, StateUnavailableError
from daemon.state.logs import LogStatus
from daemon.targets import LogUnit, Unit
from daemon.web.metrics import Metrics
from detectors.sigma.rules import RuleSet

if TYPE_CHECKING:
    from daemon.configuration import Configuration

log = structlog.get_logger(__name__)

WORKERS = 4
"""Logs read at once: one that catches up after an outage leaves room for the others."""


class LogWork:
    """Everything about logs. ``units`` and ``judging`` are asked anew each time; ``prompt`` reads a unit anew soon.

    ``wake`` is called when something was queued for the sinks.
    """

    def __init__(  # noqa: PLR0913 - what it works on and who is told
        self,
        state: State,
        passes: PassRunner,
        health: Health,
        metrics: Metrics,
        stopping: threading.Event,
        *,
        units: Callable[[], Sequence[Unit]],
        judging: Callable[[], Judging],
        prompt: Callable[[Unit], None],
        wake: Callable[[], None],
    ) -> None:
        self._state = state
        self._health = health
        self._metrics = metrics
        self._stopping = stopping
        self._judging = judging
        self._wake = wake
        self._matching: Matching | None = None
        self._randomness = random.Random()  # noqa: S311 - jitter needs no secrecy
        self._idle = threading.Condition()
        self._reading: set[str] = set()
        self._failures: dict[str, int] = {}
        self._trouble: dict[str, str] = {}
        self._crashes = Crashes()
        look = Look(state, passes, units=units, judging=judging, prompt=prompt, clock=_now)
        self._looker = Looker(state, look, metrics, wake)
        self._follower = Follower(
            state, self._followed_with, self._looker.want, tally=metrics, stopping=stopping, clock=_now
        )
        self._coverage = Coverage(passes)
        self._reconcile = Reconcile(state, metrics, _now)
        self._schedule: Schedule[LogUnit] = Schedule(
            self._follow, self._crashed, workers=WORKERS, remedy="it catches up, or raise schedule.logs for this target"
        )

    def take_up(self, configuration: Configuration, publisher: DetectionPublisher) -> None:
        """Match with the rules, exceptions and publisher of this configuration from the next delivery on."""
        alerting = Alerting(
            exceptions=configuration.exceptions,
            publisher=publisher,
            disabled=frozenset(configuration.detectors.disable),
            severities=configuration.severities,
        )
        followed = any(target.logs for target in configuration.targets)
        self._matching = Matching(rules_of(configuration.rules) if followed else RuleSet(), alerting)

    def start(self) -> None:
        """Begin to follow, and to look at what an earlier process left to be looked at."""
        self._schedule.start()
        self._looker.start()

    def apply(self, units: Iterable[LogUnit]) -> None:
        """Follow exactly these logs."""
        wanted = tuple(units)
        self._coverage.watch(wanted)
        added, removed = self._schedule.apply(wanted)
        for unit in removed:
            self._failures.pop(unit.key, None)
            self._trouble.pop(unit.key, None)
            log.info("log followed no more", log=unit.key)
        gone = {scope_of(unit) for unit in removed} - set(self._coverage.scopes)
        for scope in gone:
            self._health.forget(scope.key)
        for unit in added:
            provider = unit.source.provider.value
            self._metrics.expect_log(unit.source.uid, unit.target, provider, unit.account)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes that stand for the logs that are followed."""
        return self._coverage.scopes

    def untried(self) -> tuple[str, ...]:
        """Return the logs that were not read yet."""
        return self._coverage.untried()

    def statuses(self) -> list[LogStatus]:
        """Return how the logs that are followed stand."""
        positions = {unit.key for unit in self._schedule.units}
        return [status for key, status in self._follower.statuses.items() if key in positions]

    def tend(self) -> None:
        """Count what was missed and end the findings of detections that were not made again for long."""
        self._reconcile.count(self.statuses())
        now = _now()
        with self._state.write() as connection:
            quieten(connection, now)

    def retry_failed(self) -> None:
        """Read at once the logs that could not be read."""
        for key in list(self._failures):
            self._schedule.postpone(key, timedelta())

    def ask_to_stop(self) -> None:
        """Begin nothing any more."""
        self._schedule.stop()
        self._looker.ask_to_stop()

    def stop(self, seconds: float) -> list[str]:
        """Wait so long for what is under way; return what was left behind. What it held is read again."""
        self.ask_to_stop()
        until = time.monotonic() + seconds
        looked = self._looker.stop(seconds)
        with self._idle:
            self._idle.wait_for(lambda: not self._reading, max(until - time.monotonic(), 0.0))
            left = sorted(self._reading)
        return left if looked else [*left, "a look at what an event touched"]

    def _followed_with(self) -> Matching:
        if self._matching is None:
            message = "no configuration was taken up"
            raise RuntimeError(message)
        return self._matching

    def _follow(self, unit: LogUnit) -> None:
        """Read one log whose time has come; on a thread of the schedule."""
        key = unit.key
        with self._idle:
            self._reading.add(key)
        try:
            if self._stopping.is_set():
                return
            done = self._follower.follow(unit)
            if not done.handed_back:
                self._read(unit, done)
        except UnfollowableError as error:
            self._failed(unit, UnreadReason.UNSUPPORTED, str(error))
        except StateUnavailableError as error:
            self._troubled(unit, str(error))
        finally:
            with self._idle:
                self._reading.discard(key)
                self._idle.notify_all()

    def _read(self, unit: LogUnit, done: Round) -> None:
        key = unit.key
        snapshot = self._coverage.read(unit, done.unread, self._judging())
        if snapshot is not None:
            self._health.read(snapshot, _now())
        if self._trouble.pop(key, None) is not None:
            log.info("log is followed again", log=key)
        if not done.reached_the_end and any(one.failed for one in done.unread):
            slow = any(one.reason is UnreadReason.THROTTLED for one in done.unread)
            self._put_off(unit, slow=slow)
        else:
            self._failures.pop(key, None)
        self._wake()

    def _failed(self, unit: LogUnit, reason: UnreadReason, detail: str) -> None:
        """Take note that a log could not be followed for a reason of ours."""
        unread = Unread(reason=reason, operation=f"follow {unit.source.uid}", detail=detail)
        try:
            self._read(unit, Round(unread=(unread,)))
        except StateUnavailableError as error:
            self._troubled(unit, str(error))

    def _troubled(self, unit: LogUnit, reason: str) -> None:
        if self._trouble.get(unit.key) != reason:
            self._trouble[unit.key] = reason
            log.error("log could not be followed; it is read on from where it was", log=unit.key, error=reason)
        self._put_off(unit, slow=False)

    def _put_off(self, unit: LogUnit, *, slow: bool) -> None:
        failures = self._failures[unit.key] = self._failures.get(unit.key, 0) + 1
        wait = wait_after(failures, unit.interval, throttled=slow, randomness=self._randomness)
        self._schedule.postpone(unit.key, wait)

    def _crashed(self, key: str, error: BaseException) -> None:
        unit = next((one for one in self._schedule.units if one.key == key), None)
        if unit is None:
            return
        self._crashes.tell(
            "following a log crashed; this is a defect of the program. It is read on from where it was",
            error,
            _now(),
            place=key,
            log=key,
        )
        self._failed(unit, UnreadReason.ERROR, "it crashed; the log of this program says how")


def _now() -> datetime:
    return datetime.now(UTC)
