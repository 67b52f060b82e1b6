"""What a pass over an account cost is told once at its end."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from collectors.model import Provider, Scope
from daemon.runtime.call_log import CallLog
from daemon.targets import Unit
from daemon.targets.call_counts import CallCounts
from tests.fakes.units import Scripted

ONE, OTHER = "111111111111", "222222222222"
Line = MutableMapping[str, Any]


class Discovery(Scripted):
    kinds = ()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def unit(account: str, region: str, *, minutes: int = 5, of: type[Scripted] = Scripted) -> Unit:
    scope = Scope(target="t", provider=Provider.AWS, account=account, region=region, collector="aws.x")
    return Unit(scope=scope, interval=timedelta(minutes=minutes), collector=of(lambda: ()))


@pytest.fixture
def counts() -> CallCounts:
    return CallCounts()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def units() -> list[Unit]:
    return [unit(ONE, "a"), unit(ONE, "b"), unit(OTHER, "a")]


@pytest.fixture
def read(counts: CallCounts, clock: Clock, units: list[Unit]) -> Callable[..., list[Line]]:
    """Read units with some calls each; what is logged."""
    log = CallLog(counts, lambda: units, clock=clock)

    def one(*those: Unit, calls: int = 1, outcome: str = "ok") -> list[Line]:
        with capture_logs() as lines:
            for each in those:
                for _ in range(calls):
                    counts.count(Provider.AWS, each.scope.account, "s3", outcome)
                log.read(each)
        return lines

    return one


def test_a_pass_ends_when_all_of_the_account_was_read(read: Callable[..., list[Line]], units: list[Unit]) -> None:
    assert read(units[0], calls=3) == []
    [other] = read(units[2])
    assert (other["account"], other["calls"]) == (OTHER, 1)
    [line] = read(units[1], outcome="denied")
    assert line == {
        "event": "account was read",
        "log_level": "info",
        "provider": "aws",
        "account": ONE,
        "calls": 4,
        "by_service": {"s3": 4},
        "failed": {"denied": 1},
        "seconds": 0.0,
    }
    assert read(units[1]) == []
    assert [line["calls"] for line in read(units[0])] == [2]


def test_a_retry_ends_no_pass_and_the_next_turn_does(
    read: Callable[..., list[Line]], units: list[Unit], clock: Clock
) -> None:
    units.append(unit(ONE, "rare", minutes=60))
    assert read(units[0], units[1]) == []
    clock.now = 20
    assert read(units[0]) == []
    clock.now = 300
    [line] = read(units[1])
    assert (line["calls"], line["seconds"]) == (4, 300)


def test_what_is_watched_no_more_is_not_waited_for_longer_than_a_turn(
    read: Callable[..., list[Line]], units: list[Unit], clock: Clock
) -> None:
    assert read(units[0]) == []
    del units[1]
    clock.now = 300
    assert [line["calls"] for line in read(units[0])] == [2]
    assert [line["calls"] for line in read(units[0])] == [1]


def test_a_discovery_is_part_of_the_pass_it_makes_possible(read: Callable[..., list[Line]], units: list[Unit]) -> None:
    assert read(unit(ONE, "global", of=Discovery), calls=2) == []
    assert [line["calls"] for line in read(units[0], units[1])] == [4]
    [alone] = read(unit("organization", "global", of=Discovery))
    assert (alone["account"], alone["calls"]) == ("organization", 1)


def test_nothing_is_told_of_a_pass_without_calls(read: Callable[..., list[Line]], units: list[Unit]) -> None:
    assert read(units[2], calls=0) == []
