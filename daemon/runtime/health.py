"""How each unit of work fares: told once when it begins to fail, once when it works again."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

import structlog

from collectors.model import Snapshot, Unread, UnreadReason

log = structlog.get_logger(__name__)

MOST_TOLD = 5
"""Distinct failures that one log line names; the rest is counted."""


@dataclass(kw_only=True)
class UnitHealth:
    """One unit's record: whether it was ever tried, failures in a row, when it last worked, what was told.

    ``trouble`` is what kept the read from being brought into the state, empty where nothing did.
    """

    tried: bool = False
    failures: int = 0
    last_success: datetime | None = None
    told: tuple[Unread, ...] = ()
    trouble: str = ""


class Health:
    """The record of every unit, by scope key. Safe for use by many threads."""

    def __init__(self) -> None:
        self._units: dict[str, UnitHealth] = {}
        self._lock = threading.Lock()

    def of(self, key: str) -> UnitHealth:
        """Return a unit's record; a new one for a unit nothing is known of."""
        with self._lock:
            return self._units.setdefault(key, UnitHealth())

    def forget(self, key: str) -> None:
        """Drop the record of a unit that is no longer watched."""
        with self._lock:
            self._units.pop(key, None)

    def read(self, snapshot: Snapshot, at: datetime) -> int:
        """Take note of how a read ended and return the failures in a row.

        A listing that did not come back whole is a failure of the unit. Facts that could not be read
        are not: they are told when they change, and each is in its resource's judgements.
        """
        key = snapshot.scope.key
        record = self.of(key)
        record.tried = True
        record.trouble = ""
        if snapshot.complete:
            self._tell_complete(record, snapshot)
            record.failures = 0
            record.last_success = at
            record.told = snapshot.unread
            return 0
        record.failures += 1
        if record.failures == 1 or snapshot.unread != record.told:
            log.error(
                "scope could not be read; its findings stay as they were",
                scope=key,
                **_words(snapshot.unread),
            )
        record.told = snapshot.unread
        return record.failures

    def _tell_complete(self, record: UnitHealth, snapshot: Snapshot) -> None:
        """Tell of a listing that came back whole: that it works again, or what of it is missing."""
        key = snapshot.scope.key
        if record.failures:
            log.info("scope is read again", scope=key, failures=record.failures)
        if snapshot.unread and snapshot.unread != record.told:
            log.warning(
                "part of a scope could not be read; what depends on it is UNKNOWN",
                scope=key,
                coverage=round(snapshot.coverage, 4),
                **_words(snapshot.unread),
            )
        elif record.told and not snapshot.unread and not record.failures:
            log.info("scope is read completely again", scope=key)

    def unwritable(self, key: str, reason: str) -> int:
        """Take note that a read could not be brought into the state, and return the failures in a row."""
        record = self.of(key)
        record.tried = True
        record.failures += 1
        if record.trouble != reason:
            record.trouble = reason
            log.error("what was read of a scope could not be brought into the state", scope=key, error=reason)
        return record.failures

    def crashed(self, key: str, error: BaseException) -> int:
        """Take note that a read ended in an exception nobody foresaw, and return the failures in a row."""
        record = self.of(key)
        record.tried = True
        record.failures += 1
        record.told = ()
        log.error(
            "reading a scope crashed; this is a defect of the program. Other scopes are read on",
            scope=key,
            failures=record.failures,
            exc_info=error,
        )
        return record.failures


def throttled(snapshot: Snapshot) -> bool:
    """Whether the cloud asked us to slow down."""
    return any(unread.reason is UnreadReason.THROTTLED for unread in snapshot.unread)


def _words(unread: tuple[Unread, ...]) -> dict[str, object]:
    """Return log fields that name the failures and what to grant."""
    fields: dict[str, object] = {"unread": [one.summary for one in unread[:MOST_TOLD]]}
    if len(unread) > MOST_TOLD:
        fields["more"] = len(unread) - MOST_TOLD
    permissions = sorted({one.permission for one in unread if one.permission})
    if permissions:
        fields["grant"] = permissions
    return fields
