"""Putting the rules of one operation into groups that a single look rules out together.

Many rules may look at the same operation. Each group has a guard: a comparison that must hold for any of
its rules to match, and that is cheaper than theirs. What a record costs follows the guards that it passes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeAlias

import msgspec

from detectors.sigma.expression import TEXT_OPS, And, Expression, Test, fields_of, required_values
from detectors.sigma.prefilter import needed_key, needed_keys, needed_text, whole_texts
from detectors.sigma.rules import Rule
from detectors.sigma.source import LogSource

Condition: TypeAlias = tuple[Rule, Expression]

_SHARED = 2
_FEW = 4
_MANY = 8
_SHORT = 3
"""A beginning of fewer letters is in too many texts to rule much out."""


class HasKey(msgspec.Struct, frozen=True):
    """The undecoded JSON of an attribute has a text that a key ends with."""

    attribute: str
    key: str


class HasValue(msgspec.Struct, frozen=True):
    """Behind a key in the undecoded JSON of an attribute one of these texts (lower case) may stand."""

    attribute: str
    key: str
    texts: frozenset[str]


class IsOneOf(msgspec.Struct, frozen=True):
    """A direct field is, in lower case, one of these texts."""

    field: str
    texts: frozenset[str]


class HasText(msgspec.Struct, frozen=True):
    """A direct field contains, in lower case, a text."""

    field: str
    text: str


class HasRawText(msgspec.Struct, frozen=True):
    """The undecoded JSON of an attribute contains, in lower case, a text."""

    attribute: str
    text: str


Guard: TypeAlias = HasKey | HasValue | IsOneOf | HasText | HasRawText


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Rules behind a guard, None for those that have none, and groups within."""

    guard: Guard | None
    members: tuple[Condition, ...] = ()
    within: tuple[Group, ...] = ()


def grouped(conditions: Sequence[Condition], source: LogSource) -> tuple[Group, ...]:
    """Return the conditions in groups, each condition once."""
    rest = list(conditions)
    found: list[Group] = []
    for field in source.direct:
        found += _take(rest, partial(_equal, field), _FEW)
    for guard, members in _by_key(rest, source):
        found.append(Group(guard=guard, within=_within(members, guard, source)))
        _remove(rest, members)
    found += _by_beginning(rest, lambda condition: _direct_texts(condition, source))
    found += _by_beginning(rest, lambda condition: _raw_texts(condition, source))
    return (*found, Group(guard=None, members=tuple(rest)))


def _within(conditions: list[Condition], key: HasKey, source: LogSource) -> tuple[Group, ...]:
    """Group further what has a key in common."""
    rest = list(conditions)
    found = _take(rest, lambda condition: _whole(condition, key, source), _MANY)
    found += _by_beginning(rest, lambda condition: _raw_texts(condition, source))
    return (*found, Group(guard=None, members=tuple(rest)))


def _remove(rest: list[Condition], members: Iterable[Condition]) -> None:
    gone = set(map(id, members))
    rest[:] = [one for one in rest if id(one) not in gone]


def _take(
    rest: list[Condition], guard_of: Callable[[Expression], IsOneOf | HasValue | None], enough: int
) -> list[Group]:
    """Take out the conditions that ask one place for texts, where there are enough of them."""
    found = [(one, guard) for one in rest if (guard := guard_of(one[1])) is not None]
    if len(found) < enough:
        return []
    texts: frozenset[str] = frozenset().union(*(guard.texts for _, guard in found))
    members = tuple(one for one, _ in found)
    _remove(rest, members)
    return [Group(guard=msgspec.structs.replace(found[0][1], texts=texts), members=members)]


def _equal(field: str, condition: Expression) -> IsOneOf | None:
    texts = required_values(condition, field)
    return None if texts is None or "" in texts else IsOneOf(field, texts)


def _whole(condition: Expression, key: HasKey, source: LogSource) -> HasValue | None:
    """Return what must stand behind a key in undecoded JSON for a condition to hold."""
    for test in _conjuncts(condition):
        for field in fields_of(test):
            if source.undecoded.get(field.partition(".")[0]) == key.attribute and needed_key(field) == key.key:
                texts = required_values(test, field)
                if texts is not None and whole_texts(texts):
                    return HasValue(key.attribute, key.key, texts)
    return None


def _by_key(rest: list[Condition], source: LogSource) -> list[tuple[HasKey, list[Condition]]]:
    """Put together the conditions that need one key in the same undecoded JSON."""
    needed = [(one, needed_keys(one[1], source.undecoded)) for one in rest]
    shared = Counter(key for _, keys in needed for key in keys)
    together: dict[tuple[str, str], list[Condition]] = {}
    for one, keys in needed:
        best = max(keys, key=lambda key: (shared[key], key), default=None)
        if best is not None and shared[best] >= _SHARED:
            together.setdefault(best, []).append(one)
    return [(HasKey(*key), members) for key, members in together.items()]


def _by_beginning(
    rest: list[Condition], texts_of: Callable[[Expression], Iterable[HasText | HasRawText]]
) -> list[Group]:
    """Take out the conditions that look in one place for texts with a common beginning."""
    by_place: dict[tuple[type, str], list[tuple[str, Condition]]] = defaultdict(list)
    for one in rest:
        for wanted in list(texts_of(one[1]))[:1]:
            place = wanted.field if isinstance(wanted, HasText) else wanted.attribute
            by_place[type(wanted), place].append((wanted.text, one))
    groups = []
    for (kind, place), wanted_here in by_place.items():
        for beginning, members in _runs(sorted(wanted_here, key=lambda found: found[0])):
            groups.append(Group(guard=kind(place, beginning), members=tuple(members)))
            _remove(rest, members)
    return groups


def _runs(wanted: list[tuple[str, Condition]]) -> Iterable[tuple[str, list[Condition]]]:
    """Yield enough neighbours in order with their common beginning, where it is long enough."""
    start = 0
    while start < len(wanted):
        end, beginning = start + 1, wanted[start][0]
        while end < len(wanted) and len(both := _common(beginning, wanted[end][0])) >= _SHORT:
            beginning, end = both, end + 1
        if end - start >= _FEW:
            yield beginning, [one for _, one in wanted[start:end]]
        start = end


def _common(one: str, other: str) -> str:
    length = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


def _conjuncts(condition: Expression) -> Sequence[Expression]:
    return condition.args if isinstance(condition, And) else (condition,)


def _direct_texts(condition: Expression, source: LogSource) -> Iterable[HasText]:
    for test in _conjuncts(condition):
        if isinstance(test, Test) and test.op in TEXT_OPS and not test.cased and test.field in source.direct:
            yield HasText(test.field, test.operand)


def _raw_texts(condition: Expression, source: LogSource) -> Iterable[HasRawText]:
    for test in _conjuncts(condition):
        if isinstance(test, Test) and test.op in TEXT_OPS:
            attribute = source.undecoded.get(test.field.partition(".")[0])
            text = needed_text(test.operand)
            if attribute is not None and text is not None:
                yield HasRawText(attribute, text)
