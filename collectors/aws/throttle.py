"""A token bucket per account and service that throttling slows down and quiet seconds speed up again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec


class Pacing(msgspec.Struct, frozen=True, kw_only=True):
    """Calls a second: what is never exceeded, and what throttling never goes below."""

    ceiling: float
    floor: float


# AWS publishes no limit for S3's configuration reads; what is known of Organizations' and of S3
# Control's reads is an order of magnitude smaller. A floor keeps one operation that is refused for
# good from stopping all the others.
DEFAULT_PACING = Pacing(ceiling=1000.0, floor=20.0)
PACING = {
    # CloudTrail User Guide, "Quotas in AWS CloudTrail": ten calls a second of the read operations, and two of
    # LookupEvents, for each account and region.
    "cloudtrail": Pacing(ceiling=10.0, floor=1.0),
    "cloudtrail:LookupEvents": Pacing(ceiling=2.0, floor=0.5),
    # EC2 API reference, "Request throttling": 20 describe calls a second in each region, bursts of 100.
    "ec2": Pacing(ceiling=200.0, floor=5.0),
    "kms": Pacing(ceiling=100.0, floor=5.0),
    "organizations": Pacing(ceiling=5.0, floor=1.0),
    "s3control": Pacing(ceiling=100.0, floor=5.0),
    "sts": Pacing(ceiling=100.0, floor=2.0),
}

BY_REGION = frozenset({"cloudtrail", "cloudtrail:LookupEvents"})
"""Services, and operations with a limit of their own, whose limit is so small, and each region's own, that regions
must not share it."""

_SECOND = 1.0
_BACKOFF = 0.5
_GROWTH = 1.25
_BURST = 0.1


class TokenBucket:
    """Admits calls at a rate that is halved when the cloud throttles and grows back by a quarter a second.

    Begins at the ceiling. Throttling takes the rate to half of what was really sent in the busiest of
    the last two seconds, at most once a second however many calls were throttled together. Safe for
    use by many threads.
    """

    def __init__(
        self,
        pacing: Pacing = DEFAULT_PACING,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pacing = pacing
        self._rate = pacing.ceiling
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = clock()
        self._window = clock()
        self._sent = 0
        self._sent_before = 0
        self._slowed = False

    @property
    def rate(self) -> float:
        """Calls a second admitted now."""
        return self._rate

    def acquire(self) -> float:
        """Wait until one more call may be sent; return the seconds waited."""
        with self._lock:
            now = self._clock()
            if now - self._window >= _SECOND:
                self._turn(now)
            self._sent += 1
            # What a late thread did not use is made up for by a short burst.
            self._next = max(self._next, now - _BURST) + 1.0 / self._rate
            wait = self._next - now
        if wait <= 0:
            return 0.0
        self._sleep(wait)
        return wait

    def slow_down(self) -> None:
        """Take note that the cloud throttled a call."""
        with self._lock:
            now = self._clock()
            if now - self._window >= _SECOND:
                self._turn(now)
            if self._slowed:
                return
            self._slowed = True
            busiest = max(self._sent, self._sent_before) or self._rate
            self._rate = max(self._pacing.floor, _BACKOFF * min(self._rate, busiest))

    def _turn(self, now: float) -> None:
        """Begin a new second; one without throttling lets the rate grow."""
        quiet = int(now - self._window) - int(self._slowed)
        if self._rate < self._pacing.ceiling and quiet > 0:
            self._rate = min(self._pacing.ceiling, self._rate * _GROWTH ** min(quiet, 100))
        self._window, self._sent_before, self._sent, self._slowed = now, self._sent, 0, False
