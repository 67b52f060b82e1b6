"""One full pass over everything, or over what was asked for: read, judge, write, ship, and end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import structlog

from collectors.model import Resource, Snapshot
from daemon.exceptions import ExceptionRule
from daemon.following.coverage import scope_of
from daemon.following.folding import Folding
from daemon.model import FindPath, TransitionKind
from daemon.passes import PassRunner
from daemon.runtime.call_log import CallLog
from daemon.runtime.completeness import Completeness
from daemon.runtime.composition import judging_of, publisher_of, sinks_of
from daemon.runtime.coordinator import Coordinator
from daemon.runtime.drift_watch import DriftWatch
from daemon.runtime.health import Health
from daemon.state import State, StateError, StateLock
from daemon.targets import Observer, Targets, Unit
from detectors.model import Judgement

if TYPE_CHECKING:
    from daemon.configuration import Configuration
    from daemon.shipping.line import Drained

log = structlog.get_logger(__name__)

WORKERS = 4
"""Units read at once: latency within one is its collector's business."""

SHIPPING_SECONDS = 60.0
"""How long a scan waits for its sinks; what they did not take stays queued."""


class Progress(Protocol):
    """Is told how far a scan has come, from several threads."""

    def planned(self, units: int) -> None:
        """Take note of how many units are to be read."""

    def resource(self) -> None:
        """Take note of one resource read."""

    def unit(self) -> None:
        """Take note of one unit read."""


@dataclass
class Totals:
    """What a scan did. ``calls`` counts cloud API calls by how they ended, retries included."""

    calls: Counter[str] = field(default_factory=Counter)
    snapshots: list[Snapshot] = field(default_factory=list)
    crashes: list[BaseException] = field(default_factory=list)
    shipped: tuple[Drained, ...] | None = None
    seconds: float = 0.0

    @property
    def resources(self) -> int:
        """How many resources were read."""
        return sum(snapshot.resources for snapshot in self.snapshots)

    @property
    def coverage(self) -> float:
        """The share of what was asked that was read; a listing that failed counts as one thing asked, unread."""
        known = sum(snapshot.known for snapshot in self.snapshots)
        asked = sum(snapshot.asked + (not snapshot.complete) for snapshot in self.snapshots)
        return 1.0 if asked == 0 else known / asked


class _ScanTally:
    """Counts for the totals; a scan serves no metrics."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._lock = threading.Lock()

    def called(self, provider: str, service: str, operation: str, outcome: str) -> None:  # noqa: ARG002 - the protocol's
        """Count one call of a cloud API."""
        with self._lock:
            self._totals.calls[outcome] += 1

    def disagreed(self, provider: str, account: str) -> None:
        """Count nothing: the observer logs each."""

    def polled(self, provider: str, collector: str, seconds: float) -> None:
        """Count nothing: the whole scan is timed."""

    def drifted(self, provider: str, account: str, detector: str, kind: TransitionKind) -> None:
        """Count nothing: a scan has no past to compare with but the state's, which the sinks are told."""

    def detected(self, provider: str, path: FindPath, seconds: float) -> None:
        """Count nothing: the same."""


class Scan:
    """One scan, prepared: what to read, the state it goes to, and its lock.

    ``targets`` are the names of those to read (empty: all), ``detectors`` the uids that count for
    completeness (empty: all enabled) and for what is read; all enabled detectors judge whatever is
    read, so that no finding of another is ended. Raises TargetError, StateError and, where another process holds the
    state, StateLockedError.
    """

    def __init__(self, configuration: Configuration, targets: Collection[str], detectors: Collection[str]) -> None:
        self._configuration = configuration
        self.totals = Totals()
        tally = _ScanTally(self.totals)
        self._whole = not targets and not detectors
        observer = Observer(tally)
        self._targets = Targets(configuration, observer, targets, detectors=detectors)
        self._judging = judging_of(configuration)
        self.completeness = Completeness(self._judging, detectors)
        self._stopping = threading.Event()
        self._ended_by: tuple[type[Exception], ...] = (StateError,)
        self._health = Health()
        self._held = ExitStack()
        try:
            if configuration.state_url.startswith("sqlite"):
                self._held.enter_context(StateLock(configuration.state_url, "scan"))
            self._state = State.open(configuration.state_url)
            self._held.callback(self._state.close)
        except BaseException:
            self._held.close()
            raise
        watch = DriftWatch(tally)
        folding = Folding(self._state, self._targets.log_sources)
        self._passes = PassRunner(self._state, publisher_of(configuration), _now, fold=folding)
        calls = CallLog(observer.counts, self._targets.units)
        self._coordinator = Coordinator(self._state, self._passes, watch, tally, self._stopping, calls)

    def run(
        self,
        on_judgement: Callable[[Judgement, ExceptionRule | None], None],
        progress: Progress,
        *,
        ended_by: type[Exception],
    ) -> None:
        """Read every unit anew, hand each judgement on as it is made, and fill the totals.

        ``on_judgement`` is called by one thread at a time; where it raises ``ended_by`` the scan ends
        with that, as it does with a StateError. Any other exception costs the unit it came from.
        """
        self._ended_by = (ended_by, StateError)
        started = time.monotonic()
        lock = threading.Lock()

        def judged(judgement: Judgement, rule: ExceptionRule | None) -> None:
            with lock:
                self.completeness.judged(judgement, rule)
                on_judgement(judgement, rule)

        def read(resource: Resource) -> None:
            with lock:
                self.completeness.read(resource)
            progress.resource()

        def one(unit: Unit) -> Snapshot:
            return self._coordinator.read(unit, self._judging, on_judgement=judged, on_resource=read)

        discovered: set[str] = set()
        while found := [unit for unit in self._targets.discoveries() if unit.key not in discovered]:
            discovered.update(unit.key for unit in found)
            progress.planned(len(discovered))
            self._read_all(found, one, progress)
        units = [unit for unit in self._targets.units() if unit.key not in discovered]
        progress.planned(len(units) + len(discovered))
        self._read_all(units, one, progress)
        if self._whole:
            self._tidy()
        self.totals.seconds = time.monotonic() - started

    def _tidy(self) -> None:
        """Do what the daemon does besides reading: a scan that runs every night has no other hand for it."""
        now = _now()
        watched = [unit.scope for unit in self._targets.units()]
        watched += [scope_of(unit) for unit in self._targets.log_sources()]
        undecided = [status.scope for status in self._state.scopes() if self._targets.undecided(status.scope)]
        self._passes.retire([*watched, *undecided])
        self._passes.judge_due(now, self._judging)
        while self._passes.posture_due(now):
            continue
        self._state.prune(now, self._configuration.state.retention)

    def ship(self) -> None:
        """Ship what waits to every sink, for a bounded time; what a sink does not take stays queued."""
        from daemon.shipping.shipper import Shipper

        sinks = sinks_of(self._configuration)
        if not sinks:
            self.totals.shipped = ()
            return
        shipper = Shipper(self._state.outbox, sinks)
        pool = ThreadPoolExecutor(1, thread_name_prefix="shipper")
        try:
            self.totals.shipped = pool.submit(shipper.drain_once).result(SHIPPING_SECONDS)
            shipper.close()
        except TimeoutError:
            self.totals.shipped = None
        finally:
            pool.shutdown(wait=False)

    def close(self) -> None:
        """Give the state back."""
        self._stopping.set()
        self._held.close()

    def _read_all(self, units: Sequence[Unit], one: Callable[[Unit], Snapshot], progress: Progress) -> None:
        """Read units side by side. One that crashes costs itself; the others are read to their end."""
        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="scan")
        try:
            running = {pool.submit(one, unit): unit for unit in units}
            for future in _as_they_end(running):
                error = future.exception()
                if error is None or isinstance(error, self._ended_by):
                    snapshot = future.result()
                    self._health.read(snapshot, _now())
                    self.totals.snapshots.append(snapshot)
                else:
                    self._health.crashed(running[future].key, error)
                    self.totals.crashes.append(error)
                progress.unit()
        except BaseException:
            self._stopping.set()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _as_they_end(futures: Iterable[Future[Snapshot]]) -> Iterable[Future[Snapshot]]:
    pending = set(futures)
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        yield from done


def _now() -> datetime:
    return datetime.now(UTC)
