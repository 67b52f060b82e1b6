"""Cutting a stream of bytes into raw records, with the memory of a few of them.

What is cut is only found, not judged: whether a record is sound is for whoever decodes it. JSON is taken as
lines, as an array, as objects one after another with or without anything between them (pretty-printed
ones too), and as an object that wraps an array of records, such as CloudTrail's ``{"Records": […]}``,
Event Hubs' ``{"records": […]}``, Graph's ``{"value": […]}`` and Cloud Logging's ``{"entries": […]}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from collectors.model.log_records import UndecodableRecordError

LONGEST = 256 * 1024 * 1024
"""Bytes of the longest record: what goes on for longer has no end."""

_LOOK_AHEAD = 65_536
_LONG = 4 * 1024 * 1024
_SPACE = re.compile(rb"[\s,]*+")
_PLAIN = rb'[^][{}"]++|"(?:[^"\\]++|\\.)*+"'
_FLAT = rb"%b|\{(?:%b)*+\}|\[(?:%b)*+\]" % (_PLAIN, _PLAIN, _PLAIN)
_NESTED = rb"%b|\{(?:%b)*+\}|\[(?:%b)*+\]" % (_PLAIN, _FLAT, _FLAT)
_INSIDE = re.compile(rb"(?:%b)*+" % _NESTED, re.DOTALL)
_ON_ONE_LINE = re.compile(rb'(?:[^][{}"]++|"(?:[^"\\\n]++|\\.)*+")*+')
_SCALAR = re.compile(rb'(?:[^],"]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_MEMBER = rb'"(?:[^"\\]++|\\.)*+"\s*+:\s*+(?:"(?:[^"\\]++|\\.)*+"|[-+.0-9a-zA-Z]++)\s*+,\s*+'
_ENVELOPE = re.compile(
    rb"\{\s*+(?:" + _MEMBER + rb')*+"(?:[Rr]ecords|value|entries|Events)"\s*+:\s*+\[(?=\s*+[{\]])', re.DOTALL
)
_FIRST_KEY = re.compile(rb'\{\s*+"[^"\\]{1,64}+"\s*+:')
_BETWEEN = (b"},", b"}, ", b"},\n")
_AT_ONCE = 32_768
_ONE_BY_ONE = 64
_ENDS = frozenset({b"}", b"]", b",", b" ", b"\t", b"\r", b"\n"})
_MEMBERS = msgspec.json.Decoder(list[msgspec.Raw])
_BOM = b"\xef\xbb\xbf"
_OPEN = frozenset({b"{", b"["})


def text_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines that are not blank, without their ends."""
    rest = b""
    for chunk in chunks:
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        yield from (line for line in lines if line.strip())
    if rest.strip():
        yield rest


def json_records(chunks: Iterable[bytes]) -> Iterator[bytes | UndecodableRecordError]:
    """Yield each raw record in order; an error for a stream that ends inside one or is not JSON any more."""
    return _Json(chunks).records()


class _Json:
    """A stream of JSON with what has been read of it and not yet been yielded."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._data = b""
        self._at = 0
        self._ended = False
        self._one_by_one = 0

    def records(self) -> Iterator[bytes | UndecodableRecordError]:
        if not self._fill(len(_BOM)):
            self._fill(1)
        if self._data.startswith(_BOM):
            self._at = len(_BOM)
        while self._skip(_SPACE):
            first = self._data[self._at : self._at + 1]
            if first == b"[":
                self._at += 1
                yield from self._members()
            elif first == b"{" and self._enter_envelope():
                yield from self._members()
                if self._value_end(depth=1) is None:
                    return
            else:
                yield self._line()

    def _fill(self, wanted: int) -> bool:
        """Read until so many bytes are there to look at; return whether they are."""
        parts = [self._data[self._at :]]
        length = len(parts[0])
        while length < wanted and not self._ended:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
            else:
                parts.append(chunk)
                length += len(chunk)
        self._data, self._at = b"".join(parts), 0
        return length >= wanted

    def _more(self) -> bool:
        """Read on; False at the end. Of something long as much again is read: it is looked through less often."""
        there = len(self._data) - self._at
        self._fill(2 * there if there > _LONG else there + 1)
        return len(self._data) > there

    def _skip(self, pattern: re.Pattern[bytes]) -> bool:
        """Go to the next byte that the pattern does not take; return whether there is one."""
        while True:
            self._at = _after(pattern, self._data, self._at)
            if self._at < len(self._data):
                return True
            if not self._more():
                return False

    def _enter_envelope(self) -> bool:
        """Go behind the bracket of an envelope's array, if an envelope begins here.

        What shows on one line that it is a record, or does not show it for a long while, is none.
        """
        while True:
            match = _ENVELOPE.match(self._data, self._at)
            if match is not None:
                self._at = match.end()
                return True
            end = self._data.find(b"\n", self._at)
            if end >= 0 and self._data[self._at : end].rstrip().endswith(b"}"):
                return False
            if len(self._data) - self._at >= _LOOK_AHEAD or not self._more():
                return False

    def _members(self) -> Iterator[bytes | UndecodableRecordError]:
        """Yield the members of an array up to and over its closing bracket."""
        while self._skip(_SPACE):
            first = self._data[self._at : self._at + 1]
            if first == b"]":
                self._at += 1
                return
            if first == b"{":
                several = self._several()
                if several or (self._torn() and self._more()):
                    yield from several
                    continue
            member = self._value_end(depth=0) if first in _OPEN else self._scalar()
            if member is None:
                self._at, self._ended = len(self._data), True
                break
            yield member
        yield UndecodableRecordError("the input ends inside the list of records: what would follow is missing")

    def _several(self) -> list[bytes]:
        """Return many members at once and go behind them; none where they must be looked at one by one.

        Members mostly begin with the same key. Up to one that does, what is there is a part of the list
        if it is sound JSON: no cut inside a text or a nested object leaves any.
        """
        self._one_by_one -= 1
        key = _FIRST_KEY.match(self._data, self._at) if self._one_by_one <= 0 else None
        if key is None:
            return []
        for between in _BETWEEN:
            cut = self._data.rfind(between + key[0], self._at, self._at + _AT_ONCE)
            if cut > 0:
                try:
                    members = _MEMBERS.decode(b"".join((b"[", memoryview(self._data)[self._at : cut + 1], b"]")))
                except (msgspec.DecodeError, RecursionError):
                    self._one_by_one = _ONE_BY_ONE
                    break
                self._at = cut + 1
                return list(map(bytes, members))
        if len(self._data) - self._at > _LOOK_AHEAD:
            self._one_by_one = _ONE_BY_ONE
        return []

    def _torn(self) -> bool:
        """Whether what is there surely ends inside a member, and inside one that is not long."""
        there = len(self._data) - self._at
        return there <= _LOOK_AHEAD and self._data[-1:] not in _ENDS

    def _scalar(self) -> bytes:
        """Return a member that is no object, up to the comma or bracket behind it."""
        while True:
            end = _after(_SCALAR, self._data, self._at)
            if end < len(self._data) and self._data[end : end + 1] != b'"':
                break
            if not self._more():
                end = len(self._data)
                break
        member = self._data[self._at : max(end, self._at + 1)]
        self._at += len(member)
        return member.strip()

    def _value_end(self, *, depth: int) -> bytes | None:
        """Return an object or array and go behind it; None where the stream ends first.

        With a depth the beginning has been read already.
        """
        look = self._at
        if depth == 0:
            look, depth = look + 1, 1
        while True:
            look = _after(_INSIDE, self._data, look)
            if self._data[look : look + 1] in {b"", b'"'}:
                done = look - self._at
                if len(self._data) - self._at > LONGEST or not self._more():
                    return None
                look = done
                continue
            depth += 1 if self._data[look : look + 1] in _OPEN else -1
            look += 1
            if depth <= 0:
                value, self._at = self._data[self._at : look], look
                return value

    def _line(self) -> bytes | UndecodableRecordError:
        """Return one record that stands by itself: a line, or an object that goes over several."""
        end = self._line_end()
        line = self._data[self._at : end].strip()
        whole = line.endswith(b"}") and b"}{" not in line and b"} {" not in line
        if not line.startswith(b"{") or whole:
            self._at = end
            return line
        return self._over_lines()

    def _over_lines(self) -> bytes | UndecodableRecordError:
        """Return an object that goes over several lines, or of one that was cut off what there is of it.

        It was cut off where a text is not closed on its line, and where the next object begins a line.
        """
        look, depth = self._at + 1, 1
        while depth > 0:
            look = _after(_ON_ONE_LINE, self._data, look)
            byte = self._data[look : look + 1]
            torn = byte == b'"' and self._data.find(b"\n", look) >= 0
            if torn or (byte == b"{" and self._data[look - 1 : look] == b"\n"):
                end = self._line_end() if torn else look
                value, self._at = self._data[self._at : end], end
                return value.strip()
            if byte in {b"", b'"'}:
                done = look - self._at
                if len(self._data) - self._at > LONGEST or not self._more():
                    self._at = len(self._data)
                    return UndecodableRecordError("the input ends inside a record")
                look = done
                continue
            depth += 1 if byte in _OPEN else -1
            look += 1
        value, self._at = self._data[self._at : look], look
        return value

    def _line_end(self) -> int:
        """Return where the line ends; what is longer than any record is cut there."""
        looked = self._at
        while True:
            end = self._data.find(b"\n", looked)
            if end >= 0:
                return end
            done = len(self._data) - self._at
            if done > LONGEST or not self._more():
                return len(self._data)
            looked = done


def _after(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Return where a pattern that may match nothing stops."""
    match = pattern.match(data, at)
    return at if match is None else match.end()
