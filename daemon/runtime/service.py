"""The daemon: everything that ``cspmd run`` is made of, how it starts, reloads and ends."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from collectors.model import Scope
from daemon.configuration.watch import Reload, Reloader
from daemon.following.folding import Folding
from daemon.logging import LogSetup
from daemon.passes import PassRunner
from daemon.runtime.backoff import wait_after
from daemon.runtime.call_log import CallLog
from daemon.runtime.commands import Command, Commands
from daemon.runtime.composition import judging_of, not_yet_done, publisher_of, sinks_of
from daemon.runtime.coordinator import Coordinator, HandedBackError
from daemon.runtime.drift_watch import DriftWatch
from daemon.runtime.front import Front
from daemon.runtime.health import Health, throttled
from daemon.runtime.log_work import LogWork
from daemon.runtime.prompts import Prompts
from daemon.runtime.schedule import Schedule
from daemon.runtime.shipping import ShippingThread
from daemon.runtime.upkeep import Upkeep
from daemon.shipping.leftovers import leftovers, sentence
from daemon.state import State, StateLock, StateUnavailableError
from daemon.targets import LogUnit, Observer, TargetError, Targets, Unit
from daemon.web.application import Readiness
from daemon.web.gauges import StateGauges
from daemon.web.log_gauges import LogGauges
from daemon.web.metrics import Metrics
from daemon.web.server import ListenError

if TYPE_CHECKING:
    from daemon.configuration import Configuration

log = structlog.get_logger(__name__)

WORKERS = 8
"""Units read at once. Latency within a unit is the collector's own business; this is for slow accounts."""

HAND_BACK_SECONDS = 6.0
"""How long reads under way have to notice that they are to end."""

KEEP_SECONDS = 4.0
"""How long the end waits for a database that is slow to answer."""

WATCH_SECONDS = 3.0
"""How often the configuration's files are compared with what was loaded."""


class Service:
    """The running daemon. Construct it, then :meth:`run` until a command stops it.

    ``reloader`` holds the configuration, ``logs`` the log set-up, ``commands`` brings what signals
    ask for. The constructor takes what another process may hold (the state, the port) and raises
    StateError, TargetError or ListenError where it cannot have it.
    """

    def __init__(self, reloader: Reloader, logs: LogSetup, commands: Commands, version: str) -> None:
        configuration = reloader.configuration
        self._reloader = reloader
        self._logs = logs
        self._commands = commands
        self._configuration = configuration
        self._metrics = Metrics(version)
        self._health = Health()
        self._observer = Observer(self._metrics)
        self._stopping = threading.Event()
        self._applying = threading.Lock()
        self._idle = threading.Condition()
        self._reading: set[str] = set()
        self._left: dict[str, Unit] = {}
        self._randomness = random.Random()  # noqa: S311 - jitter needs no secrecy
        self._targets = Targets(configuration, self._observer)
        self._judging = judging_of(configuration)
        self._held = ExitStack()
        try:
            self._held.enter_context(StateLock(configuration.state_url, "run"))
            self._state = State.open(configuration.state_url)
            self._held.callback(self._state.close)
            self._front = Front(self._metrics.registry, self._readiness, configuration.http)
        except BaseException:
            self._held.close()
            raise
        watch = DriftWatch(self._metrics)
        publisher = publisher_of(configuration)
        self._passes = PassRunner(self._state, publisher, _now, watch, fold=Folding(self._state, self._followed))
        calls = CallLog(self._observer.counts, self._watched)
        self._coordinator = Coordinator(self._state, self._passes, watch, self._metrics, self._stopping, calls)
        self._shipping = ShippingThread(self._state, sinks_of(configuration), self._metrics)
        self._schedule: Schedule[Unit] = Schedule(self._read, self._crashed, workers=WORKERS)
        self._prompts = Prompts(self._schedule.postpone)
        self._log_work = LogWork(
            self._state,
            self._passes,
            self._health,
            self._metrics,
            self._stopping,
            units=lambda: self._schedule.units,
            judging=lambda: self._judging,
            prompt=lambda unit: self._prompts.prompt(unit.key),
            wake=self._wake_shipping,
        )
        self._log_work.take_up(configuration, publisher)
        self._upkeep = Upkeep(self._state, self._passes, self._schedule, self._wake_shipping)
        self._metrics.registry.register(StateGauges(self._state, self._sink_names))
        self._metrics.registry.register(LogGauges(self._log_work.statuses))

    @property
    def url(self) -> str:
        """The address that is really served."""
        return self._front.url

    def run(self) -> bool:
        """Serve, poll, judge and ship until told to stop.

        Returns True when everything ended in order, False where something under way had to be left
        behind; nothing is lost then, since it is read or sent again.
        """
        self._warn(self._configuration)
        self._metrics.reloaded(successful=True, at=_now())
        self._front.start()
        self._shipping.start()
        self._schedule.start()
        self._log_work.start()
        self._apply_units()
        self._upkeep.begin(lambda: self._judging, lambda: self._configuration.state.retention, logs=self._log_work.tend)
        self._upkeep.settle(lambda: self._judging)
        log.info(
            "watching",
            units=len(self._targets.units()),
            logs=len(self._targets.log_sources()),
            state=self._state.where,
            metrics=f"{self.url}/metrics",
        )
        self._obey()
        return self._end()

    def _obey(self) -> None:
        while True:
            match self._commands.next(WATCH_SECONDS):
                case Command.STOP:
                    return
                case Command.RELOAD:
                    self._reloaded(self._reloader.reload(), asked=True)
                case None:
                    reload = self._reloader.poll()
                    if reload is not None:
                        self._reloaded(reload, asked=False)

    def _end(self) -> bool:
        log.info("stopping")
        self._stopping.set()
        self._schedule.stop()
        self._log_work.ask_to_stop()
        self._shipping.ask_to_stop()
        until = time.monotonic() + HAND_BACK_SECONDS
        with self._idle:
            self._idle.wait_for(lambda: not self._reading, HAND_BACK_SECONDS)
            left = sorted(self._reading)
        left += self._log_work.stop(max(until - time.monotonic(), 0.0))
        handed_back = not left
        shipped = self._shipping.stop()
        keeping = threading.Thread(target=self._keep_heartbeats, name="heartbeats", daemon=True)
        keeping.start()
        keeping.join(KEEP_SECONDS)
        self._front.stop()
        log.info("stopped", left_behind=left, sending_left_behind=not shipped)
        if handed_back and shipped:
            self._held.close()
        return handed_back and shipped

    def _keep_heartbeats(self) -> None:
        try:
            self._state.flush()
        except StateUnavailableError as error:
            log.warning("when scopes were last read could not be kept; they are read anew", error=str(error))

    def _read(self, unit: Unit) -> None:
        """Read one unit whose time has come; on a thread of the schedule."""
        key = unit.key
        with self._idle:
            self._reading.add(key)
        try:
            if self._stopping.is_set():
                return
            prompted = self._prompts.begun(key)
            snapshot = self._coordinator.read(unit, self._judging, prompted=prompted)
        except HandedBackError:
            log.info("handed back a read under way", scope=key)
            return
        except StateUnavailableError as error:
            self._postpone(unit, self._health.unwritable(key, str(error)), slow=False)
            return
        finally:
            self._prompts.ended(key)
            with self._idle:
                self._reading.discard(key)
                self._idle.notify_all()
            watched = self._is_watched(key)
        if not watched:
            return
        failures = self._health.read(snapshot, _now())
        slow = throttled(snapshot)
        if failures:
            self._postpone(unit, failures, slow=slow)
        if unit in self._targets.discoveries():
            self._apply_units()
        self._wake_shipping()

    def _is_watched(self, key: str) -> bool:
        """Whether a unit whose read just ended is still to be read; what it brought in is ended where it is not."""
        watched = any(unit.key == key for unit in self._schedule.units)
        if not watched and not self._stopping.is_set():
            self._upkeep.retire(self._active)
        return watched

    def _wake_shipping(self) -> None:
        """Ship what was just queued; whichever shipper there is by now, since a reload may replace it."""
        self._shipping.wake()

    def _crashed(self, key: str, error: BaseException) -> None:
        unit = next((one for one in self._schedule.units if one.key == key), None)
        if unit is None:
            log.error("upkeep crashed; this is a defect of the program. It is tried again", job=key, exc_info=error)
            return
        self._postpone(unit, self._health.crashed(key, error), slow=False)

    def _postpone(self, unit: Unit, failures: int, *, slow: bool) -> None:
        self._schedule.postpone(
            unit.key, wait_after(failures, unit.interval, throttled=slow, randomness=self._randomness)
        )

    def _apply_units(self) -> None:
        """Schedule what is to be read now, and end what is watched no more."""
        with self._applying:
            added, removed = self._schedule.apply(self._targets.units())
            self._log_work.apply(self._targets.log_sources())
            self._part_from(removed)
        for unit in added:
            for detector in self._judging.detectors:
                if any(issubclass(kind, detector.on) for kind in unit.collector.kinds):
                    self._metrics.expect_drift(unit.scope.provider.value, unit.scope.account, detector.uid)
        self._upkeep.retire(self._active)

    def _part_from(self, removed: Iterable[Unit]) -> None:
        """Say which units are read no more, each once it is decided that this is so and not only not known yet."""
        self._left.update((unit.key, unit) for unit in removed)
        watched = {unit.key for unit in self._schedule.units}
        for key, unit in tuple(self._left.items()):
            if key in watched:
                del self._left[key]
            elif not self._targets.undecided(unit.scope):
                del self._left[key]
                self._health.forget(key)
                log.info("watched no more", scope=key)

    def _active(self) -> list[Scope]:
        """Return the scopes that are watched, and those of which it is not known yet whether they are."""
        watched = [*(unit.scope for unit in self._targets.units()), *self._log_work.scopes]
        return watched + [status.scope for status in self._state.scopes() if self._targets.undecided(status.scope)]

    def _reloaded(self, reload: Reload, *, asked: bool) -> None:
        """Take up a new configuration, or say why the old one stays."""
        problems = [str(problem) for problem in reload.problems]
        if reload.successful:
            try:
                self._take_up(reload)
            except (TargetError, ListenError) as error:
                problems = [str(error)]
        if problems:
            log.error("the configuration was not reloaded; the old one stays in use", problems=problems)
            self._metrics.reloaded(successful=False, at=reload.at)
            return
        self._metrics.reloaded(successful=True, at=reload.at)
        log.info("configuration reloaded", changed=list(reload.sections))
        if asked:
            self._retry_what_failed()

    def _take_up(self, reload: Reload) -> None:
        """Replace what the changed sections describe. What can be refused is tried before anything changes."""
        new, old = reload.configuration, self._configuration
        targets = Targets(new, self._observer, previous=self._targets)
        self._front.take_up(new.http)
        self._configuration = new
        self._logs.redactor.know(new.secrets)
        self._logs.level(new.log.level)
        if new.log.format != old.log.format or new.state_url != old.state_url:
            log.warning("log.format and state.url take effect at the next start")
        if new.sinks != old.sinks:
            self._replace_shipping(new)
        judging = judging_of(new)
        rejudge = judging.fingerprint != self._judging.fingerprint
        self._judging = judging
        self._log_work.take_up(new, publisher_of(new))
        self._targets = targets
        self._apply_units()
        if rejudge:
            self._upkeep.settle(lambda: self._judging)
        self._warn(new)

    def _replace_shipping(self, configuration: Configuration) -> None:
        """Ship to the new sinks from now on; a sending to an old one that is under way ends by itself."""
        self._shipping.ask_to_stop()
        self._passes.publisher = publisher_of(configuration)
        self._shipping = ShippingThread(self._state, sinks_of(configuration), self._metrics)
        self._shipping.start()

    def _retry_what_failed(self) -> None:
        for unit in self._schedule.units:
            if self._health.of(unit.key).failures:
                self._schedule.postpone(unit.key, timedelta())
        self._log_work.retry_failed()

    def _warn(self, configuration: Configuration) -> None:
        for warning in configuration.warnings:
            log.warning("configuration", warning=str(warning))
        for what in not_yet_done(configuration):
            log.warning("configured, and not done by this build", what=what)
        self._tell_leftovers()

    def _tell_leftovers(self) -> None:
        try:
            for left in leftovers(self._state.outbox, self._sink_names()):
                log.warning(
                    "documents are queued for a sink that is not configured",
                    sink=left.sink,
                    pending=left.pending,
                    meaning=sentence(left, self._configuration.state.retention),
                )
        except StateUnavailableError as error:
            log.warning("it cannot be seen whether documents wait for no sink", error=str(error))

    def _readiness(self) -> Readiness:
        units = (unit.key for unit in self._targets.units() if not self._health.of(unit.key).tried)
        pending = (*units, *self._log_work.untried())
        problems: tuple[str, ...] = ()
        try:
            self._state.scopes()
        except StateUnavailableError as error:
            problems = (str(error),)
        return Readiness(pending=pending, problems=problems)

    def _followed(self) -> tuple[LogUnit, ...]:
        return self._targets.log_sources()

    def _watched(self) -> tuple[Unit, ...]:
        return self._targets.units()

    def _sink_names(self) -> tuple[str, ...]:
        return tuple(sink.name for sink in sinks_of(self._configuration))


def _now() -> datetime:
    return datetime.now(UTC)
