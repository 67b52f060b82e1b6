"""Opening a state: from nothing, again, by many at once, and what an operator reads where it cannot be."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from daemon.state import (
    State,
    StateError,
    StateMissingError,
    StateTooNewError,
    StateUnavailableError,
    default_url,
    migrate,
    retention,
)
from daemon.state.schema import REVISIONS, metadata
from daemon.state.trial import try_making
from tests.fakes.databases import new_database, plain
from tests.fakes.posture import START

PASSWORD = "hunter2-very-secret"


def test_an_empty_database_gets_the_schema_the_program_means(empty_url: str) -> None:
    state = State.open(empty_url)
    with state.read() as connection:
        assert migrate.version(connection) == REVISIONS[-1]
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    state.close()


def test_the_program_and_the_migrations_agree_on_versions() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    in_order = [script.revision for script in scripts.walk_revisions()][::-1]
    assert tuple(in_order) == REVISIONS
    assert scripts.get_heads() == [REVISIONS[-1]]


def test_opening_again_keeps_what_is_there_and_its_mark(state_url: str) -> None:
    marks = set()
    for _ in range(2):
        state = State.open(state_url)
        with state.write() as connection:
            state.cursors.set(connection, "aws.cloudtrail", b"here", START)
        with state.read() as connection:
            marks.add(retention.lineage(connection))
        state.close()
    assert len(marks) == 1
    state = State.open(state_url, create=False)
    assert state.cursors.get("aws.cloudtrail") == b"here"
    assert state.cursors.get("nothing") is None
    state.close()


def test_a_state_that_is_up_to_date_opens_without_alembic(state_url: str) -> None:
    program = (
        "import sys; from daemon.state import State; State.open(sys.argv[1]).close(); "
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, state_url], check=True)


def test_many_first_starts_at_once_are_one(empty_url: str) -> None:
    program = "import sys; from daemon.state import State; sys.stdin.readline(); State.open(sys.argv[1]).close()"
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for start in starts:
        assert start.stdin is not None
        start.stdin.write("go\n")
        start.stdin.flush()
    for start in starts:
        _, errors = start.communicate(timeout=60)
        assert (start.returncode, errors) == (0, "")
    state = State.open(empty_url, create=False)
    with state.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM meta")).scalar() == 1
    state.close()


def test_a_migration_that_is_killed_leaves_nothing_behind(empty_url: str) -> None:
    program = (
        "import os, signal, sys; from sqlalchemy import Engine, event; from daemon.state import State\n"
        "seen = []\n"
        "def die(connection, cursor, statement, *rest):\n"
        "    seen.append(statement)\n"
        "    if statement.strip().startswith('CREATE TABLE transitions'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "event.listen(Engine, 'before_cursor_execute', die)\n"
        "State.open(sys.argv[1])\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, empty_url], check=False)
    assert killed.returncode == -9
    with pytest.raises(StateMissingError):
        State.open(empty_url, create=False)
    State.open(empty_url).close()
    State.open(empty_url, create=False).close()


def test_a_state_of_a_newer_program_is_refused_and_left_alone(state_url: str) -> None:
    state = State.open(state_url)
    with state.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    state.close()
    with pytest.raises(StateTooNewError, match=r"newer cspmd \(schema 9999; this one knows up to 0002\)"):
        State.open(state_url)


def test_where_there_is_none_none_is_made_unasked(empty_url: str) -> None:
    with pytest.raises(StateMissingError, match="cspmd run"):
        State.open(empty_url, create=False)
    if empty_url.startswith("sqlite"):
        assert not Path(str(make_url(empty_url).database)).exists()


def test_the_file_and_its_directory_are_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "state.db"
    state = State.open(f"sqlite:///{path}")
    with state.write() as connection:
        state.cursors.set(connection, "a", b"b", START)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    state.close()
    assert [file.name for file in path.parent.iterdir()] == ["state.db"]


def test_commits_are_synced_and_kept_in_a_log(tmp_path: Path) -> None:
    state = State.open(f"sqlite:///{tmp_path / 'state.db'}")
    with state.read() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "auto_vacuum", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "auto_vacuum": 2,
        "busy_timeout": 30000,
    }
    state.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "no database URL"),
        ("mysql://root:hunter2-very-secret@db/x", "cannot live in 'mysql'"),
        ("postgresql://u:hunter2-very-secret@db/x", r"use sqlite:////path/state.db or postgresql\+psycopg://"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_an_address_no_state_can_live_at_is_refused(url: str, says: str) -> None:
    with pytest.raises(StateError, match=says) as refused:
        State.open(url)
    assert PASSWORD not in str(refused.value)


def test_a_path_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"file/state\.db: cannot be made \(.+\); give this user"):
        State.open(f"sqlite:///{tmp_path / 'file' / 'state.db'}")
    with pytest.raises(StateError, match="is no file"):
        State.open(f"sqlite:///{tmp_path}")


def test_a_path_this_user_may_not_write_says_so(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    State.open(f"sqlite:///{path}").close()
    path.chmod(0o444)
    for folder in tmp_path.parents[:-2]:
        folder.chmod(folder.stat().st_mode | 0o055)
    tmp_path.chmod(0o555)
    program = (
        "import os, sys; from daemon.state import State, StateError\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "try: State.open(sys.argv[1])\n"
        "except StateError as error: print(error)\n"
    )
    for place in (path, tmp_path / "other.db"):
        ran = subprocess.run(
            [sys.executable, "-c", program, f"sqlite:///{place}"], check=True, capture_output=True, text=True
        )
        assert "may not write" in ran.stdout or "cannot be made (Permission denied)" in ran.stdout
    tmp_path.chmod(0o700)


def test_a_file_that_is_no_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"this is a text and no database, and long enough to tell" * 40)
    with pytest.raises(StateError, match="no sound cspmd state"):
        State.open(f"sqlite:///{path}")


def test_a_file_that_stays_locked_says_so(tmp_path: Path) -> None:
    state = State.open(f"sqlite:///{tmp_path / 'state.db'}")

    def write_without_patience() -> None:
        with state.read() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 10")
            connection.exec_driver_sql("INSERT INTO cursors VALUES ('a', 'b', 1)")

    with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateUnavailableError, match="kept it locked"):
            write_without_patience()
    state.close()


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StateUnavailableError, match=r"postgresql\+psycopg://cspmd:\*\*\*@127\.0\.0\.1:1/x") as refused:
        State.open(f"postgresql+psycopg://cspmd:{PASSWORD}@127.0.0.1:1/x?sslmode=disable")
    assert PASSWORD not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.postgres
def test_a_server_that_goes_away_is_said_and_found_again(postgres_url: str) -> None:
    url = new_database(postgres_url)
    state = State.open(url)

    def write_while_it_ends() -> None:
        with psycopg.connect(plain(postgres_url), autocommit=True) as server, state.write() as connection:
            connection.execute(text("SELECT 1"))
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            server.execute(ended, (make_url(url).database,))
            connection.execute(text("INSERT INTO meta VALUES ('a', 'b')"))

    with pytest.raises(StateUnavailableError, match="nothing was written"):
        write_while_it_ends()
    assert state.finding_counts() == []
    state.close()


def test_the_default_is_the_system_directory_where_it_may_be_written(tmp_path: Path) -> None:
    system = tmp_path / "system"
    environ = {"HOME": "/home/ops"}
    assert default_url(environ, system) == "sqlite:////home/ops/.local/state/cspmd/state.db"
    system.mkdir()
    assert default_url(environ, system) == f"sqlite:///{system}/state.db"
    system.rmdir()
    assert default_url(environ | {"XDG_STATE_HOME": "/x"}, system) == "sqlite:////x/cspmd/state.db"
    assert default_url(environ | {"XDG_STATE_HOME": "rel"}, system) == "sqlite:////home/ops/.local/state/cspmd/state.db"
    assert default_url(environ | {"XDG_STATE_HOME": ""}, system) == "sqlite:////home/ops/.local/state/cspmd/state.db"


def test_whether_a_state_could_be_made_is_found_out_without_making_it(empty_url: str) -> None:
    assert str(make_url(empty_url).database) in try_making(empty_url)
    with pytest.raises(StateMissingError):
        State.open(empty_url, create=False)


@pytest.mark.postgres
def test_a_user_that_may_make_no_table_is_told_what_to_be_granted(postgres_url: str) -> None:
    url = make_url(new_database(postgres_url))
    with psycopg.connect(plain(url.render_as_string(hide_password=False)), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS onlooker")
        connection.execute("CREATE ROLE onlooker LOGIN")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    onlooker = url.set(username="onlooker").render_as_string(hide_password=False)
    with pytest.raises(StateError, match="grant this user CREATE on the schema public"):
        try_making(onlooker)
