"""Draining the outbox to every sink. Retry, backoff and dead letters live here and in the line below it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from datetime import UTC, datetime

from daemon.shipping.backoff import Pace
from daemon.shipping.line import Deliveries, Drained, Line
from daemon.shipping.sinks.base import Sink
from daemon.state import Outbox

_SUPERVISION = 0.2
_ORDINARY = Pace()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Shipper:
    """Ships to each sink on a thread of its own, so that one that is down never holds up another.

    ``clock`` gives aware UTC times, ``metrics`` counts, ``pace`` says how often to look and how
    long to wait. ``drain_once`` ships what is due and returns; ``run`` ships until told to stop.
    """

    def __init__(
        self,
        outbox: Outbox,
        sinks: Sequence[Sink],
        clock: Callable[[], datetime] = _utc_now,
        *,
        metrics: Deliveries | None = None,
        pace: Pace = _ORDINARY,
    ) -> None:
        self._pace = pace
        self._lines = [Line(outbox, sink, clock, metrics=metrics, pace=pace) for sink in sinks]

    def drain_once(self, stop: threading.Event | None = None) -> tuple[Drained, ...]:
        """Ship everything that is due, sinks side by side, and return how each one fared.

        A sink that fails is left at its first failure: what it did not take stays queued. Once
        ``stop`` is set no further batch is begun. Raises
        StateUnavailableError where the outbox itself cannot be used.
        """
        if not self._lines:
            return ()
        with ThreadPoolExecutor(len(self._lines), thread_name_prefix="ship") as pool:
            return tuple(pool.map(lambda line: line.drain(stop or threading.Event()), self._lines))

    def run(self, stop: threading.Event) -> None:
        """Ship until ``stop`` is set; then return within seconds.

        A sending that does not end in time is left behind: its documents are still queued, and its
        sink finds out for itself what it already holds before they are sent again.
        """
        if not self._lines:
            stop.wait()
            return
        pool = ThreadPoolExecutor(len(self._lines), thread_name_prefix="ship")
        workers = {line: pool.submit(line.run, stop) for line in self._lines}
        while not stop.wait(_SUPERVISION):
            for line, worker in workers.items():
                if worker.done() and not stop.is_set():
                    line.crashed(worker.exception())
                    workers[line] = pool.submit(line.run, stop)
        self.wake()
        wait_for(workers.values(), timeout=self._pace.grace)
        pool.shutdown(wait=False)

    def wake(self) -> None:
        """Look into the outbox now: something was queued."""
        for line in self._lines:
            line.wake()

    def close(self) -> None:
        """Close every sink."""
        for line in self._lines:
            line.close()
