"""Following a source as the daemon does: commit the cursor of each delivery, then settle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec

from collectors.api import Delivery, LogSource
from collectors.model import Unread

_ID = re.compile(rb'"eventID": ?"([^"]*)"')


class Follower:
    """What a source has told so far, and the cursor that was committed."""

    def __init__(self, source: LogSource) -> None:
        self.source = source
        self.cursor: bytes | None = None
        self.records: list[bytes] = []
        self.unread: list[Unread] = []
        self.deliveries: list[Delivery] = []

    def follow(self, *, deliveries: int | None = None, settle: bool = True) -> list[bytes]:
        """Read on; stop (as if killed) after so many deliveries. Returns what was told."""
        told: list[bytes] = []
        self.unread = []
        self.deliveries = []
        with closing(self._reading()) as reading:
            for item in reading:
                if isinstance(item, Unread):
                    self.unread.append(item)
                    continue
                self.deliveries.append(item)
                told += item.records
                self.cursor = item.cursor
                if settle:
                    self.source.settle(item)
                if deliveries is not None and len(self.deliveries) >= deliveries:
                    break
        self.records += told
        return told

    def _reading(self) -> Any:
        reading: Iterator[Delivery | Unread] = self.source.read(self.cursor)
        return reading

    @property
    def ids(self) -> list[str]:
        """The ids of all the events told so far, in order."""
        return [_id(record) for record in self.records]


def ids(records: list[bytes]) -> list[str]:
    return [_id(record) for record in records]


def _id(record: bytes) -> str:
    found = _ID.search(record)
    return found[1].decode() if found else msgspec.json.decode(record, type=str)
