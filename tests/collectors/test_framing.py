from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.framing import json_records, text_lines
from collectors.model.log_records import UndecodableRecordError

TRICKY = 'a "quoted" } { ] [ \\ \n é €  end'


def in_pieces(content: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


def framed(content: bytes, size: int = 7) -> list[Any]:
    """Return what is cut from a content that comes in pieces: decoded JSON, raw bytes that are none, or errors."""
    found: list[Any] = []
    for raw in json_records(in_pieces(content, size)):
        if isinstance(raw, UndecodableRecordError):
            found.append(str(raw))
            continue
        try:
            found.append(json.loads(raw))
        except ValueError:
            found.append(raw)
    return found


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=6), st.just(TRICKY)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=12,
)
records = st.dictionaries(st.text(max_size=4), values, min_size=1, max_size=4)
sizes = st.integers(1, 40)


def dumped(value: Any, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


@given(st.lists(records, max_size=5), sizes)
def test_lines(events: list[dict[str, Any]], size: int) -> None:
    assert framed(b"".join(dumped(one) + b"\n" for one in events), size) == events


@given(st.lists(records, max_size=5), sizes)
def test_lines_without_a_last_end_and_with_blank_ones_between(events: list[dict[str, Any]], size: int) -> None:
    assert framed(b"\n\r\n".join(dumped(one) for one in events), size) == events


@given(st.lists(records, max_size=5), sizes, st.sampled_from([None, 2]))
def test_an_array(events: list[dict[str, Any]], size: int, indent: int | None) -> None:
    assert framed(dumped(events, indent), size) == events


@given(st.lists(records, min_size=1, max_size=5), sizes, st.sampled_from([None, 2]))
@pytest.mark.parametrize("name", ["Records", "records", "value", "entries"])
def test_an_envelope(name: str, events: list[dict[str, Any]], size: int, indent: int | None) -> None:
    envelope = {"@odata.context": 'https://example.com/{"x"}', "count": len(events), name: events, "next": {"a": ["]"]}}
    assert framed(dumped(envelope, indent), size) == events


@given(st.lists(records, max_size=4), sizes)
def test_pretty_printed_objects_one_after_another(events: list[dict[str, Any]], size: int) -> None:
    assert framed(b"\n".join(dumped(one, 4) for one in events), size) == events


@given(st.lists(records, max_size=4), sizes)
def test_objects_with_nothing_between_them(events: list[dict[str, Any]], size: int) -> None:
    assert framed(b"".join(dumped(one) for one in events), size) == events


def test_envelopes_line_by_line_and_one_that_is_empty() -> None:
    content = b'{"records":[{"a":1},{"a":2}]}\n{"records":[]}\n{"records":[{"a":3}]}\n'
    assert framed(content) == [{"a": 1}, {"a": 2}, {"a": 3}]


def test_a_record_that_merely_holds_such_a_name_is_a_record() -> None:
    events = [{"id": 1, "value": [1, 2]}, {"value": "x"}, {"nested": {"records": [{"a": 1}]}}]
    assert framed(b"".join(dumped(one) + b"\n" for one in events)) == events


def test_a_byte_order_mark_is_no_content() -> None:
    assert framed(b'\xef\xbb\xbf{"a":1}\n') == [{"a": 1}]
    assert framed(b"\xef\xbb\xbf") == []


@pytest.mark.parametrize("content", [b"", b"\n \n", b"[]", b" [ ] ", b'{"Records":[]}'])
def test_nothing_is_cut_from_nothing(content: bytes) -> None:
    assert framed(content) == []


def test_a_broken_line_costs_only_itself() -> None:
    content = b'{"a":1}\n{"a": nope}\nnot json\n{"torn": "x\n{"a":2}\n{"b": {"c":1}\n{"a":3}\n'
    assert framed(content) == [
        {"a": 1},
        b'{"a": nope}',
        b"not json",
        b'{"torn": "x',
        {"a": 2},
        b'{"b": {"c":1}',
        {"a": 3},
    ]


def test_a_broken_member_costs_only_itself() -> None:
    assert framed(b'[{"a":1}, {"a": nope}, 5, "x,]", null, {"a":2}]') == [
        {"a": 1},
        b'{"a": nope}',
        5,
        "x,]",
        None,
        {"a": 2},
    ]


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (b'[{"a":1},{"a":2', [{"a": 1}]),
        (b'[{"a":1},', [{"a": 1}]),
        (b'{"Records":[{"a":1},{"b":"x', [{"a": 1}]),
        (b"[", []),
    ],
)
def test_a_list_that_is_cut_off_says_so(content: bytes, whole: list[Any]) -> None:
    *before, last = framed(content)
    assert before == whole
    assert "ends inside the list" in last


def test_an_object_that_is_cut_off_says_so() -> None:
    assert framed(b'{"a":1}\n{\n  "a": {\n') == [{"a": 1}, "the input ends inside a record"]


def test_a_stream_is_answered_as_it_comes() -> None:
    taken: list[int] = []

    def slow() -> Iterator[bytes]:
        for number in range(3):
            taken.append(number)
            yield b'{"number":%d}\n' % number

    first = next(json_records(slow()))
    assert first == b'{"number":0}'
    assert taken == [0]


def test_memory_follows_the_record_and_not_the_list() -> None:
    count = 20_000
    held = 0

    def endless() -> Iterator[bytes]:
        nonlocal held
        yield b"["
        for _ in range(count):
            held += 1
            yield b'{"filler":"%s"},' % (b"x" * 1000)
        yield b'{"last":1}]'

    seen = 0
    for _ in json_records(endless()):
        seen += 1
        assert held - seen < 10
    assert seen == count + 1


@given(st.binary(max_size=200), sizes)
def test_any_bytes_are_cut_without_an_exception_and_to_the_end(content: bytes, size: int) -> None:
    found = list(json_records(in_pieces(content, size)))
    assert bool(found) <= bool(content.strip())


@given(st.text(alphabet='{}[]",:\\ \na1', max_size=60), sizes)
def test_structure_without_sense_is_cut_the_same_whatever_the_pieces(content: str, size: int) -> None:
    assert framed(content.encode(), size) == framed(content.encode(), 1000)


def lines(chunks: Iterable[bytes]) -> list[bytes]:
    return list(text_lines(chunks))


def test_text_lines() -> None:
    assert lines([b"a b\nc", b" d\n\n  \n", b"e"]) == [b"a b", b"c d", b"e"]
    assert lines([]) == []
