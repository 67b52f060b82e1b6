"""kill -9 at any moment of a pass: nothing is lost, nothing is told twice, and the state opens as it is."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from daemon.state import State
from tests.fakes import killed
from tests.fakes.databases import new_database, quick_folder

POINTS = {"sqlite": 24, "postgres": 6}


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
    reference = copy("reference")
    total = killed.events(reference, str(tmp_path / "reference.log"))
    expected = told(reference)
    delivered = killed.shipped(tmp_path / "reference.log")
    assert Counter(delivered) == Counter(expected)
    assert max(Counter(delivered).values()) == 1
    assert len(expected) > 40

    points = range(1, total, max(1, total // POINTS[database]))
    for point in points:
        url, log = copy(f"killed{point}"), tmp_path / f"{point}.log"
        assert killed.killed(url, str(log), point), point
        if database == "sqlite":
            assert_sound(Path(str(make_url(url).database)))
        # Killed again and again on the way, at other moments.
        lives = 1
        while killed.killed(url, str(log), total // 3 + 7):
            lives += 1
            assert lives < 20
        assert told(url) == expected, point
        assert set(killed.shipped(log)) == set(delivered), point
        assert State.open(url).outbox.stats() == [], point


def told(url: str) -> list[str]:
    """Return the uid of every transition in the history, each as often as it is there."""
    state = State.open(url, create=False)
    found = sorted(one.uid for one in state.transitions())
    state.close()
    return found


def assert_sound(path: Path) -> None:
    """Look at the file as it was left, before anything of ours opens it."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
