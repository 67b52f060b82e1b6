"""Reading a log as chunks, unpacked where it is gzip."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

_CHUNK = 1 << 17
_GZIP = b"\x1f\x8b"


class UnreadableInputError(Exception):
    """The input broke off while it was read. The text says how."""


def chunks(stream: io.BufferedReader, before_reading: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """Yield what a stream holds, as it comes; gzip is known by its first bytes, whatever the name.

    ``before_reading`` is called before each read, which may have to wait. Raises UnreadableInputError
    where the stream cannot be read on or its gzip stream is damaged or cut off.
    """
    before_reading()
    try:
        if stream.peek(len(_GZIP))[: len(_GZIP)] == _GZIP:
            yield from _unpacked(stream, before_reading)
            return
        while chunk := stream.read1(_CHUNK):
            yield chunk
            before_reading()
    except OSError as error:
        reason = f"the input could not be read on: {error.strerror or error}"
        raise UnreadableInputError(reason) from error


def _unpacked(stream: io.BufferedReader, before_reading: Callable[[], None]) -> Iterator[bytes]:
    from isal import igzip, isal_zlib

    with igzip.open(stream, "rb") as unpacking:  # type: ignore[no-untyped-call]  # isal types only part of itself
        while True:
            try:
                chunk = unpacking.read1(_CHUNK)
            except EOFError:
                reason = "the gzip stream is cut off: what would follow is missing"
                raise UnreadableInputError(reason) from None
            except (igzip.BadGzipFile, isal_zlib.error):  # type: ignore[misc]  # an exception class, typed as a value
                reason = "the gzip stream is damaged: what would follow is missing"
                raise UnreadableInputError(reason) from None
            if not chunk:
                return
            yield chunk
            before_reading()
