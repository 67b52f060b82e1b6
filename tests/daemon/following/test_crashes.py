"""A defect of this program costs what shows it, and is told of once with its traceback."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import structlog.testing

from daemon.following.crashes import AGAIN, Crashes
from daemon.following.reading import Reader
from daemon.logs.formats import log_format
from daemon.state import StateUnavailableError
from tests.fakes.followed_logs import event, rules
from tests.fakes.posture import ACCOUNT, START


def crash() -> Exception:
    try:
        json.loads("[")
    except ValueError as error:
        return error
    raise AssertionError


def other_crash() -> Exception:
    try:
        json.loads(1)  # type: ignore[arg-type] # what crashes here
    except TypeError as error:
        return error
    raise AssertionError


def raws(*numbers: int) -> list[bytes]:
    return [json.dumps(event(number)).encode() for number in numbers]


def reader(error: BaseException, *odd: bytes) -> Reader:
    """Return a reader that has a defect which some records show."""
    source = log_format("aws.cloudtrail")

    def decode(raw: bytes) -> Any:
        if raw in odd:
            raise error
        return source.decode(raw)

    return Reader(msgspec.structs.replace(source, decode=decode), rules())


def test_a_record_that_shows_a_defect_is_set_aside_and_told_once() -> None:
    first, odd, last, odd_too = raws(1, 2, 3, 4)
    read = reader(crash(), odd, odd_too)
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            batch = read.read([first, odd, last, odd_too], lambda _: ACCOUNT)
            assert len(batch.told) == 2
            assert (batch.records, batch.undecodable) == (4, 2)
            assert "defect" in batch.problem
    [line] = lines
    assert isinstance(line["exc_info"], ValueError)
    assert line["source"] == "aws.cloudtrail"


def test_a_state_that_cannot_be_used_sets_nothing_aside() -> None:
    first, odd = raws(1, 2)
    with pytest.raises(StateUnavailableError):
        reader(StateUnavailableError("gone"), odd).read([first, odd], lambda _: ACCOUNT)


def test_a_defect_is_told_once_a_day_for_each_place() -> None:
    crashes = Crashes()
    with structlog.testing.capture_logs() as lines:
        assert crashes.tell("it crashed", crash(), START, place="a", log="a")
        for minute in range(60):
            assert not crashes.tell("it crashed", crash(), START + timedelta(minutes=minute), place="a", log="a")
        assert crashes.tell("it crashed", crash(), START, place="b", log="b")
        assert crashes.tell("it crashed", other_crash(), START, place="a", log="a")
        assert crashes.tell("it crashed", crash(), START + AGAIN, place="a", log="a")
    assert [(line["log"], line.get("not_told_since")) for line in lines] == [
        ("a", None),
        ("b", None),
        ("a", None),
        ("a", 60),
    ]
