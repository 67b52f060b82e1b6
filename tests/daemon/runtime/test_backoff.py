from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.runtime.backoff import FIRST_WAIT, LONGEST_WAIT, wait_after

FIVE_MINUTES = timedelta(minutes=5)


class _Highest(random.Random):
    def random(self) -> float:
        return 1.0


@given(failures=st.integers(1, 10**6), seconds=st.integers(1, 10**6), seed=st.integers())
def test_waiting_never_ends_and_never_exceeds_its_ceiling(failures: int, seconds: int, seed: int) -> None:
    interval = timedelta(seconds=seconds)
    wait = wait_after(failures, interval, throttled=False, randomness=random.Random(seed))
    assert min(interval, FIRST_WAIT) / 2 <= wait <= max(interval, LONGEST_WAIT)


def test_waiting_doubles_up_to_the_ceiling() -> None:
    waits = [wait_after(n, FIVE_MINUTES, throttled=False, randomness=_Highest()) for n in range(1, 9)]
    assert waits[0] == FIRST_WAIT
    assert all(later == min(2 * earlier, LONGEST_WAIT) for earlier, later in pairwise(waits))
    assert waits[-1] == LONGEST_WAIT


@pytest.mark.parametrize("failures", [1, 2, 5, 100])
def test_a_cloud_that_throttles_is_never_asked_sooner_than_usual(failures: int) -> None:
    assert wait_after(failures, FIVE_MINUTES, throttled=True, randomness=random.Random(1)) >= FIVE_MINUTES


def test_units_that_failed_together_do_not_come_back_together() -> None:
    randomness = random.Random(7)
    waits = {wait_after(3, FIVE_MINUTES, throttled=False, randomness=randomness) for _ in range(20)}
    assert len(waits) == 20
