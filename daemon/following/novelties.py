"""Rules over what was never there before. What they remember is in the state, so that no restart makes it new."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from daemon.logs.formats import Kind
from daemon.state import cursors
from detectors.sigma.first_seen import FirstSeenWatch
from detectors.sigma.rules import Rule

_PREFIX = "first_seen:"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What of an event is looked at: the record, the type it is of, the rules it matches, and when it happened."""

    record: Any
    hits: tuple[Rule, ...]
    at: datetime


class Novelties:
    """The first_seen rules of one source of logs, shared by all logs of it.

    Whoever calls :meth:`told` holds a lock from before the transaction until it has ended, and calls
    :meth:`forget` where it was not committed: what is known is then read anew from the state.
    """

    def __init__(self, kinds: Mapping[type, Kind], rules_of: Callable[[type], Sequence[Rule]]) -> None:
        self._watches = {kind: FirstSeenWatch(one.log, rules_of(kind)) for kind, one in kinds.items()}
        self._loaded = not any(self._watches.values())

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return any(self._watches.values())

    def sift(self, record: Any, hits: list[Rule], at: str) -> list[Rule]:  # noqa: ANN401 - the source's own record type
        """Return the hits without those that surely tell nothing new; ``at`` is RFC 3339."""
        return self._watches[type(record)].sift(record, hits, at)

    def told(self, connection: Connection, events: Sequence[Seen], now: datetime) -> list[tuple[Rule, ...]]:
        """Learn from events, oldest first; return of each the hits that are to be told."""
        self._load(connection)
        found = [tuple(self._watches[type(one.record)].tell(one.record, one.hits, one.at)) for one in events]
        for watch in self._watches.values():
            for rule in watch.changed():
                cursors.put(connection, f"{_PREFIX}{rule}", watch.dump(rule), now)
        return found

    def forget(self) -> None:
        """Drop what is held in memory."""
        for watch in self._watches.values():
            watch.forget()
        self._loaded = not self

    def _load(self, connection: Connection) -> None:
        if self._loaded:
            return
        for watch in self._watches.values():
            for rule in watch.rules:
                stored = cursors.find(connection, f"{_PREFIX}{rule}")
                if stored is not None:
                    watch.load(rule, stored)
        self._loaded = True
