"""kill -9 at any moment of following a log: no event is lost, none has its effect twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from daemon.state import State
from tests.fakes import killed_following
from tests.fakes.databases import new_database, quick_folder
from tests.fakes.followed_logs import FileLog
from tests.fakes.posture import START

POINTS = {"sqlite": 20, "postgres": 4}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def copies(request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[[str], str]]]:
    """What makes copies of one empty state: all bear the same mark, so equal transitions have equal uids."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")

        with quick_folder() as folder:

            def copy(name: str) -> str:
                shutil.copyfile(template, folder / f"{name}.db")
                return f"sqlite:///{folder / name}.db"

            yield request.param, copy
        return
    template = str(make_url(request.getfixturevalue("postgres_template")).database)
    server = request.getfixturevalue("postgres_url")
    yield request.param, lambda _name: new_database(server, template)


def test_killed_anywhere_it_comes_to_the_same_end(copies: tuple[str, Callable[[str], str]], tmp_path: Path) -> None:
    database, copy = copies
    path = tmp_path / "log.jsonl"
    FileLog(path).write(*killed_following.story())
    reference = copy("reference")
    total = killed_following.live(reference, str(path), None)
    expected_told = ship(reference)
    expected = outcome(reference)
    assert len(expected_told) == len(set(expected_told)) > 30
    assert expected["uses"] == [(f"arn:aws:s3:::b{number}", 6) for number in range(killed_following.BUCKETS)]
    assert expected["actors"] == killed_following.BUCKETS

    for point in range(1, total + 1, max(1, total // POINTS[database])):
        url = copy(f"killed{point}")
        told: list[str] = []
        lives = 0
        kill_at = point
        while killed_following.killed(url, str(path), kill_at):
            told += ship(url)
            lives += 1
            assert lives < 30
            kill_at = total // 2 + 3 * lives
        told += ship(url)
        assert sorted(told) == sorted(expected_told), point
        assert outcome(url) == expected, point


def ship(url: str) -> list[str]:
    """Deliver all that waits; return its uids. Nobody is killed here: what comes twice was queued twice."""
    state = State.open(url)
    items = state.outbox.claim("test", 10_000, START.replace(year=START.year + 1))
    state.outbox.delivered(items)
    state.close()
    return [item.uid for item in items]


def outcome(url: str) -> dict[str, Any]:
    """Return all that following the log led to."""
    state = State.open(url)
    with state.read() as connection:

        def rows(statement: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.execute(text(statement))]

        found = {
            "cursor": rows("SELECT name, value FROM cursors"),
            "touches": rows("SELECT resource_uid, event_uid, looked_at IS NULL FROM touches ORDER BY 1, 2"),
            "uses": rows("SELECT resource_uid, count FROM uses ORDER BY 1"),
            "waiting": rows("SELECT correlation, event_uid FROM sightings ORDER BY 1, 2"),
            "seen": rows("SELECT id FROM log_seen ORDER BY 1"),
            "findings": rows("SELECT resource_uid, detector, last_seen, actor, status FROM findings ORDER BY 1, 2"),
        }
    found["actors"] = len([one for one in state.transitions() if one.actor is not None])
    state.close()
    return found
