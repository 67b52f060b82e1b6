"""A token bucket per account and service that throttling slows down and success speeds up again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# Calls per second an account may be asked for at most. AWS publishes no limit for S3's configuration
# reads; what it does publish for Organizations' reads is in single digits.
CEILING = 1000.0
CEILINGS = {"organizations": 5.0, "s3control": 50.0}

_FLOOR = 1.0
_BACKOFF = 0.7
_GAIN = 0.05
_QUIET = 1.0


class TokenBucket:
    """Admits calls at a rate that halves in steps when the cloud throttles and creeps back when not.

    The rate starts unlimited up to ``ceiling`` (calls a second). ``slow_down`` takes it to 0.7 of
    what was really sent in the last seconds, at most once a second however many calls were
    throttled together; each call that was admitted without a throttle afterwards gives back
    5 % of a call a second, up to the ceiling. Safe for use by many threads.
    """

    def __init__(
        self,
        ceiling: float = CEILING,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ceiling = ceiling
        self._rate = ceiling
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self._slowed = float("-inf")
        self._window = clock()
        self._sent = 0
        self._measured = 0.0

    @property
    def rate(self) -> float:
        """Calls a second admitted now."""
        return self._rate

    def acquire(self) -> float:
        """Wait until one more call may be sent; return the seconds waited."""
        with self._lock:
            now = self._clock()
            self._measure(now)
            if self._rate < self._ceiling and now - self._slowed > _QUIET:
                self._rate = min(self._ceiling, self._rate + _GAIN)
            # A burst of a tenth of a second's calls is let through, so that a thread that was late
            # does not cost throughput.
            self._next = max(self._next, now - 0.1) + 1.0 / self._rate
            wait = self._next - now
        if wait <= 0:
            return 0.0
        self._sleep(wait)
        return wait

    def slow_down(self) -> None:
        """Take note that the cloud throttled a call."""
        with self._lock:
            now = self._clock()
            self._measure(now)
            if now - self._slowed < _QUIET:
                return
            self._slowed = now
            elapsed = now - self._window
            sent = max(self._measured, self._sent / elapsed if elapsed > 0.1 else 0.0)  # noqa: PLR2004 - a tenth of a second is the least that makes a rate
            self._rate = max(_FLOOR, _BACKOFF * min(self._rate, sent or self._rate))

    def _measure(self, now: float) -> None:
        if now - self._window >= 1.0:
            self._measured = self._sent / (now - self._window)
            self._window = now
            self._sent = 0
        self._sent += 1
