from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from daemon.runtime.schedule import LONGEST_SPREAD, Schedule
from daemon.targets import Unit
from tests.fakes.posture import SCOPE
from tests.fakes.units import unit

SOON = timedelta(milliseconds=200)
NEVER = timedelta(hours=1)


def numbered(number: int, interval: timedelta = NEVER) -> Unit:
    return unit(scope=msgspec.structs.replace(SCOPE, account=f"{number:012d}"), interval=interval)


class Reads:
    """What a schedule asked for, when, and how many at once."""

    def __init__(self) -> None:
        self.at: list[tuple[str, float]] = []
        self.failed: list[tuple[str, BaseException]] = []
        self.running = 0
        self.most = 0
        self.release = threading.Event()
        self.release.set()
        self.error: Exception | None = None
        self._lock = threading.Lock()

    def read(self, one: Unit) -> None:
        with self._lock:
            self.at.append((one.key, time.monotonic()))
            self.running += 1
            self.most = max(self.most, self.running)
        self.release.wait(10)
        with self._lock:
            self.running -= 1
        if self.error is not None:
            raise self.error

    def fail(self, key: str, error: BaseException) -> None:
        self.failed.append((key, error))


@pytest.fixture
def reads() -> Reads:
    return Reads()


@pytest.fixture
def schedule(reads: Reads) -> Iterator[Schedule]:
    made = Schedule(reads.read, reads.fail, workers=2)
    made.start()
    yield made
    reads.release.set()
    made.stop()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_unit_is_read_at_once_and_then_again_and_again(schedule: Schedule, reads: Reads) -> None:
    begun = time.monotonic()
    schedule.apply([numbered(1, SOON)])
    wait_for(lambda: len(reads.at) >= 4)
    assert reads.at[0][1] - begun < 1
    assert reads.at[3][1] - reads.at[0][1] >= 3 * 0.9 * SOON.total_seconds()


def test_a_unit_never_overlaps_itself_and_says_once_that_it_is_too_slow(schedule: Schedule, reads: Reads) -> None:
    reads.release.clear()
    with capture_logs() as logs:
        schedule.apply([numbered(1, SOON)])
        wait_for(lambda: any("longer than its interval" in line["event"] for line in logs))
        time.sleep(3 * SOON.total_seconds())
        assert len(reads.at) == 1
        reads.release.set()
        wait_for(lambda: len(reads.at) > 1)
    assert reads.most == 1
    assert len([line for line in logs if "longer than its interval" in line["event"]]) == 1


def test_starts_are_spread(reads: Reads) -> None:
    made = Schedule(reads.read, reads.fail, workers=2)
    begun = datetime.now(UTC)
    made.apply(numbered(number) for number in range(1000))
    starts = sorted(job.next_run_time - begun for job in made._scheduler.get_jobs())  # noqa: SLF001 - when jobs are due shows nowhere else
    assert starts[0] < timedelta(seconds=1)
    assert timedelta(seconds=25) < starts[-1] <= LONGEST_SPREAD + timedelta(seconds=1)


def test_no_more_units_are_read_at_once_than_there_are_workers(schedule: Schedule, reads: Reads) -> None:
    reads.release.clear()
    schedule.apply(numbered(number) for number in range(5))
    wait_for(lambda: reads.running == 2)
    reads.release.set()
    wait_for(lambda: len(reads.at) == 5)
    assert reads.most == 2


def test_applying_anew_adds_and_removes_and_leaves_the_rest_alone(schedule: Schedule, reads: Reads) -> None:
    stays, goes, comes = numbered(1), numbered(2), numbered(3)
    assert schedule.apply([stays, goes]) == ((stays, goes), ())
    wait_for(lambda: len(reads.at) == 2)
    assert schedule.apply([stays, comes]) == ((comes,), (goes,))
    wait_for(lambda: len(reads.at) == 3)
    assert {one.key for one in schedule.units} == {stays.key, comes.key}
    assert [key for key, _ in reads.at].count(stays.key) == 1


def test_a_unit_that_is_reached_in_another_way_is_read_anew(schedule: Schedule, reads: Reads) -> None:
    schedule.apply([numbered(1)])
    wait_for(lambda: len(reads.at) == 1)
    schedule.apply([numbered(1)])
    wait_for(lambda: len(reads.at) == 2)


def test_a_postponed_unit_waits_and_keeps_its_rhythm_afterwards(schedule: Schedule, reads: Reads) -> None:
    one = numbered(1, SOON)
    schedule.apply([one])
    wait_for(lambda: len(reads.at) == 1)
    schedule.postpone(one.key, timedelta(seconds=1))
    wait_for(lambda: len(reads.at) >= 4)
    assert reads.at[-1][1] - reads.at[0][1] > 1
    schedule.postpone("nobody", SOON)


def test_a_read_that_crashes_is_told_and_comes_again(schedule: Schedule, reads: Reads) -> None:
    reads.error = KeyError("x")
    schedule.apply([numbered(1, SOON)])
    wait_for(lambda: len(reads.failed) >= 2)
    assert {key for key, _ in reads.failed} == {numbered(1).key}
    assert isinstance(reads.failed[0][1], KeyError)


def test_upkeep_is_done_regularly_and_once_one_piece_at_a_time(schedule: Schedule) -> None:
    done: list[str] = []
    schedule.upkeep("tidy", SOON, lambda: done.append("tidy"), first=timedelta())
    for _ in range(3):
        schedule.once("settle", lambda: done.append("settle"), after=SOON)
    wait_for(lambda: done.count("tidy") >= 3)
    assert done.count("settle") == 1


def test_nothing_starts_after_the_end(schedule: Schedule, reads: Reads) -> None:
    schedule.apply([numbered(1, SOON)])
    wait_for(lambda: reads.at)
    schedule.stop()
    count = len(reads.at) + reads.running
    time.sleep(3 * SOON.total_seconds())
    assert len(reads.at) <= count
