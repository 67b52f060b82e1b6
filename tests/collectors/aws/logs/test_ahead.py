from __future__ import annotations

import threading
import time

import pytest

from collectors.aws.logs.ahead import HEAVIEST, MOST, THREADS, ahead


def test_items_come_in_their_order_whatever_was_fetched_first() -> None:
    def fetch(item: int) -> int:
        time.sleep(0.002 * (item % 5))
        return item * item

    found = list(ahead(range(200), fetch, lambda item: None if item % 3 == 0 else 1))
    assert found == [(item, None if item % 3 == 0 else item * item) for item in range(200)]


def test_several_are_fetched_at_once_and_no_more_than_are_allowed() -> None:
    barrier = threading.Barrier(THREADS)
    seen: list[int] = []

    def fetch(item: int) -> int:
        seen.append(item)
        # Passes only if as many as there are threads come here together.
        barrier.wait(timeout=10)
        return item

    found = ahead(range(10 * THREADS), fetch, lambda _: 1)
    assert next(found) == (0, 0)
    assert len(seen) <= MOST + 1
    assert [item for item, _ in found] == list(range(1, 10 * THREADS))


def test_heavy_items_are_not_piled_up() -> None:
    begun: list[int] = []

    def items() -> object:
        for item in range(100):
            begun.append(item)
            yield item

    found = ahead(items(), lambda item: item, lambda _: HEAVIEST // 2)  # type: ignore[arg-type]  # a generator
    next(found)
    assert len(begun) <= 4


def test_what_a_fetch_raises_is_raised_when_it_is_its_turn() -> None:
    def fetch(item: int) -> int:
        if item == 2:
            raise OSError
        return item

    found = ahead(range(5), fetch, lambda _: 1)
    assert [next(found), next(found)] == [(0, 0), (1, 1)]
    with pytest.raises(OSError):  # noqa: PT011 - it has no words
        next(found)


def test_left_early_no_thread_stays() -> None:
    before = threading.active_count()
    found = ahead(range(1000), lambda item: item, lambda _: 1)
    next(found)
    found.close()  # type: ignore[attr-defined]  # it is a generator
    until = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < until:
        threading.Event().wait(0.005)
    assert threading.active_count() <= before
