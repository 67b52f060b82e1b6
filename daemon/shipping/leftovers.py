"""Documents of sinks that are configured no more: nobody takes them, and nobody is to be alarmed by them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from daemon.state import Outbox, OutboxStats


def leftovers(outbox: Outbox, sinks: Collection[str]) -> Iterator[OutboxStats]:
    """Yield what the outbox holds for each sink that is not among ``sinks`` (names); asks the state."""
    for stats in outbox.stats():
        if stats.sink not in sinks and (stats.pending or stats.dead):
            yield stats


def sentence(left: OutboxStats, retention: timedelta) -> str:
    """Return what becomes of them, for an operator."""
    return (
        f"the sink {left.sink} is not configured: what waits for it (documents: {left.pending}) is delivered if it is "
        f"configured again, and forgotten {retention.days} days after it was queued (state.retention)"
    )
