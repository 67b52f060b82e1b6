"""Who holds the state, and that a killed holder holds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from daemon.state import StateError, StateLock, StateLockedError

HOLDER = (
    "import sys; from daemon.state import StateLock\n"
    "StateLock(sys.argv[1], 'run').acquire(); print('held', flush=True); sys.stdin.read()\n"
)


@contextmanager
def another_process(url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_only_one_holds_it_and_the_other_reads_who(state_url: str) -> None:
    with another_process(state_url) as holder, pytest.raises(StateLockedError) as refused:
        StateLock(state_url, "scan").acquire()
    assert refused.value.holder.startswith(f"cspmd run (pid {holder.pid})")
    assert "stop that first" in str(refused.value)


def test_a_killed_holder_holds_nothing(state_url: str) -> None:
    with another_process(state_url):
        pass
    lock = StateLock(state_url, "scan")
    if state_url.startswith("postgresql"):
        _wait_for_the_server_to_notice(lock)
    else:
        lock.acquire()
    lock.release()


def _wait_for_the_server_to_notice(lock: StateLock) -> None:
    for _ in range(500):
        try:
            lock.acquire()
        except StateLockedError:
            continue
        return
    pytest.fail("the server still holds the lock of a session that ended")


def test_it_is_given_up_and_taken_again_in_one_process(state_url: str) -> None:
    lock = StateLock(state_url, "run")
    for _ in range(2):
        with lock, pytest.raises(StateLockedError) as refused:
            StateLock(state_url, "scan").acquire()
        assert f"(pid {os.getpid()})" in refused.value.holder
    lock.release()


def test_two_states_do_not_hold_each_other(tmp_path: Path) -> None:
    with StateLock(f"sqlite:///{tmp_path / 'a.db'}", "run"), StateLock(f"sqlite:///{tmp_path / 'b.db'}", "run"):
        assert (tmp_path / "a.db.lock").read_text() == f"cspmd run (pid {os.getpid()})\n"


def test_a_place_where_no_lock_can_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"state\.db\.lock: cannot be made"):
        StateLock(f"sqlite:///{tmp_path / 'file' / 'state.db'}", "run").acquire()


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    url = "postgresql+psycopg://cspmd:hunter2@127.0.0.1:1/x?sslmode=disable"
    with pytest.raises(StateError, match="cannot be reached") as refused:
        StateLock(url, "run").acquire()
    assert "hunter2" not in str(refused.value)
    assert make_url(url).password == "hunter2"
