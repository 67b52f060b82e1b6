"""Documents wait until they are taken, each by one shipper at a time, and none is lost or doubled."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

from daemon.model import Dataset, Document
from daemon.state import OutboxItem, State, outbox
from tests.fakes.posture import START

MINUTE = timedelta(minutes=1)


def put(state: State, *uids: str, sink: str = "es", dataset: Dataset = Dataset.FINDINGS) -> None:
    with state.write() as connection:
        outbox.put(
            connection,
            [Document(sink=sink, uid=uid, dataset=dataset, body=uid.encode()) for uid in uids],
            START,
        )


def names(items: list[OutboxItem]) -> list[str]:
    return [item.uid for item in items]


def test_documents_come_out_in_order_and_are_gone_once_delivered(state: State) -> None:
    put(state, "a", "b", "c")
    put(state, "other", sink="file")
    first = state.outbox.claim("es", 2, START)
    assert names(first) == ["a", "b"]
    assert (first[0].body, first[0].dataset, first[0].attempts, first[0].queued_at) == (
        b"a",
        Dataset.FINDINGS,
        0,
        START,
    )
    assert names(state.outbox.claim("es", 10, START)) == ["c"]
    state.outbox.delivered(first)
    assert [(one.sink, one.pending, one.oldest, one.dead) for one in state.outbox.stats()] == [
        ("es", 1, START, 0),
        ("file", 1, START, 0),
    ]


def test_a_document_that_is_queued_already_is_not_queued_twice(state: State) -> None:
    put(state, "a")
    put(state, "a", "b")
    put(state, "a", sink="file")
    assert names(state.outbox.claim("es", 10, START)) == ["a", "b"]


def test_a_retry_waits_its_time_and_remembers_why(state: State) -> None:
    put(state, "a")
    items = state.outbox.claim("es", 10, START)
    state.outbox.retry(items, START + MINUTE, "503 Service Unavailable")
    assert state.outbox.claim("es", 10, START + MINUTE / 2) == []
    assert state.outbox.next_attempt("es") == START + MINUTE
    (again,) = state.outbox.claim("es", 10, START + MINUTE)
    assert (again.uid, again.attempts, again.queued_at) == ("a", 1, START)


def test_what_a_sink_will_never_take_is_set_aside_and_blocks_nothing(state: State) -> None:
    put(state, "bad", "good")
    bad, good = state.outbox.claim("es", 10, START)
    state.outbox.dead([bad], "mapper_parsing_exception", START + MINUTE)
    state.outbox.release([good])
    assert names(state.outbox.claim("es", 10, START + MINUTE)) == ["good"]
    ((letter, reason),) = state.outbox.dead_letters()
    assert (letter.uid, reason) == ("bad", "mapper_parsing_exception")
    assert [(one.pending, one.dead) for one in state.outbox.stats()] == [(1, 1)]


def test_what_is_claimed_is_nobody_else_s_until_the_lease_ends(state: State) -> None:
    put(state, "a")
    state.outbox.claim("es", 10, START, lease=MINUTE)
    assert state.outbox.claim("es", 10, START + MINUTE / 2) == []
    assert names(state.outbox.claim("es", 10, START + MINUTE)) == ["a"]


def test_what_is_given_back_may_be_claimed_at_once(state: State) -> None:
    put(state, "a")
    state.outbox.release(state.outbox.claim("es", 10, START))
    assert names(state.outbox.claim("es", 10, START)) == ["a"]


def test_an_empty_list_is_no_work(state: State) -> None:
    state.outbox.delivered([])
    state.outbox.retry([], START, "")
    state.outbox.dead([], "", START)
    state.outbox.release([])
    assert state.outbox.stats() == []
    assert state.outbox.next_attempt("es") is None


def test_a_long_error_is_cut(state: State) -> None:
    put(state, "a")
    state.outbox.dead(state.outbox.claim("es", 1, START), "x" * 100_000, START)
    assert len(state.outbox.dead_letters()[0][1]) == 2000


def test_many_shippers_never_take_the_same_document(state: State, state_url: str) -> None:
    shared = state_url.startswith("postgresql")
    put(state, *[f"d{number:03}" for number in range(300)])
    taken: list[str] = []
    states = [State.open(state_url) if shared else state for _ in range(4)]
    faults: list[BaseException] = []

    def ship(own: State) -> None:
        try:
            while items := own.outbox.claim("es", 7, START):
                taken.extend(names(items))
                own.outbox.delivered(items)
        except BaseException as fault:  # noqa: BLE001 - it is raised again below
            faults.append(fault)

    threads = [threading.Thread(target=ship, args=(own,)) for own in states]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert sorted(taken) == [f"d{number:03}" for number in range(300)]
    assert state.outbox.stats() == []
    for own in states:
        own.close()


def test_a_shipper_that_died_leaves_its_documents_to_the_next(state_url: str) -> None:
    first = State.open(state_url)
    put(first, "a")
    assert names(first.outbox.claim("es", 10, START)) == ["a"]
    first.close()
    second = State.open(state_url)
    later = START if state_url.startswith("sqlite") else START + outbox.LEASE
    assert names(second.outbox.claim("es", 10, later)) == ["a"]
    second.close()


def test_on_an_embedded_state_claiming_writes_nothing(tmp_path: Path) -> None:
    state = State.open(f"sqlite:///{tmp_path / 'state.db'}")
    put(state, "a")
    with state.read() as connection:
        before = connection.exec_driver_sql("PRAGMA data_version").scalar()
        state.outbox.claim("es", 10, START)
        assert connection.exec_driver_sql("PRAGMA data_version").scalar() == before
    state.close()


def test_the_oldest_of_a_data_stream_is_known(state: State) -> None:
    put(state, "a")
    with state.read() as connection:
        assert outbox.waiting_since(connection, Dataset.FINDINGS, ["es"]) == START
        assert outbox.waiting_since(connection, Dataset.FINDINGS, ["file"]) is None
        assert outbox.waiting_since(connection, Dataset.MISCONFIGURATION, ["es"]) is None
