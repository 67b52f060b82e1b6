"""Records on their way into a delivery, bounded in number and size."""

from __future__ import annotations

import msgspec


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many records, and how many bytes of them, one delivery holds; a record that is larger comes alone."""

    records: int = 5_000
    size: int = 8 * 1024 * 1024


class Batch:
    """Records that wait to be delivered."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._records: list[bytes] = []
        self._size = 0

    def fits(self, record: bytes) -> bool:
        """Whether one more record may be added."""
        if not self._records:
            return True
        return len(self._records) < self._bounds.records and self._size + len(record) <= self._bounds.size

    def add(self, record: bytes) -> None:
        """Add a record."""
        self._records.append(record)
        self._size += len(record)

    def take(self) -> tuple[bytes, ...]:
        """Return the records and hold none any more."""
        taken = tuple(self._records)
        self._records, self._size = [], 0
        return taken
