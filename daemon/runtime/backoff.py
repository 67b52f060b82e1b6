"""When a unit of work that failed is tried again. Waiting grows to a ceiling and never ends."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


def wait_after(failures: int, interval: timedelta, *, throttled: bool, randomness: random.Random) -> timedelta:
    """Return how long to wait after the n-th failure in a row (n >= 1).

    The wait doubles from the unit's interval, or 30 s where that is shorter, up to 15 minutes, or
    the interval where that is longer; half of it is drawn by lot, so that units that failed together
    do not come back together ("equal jitter"). A cloud that throttles is never asked sooner than
    the unit's ordinary interval.
    """
    first = min(interval, FIRST_WAIT)
    ceiling = max(interval, LONGEST_WAIT)
    doublings = min(failures - 1, 32)
    full: timedelta = min(first * 2**doublings, ceiling)
    wait = full / 2 + full / 2 * randomness.random()
    return max(wait, interval) if throttled else wait
