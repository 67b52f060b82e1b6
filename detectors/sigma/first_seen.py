"""Rules that tell of what was never there before: a value of a field that its group has not shown for long.

Sigma has no such rule, so it is an element ``first_seen`` of an ordinary one: what the rule matches counts,
and of that only what is new is told::

    first_seen:
      field: awsRegion                  # whose values are remembered
      group-by: [recipientAccountId]    # for each of which by itself
      history: 90d                      # how long a value is remembered after it was last seen
      learning: 7d                      # how long a group is only learnt from, after its first event

Event time decides, not arrival, so that a replayed log says the same. Memory is bounded: the groups that were
touched least lately are forgotten, and learnt anew in silence.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import msgspec

from detectors.sigma.rules import Rule
from detectors.sigma.source import LogSource
from detectors.sigma.values import texts

Group = tuple[str, ...]

_REFRESHED = 10
"""A value seen again is written down anew when a tenth of the history has passed."""


class Remembered(msgspec.Struct, kw_only=True):
    """What is known of one group: since when, and when each value was last seen."""

    group: Group
    since: datetime
    values: dict[str, datetime]


_STATE = msgspec.json.Decoder(list[Remembered])


class FirstSeenWatch:
    """All first_seen rules of one log source, and what they have seen. Safe for use by many threads.

    Whoever keeps it does so in one transaction with what it tells: :meth:`tell` inside of it, then :meth:`changed`
    for the names of the rules whose :meth:`dump` is to be stored; :meth:`forget` where the transaction
    did not commit, and :meth:`load` with what is stored before the first use.
    """

    def __init__(
        self, log: LogSource, rules: Iterable[Rule], *, most_groups: int = 10_000, most_values: int = 1_000
    ) -> None:
        self._rules = {rule.uid: _Watched(rule, log) for rule in rules if rule.first_seen is not None}
        self._known: dict[str, OrderedDict[Group, Remembered]] = {uid: OrderedDict() for uid in self._rules}
        self._changed: set[str] = set()
        self._most_groups = most_groups
        self._most_values = most_values
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Whether there is any such rule."""
        return bool(self._rules)

    @property
    def rules(self) -> tuple[str, ...]:
        """The uids of the rules."""
        return tuple(self._rules)

    def sift(self, record: Any, hits: list[Rule], at: str) -> list[Rule]:  # noqa: ANN401 - the source's own record type
        """Return the hits without those that tell nothing new, which are most; nothing is learnt from them.

        ``at`` is when the event happened, RFC 3339.
        """
        if all(rule.first_seen is None for rule in hits):
            return hits
        try:
            when = datetime.fromisoformat(at)
        except ValueError:
            return [rule for rule in hits if rule.first_seen is None]
        return [rule for rule in hits if rule.first_seen is None or self._is_news(rule, record, when)]

    def tell(self, record: Any, hits: Iterable[Rule], at: datetime) -> list[Rule]:  # noqa: ANN401 - the source's own
        """Learn from an event; return the hits that are to be told: all others, and what is seen for the first time."""
        return [rule for rule in hits if rule.first_seen is None or self._take(rule, record, at)]

    def changed(self) -> frozenset[str]:
        """Return the uids of the rules that learnt something since this was last asked."""
        with self._lock:
            changed, self._changed = frozenset(self._changed), set()
        return changed

    def dump(self, rule: str) -> bytes:
        """Return what a rule remembers, as JSON."""
        with self._lock:
            return msgspec.json.encode(list(self._known[rule].values()))

    def load(self, rule: str, content: bytes) -> None:
        """Take over what was dumped; what cannot be read counts as nothing and is learnt anew."""
        try:
            remembered = _STATE.decode(content)
        except msgspec.DecodeError:
            remembered = []
        with self._lock:
            if rule in self._known:
                self._known[rule] = OrderedDict((one.group, one) for one in remembered)

    def forget(self) -> None:
        """Drop everything that is held in memory."""
        with self._lock:
            for known in self._known.values():
                known.clear()
            self._changed.clear()

    def _is_news(self, rule: Rule, record: Any, at: datetime) -> bool:  # noqa: ANN401 - the source's own record type
        watched = self._rules[rule.uid]
        place = watched.place(record)
        if place is None:
            return False
        group, value = place
        with self._lock:
            remembered = self._known[rule.uid].get(group)
            last = None if remembered is None else remembered.values.get(value)
            return last is None or at - last > watched.refreshed

    def _take(self, rule: Rule, record: Any, at: datetime) -> bool:  # noqa: ANN401 - the source's own record type
        watched = self._rules[rule.uid]
        place = watched.place(record)
        if place is None:
            return False
        group, value = place
        with self._lock:
            known = self._known[rule.uid]
            remembered = known.get(group)
            if remembered is None:
                known[group] = Remembered(group=group, since=at, values={value: at})
                self._changed.add(rule.uid)
                while len(known) > self._most_groups:
                    known.popitem(last=False)
                return False
            known.move_to_end(group)
            last = remembered.values.get(value)
            learnt = at - remembered.since >= watched.learning
            self._note(rule.uid, remembered, value, at, watched)
            return learnt and (last is None or at - last > watched.history)

    def _note(self, rule: str, remembered: Remembered, value: str, at: datetime, watched: _Watched) -> None:
        values = remembered.values
        last = values.get(value)
        if last is None or at - last > watched.refreshed or at < remembered.since:
            self._changed.add(rule)
        remembered.since = min(remembered.since, at)
        values[value] = at if last is None else max(last, at)
        for old in [one for one, seen in values.items() if at - seen > watched.history]:
            del values[old]
        while len(values) > self._most_values:
            del values[min(values, key=values.__getitem__)]


class _Watched:
    """One rule, with how to read what it remembers."""

    def __init__(self, rule: Rule, log: LogSource) -> None:
        terms = rule.first_seen
        if terms is None:  # pragma: no cover - its maker asks for rules with first_seen alone
            message = f"{rule.uid} has no first_seen"
            raise ValueError(message)
        self.history = timedelta(seconds=terms.history)
        self.learning = timedelta(seconds=terms.learning)
        self.refreshed = self.history / _REFRESHED
        self._value = _reader(terms.field, log)
        self._group = [_reader(name, log) for name in terms.group_by]

    def place(self, record: Any) -> tuple[Group, str] | None:  # noqa: ANN401 - the source's own record type
        """Return a record's group and value; None where it lacks one of them."""
        value = self._value(record)
        if not value:
            return None
        group = [read(record) for read in self._group]
        if not all(group):
            return None
        return tuple(part for part in group if part), value


def _reader(field: str, log: LogSource) -> Callable[[Any], str | None]:
    """Return a function that reads the first value of a rule's field."""
    readers = [_path_reader(path, log) for path in log.paths(field)]
    if len(readers) == 1:
        return readers[0]
    return lambda record: next((value for read in readers if (value := read(record))), None)


def _path_reader(path: str, log: LogSource) -> Callable[[Any], str | None]:
    direct: Mapping[str, str] = log.direct
    if path in direct:
        return attrgetter(direct[path])
    head, *segments = path.split(".")
    return lambda record: next(iter(texts(log.read(record, head), tuple(segments))), None)
