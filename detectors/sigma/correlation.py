"""Sigma correlation rules: several matches within a time span that together mean something.

Event time decides, not arrival: a late record counts where it belongs. What one match costs does not grow with
what is held. Memory is bounded by groups and by entries in all (the longest untouched group is forgotten first), by
entries within a group (the oldest first), and by time: what lies further back than the time span and an hour of
lateness is forgotten.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush, heapreplace

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
    condition (``gte`` 5): on the number of events, of different values, or of a temporal of different rules; a
    temporal_ordered wants all in their order. ``field`` is what a value_count counts, ``seconds`` the time span.
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

MOST_ENTRIES = 10_000
"""Entries held of one group: no correlation can count further."""

_MOST_GROUPS = 10_000
_MOST_IN_ALL = 100_000


def entry_key(kind: CorrelationKind, seen: Seen) -> tuple[str, ...]:
    """Return what a match counts as: of matches with one key in one group only the newest is held.

    The counted value for a value_count (empty where it has none: it counts as nothing), the rule for a temporal,
    or else the rule and the event.
    """
    if kind is CorrelationKind.VALUE_COUNT:
        return (seen.value,) if seen.value else ()
    if kind is CorrelationKind.TEMPORAL:
        return (seen.rule,)
    return seen.rule, seen.event


class _Group:
    """What is held of one group: the newest match of each key.

    ``_oldest`` is a heap with one entry for each key. Its time may lie behind the key's newest match: that is put
    right when the entry comes to the top.
    """

    __slots__ = ("_by_rule", "_oldest", "latest", "matches")

    def __init__(self, latest: datetime, *, ordered: bool) -> None:
        self.latest = latest
        self.matches: dict[tuple[str, ...], Seen] = {}
        self._oldest: list[tuple[datetime, str, tuple[str, ...]]] = []
        self._by_rule: dict[str, list[tuple[datetime, str]]] | None = {} if ordered else None

    def put(self, key: tuple[str, ...], seen: Seen) -> bool:
        """Hold a match; return False where the very same is held already."""
        held = self.matches.get(key)
        if held is not None and held.event == seen.event and held.rule == seen.rule:
            return False
        if held is None:
            heappush(self._oldest, (seen.at, seen.event, key))
            if self._by_rule is not None:
                insort(self._by_rule.setdefault(seen.rule, []), (seen.at, seen.event))
        if held is None or seen.at > held.at:
            self.matches[key] = seen
        return True

    def trim(self, until: datetime, most: int) -> None:
        """Forget what happened up to a time, and the oldest of more than so many."""
        oldest, matches = self._oldest, self.matches
        while oldest and (oldest[0][0] <= until or len(oldest) > most):
            at, _, key = oldest[0]
            held = matches[key]
            if held.at > at:
                heapreplace(oldest, (held.at, held.event, key))
                continue
            heappop(oldest)
            del matches[key]
            if self._by_rule is not None:
                del self._by_rule[held.rule][0]

    def has_in_order(self, rules: Sequence[str]) -> bool:
        """Whether the rules' matches come in this order, others between them allowed."""
        last: tuple[datetime, str] | None = None
        for rule in rules:
            held = (self._by_rule or {}).get(rule, [])
            position = 0 if last is None else bisect_right(held, last)
            if position == len(held):
                return False
            last = held[position]
        return True


class Correlator:
    """The running state of one correlation rule."""

    def __init__(
        self,
        rule: Correlation,
        *,
        max_groups: int = _MOST_GROUPS,
        max_entries: int = MOST_ENTRIES,
        max_in_all: int = _MOST_IN_ALL,
    ) -> None:
        self.rule = rule
        self._span = timedelta(seconds=rule.seconds)
        self._groups: OrderedDict[tuple[str, ...], _Group] = OrderedDict()
        self._newest: datetime | None = None
        self._held = 0
        self._max_groups = max_groups
        self._max_entries = max_entries
        self._max_in_all = max_in_all

    @property
    def held(self) -> int:
        """How many matches are held in memory."""
        return self._held

    def observe(self, group: tuple[str, ...], seen: Seen) -> tuple[Seen, ...] | None:
        """Take one match into account; return the matches that together fulfil the rule, else None.

        Of a value_count that is the newest match of each value, of a temporal that of each rule. A fulfilled
        group starts anew, so that one burst is one detection. A repeated event id changes nothing.
        """
        known = self._groups.get(group)
        if known is None:
            ordered = self.rule.kind is CorrelationKind.TEMPORAL_ORDERED
            known = self._groups[group] = _Group(seen.at, ordered=ordered)
        else:
            self._groups.move_to_end(group)
        before = len(known.matches)
        key = entry_key(self.rule.kind, seen)
        if key and not known.put(key, seen):
            return None
        known.latest = max(seen.at, known.latest)
        known.trim(known.latest - self._span, self._max_entries)
        self._held += len(known.matches) - before
        self._newest = known.latest if self._newest is None else max(known.latest, self._newest)
        while self._groups and self._too_much(self._newest):
            _, forgotten = self._groups.popitem(last=False)
            self._held -= len(forgotten.matches)
        if group not in self._groups or not self._fulfilled(known):
            return None
        del self._groups[group]
        self._held -= len(known.matches)
        return tuple(sorted(known.matches.values(), key=lambda one: (one.at, one.event))) or (seen,)

    def _too_much(self, newest: datetime) -> bool:
        """Whether the group that was untouched for longest is to be forgotten, for want of room or of a use."""
        if len(self._groups) > self._max_groups or self._held > self._max_in_all:
            return True
        return newest - next(iter(self._groups.values())).latest >= self._span + LATE

    def _fulfilled(self, group: _Group) -> bool:
        if self.rule.kind is CorrelationKind.TEMPORAL_ORDERED:
            return group.has_in_order(self.rule.rules)
        return _COMPARE[self.rule.op](len(group.matches), self.rule.count)
