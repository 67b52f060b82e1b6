"""The pace of shipping, and how long to leave a sink alone after it failed: exponential, with full jitter."""

from __future__ import annotations

import random

import msgspec


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Waits in seconds: the first is drawn from 0 to ``first``, each further from twice as much, up to ``longest``.

    ``longest_asked`` bounds what a sink may ask for itself (Retry-After).
    """

    first: float = 1.0
    longest: float = 60.0
    longest_asked: float = 900.0

    def wait(self, failures: int, asked: float | None, randomness: random.Random) -> float:
        """Return the wait after the n-th failure in a row (n >= 1), never less than what was asked for."""
        ceiling: float = min(self.first * 2.0 ** min(failures - 1, 32), self.longest)
        drawn = randomness.uniform(0.0, ceiling)
        return drawn if asked is None else max(drawn, min(asked, self.longest_asked))


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """When to look and how long to wait, in seconds.

    ``backoff`` is for a sink that takes nothing, ``put_off`` for a document that its sink puts off
    while it takes others. ``idle`` passes between looks into an outbox that had nothing, unless the
    shipper is woken first; ``grace`` is what a sending under way has to end once the shipper is to stop.
    """

    backoff: Backoff = Backoff()
    put_off: Backoff = Backoff(first=2.0, longest=900.0)
    idle: float = 1.0
    grace: float = 8.0
