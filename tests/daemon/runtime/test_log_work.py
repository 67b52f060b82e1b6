"""Logs in the running daemon: failures told once and put off, recovery told once, and an end in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from prometheus_client import generate_latest

from collectors.api import Delivery
from collectors.model import Unread, UnreadReason
from daemon.configuration import load
from daemon.passes import PassRunner
from daemon.runtime.health import Health
from daemon.runtime.log_work import LogWork
from daemon.state import State
from daemon.targets import LogUnit
from daemon.web.metrics import Metrics
from tests.fakes.followed_logs import FileLog, Sink, event
from tests.fakes.posture import ACCOUNT, Clock, Publisher, judging
from tests.fakes.program import wait_for

DENIED = Unread(reason=UnreadReason.DENIED, operation="s3:GetObject", permission="s3:GetObject")
SCOPE_KEY = f"prod/aws/{ACCOUNT}/global/logs.aws.cloudtrail"
MINIMAL = "version: 1\ntargets: [{name: prod, provider: aws, accounts: ['123456789012']}]\n"


class CrashingLog(FileLog):
    """A log whose source has a defect."""

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        raise ZeroDivisionError(cursor)


class PartlyReadLog(FileLog):
    """A log of which one file cannot be read, and everything else can."""

    rounds = 0

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        self.rounds += 1
        yield DENIED
        yield from super().read(cursor)


class StuckLog(FileLog):
    """A log whose source does not answer."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked, self.answer = threading.Event(), threading.Event()

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        self.asked.set()
        self.answer.wait(30)
        yield from super().read(cursor)


class Work:
    """The log work of a daemon on a state."""

    def __init__(self, state: State, folder: Path) -> None:
        (folder / "cspmd.yaml").write_text(MINIMAL)
        self.state = state
        self.metrics = Metrics("1", process=False)
        self.stopping = threading.Event()
        self.work = LogWork(
            state,
            PassRunner(state, Publisher(), Clock()),
            Health(),
            self.metrics,
            self.stopping,
            units=lambda: (),
            judging=judging,
            prompt=lambda _unit: None,
            wake=lambda: None,
        )
        self.work.take_up(load(folder / "cspmd.yaml", {}), Sink())

    def follow(self, *sources: FileLog) -> None:
        units = [
            LogUnit(target="prod", account=ACCOUNT, interval=timedelta(milliseconds=200), source=source)
            for source in sources
        ]
        self.work.apply(units)

    def coverage(self) -> float:
        status = self.state.scope(SCOPE_KEY)
        return -1 if status is None else status.coverage


@pytest.fixture
def work(state: State, tmp_path: Path) -> Iterator[Work]:
    made = Work(state, tmp_path)
    made.work.start()
    yield made
    made.stopping.set()
    made.work.stop(10)


@pytest.fixture
def told() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def lines(told: list[Any], event: str) -> list[Any]:
    return [line for line in told if line["event"] == event]


def test_a_failure_shows_in_coverage_and_is_told_once_as_is_its_end(
    work: Work, tmp_path: Path, told: list[Any]
) -> None:
    source = FileLog(tmp_path / "log.jsonl")
    source.write(event(1))
    source.unread = DENIED
    work.follow(source)
    assert wait_for(lambda: work.coverage() == 0, "the failure", seconds=20)
    assert work.work.untried() == ()
    source.unread = None
    work.work.retry_failed()
    assert wait_for(lambda: work.coverage() == 1, "the end of the failure", seconds=20)
    assert len(lines(told, "scope could not be read; its findings stay as they were")) == 1
    assert wait_for(lambda: lines(told, "scope is read again"), "its telling", seconds=20)
    assert (
        'cspmd_log_events_total{source="aws.cloudtrail",target="prod"} 1.0'
        in generate_latest(work.metrics.registry).decode()
    )


def test_what_cannot_be_read_of_a_log_puts_off_nothing_else(work: Work, tmp_path: Path) -> None:
    source = PartlyReadLog(tmp_path / "log.jsonl")
    source.write(event(1))
    work.follow(source)
    # Put off more and more, as a source that is broken off is, so many rounds would take minutes.
    assert wait_for(lambda: source.rounds >= 14, "one round after the other", seconds=20)
    assert work.coverage() == 0
    assert work.state.cursors.get(source.position) == b"1"


def test_a_defect_of_one_source_leaves_the_others_and_readiness(work: Work, tmp_path: Path, told: list[Any]) -> None:
    crashing = CrashingLog(tmp_path / "none", position="crashing")
    good = FileLog(tmp_path / "log.jsonl", position="good")
    good.write(event(1))
    work.follow(crashing, good)
    wait_for(lambda: work.work.untried() == (), "both to be tried", seconds=20)
    wait_for(lambda: work.coverage() == 0, "the coverage", seconds=20)
    crashes = lines(told, "following a log crashed; this is a defect of the program. It is read on from where it was")
    assert {crash["log"] for crash in crashes} == {"crashing"}
    assert work.state.cursors.get("good") == b"1"
    assert [status.position for status in work.work.statuses()] == ["good"]


def test_a_log_that_is_followed_no_more_is_forgotten(work: Work, tmp_path: Path, told: list[Any]) -> None:
    source = FileLog(tmp_path / "log.jsonl")
    work.follow(source)
    wait_for(lambda: work.work.untried() == (), "the first round", seconds=20)
    assert [scope.key for scope in work.work.scopes] == [SCOPE_KEY]
    work.follow()
    assert work.work.scopes == ()
    assert work.work.untried() == ()
    assert lines(told, "log followed no more")


def test_the_end_waits_no_longer_than_it_says_for_a_source_that_does_not_answer(work: Work, tmp_path: Path) -> None:
    source = StuckLog(tmp_path / "log.jsonl")
    source.write(event(1))
    work.follow(source)
    assert source.asked.wait(20)
    work.stopping.set()
    assert work.work.stop(0.1) == [source.position]
    source.answer.set()
    assert work.work.stop(10) == []
    assert work.state.cursors.get(source.position) is None
