"""What was never there before is told once, whatever restarts and fails in between."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.state import State
from tests.fakes.followed_logs import NEW_REGION, FileLog, Followed, event
from tests.fakes.posture import START

DAY = timedelta(days=1)


@pytest.fixture
def source(tmp_path: Path) -> FileLog:
    return FileLog(tmp_path / "log.jsonl")


def queue(number: int, day: float, region: str = "eu-central-1") -> dict[str, Any]:
    """Return an event that no collector cares for."""
    return event(
        number,
        "CreateQueue",
        at=START + day * DAY,
        eventSource="sqs.amazonaws.com",
        awsRegion=region,
        requestParameters={},
    )


def told(followed: Followed) -> list[str]:
    return [f"{one.event.region} {one.event.uid}" for one in followed.sink.detections if one.rule == NEW_REGION]


def test_a_new_region_is_told_once_over_restarts(state: State, source: FileLog) -> None:
    source.write(queue(1, 0), queue(2, 1, "us-east-1"))
    first = Followed(state, source)
    first.round()
    assert told(first) == []
    source.write(queue(3, 8), queue(4, 8, "us-east-1"), queue(5, 9, "ap-south-1"), queue(6, 9.5, "ap-south-1"))
    second = Followed(state, source)
    second.round()
    assert told(second) == ["ap-south-1 event-5"]
    source.write(queue(7, 10, "ap-south-1"), queue(5, 9, "ap-south-1"), queue(8, 11, "sa-east-1"))
    third = Followed(state, source)
    third.round()
    assert told(third) == ["sa-east-1 event-8"]
    assert len(third.queued()) == 2


def test_what_is_known_is_not_written_again(state: State, source: FileLog) -> None:
    source.write(*(queue(number, number / 100) for number in range(50)))
    followed = Followed(state, source)
    followed.round()
    with state.read() as connection:
        noted = connection.exec_driver_sql("SELECT count(*) FROM log_seen").scalar()
    source.write(*(queue(100 + number, 1 + number / 100) for number in range(50)))
    followed.round()
    with state.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM log_seen").scalar() == noted


class TornDownError(Exception):
    """Stands for whatever ends a transaction."""


def test_what_was_not_committed_is_told_again(state: State, source: FileLog) -> None:
    source.write(queue(1, 0))
    followed = Followed(state, source)
    followed.round()
    source.write(queue(2, 9, "ap-south-1"))

    followed.sink.torn = TornDownError()
    with pytest.raises(TornDownError):
        followed.round()
    assert told(followed) == []
    followed.round()
    assert told(followed) == ["ap-south-1 event-2"]
