"""Fetching files before it is their turn: the network's latency passes while others are being read."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741 - an item of work
R = TypeVar("R")

THREADS = 8
MOST = 32
"""Items that are looked at before it is their turn."""
HEAVIEST = 16 * 1024 * 1024
"""Bytes that are fetched before it is their turn, as far as their sizes are known."""


class _Slot(Generic[R]):
    """Where the result of one fetch comes."""

    def __init__(self) -> None:
        self._there = threading.Event()
        self._result: list[R] = []
        self._error: BaseException | None = None

    def fill(self, fetch: Callable[[], R]) -> None:
        try:
            self._result.append(fetch())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is taken
            self._error = error
        self._there.set()

    def take(self) -> R:
        self._there.wait()
        if self._error is not None:
            raise self._error
        return self._result.pop()


def ahead(
    items: Iterable[I], fetch: Callable[[I], R], size_of: Callable[[I], int | None]
) -> Iterator[tuple[I, R | None]]:
    """Yield each item in its order, with what ``fetch`` made of it; None where ``size_of`` says None: nothing to fetch.

    What ``fetch`` raises is raised here when it is the item's turn. Left early, nothing more is begun, and what
    is under way ends by itself: the threads keep no process from ending.
    """
    pending: deque[tuple[I, _Slot[R] | None, int]] = deque()
    crew: _Crew[R] = _Crew()
    weight = 0
    try:
        for item in items:
            size = size_of(item)
            slot = None if size is None else crew.begin(lambda item=item: fetch(item))  # type: ignore[misc]  # binds item
            pending.append((item, slot, size or 0))
            weight += size or 0
            while len(pending) > MOST or (weight > HEAVIEST and len(pending) > 1):
                one, its, its_size = pending.popleft()
                weight -= its_size
                yield one, None if its is None else its.take()
        while pending:
            one, its, _ = pending.popleft()
            yield one, None if its is None else its.take()
    finally:
        crew.stop()


class _Crew(Generic[R]):
    """Threads that are started as there is work for them."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[tuple[_Slot[R], Callable[[], R]] | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads = 0

    def begin(self, fetch: Callable[[], R]) -> _Slot[R]:
        slot: _Slot[R] = _Slot()
        self._work.put((slot, fetch))
        if self._threads < THREADS:
            threading.Thread(target=self._run, name=f"aws-log-fetcher-{self._threads}", daemon=True).start()
            self._threads += 1
        return slot

    def stop(self) -> None:
        self._stop.set()
        for _ in range(self._threads):
            self._work.put(None)

    def _run(self) -> None:
        while True:
            asked = self._work.get()
            if asked is None or self._stop.is_set():
                return
            slot, fetch = asked
            slot.fill(fetch)
