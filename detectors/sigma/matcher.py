"""Matching records against many rules at once.

For each combination of a log source's key fields (``eventSource``, ``eventName`` ...) the rules are
specialised to what is left to decide, and that is compiled to one function. A rule without such
keys that binds another single-valued field is found through a hash of that field's value. What a
record costs therefore follows the rules that can still match it, not the rules there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

from detectors.sigma.codegen import Hits, compile_conditions
from detectors.sigma.expression import (
    FALSE,
    FIELD_OPS,
    Expression,
    Op,
    Test,
    conjunction,
    disjunction,
    fields_of,
    required_values,
    rewrite,
    specialise,
)
from detectors.sigma.rules import Rule
from detectors.sigma.source import LogSource

Compiled: TypeAlias = Callable[[Any, Hits], None]

# Distinct key combinations come from the log and so from strangers: past this the cache starts anew.
_MAX_COMBINATIONS = 20_000

# A field is worth a hash table only when several rules share it.
_MIN_TABLE = 4


# So few rules without any key are compiled into each combination: one call less for each record.
_MAX_INLINED = 8


class Matcher:
    """All rules of one log source, compiled.

    ``match`` takes a record of the source and returns the rules that it matches, each once, in no particular order.
    """

    match: Callable[[Any], list[Rule]]

    def __init__(self, source: LogSource, rules: Sequence[Rule]) -> None:
        self.source = source
        self.rules = tuple(rule for rule in rules if source.accepts(rule.product, rule.service))
        conditions = [(rule, locate(rule.condition, source)) for rule in self.rules]
        self._keys = attrgetter(*(source.direct[key] for key in source.keys)) if source.keys else None
        self._anchored: dict[str, dict[str, list[int]]] = {key: {} for key in source.keys}
        self._loose: list[int] = []
        self._conditions: list[tuple[Rule, Expression]] = conditions
        self._cache: dict[object, Compiled | None] = {}
        self._functions: dict[tuple[tuple[str, Expression], ...], Compiled] = {}
        self._tables: list[tuple[Callable[[Any], str | None], dict[str, Compiled]]] = []
        free: list[tuple[Rule, Expression]] = []
        for position, (rule, condition) in enumerate(conditions):
            if not self._anchor(position, condition):
                free.append((rule, condition))
        unbound = self._build_tables(free)
        inlined = bool(source.keys) and len(unbound) <= _MAX_INLINED
        self._inlined = unbound if inlined else []
        self._always = compile_conditions(unbound, source) if unbound and not inlined else None
        self.match = self._matching()

    def _anchor(self, position: int, condition: Expression) -> bool:
        """File a condition under the key values it needs; False if it looks at no key at all."""
        for key in reversed(self.source.keys):
            values = required_values(condition, key)
            if values is not None and key != self.source.keys[-1]:
                for value in values:
                    self._anchored[key].setdefault(value, []).append(position)
                return True
        if fields_of(condition) & set(self.source.keys):
            self._loose.append(position)
            return True
        return False

    def _build_tables(self, free: list[tuple[Rule, Expression]]) -> list[tuple[Rule, Expression]]:
        """Hash the rules that bind a single-valued field; return the ones that bind none."""
        by_field: dict[str, list[tuple[Rule, Expression, frozenset[str]]]] = {}
        unbound: list[tuple[Rule, Expression]] = []
        for rule, condition in free:
            bound = {
                field: values
                for field in self.source.direct
                if (values := required_values(condition, field)) is not None
            }
            if not bound:
                unbound.append((rule, condition))
                continue
            field = min(bound, key=lambda name: len(bound[name]))
            by_field.setdefault(field, []).append((rule, condition, bound[field]))
        for field, members in by_field.items():
            if len(members) < _MIN_TABLE:
                unbound.extend((rule, condition) for rule, condition, _ in members)
                continue
            grouped: dict[str, list[tuple[Rule, Expression]]] = {}
            for rule, condition, values in members:
                for value in values:
                    grouped.setdefault(value, []).append((rule, condition))
            table = {value: compile_conditions(group, self.source) for value, group in grouped.items()}
            self._tables.append((attrgetter(self.source.direct[field]), table))
        return unbound

    def _matching(self) -> Callable[[Any], list[Rule]]:
        """Return the function that matches, with all that it needs at hand: it runs for every record of every log."""
        by_keys = self._matching_keys(self._keys) if self._keys is not None else lambda _record: []
        tables, always = self._tables, self._always
        if not tables and always is None:
            return by_keys

        def match(record: Any) -> list[Rule]:  # noqa: ANN401 - the source's own record type
            hits = by_keys(record)
            for value_of, table in tables:
                value = value_of(record)
                if value is not None:
                    found = table.get(value.lower())
                    if found is not None:
                        found(record, hits)
            if always is not None:
                always(record, hits)
            return hits

        return match

    def _matching_keys(self, keys: Callable[[Any], object]) -> Callable[[Any], list[Rule]]:
        """Return the function that runs what is left of the rules for a record's key fields."""
        cache, specialised = self._cache, self._specialise

        def match(record: Any) -> list[Rule]:  # noqa: ANN401 - the source's own record type
            combination = keys(record)
            try:
                compiled = cache[combination]
            except KeyError:
                compiled = specialised(combination)
            hits: Hits = []
            if compiled is not None:
                compiled(record, hits)
            return hits

        return match

    def _specialise(self, combination: object) -> Compiled | None:
        """Compile what is left of the candidates once the key fields' values are known."""
        values = combination if isinstance(combination, tuple) else (combination,)
        known: dict[str, str | None] = dict(zip(self.source.keys, values, strict=True))
        candidates = list(self._loose)
        for key, filed in self._anchored.items():
            value = known[key]
            if value is not None:
                candidates.extend(filed.get(value.lower(), ()))
        left = []
        for position in dict.fromkeys(candidates):
            rule, condition = self._conditions[position]
            rest = specialise(condition, known)
            if rest != FALSE:
                left.append((rule, rest))
        left += self._inlined
        compiled = self._compile(left)
        if len(self._cache) >= _MAX_COMBINATIONS:
            self._cache.clear()
            self._functions.clear()
        self._cache[combination] = compiled
        return compiled

    def _compile(self, left: list[tuple[Rule, Expression]]) -> Compiled | None:
        """Compile what is left of the rules; combinations of which the same is left share one function."""
        if not left:
            return None
        same = tuple((rule.uid, rest) for rule, rest in left)
        compiled = self._functions.get(same)
        if compiled is None:
            compiled = self._functions[same] = compile_conditions(left, self.source)
        return compiled


def locate(condition: Expression, source: LogSource) -> Expression:
    """Rewrite a rule's fields to the places they have in the raw record of a source.

    A field with several places holds where any place does; it is null where all are.
    """

    def place(test: Test) -> Expression:
        if not test.field:
            return test
        operands = source.paths(test.operand) if test.op in FIELD_OPS else (test.operand,)
        tests = [
            Test(path, test.op, operand, cased=test.cased) for path in source.paths(test.field) for operand in operands
        ]
        return conjunction(tests) if test.op is Op.NULL else disjunction(tests)

    return rewrite(condition, place)
