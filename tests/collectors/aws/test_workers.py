from __future__ import annotations

import gc
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from collectors.aws.workers import MOST, Cost, Pace, spread


def cost_of(seconds: float, cpu: float) -> Cost:
    cost = Cost()
    cost.add(seconds, cpu)
    return cost


SLOW = cost_of(3.0, 0.1)
FAST = cost_of(0.1, 0.09)


class Clock:
    """Wall and CPU time that move only when told to."""

    def __init__(self) -> None:
        self.wall = 100.0
        self.cpu = 10.0

    def pace(self) -> Pace:
        return Pace(wall=lambda: self.wall, cpu=lambda: self.cpu)

    def passes(self, wall: float, cpu: float) -> None:
        self.wall += wall
        self.cpu += cpu


def test_calls_that_only_compute_are_made_one_by_one() -> None:
    threads = set(spread(range(50), lambda _: threading.current_thread(), FAST))
    assert len(threads) == 1


def test_one_call_that_hangs_does_not_hold_up_the_others() -> None:
    others = threading.Semaphore(0)

    def work(item: int) -> int:
        if item == 0:
            assert all(others.acquire(timeout=20) for _ in range(9))
        else:
            others.release()
        return item

    assert sorted(spread(range(10), work, FAST)) == list(range(10))


def test_calls_that_wait_are_carried_by_threads() -> None:
    together = threading.Barrier(8)

    def work(item: int) -> int:
        together.wait(20)
        return item

    assert sorted(spread(range(8), work, SLOW)) == list(range(8))


def test_every_item_is_worked_once_and_yielded_once() -> None:
    worked: Counter[int] = Counter()
    lock = threading.Lock()

    def work(item: int) -> int:
        with lock:
            worked[item] += 1
        return item

    results = Counter(spread(range(2000), work, SLOW))
    assert results == worked == Counter(range(2000))


@pytest.mark.parametrize("cost", [SLOW, FAST], ids=["many-threads", "one-thread"])
def test_none_is_a_result_like_any_other(cost: Cost) -> None:
    results = list(spread(range(300), lambda item: None if item % 3 else item, cost))
    assert Counter(results) == Counter([None] * 200 + list(range(0, 300, 3)))


def test_results_that_nobody_takes_hold_the_work_back() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield number

    results = spread(items(), lambda item: item, SLOW)
    for _ in range(5):
        next(results)
    settled = wait_until_still(lambda: taken)
    assert settled <= 5 + 64 + MOST + 1
    results.close()


def wait_until_still(value: object) -> int:
    """Return a number once it has stopped growing."""
    assert callable(value)
    before = -1
    while (now := value()) != before:
        before = now
        time.sleep(0.05)
    return int(before)


def test_work_that_is_left_early_starts_nothing_more() -> None:
    started = 0
    lock = threading.Lock()

    def work(item: int) -> int:
        nonlocal started
        with lock:
            started += 1
        return item

    results = spread(iter(range(1_000_000)), work, SLOW)
    for _ in range(100):
        next(results)
    results.close()
    left = wait_until_still(lambda: started)
    assert left < 1000
    gc.collect()
    deadline = time.monotonic() + 20
    while any(thread.name.startswith("aws-reader") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_the_work_raises_is_raised_to_who_reads() -> None:
    def work(item: int) -> int:
        if item == 7:
            message = "seven"
            raise LookupError(message)
        return item

    with pytest.raises(LookupError, match="seven"):
        list(spread(range(50), work, SLOW))


def test_the_first_threads_are_as_many_as_keep_one_core_busy() -> None:
    assert Pace.first(Cost()) == 1
    assert Pace.first(cost_of(0.15, 0.1)) == 1
    assert Pace.first(cost_of(1.0, 0.1)) == 10
    assert Pace.first(cost_of(30.0, 0.1)) == MOST


def test_no_thread_is_added_to_a_busy_process() -> None:
    clock = Clock()
    pace = clock.pace()
    clock.passes(1.0, 0.9)
    assert pace.idle(4) == 4
    assert {pace.next(4) for _ in range(50)} == {4}


def test_threads_that_all_wait_get_others_beside_them() -> None:
    clock = Clock()
    pace = clock.pace()
    clock.passes(1.0, 0.1)
    assert pace.idle(4) == 8
    assert pace.idle(MOST) == MOST


def test_threads_grow_while_the_process_idles_and_it_pays() -> None:
    clock = Clock()
    pace = clock.pace()
    threads = 4
    for rate in (10, 20, 40):
        clock.passes(1.0, 0.1)
        grown = [pace.next(threads) for _ in range(rate)]
        threads = max(grown)
    assert threads == MOST


def test_threads_stop_growing_when_they_bring_nothing() -> None:
    clock = Clock()
    pace = clock.pace()
    seen = [4]
    for _ in range(10):
        clock.passes(1.0, 0.1)
        seen += [pace.next(seen[-1]) for _ in range(20)]
    assert max(seen) == 8
