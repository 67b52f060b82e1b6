"""Sigma correlation rules: several matches within a time span that together mean something.

Event time decides, not arrival: a late record counts where it belongs. Memory is bounded by groups
(the longest untouched is forgotten first), by entries within a group, and by time: what lies further back than
the time span and an hour of lateness is forgotten.
"""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from operator import itemgetter

import msgspec


class CorrelationKind(StrEnum):
    """The correlation types that can be run."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """One correlation rule with its references resolved to rule uids.

    ``aliases`` maps a group-by name to each rule's own field for it. ``op`` and ``count`` are the
    condition (``gte`` 5), ``field`` what a value_count counts, ``seconds`` the time span.
    """

    uid: str
    title: str
    level: str
    kind: CorrelationKind
    rules: tuple[str, ...]
    seconds: int
    op: str
    count: int
    group_by: tuple[str, ...] = ()
    aliases: Mapping[str, Mapping[str, str]] = {}
    field: str = ""
    generate: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One match that a correlation looks at: when, which rule, which event, and the counted value."""

    at: datetime
    rule: str
    event: str
    value: str = ""


_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "lt": lambda found, wanted: found < wanted,
    "lte": lambda found, wanted: found <= wanted,
    "gt": lambda found, wanted: found > wanted,
    "gte": lambda found, wanted: found >= wanted,
    "eq": lambda found, wanted: found == wanted,
    "neq": lambda found, wanted: found != wanted,
}


LATE = timedelta(hours=1)
"""How late a record may come after newer ones and still count where it belongs."""


class Correlator:
    """The running state of one correlation rule."""

    def __init__(self, rule: Correlation, *, max_groups: int = 10_000, max_entries: int = 10_000) -> None:
        self.rule = rule
        self._span = timedelta(seconds=rule.seconds)
        self._groups: OrderedDict[tuple[str, ...], list[tuple[datetime, str, Seen]]] = OrderedDict()
        self._newest: datetime | None = None
        self._max_groups = max_groups
        self._max_entries = max_entries

    @property
    def held(self) -> int:
        """How many matches are held in memory."""
        return sum(map(len, self._groups.values()))

    def observe(self, group: tuple[str, ...], seen: Seen) -> tuple[Seen, ...] | None:
        """Take one match into account; return the matches that together fulfil the rule, else None.

        A fulfilled group starts anew, so that one burst is one detection. A repeated event id
        changes nothing.
        """
        entries = self._groups.setdefault(group, [])
        self._groups.move_to_end(group)
        if any(event == seen.event and entry.rule == seen.rule for _, event, entry in entries):
            return None
        insort(entries, (seen.at, seen.event, seen), key=itemgetter(0, 1))
        newest = entries[-1][0]
        while entries and (newest - entries[0][0] >= self._span or len(entries) > self._max_entries):
            entries.pop(0)
        self._newest = newest if self._newest is None else max(newest, self._newest)
        while len(self._groups) > self._max_groups or self._oldest_is_over(self._newest):
            self._groups.popitem(last=False)
        if group not in self._groups:
            return None
        members = [entry for _, _, entry in entries]
        if not self._fulfilled(members):
            return None
        del self._groups[group]
        return tuple(members)

    def _oldest_is_over(self, newest: datetime) -> bool:
        """Whether the group that was untouched for longest can count no more."""
        entries = next(iter(self._groups.values()), None)
        return entries is not None and newest - entries[-1][0] >= self._span + LATE

    def _fulfilled(self, members: Sequence[Seen]) -> bool:
        if self.rule.kind is CorrelationKind.EVENT_COUNT:
            return self._enough(len(members))
        if self.rule.kind is CorrelationKind.VALUE_COUNT:
            return self._enough(len({member.value for member in members if member.value}))
        if self.rule.kind is CorrelationKind.TEMPORAL:
            return {member.rule for member in members} >= set(self.rule.rules)
        return _in_order(iter(members), self.rule.rules)

    def _enough(self, found: int) -> bool:
        return _COMPARE[self.rule.op](found, self.rule.count)


def _in_order(members: Iterator[Seen], rules: Sequence[str]) -> bool:
    """Whether the rules' matches come in this order, others between them allowed."""
    return all(any(member.rule == rule for member in members) for rule in rules)
