"""How far behind followed logs are, computed at each scrape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from daemon.state.logs import LogStatus


class LogGauges(Collector):
    """A collector of prometheus_client; ``statuses`` returns how each log that is followed stands."""

    def __init__(self, statuses: Callable[[], Iterable[LogStatus]]) -> None:
        self._statuses = statuses

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Return nothing: logs are asked at a scrape and not at registration."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the lag of each source and target, that of the log that is furthest behind, and its newest event.

        The lag grows while a log tells nothing that its source could vouch for; where a source cannot vouch for
        anything it is how old the newest event was when the log was last read. Of several logs the newest event is
        that of the log whose newest is oldest: one that fell silent shows.
        """
        now = datetime.now(UTC)
        worst: dict[tuple[str, str], float] = {}
        newest: dict[tuple[str, str], float] = {}
        for status in self._statuses():
            labels = (status.source, status.target)
            if status.newest is not None:
                newest[labels] = min(status.newest.timestamp(), newest.get(labels, math.inf))
            seconds = _lag(status, now)
            if seconds is not None:
                worst[labels] = max(seconds, worst.get(labels, 0.0))
        lag = GaugeMetricFamily(
            "cspmd_log_lag_seconds",
            "How far behind a followed log is: how long ago the moment is up to which everything was told.",
            labels=("source", "target"),
        )
        for labels, seconds in sorted(worst.items()):
            lag.add_metric(labels, seconds)
        yield lag
        event = GaugeMetricFamily(
            "cspmd_log_newest_event_timestamp_seconds",
            "When the newest event happened that a followed log told, in seconds since 1970.",
            labels=("source", "target"),
        )
        for labels, seconds in sorted(newest.items()):
            event.add_metric(labels, seconds)
        yield event


def _lag(status: LogStatus, now: datetime) -> float | None:
    if status.until is not None:
        return max((now - status.until).total_seconds(), 0.0)
    if status.newest is None:
        return None
    return max((status.read_at - status.newest).total_seconds(), 0.0)
