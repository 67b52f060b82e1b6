"""States to test with: each test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from daemon.state import State
from tests.fakes.databases import new_database

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that holds nothing yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    return new_database(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=DATABASES)
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a state that holds its schema and nothing else."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "state.db")
        return f"sqlite:///{tmp_path / 'state.db'}"
    template = make_url(request.getfixturevalue("postgres_template")).database
    assert template is not None
    return new_database(request.getfixturevalue("postgres_url"), template)


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    """An open state that holds nothing."""
    opened = State.open(state_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a state that holds nothing, to be copied."""
    path = tmp_path_factory.mktemp("template") / "state.db"
    State.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The URL of a state that holds nothing, to be copied."""
    url = new_database(postgres_url)
    State.open(url).close()
    return url
