from __future__ import annotations

import threading

from collectors.aws.throttle import Pacing, TokenBucket

PACING = Pacing(ceiling=100.0, floor=5.0)


class Clock:
    """A clock that only sleeping and passing time move."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    def bucket(self) -> TokenBucket:
        return TokenBucket(PACING, clock=self, sleep=self.sleep)


def calls_in(bucket: TokenBucket, clock: Clock, seconds: float) -> int:
    end, calls = clock.now + seconds, 0
    while clock.now < end:
        bucket.acquire()
        calls += 1
    return calls


def test_a_bucket_never_exceeds_its_ceiling() -> None:
    clock = Clock()
    bucket = clock.bucket()
    assert 990 <= calls_in(bucket, clock, 10.0) <= 1020


def test_calls_below_the_ceiling_do_not_wait() -> None:
    clock = Clock()
    bucket = clock.bucket()
    for _ in range(50):
        clock.now += 0.02
        assert bucket.acquire() == 0.0


def test_throttling_halves_what_was_really_sent() -> None:
    clock = Clock()
    bucket = clock.bucket()
    for _ in range(40):
        bucket.acquire()
        clock.now += 0.025
    bucket.slow_down()
    assert 18.0 <= bucket.rate <= 21.0
    assert calls_in(bucket, clock, 0.9) <= 22


def test_many_throttled_calls_of_one_second_slow_down_once() -> None:
    clock = Clock()
    bucket = clock.bucket()
    for _ in range(60):
        bucket.acquire()
    for _ in range(30):
        bucket.slow_down()
    assert bucket.rate == 30.0


def test_throttling_never_stops_a_service() -> None:
    clock = Clock()
    bucket = clock.bucket()
    for _ in range(50):
        clock.now += 1.0
        bucket.acquire()
        bucket.slow_down()
    assert bucket.rate == PACING.floor


def test_quiet_seconds_bring_the_rate_back() -> None:
    clock = Clock()
    bucket = clock.bucket()
    calls_in(bucket, clock, 1.0)
    bucket.slow_down()
    slowed = bucket.rate
    rates = []
    for _ in range(30):
        calls_in(bucket, clock, 1.0)
        rates.append(bucket.rate)
    assert rates == sorted(rates)
    assert slowed < rates[3] < PACING.ceiling
    assert rates[-1] == PACING.ceiling


def test_a_bucket_serves_many_threads_at_its_rate() -> None:
    bucket = TokenBucket(Pacing(ceiling=2000.0, floor=1.0))
    done = []

    def work() -> None:
        for _ in range(50):
            bucket.acquire()
        done.append(True)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(done) == 8
