from __future__ import annotations

from datetime import timedelta

import pytest
import structlog
from structlog.testing import capture_logs

from collectors.model import Snapshot, Unread, UnreadReason
from daemon.runtime.health import MOST_TOLD, Health, throttled
from tests.fakes.posture import DENIED, LIST_DENIED, SCOPE, START

THROTTLED = Unread(reason=UnreadReason.THROTTLED, operation="s3:ListBuckets", detail="SlowDown")


def snapshot(*unread: Unread, complete: bool = True) -> Snapshot:
    return Snapshot(scope=SCOPE, complete=complete, resources=2, known=10 - len(unread), asked=10, unread=unread)


@pytest.fixture(autouse=True)
def _plain_structlog() -> None:
    structlog.reset_defaults()


def test_a_failure_is_told_once_and_its_end_once() -> None:
    health = Health()
    with capture_logs() as logs:
        assert [health.read(snapshot(LIST_DENIED, complete=False), START) for _ in range(3)] == [1, 2, 3]
        assert health.read(snapshot(), START) == 0
        assert health.read(snapshot(), START) == 0
    assert [(line["log_level"], line["event"]) for line in logs] == [
        ("error", "scope could not be read; its findings stay as they were"),
        ("info", "scope is read again"),
    ]
    assert logs[0]["grant"] == ["s3:ListAllMyBuckets"]
    assert logs[1]["failures"] == 3


def test_another_failure_is_told_too() -> None:
    health = Health()
    with capture_logs() as logs:
        health.read(snapshot(LIST_DENIED, complete=False), START)
        health.read(snapshot(THROTTLED, complete=False), START)
    assert [line["unread"] for line in logs] == [[LIST_DENIED.summary], [THROTTLED.summary]]


def test_facts_that_could_not_be_read_are_no_failure_of_the_unit_and_are_told_once() -> None:
    health = Health()
    with capture_logs() as logs:
        assert health.read(snapshot(DENIED), START) == 0
        assert health.read(snapshot(DENIED), START) == 0
        assert health.read(snapshot(), START) == 0
    assert [line["event"] for line in logs] == [
        "part of a scope could not be read; what depends on it is UNKNOWN",
        "scope is read completely again",
    ]
    assert (logs[0]["coverage"], logs[0]["grant"]) == (0.9, ["s3:GetX"])


def test_a_long_list_of_failures_is_cut_and_counted() -> None:
    many = tuple(Unread(reason=UnreadReason.ERROR, operation=f"s3:Get{number}") for number in range(MOST_TOLD + 3))
    with capture_logs() as logs:
        Health().read(snapshot(*many), START)
    assert (len(logs[0]["unread"]), logs[0]["more"]) == (MOST_TOLD, 3)


def test_last_success_is_that_of_the_last_whole_read() -> None:
    health = Health()
    health.read(snapshot(), START)
    health.read(snapshot(LIST_DENIED, complete=False), START + timedelta(minutes=5))
    assert health.of(SCOPE.key).last_success == START


def test_a_crash_counts_as_a_failure_and_shows_where() -> None:
    health = Health()
    with capture_logs() as logs:
        assert health.crashed(SCOPE.key, KeyError("x")) == 1
    assert "defect" in logs[0]["event"]
    assert isinstance(logs[0]["exc_info"], KeyError)
    assert health.of(SCOPE.key).tried


def test_a_state_that_cannot_be_written_is_told_once() -> None:
    health = Health()
    with capture_logs() as logs:
        assert [health.unwritable(SCOPE.key, "disk full") for _ in range(2)] == [1, 2]
    assert len(logs) == 1


def test_a_unit_that_is_forgotten_is_as_new() -> None:
    health = Health()
    health.read(snapshot(LIST_DENIED, complete=False), START)
    health.forget(SCOPE.key)
    assert not health.of(SCOPE.key).tried


@pytest.mark.parametrize(("unread", "slow"), [((), False), ((DENIED,), False), ((DENIED, THROTTLED), True)])
def test_knows_when_the_cloud_asked_for_less(unread: tuple[Unread, ...], slow: bool) -> None:
    assert throttled(snapshot(*unread)) is slow
