"""What is to be looked at again, and when: events that come together lead to one look.

Pure but for its clock, which counts seconds as ``time.monotonic`` does.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

GATHER = 2.0
"""Seconds that a look waits for further events of the same change; what was changed is then settled, too."""

APART = 5.0
"""Seconds between two looks at the same thing, at least."""

_MOST_REMEMBERED = 10_000


class Agenda:
    """Uids with the time each is due. Not for use by several threads at once."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._running: dict[str, float | None] = {}
        self._ended: dict[str, float] = {}

    def __len__(self) -> int:
        """How many looks wait or are under way."""
        return len(self._due) + len(self._running)

    def want(self, uid: str, wait: float = GATHER) -> None:
        """Look at this after so many seconds; where a look waits already the sooner one counts.

        While a look at it is under way the next one is put off until that has ended.
        """
        at = self._clock() + wait
        if uid in self._running:
            before = self._running[uid]
            self._running[uid] = at if before is None else min(before, at)
            return
        at = max(at, self._ended.get(uid, at - APART) + APART)
        if uid in self._due and self._due[uid] <= at:
            return
        self._due[uid] = at
        heapq.heappush(self._heap, (at, uid))

    def next(self) -> str | None:
        """Return what is due and has waited longest, as under way from now on; None where nothing is due."""
        now = self._clock()
        while self._heap and self._heap[0][0] <= now:
            at, uid = heapq.heappop(self._heap)
            if self._due.get(uid) == at:
                del self._due[uid]
                self._running[uid] = None
                return uid
        return None

    def ended(self, uid: str) -> None:
        """Note that a look has ended; it may be wanted again by now."""
        again = self._running.pop(uid)
        now = self._clock()
        self._ended.pop(uid, None)
        self._ended[uid] = now
        if len(self._ended) > _MOST_REMEMBERED:
            del self._ended[next(iter(self._ended))]
        if again is not None:
            self.want(uid, max(again - now, 0.0))

    def wait(self) -> float | None:
        """Return in how many seconds something is due, None where nothing waits."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return max(self._heap[0][0] - self._clock(), 0.0) if self._heap else None
