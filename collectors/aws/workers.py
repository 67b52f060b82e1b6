"""Threads that carry network latency, as many as pay and no more.

Python runs on one core whatever the number of threads: more of them help while the process waits for
the network, and cost throughput when it does not. So the work begins with as many as would keep one
core busy by what calls have cost so far, and gets more only while the process has CPU to spare.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741 - an item of work
R = TypeVar("R")

MOST = 32
"""Threads at most; as many connections as a client keeps."""

_BUSY = 0.75
_WINDOW = 0.2
_GAIN = 1.1
_IN_FLIGHT = 64
_PATIENCE = 0.25


class Cost:
    """What calls have cost so far: time, and the calling thread's CPU. Safe for use by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = 0
        self.seconds = 0.0
        self.cpu = 0.0

    def add(self, seconds: float, cpu: float) -> None:
        """Count one call."""
        with self._lock:
            self.calls += 1
            self.seconds += seconds
            self.cpu += cpu

    @property
    def ratio(self) -> float:
        """How many times longer calls take than they compute: the threads that would keep one core busy."""
        return self.seconds / self.cpu if self.cpu > 0 else 1.0


class Pace:
    """Decides how many threads pay, from what was seen so far.

    ``wall`` and ``cpu`` are clocks in seconds (the process's CPU, all threads). Grows while the
    process is idle for more than a quarter of the time and the last growth raised the throughput.
    """

    def __init__(
        self, *, wall: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.process_time
    ) -> None:
        self._wall = wall
        self._cpu = cpu
        self._since = (wall(), cpu())
        self._done = 0
        self._rate = 0.0
        self._grown = False
        self._settled = False

    @staticmethod
    def first(cost: Cost) -> int:
        """Return how many threads to begin with."""
        return max(1, min(MOST, int(cost.ratio)))

    def idle(self, threads: int) -> int:
        """Return how many threads there should be when none of them got anything done for a while."""
        return threads if self._busy() >= _BUSY else min(MOST, threads * 2)

    def next(self, threads: int) -> int:
        """Count one item done by ``threads`` threads; return how many there should be."""
        self._done += 1
        elapsed = self._wall() - self._since[0]
        if self._settled or elapsed < _WINDOW or self._done < threads:
            return threads
        busy, rate = self._busy(), self._done / elapsed
        paid = not self._grown or rate >= self._rate * _GAIN
        self._since, self._done, self._rate = (self._wall(), self._cpu()), 0, rate
        if busy >= _BUSY or not paid or threads >= MOST:
            self._settled = not paid or threads >= MOST
            self._grown = False
            return threads
        self._grown = True
        return min(MOST, threads * 2)

    def _busy(self) -> float:
        elapsed = self._wall() - self._since[0]
        return (self._cpu() - self._since[1]) / elapsed if elapsed > 0 else 1.0


class _End:
    """Said by each worker once it has found nothing more to do. Results may be None; this never is one."""


class _Failure:
    """What a worker raised, on its way to whoever reads the results."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def spread(items: Iterable[I], work: Callable[[I], R], cost: Cost) -> Iterator[R]:
    """Yield what ``work`` makes of each item, in no particular order, on as many threads as pay.

    ``cost`` is what the calls that ``work`` makes have cost so far. At most 64 results wait to be
    taken, so that memory stays flat however slowly they are. What ``work`` raises is raised here.
    Left early, it starts nothing more; calls under way end by themselves.
    """
    pace = Pace()
    crew = _Crew(iter(items), work)
    try:
        crew.grow(pace.first(cost))
        yield from crew.results(pace)
    finally:
        crew.stop()


class _Crew(Generic[I, R]):
    """Threads that take items from one iterator and put results into one bounded queue."""

    def __init__(self, pending: Iterator[I], work: Callable[[I], R]) -> None:
        self._pending = pending
        self._work = work
        self._taking = threading.Lock()
        self._stop = threading.Event()
        self._done: queue.Queue[R | _Failure | _End] = queue.Queue(maxsize=_IN_FLIGHT)
        self._threads = 0
        self._ended = 0

    def grow(self, threads: int) -> None:
        """Start threads until there are so many, unless some already found nothing more to do."""
        while self._threads < threads and not self._ended:
            threading.Thread(target=self._run, name=f"aws-reader-{self._threads}", daemon=True).start()
            self._threads += 1

    def stop(self) -> None:
        """Start nothing more."""
        self._stop.set()

    def results(self, pace: Pace) -> Iterator[R]:
        """Yield results until every thread has found nothing more to do."""
        while self._ended < self._threads:
            try:
                result = self._done.get(timeout=_PATIENCE)
            except queue.Empty:
                self.grow(pace.idle(self._threads))
                continue
            if isinstance(result, _End):
                self._ended += 1
                continue
            if isinstance(result, _Failure):
                raise result.error
            yield result
            self.grow(pace.next(self._threads))

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._taking:
                try:
                    item = next(self._pending)
                except StopIteration:
                    break
            self._put(self._attempt(item))
        self._put(_End())

    def _attempt(self, item: I) -> R | _Failure:
        try:
            return self._work(item)
        except BaseException as error:  # noqa: BLE001 - raised again where the results are read
            return _Failure(error)

    def _put(self, result: R | _Failure | _End) -> None:
        while not self._stop.is_set():
            try:
                self._done.put(result, timeout=_PATIENCE)
            except queue.Full:
                continue
            else:
                return
