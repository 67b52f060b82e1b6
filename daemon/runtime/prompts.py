"""Units that are to be read anew soon because an event may have changed something in them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

APART = 30.0
"""Seconds between the beginnings of two prompted reads of one unit: many changes in a row lead to few reads."""

ENDED = timedelta(seconds=1)
"""How long a read needs to end once it says so."""


class Prompts:
    """Has units read ahead of their time. ``postpone`` reads a unit after a time. Safe for many threads."""

    def __init__(self, postpone: Callable[[str, timedelta], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._postpone = postpone
        self._clock = clock
        self._lock = threading.Lock()
        self._wanted: set[str] = set()
        self._running: set[str] = set()
        self._began: dict[str, float] = {}

    def prompt(self, key: str) -> None:
        """Read a unit soon: once more after its read that is under way, which may have passed the change already."""
        with self._lock:
            self._wanted.add(key)
            if key in self._running:
                return
            wait = self._wait(key)
        self._postpone(key, wait)

    def begun(self, key: str) -> bool:
        """Note that a read begins; return whether it was prompted."""
        with self._lock:
            self._running.add(key)
            prompted = key in self._wanted
            self._wanted.discard(key)
            if prompted:
                self._began[key] = self._clock()
            return prompted

    def ended(self, key: str) -> None:
        """Note that a read has ended; prompted meanwhile, the unit is read again."""
        with self._lock:
            self._running.discard(key)
            if key not in self._wanted:
                return
            wait = self._wait(key)
        # Not at once: the job that just ended still counts as running, and would be skipped.
        self._postpone(key, max(wait, ENDED))

    def _wait(self, key: str) -> timedelta:
        began = self._began.get(key)
        return timedelta() if began is None else timedelta(seconds=max(began + APART - self._clock(), 0.0))
