"""A second pass where nothing changed writes nothing and ships nothing, seen at the database itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from collectors.model import Bucket, Known
from daemon.state import State
from tests.fakes.databases import plain, statements
from tests.fakes.posture import DENIED, LIST_DENIED, OFF, SCOPE, START, World, bucket, grant, judging, rule

COUNT = 450  # more than two batches

_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_ROWS = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"


class _FaultError(Exception):
    """A fault of a collector."""


def estate() -> list[Bucket]:
    variants = (
        {},
        {"versioning": OFF},
        {"acl_grants": DENIED},
        {"policy_grants": Known((grant("*"),))},
        {"tags": Known({"expires": "2027-01-01T00:00:00+00:00"})},
    )
    return [bucket(f"b{number:04}", **variants[number % len(variants)]) for number in range(COUNT)]


@pytest.mark.parametrize("broken", [False, True], ids=["whole listing", "broken listing"])
def test_no_statement_writes(world: World, *, broken: bool) -> None:
    found = [*estate(), *([LIST_DENIED] if broken else [])]
    lenient = judging(rule("*b000*"))
    world.read(*found, judging=lenient)
    queued = len(world.queued())
    shown: list[object] = []
    with statements() as seen:
        world.clock.forward(minutes=5)
        world.runner.run(SCOPE, iter(found), lenient, lambda judgement, _rule: shown.append(judgement))
        world.runner.judge_due(world.clock.now, lenient)
        world.runner.rejudge(lenient)
        world.runner.posture_due(world.clock.now)
        assert "SELECT" in seen
        assert not {"INSERT", "UPDATE", "DELETE"} & set(seen), seen
        world.read(bucket("another"), *found, judging=lenient)
        assert "INSERT" in seen
    assert len(world.queued()) == queued
    # The fifth rule is not configured, the fourth is about the scope itself.
    assert len(shown) == 3 * COUNT + 1


def test_the_database_itself_saw_no_write(state_url: str) -> None:
    found = estate()

    def read_once(*found: Bucket, minutes: float) -> None:
        state = State.open(state_url)
        World(state).later(*found, minutes=minutes)
        state.close()

    with closing(_watch(state_url)) as writes:
        read_once(*found, minutes=0)
        first = next(writes)
        read_once(*found, minutes=5)
        assert next(writes) == first
        read_once(*found[1:], minutes=6)
        assert next(writes) != first


def _watch(url: str) -> Generator[int]:
    """Yield a number that changes if and only if another connection has written since."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(str(make_url(url).database))) as connection:
            while True:
                yield connection.execute("PRAGMA data_version").fetchone()[0]
    with psycopg.connect(plain(url), autocommit=True) as connection:
        while True:
            # A session hands in its counts when it ends.
            while connection.execute(_OTHERS).fetchone() != (0,):
                connection.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.01)")
            connection.execute("SELECT pg_stat_clear_snapshot()")
            row = connection.execute(_ROWS).fetchone()
            assert row is not None
            yield int(row[0])


def test_an_sqlite_file_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    found = estate()

    def read_once(minutes: float) -> None:
        state = State.open(f"sqlite:///{path}")
        world = World(state)
        world.later(*found, minutes=minutes)
        state.close()

    read_once(0)
    before = path.read_bytes()
    read_once(5)
    assert path.read_bytes() == before
    assert not Path(f"{path}-wal").exists()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_heartbeat_is_exact_in_memory_and_stored_only_now_and_then(state_url: str) -> None:
    state = State.open(state_url)
    world = World(state)
    world.read(bucket("a"))
    for _ in range(2):
        world.later(bucket("a"), minutes=5)
        assert _success(state) == world.clock.now
        assert _stored(state_url) == START
    world.later(bucket("a"), minutes=1)
    assert _stored(state_url) == world.clock.now
    world.later(bucket("a", versioning=OFF), minutes=1)
    assert _stored(state_url) == world.clock.now
    world.later(bucket("a", versioning=OFF), minutes=1)
    assert _stored(state_url) < world.clock.now
    state.flush()
    assert _stored(state_url) == world.clock.now
    state.close()


def test_a_listing_that_breaks_keeps_the_last_success(state_url: str) -> None:
    state = State.open(state_url)
    world = World(state)
    world.read(bucket("a"))
    world.later(bucket("a"), LIST_DENIED)
    (status,) = state.scopes()
    assert (status.last_success, status.last_read, status.complete, status.coverage) == (
        START,
        world.clock.now,
        False,
        0.0,
    )
    state.close()


def test_a_stream_that_raises_leaves_what_it_brought_and_takes_nothing_for_gone(world: World) -> None:
    world.read(*estate(), bucket("z", versioning=OFF))

    def breaks() -> Iterator[Bucket]:
        yield from [bucket(one.name, versioning=OFF) for one in estate()[:200]]
        raise _FaultError

    world.clock.forward(minutes=5)
    with pytest.raises(_FaultError):
        world.runner.run(SCOPE, breaks(), world.judging)
    assert {one.kind: one.count for one in world.state.resource_counts()} == {"bucket": COUNT + 1}
    (status,) = world.state.scopes()
    assert status.last_success == START
    assert len(world.told) > 100


def _success(state: State) -> object:
    (status,) = state.scopes()
    return status.last_success


def _stored(url: str) -> object:
    other = State.open(url)
    try:
        return _success(other)
    finally:
        other.close()
