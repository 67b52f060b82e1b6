"""How logs stand, as a scrape sees it: what they vouch for, and what they last told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from daemon.state.logs import LogStatus
from daemon.web.log_gauges import LogGauges

LABELS = {"source": "aws.cloudtrail", "target": "prod"}


def status(position: str, **at: datetime | None) -> LogStatus:
    now = datetime.now(UTC)
    made = LogStatus(
        position=position,
        target="prod",
        provider="aws",
        account="123456789012",
        source="aws.cloudtrail",
        since=now - timedelta(days=9),
        read_at=now,
        until=now - timedelta(minutes=15),
    )
    return msgspec.structs.replace(made, **at)


def scraped(name: str, *statuses: LogStatus) -> float | None:
    registry = CollectorRegistry()
    registry.register(LogGauges(lambda: statuses))
    return registry.get_sample_value(name, LABELS)


def test_the_newest_event_is_that_of_the_log_that_told_of_nothing_for_longest() -> None:
    silent = datetime(2026, 3, 1, tzinfo=UTC)
    newest = "cspmd_log_newest_event_timestamp_seconds"
    assert scraped(newest, status("a", newest=datetime.now(UTC)), status("b", newest=silent)) == silent.timestamp()
    assert scraped(newest, status("a")) is None


def test_the_lag_is_that_of_the_log_that_is_furthest_behind() -> None:
    behind = status("b", until=datetime.now(UTC) - timedelta(hours=2))
    assert scraped("cspmd_log_lag_seconds", status("a"), behind) == pytest.approx(7200, abs=30)
