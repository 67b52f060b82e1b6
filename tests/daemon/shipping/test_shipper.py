from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from daemon.shipping.backoff import Backoff, Pace
from daemon.shipping.line import BATCH, SMALLEST_BATCH
from daemon.shipping.shipper import Shipper
from daemon.shipping.sinks.base import Delivered, Rejected, Retry
from daemon.state import OutboxItem, State
from tests.fakes.queued import finding, queue
from tests.fakes.scripted_sink import Counted, ScriptedSink
from tests.fakes.waiting import wait_until

FAST = Pace(backoff=Backoff(first=0.01, longest=0.05), idle=0.02, grace=5.0)


def pending(state: State, sink: str) -> int:
    return next((stats.pending for stats in state.outbox.stats() if stats.sink == sink), 0)


@contextmanager
def running(shipper: Shipper) -> Iterator[threading.Event]:
    stop = threading.Event()
    thread = threading.Thread(target=shipper.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()
        shipper.close()


def test_draining_ships_everything_due_and_forgets_it(state: State) -> None:
    queue(state, [finding(number, "a") for number in range(BATCH + 3)])
    queue(state, [finding(1, "b")])
    a, b, counted = ScriptedSink("a"), ScriptedSink("b"), Counted()
    drained = Shipper(state.outbox, [a, b], metrics=counted).drain_once()
    assert [(one.sink, one.delivered, one.failure) for one in drained] == [("a", BATCH + 3, ""), ("b", 1, "")]
    assert a.batches == [BATCH, 3]
    assert len(set(a.taken)) == BATCH + 3
    assert state.outbox.stats() == []
    assert counted.found == {("a", "delivered"): BATCH + 3, ("b", "delivered"): 1}
    assert Shipper(state.outbox, []).drain_once() == ()


def test_draining_leaves_a_sink_that_fails_and_what_it_did_not_take_is_due_at_once(state: State) -> None:
    queue(state, [finding(number, "a") for number in range(3)])
    queue(state, [finding(number, "b") for number in range(3)])
    a, b, counted = ScriptedSink("a", lambda _: Retry(reason="no room", after=900)), ScriptedSink("b"), Counted()
    shipper = Shipper(state.outbox, [a, b], metrics=counted)
    drained = {one.sink: one for one in shipper.drain_once()}
    assert (drained["a"].delivered, drained["a"].failure) == (0, "no room")
    assert drained["b"].delivered == 3
    assert counted.found == {("a", "retried"): 3, ("b", "delivered"): 3}
    a.answer = lambda _: Delivered()
    assert shipper.drain_once()[0].delivered == 3


def test_draining_begins_no_batch_once_it_is_to_stop(state: State) -> None:
    queue(state, [finding(number, "a") for number in range(BATCH + 1)])
    stop = threading.Event()

    def answer(_: OutboxItem) -> Delivered:
        stop.set()
        return Delivered()

    [drained] = Shipper(state.outbox, [ScriptedSink("a", answer)]).drain_once(stop)
    assert drained.delivered == BATCH
    assert pending(state, "a") == 1


def test_a_sink_that_cannot_be_prepared_is_sent_nothing(state: State) -> None:
    queue(state, [finding(1, "a")])
    sink = ScriptedSink("a")
    sink.refusal = Retry(reason="closed")
    assert Shipper(state.outbox, [sink]).drain_once()[0].failure == "closed"
    assert sink.batches == []
    assert pending(state, "a") == 1


def test_a_refused_document_becomes_a_dead_letter_and_holds_up_nothing(state: State) -> None:
    queue(state, [finding(number, "a") for number in range(3)])

    def answer(item: OutboxItem) -> Delivered | Rejected:
        return Rejected(reason="bad field") if item.uid == "t-000001" else Delivered()

    counted = Counted()
    sink = ScriptedSink("a", answer)
    with capture_logs() as logs:
        [drained] = Shipper(state.outbox, [sink], metrics=counted).drain_once()
    assert (drained.delivered, drained.rejected, drained.failure) == (2, 1, "")
    assert [(item.uid, reason) for item, reason in state.outbox.dead_letters()] == [("t-000001", "bad field")]
    assert counted.found == {("a", "delivered"): 2, ("a", "rejected"): 1}
    [entry] = logs
    assert (entry["log_level"], entry["documents"], entry["first"], entry["reason"]) == (
        "error",
        1,
        "t-000001",
        "bad field",
    )
    assert Shipper(state.outbox, [sink]).drain_once()[0].delivered == 0


def test_a_document_that_is_put_off_waits_alone(state: State) -> None:
    now = datetime.now(UTC)
    queue(state, [finding(number, "a") for number in range(3)], now)
    sink = ScriptedSink("a", lambda item: Retry(reason="busy", after=50) if item.uid == "t-000001" else Delivered())
    moments = [now]
    shipper = Shipper(state.outbox, [sink], lambda: moments[0])
    [drained] = shipper.drain_once()
    assert (drained.delivered, drained.put_off, drained.failure) == (2, 1, "")
    assert sink.batches == [3]
    due = state.outbox.next_attempt("a")
    assert due is not None
    assert due - now >= timedelta(seconds=50)
    sink.answer = lambda _: Delivered()
    assert shipper.drain_once()[0].delivered == 0
    moments[0] = due
    assert shipper.drain_once()[0].delivered == 1


def test_a_sink_that_is_down_never_holds_up_another(state: State) -> None:
    stuck, free = ScriptedSink("stuck"), ScriptedSink("free")
    stuck.gate.clear()
    queue(state, [finding(1, "stuck")])
    with running(Shipper(state.outbox, [stuck, free], pace=FAST)):
        wait_until(stuck.sending.is_set)
        queue(state, [finding(number, "free") for number in range(50)])
        wait_until(lambda: len(free.taken) == 50)
        assert stuck.taken == []
        stuck.gate.set()
        wait_until(lambda: stuck.taken)


def test_an_outage_is_logged_once_and_its_end_once(state: State) -> None:
    sink = ScriptedSink("a", lambda _: Retry(reason="connection refused"))
    counted = Counted()
    queue(state, [finding(number, "a") for number in range(60)])
    with capture_logs() as logs, running(Shipper(state.outbox, [sink], metrics=counted, pace=FAST)):
        wait_until(lambda: len(sink.batches) > 6)
        sink.answer = lambda _: Delivered()
        wait_until(lambda: pending(state, "a") == 0)
        wait_until(lambda: len(logs) == 2)
    down, up = logs
    assert (down["log_level"], down["reason"], down["sink"]) == ("warning", "connection refused", "a")
    assert (up["log_level"], up["event"]) == ("info", "a sink takes documents again")
    assert up["failed_attempts"] > 6
    assert up["down_for_seconds"] >= 0
    assert sorted(sink.taken) == sorted(set(sink.taken))
    assert len(sink.taken) == 60
    assert counted.found["a", "delivered"] == 60


def test_batches_shrink_while_a_sink_fails_and_grow_again(state: State) -> None:
    queue(state, [finding(number, "a") for number in range(BATCH + 10)])
    sink = ScriptedSink("a", lambda _: Retry(reason="too slow"))
    with running(Shipper(state.outbox, [sink], pace=FAST)):
        wait_until(lambda: len(sink.batches) > 7)
        sink.answer = lambda _: Delivered()
        wait_until(lambda: pending(state, "a") == 0)
    assert sink.batches[:6] == [BATCH, BATCH // 2, BATCH // 4, BATCH // 8, BATCH // 16, SMALLEST_BATCH]
    assert max(sink.batches[8:]) > SMALLEST_BATCH


def test_one_document_that_a_sink_chokes_on_does_not_starve_the_rest(state: State) -> None:
    poison = "t-000000"
    queue(state, [finding(number, "a") for number in range(80)])

    class Choking(ScriptedSink):
        def send(self, batch: list[OutboxItem]) -> list[Delivered | Retry]:  # type: ignore[override] # narrower on purpose
            if any(item.uid == poison for item in batch):
                return [Retry(reason="the whole request failed")] * len(batch)
            return list(super().send(batch))  # type: ignore[arg-type] # delivers everything

    sink = Choking("a")
    with running(Shipper(state.outbox, [sink], pace=FAST)):
        wait_until(lambda: len(sink.taken) > 40)
    assert poison not in sink.taken


def test_what_is_asked_for_is_waited_for(state: State) -> None:
    queue(state, [finding(1, "a")])
    sink = ScriptedSink("a", lambda _: Retry(reason="busy", after=0.3))
    with running(Shipper(state.outbox, [sink], pace=FAST)):
        wait_until(lambda: len(sink.batches) == 1)
        began = time.monotonic()
        wait_until(lambda: len(sink.batches) == 2)
        assert time.monotonic() - began >= 0.28


def test_queued_documents_go_at_once_when_the_shipper_is_woken(state: State) -> None:
    sink = ScriptedSink("a")
    shipper = Shipper(state.outbox, [sink], pace=Pace(idle=3600.0))
    with running(shipper):
        queue(state, [finding(1, "a")])
        wait_until(lambda: shipper.wake() or sink.taken, 5.0)


def test_it_stops_within_moments_even_from_a_long_wait(state: State) -> None:
    queue(state, [finding(1, "a")])
    sink = ScriptedSink("a", lambda _: Retry(reason="busy", after=800))
    other = ScriptedSink("idle")
    began = time.monotonic()
    with running(Shipper(state.outbox, [sink, other], pace=Pace(idle=3600.0))):
        wait_until(lambda: sink.batches)
    assert time.monotonic() - began < 5
    assert sink.closed
    assert pending(state, "a") == 1


def test_a_sending_that_does_not_end_is_left_behind(state: State) -> None:
    queue(state, [finding(1, "a")])
    sink = ScriptedSink("a")
    sink.gate.clear()
    shipper = Shipper(state.outbox, [sink], pace=Pace(grace=0.1))
    stop = threading.Event()
    thread = threading.Thread(target=shipper.run, args=(stop,))
    thread.start()
    wait_until(sink.sending.is_set)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert pending(state, "a") == 1
    sink.gate.set()


def test_a_crash_of_ours_is_logged_with_its_traceback_and_shipping_goes_on(state: State) -> None:
    queue(state, [finding(1, "a")])
    sink = ScriptedSink("a")
    sink.crash = ZeroDivisionError("a mistake")
    long_ago = datetime.now(UTC) + timedelta(minutes=3)
    with capture_logs() as logs, running(Shipper(state.outbox, [sink], lambda: long_ago, pace=FAST)):
        wait_until(lambda: any(entry["log_level"] == "error" for entry in logs))
        state.outbox.release(state.outbox.claim("a", 10, long_ago + timedelta(minutes=10)))
        wait_until(lambda: sink.taken)
    [crash] = [entry for entry in logs if entry["log_level"] == "error"]
    assert isinstance(crash["exc_info"], ZeroDivisionError)
    assert crash["sink"] == "a"


def test_full_jitter_doubles_to_its_ceiling() -> None:
    backoff, randomness = Backoff(first=1.0, longest=60.0), random.Random(1)
    for failures in range(1, 40):
        ceiling = min(2.0 ** (failures - 1), 60.0)
        drawn = [backoff.wait(failures, None, randomness) for _ in range(200)]
        assert all(0 <= one <= ceiling for one in drawn)
        assert max(drawn) > ceiling * 0.9
        assert min(drawn) < ceiling * 0.1


@pytest.mark.parametrize(("asked", "least"), [(30.0, 30.0), (86400.0, 900.0)])
def test_what_a_sink_asks_for_is_granted_up_to_a_limit(asked: float, least: float) -> None:
    waits = [Backoff().wait(1, asked, random.Random(seed)) for seed in range(20)]
    assert set(waits) == {least}
