from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.model.log_records import (
    UndecodableRecordError,
    compact,
    decode_json,
    decode_object,
    listing,
    lowered,
    mapping,
    opened,
    plain,
    rfc3339,
    whole_number,
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-03-04T08:15:30Z", "2026-03-04T08:15:30Z"),
        ("2026-03-04T08:15:30.1234567Z", "2026-03-04T08:15:30.1234567Z"),
        ("2026-03-04T03:15:30.0729893-05:00", "2026-03-04T08:15:30.072Z"),
        ("2026-03-04T08:15:30+00:00", "2026-03-04T08:15:30Z"),
        ("2026-03-04 08:15:30", "2026-03-04T08:15:30Z"),
        ("2026-03-04T08:15:30", "2026-03-04T08:15:30Z"),
        ("3/4/2026 8:15:30 AM", "2026-03-04T08:15:30Z"),
        ("3/4/2026, 12:15:30.5 PM", "2026-03-04T12:15:30.500Z"),
        (1772612130, "2026-03-04T08:15:30Z"),
        (1772612130123, "2026-03-04T08:15:30.123Z"),
        ("2026-02-30T08:15:30Z", ""),
        ("13/45/2026 8:15:30 AM", ""),
        ("yesterday", ""),
        ("", ""),
        (None, ""),
        (True, ""),
        (1e300, ""),
        ({}, ""),
    ],
)
def test_times(said: object, meant: str) -> None:
    assert rfc3339(said) == meant


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - the zone is said below
def test_a_time_keeps_its_second(at: datetime) -> None:
    told = rfc3339(at.replace(tzinfo=UTC).isoformat())
    assert datetime.fromisoformat(told).replace(microsecond=0) == at.replace(tzinfo=UTC, microsecond=0)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.lists(st.integers())))
def test_no_time_is_too_strange(said: object) -> None:
    told = rfc3339(said)
    assert told == "" or datetime.fromisoformat(told).tzinfo


@pytest.mark.parametrize(
    "content", [b"", b" ", b"{", b"[1", b'"\xff"', b"NaN", b'{"a":1}x', b"[" * 100_000, b'{"a":' * 50_000, b"1" * 9000]
)
def test_what_is_no_json_is_refused_without_being_quoted(content: bytes) -> None:
    with pytest.raises(UndecodableRecordError) as refused:
        decode_json(content)
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize("content", [b"[]", b"1", b'"x"', b"null"])
def test_a_record_is_an_object(content: bytes) -> None:
    with pytest.raises(UndecodableRecordError, match="no object"):
        decode_object(content)


def test_numbers_beyond_64_bits_are_written_too() -> None:
    value = [{"a": 10**30}]
    assert json.loads(compact(value)) == value


def test_names_that_differ_in_case_alone() -> None:
    assert lowered({"Name": None, "name": 2, "NAME": 3}) == {"name": 2}


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), ("", None), (True, "true"), (False, "false"), (5, "5"), (1.5, "1.5"), (None, None), ({}, None)],
)
def test_scalars_as_text(value: Any, text: str | None) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), ("5", 5), ("-5", -5), (5.0, 5), (5.5, None), ("5x", None), ("9" * 30, None), (True, None), (None, None)],
)
def test_whole_numbers(value: Any, number: int | None) -> None:
    assert whole_number(value) == number


def test_json_written_as_text() -> None:
    assert opened('{"a":1}') == {"a": 1}
    assert opened("{not json") == "{not json"
    assert mapping('{"a":1}') == {"a": 1}
    assert mapping("[1]") == mapping(None) == {}
    assert listing("[1]") == [1]
    assert listing({"a": 1}) == []
