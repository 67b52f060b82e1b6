"""Conditions compiled to one Python function.

The code is generated from the condition tree alone: every text that comes from a rule is passed as
a constant through the namespace and never pasted into the source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from detectors.sigma.expression import FIELD_OPS, TEXT_OPS, And, Constant, Expression, Not, Op, Or, Test, tests_of
from detectors.sigma.grouping import Group, Guard, HasKey, HasRawText, HasText, HasValue, IsOneOf, grouped
from detectors.sigma.prefilter import may_hold, needed_in, needed_text, searchable
from detectors.sigma.rules import Rule
from detectors.sigma.source import LogSource
from detectors.sigma.values import in_network, number, texts

Hits: TypeAlias = list[Rule]
Conditions: TypeAlias = Sequence[tuple[Rule, Expression]]

# Of a longer list of texts one decoding is cheaper than as many searches.
_MOST_TEXTS = 8

_OFTEN = 3


def compile_conditions(conditions: Conditions, source: LogSource) -> Callable[[Any, Hits], None]:
    """Return a function ``(record, hits)`` that appends every rule whose condition holds."""
    return _Function(source).build(grouped(conditions, source))


class _Function:
    """The source text of one function while it is written.

    With ``at_hand`` it is given the searchable JSON of that attribute by its caller.
    """

    def __init__(self, source: LogSource, at_hand: str = "") -> None:
        self._source = source
        self._namespace: dict[str, object] = {
            "texts": texts,
            "in_network": in_network,
            "compare": _compare,
            "searchable": searchable,
            "may_hold": may_hold,
        }
        self._constants: dict[tuple[str, object], str] = {}
        self._prologue: list[str] = []
        self._locals: dict[tuple[str, str], str] = {("raw", at_hand): "given"} if at_hand else {}
        self._often: frozenset[str] = frozenset()
        self._at_hand = at_hand

    def build(self, groups: Sequence[Group]) -> Callable[..., None]:
        self._often = self._lowered_often(groups)
        body = [line for group in groups for line in self._group(group)] or ["    pass"]
        code = "\n".join(["def match(record, hits, given=None):", *self._prologue, *body]) + "\n"
        # The text holds only names made here; what rules bring travels in the namespace.
        exec(compile(code, f"<sigma {self._source.name}>", "exec"), self._namespace)  # noqa: S102
        match: Callable[..., None] = self._namespace["match"]  # type: ignore[assignment]  # made by exec
        return match

    def _statement(self, rule: Rule, condition: Expression) -> list[str]:
        name = f"rule{len(self._namespace)}"
        self._namespace[name] = rule
        if condition == Constant(value=True):
            return [f"    hits.append({name})"]
        return [f"    if {self._expression(condition)}:", f"        hits.append({name})"]

    def _lowered_often(self, groups: Iterable[Group]) -> frozenset[str]:
        """Return the direct fields whose lower case is asked for again and again: it is made at the top.

        What only rules behind a guard ask for is not: most records never get there.
        """
        asked = Counter[str]()
        for group in groups:
            if isinstance(group.guard, HasText):
                asked[group.guard.field] += _OFTEN
            elif group.guard is None:
                asked.update(
                    test.field
                    for _, condition in group.members
                    for test in tests_of(condition)
                    if test.field in self._source.direct and test.op in TEXT_OPS and not test.cased
                )
        return frozenset(field for field, times in asked.items() if times >= _OFTEN)

    def _group(self, group: Group) -> list[str]:
        """Write a group's guard, and behind it a call of the function that holds its rules.

        Most records pass no guard: what they run stays short.
        """
        if group.guard is None:
            return [line for rule, condition in group.members for line in self._statement(rule, condition)]
        guard = self._guard(group.guard)
        attribute = group.guard.attribute if isinstance(group.guard, HasKey | HasValue | HasRawText) else ""
        inner = (*group.within, Group(guard=None, members=group.members))
        call = self._constant("group", _Function(self._source, attribute).build(inner))
        given = f", {self._locals['raw', attribute]}" if attribute else ""
        return [f"    if {guard}:", f"        {call}(record, hits{given})"]

    def _guard(self, guard: Guard) -> str:
        if isinstance(guard, IsOneOf):
            return self._member(guard.field, self._constant("set", guard.texts), guard.texts, cased=False)
        if isinstance(guard, HasText):
            return f"{self._constant('text', guard.text)} in {self._lowered(guard.field)}"
        if isinstance(guard, HasValue):
            key, texts = self._constant("text", guard.key), self._constant("set", guard.texts)
            return f"may_hold({self._raw(guard.attribute)}, {key}, {texts})"
        text = guard.key if isinstance(guard, HasKey) else guard.text
        return f"{self._constant('text', text)} in {self._raw(guard.attribute)}"

    def _constant(self, kind: str, value: object) -> str:
        key = (kind, value)
        if key not in self._constants:
            name = f"{kind}{len(self._constants)}"
            self._constants[key] = name
            self._namespace[name] = value
        return self._constants[key]

    def _expression(self, expression: Expression) -> str:
        if isinstance(expression, Constant):
            return "True" if expression.value else "False"
        if isinstance(expression, Not):
            return f"not ({self._expression(expression.arg)})"
        if isinstance(expression, And):
            return " and ".join(f"({self._expression(arg)})" for arg in sorted(expression.args, key=self._cost))
        if isinstance(expression, Or):
            return self._any_of(expression)
        return self._test(expression)

    def _cost(self, expression: Expression) -> int:
        """Rank a condition by how dear it is to look at; the cheap ones of an AND are asked first."""
        fields = {test.field for test in tests_of(expression)}
        return sum(field not in self._source.direct for field in fields)

    def _any_of(self, expression: Or) -> str:
        """Write an OR; equalities of one field become one set lookup."""
        equal: dict[tuple[str, bool], set[str]] = {}
        parts: list[str] = []
        for arg in expression.args:
            if isinstance(arg, Test) and arg.op is Op.EQUALS and arg.field:
                equal.setdefault((arg.field, arg.cased), set()).add(arg.operand)
            else:
                parts.append(f"({self._expression(arg)})")
        for (field, cased), operands in equal.items():
            name = self._constant("set", frozenset(operands))
            if field in self._source.direct:
                parts.append(f"({self._member(field, name, operands, cased=cased)})")
            else:
                one = f"not {name}.isdisjoint({self._values(field, cased=cased)})"
                parts.append(f"({self._filtered_set(field, operands)}{one})")
        return " or ".join(parts)

    def _member(self, field: str, name: str, operands: Iterable[str], *, cased: bool) -> str:
        """Write that a direct field is one of a set of texts."""
        if not cased and field in self._often and "" not in operands:
            return f"{self._lowered(field)} in {name}"
        value = self._single(field) if cased else self._lowered(field)
        return f"{self._single(field)} is not None and {value} in {name}"

    def _test(self, test: Test) -> str:
        if test.op is Op.NULL:
            return f"not ({self._present(test.field)})"
        if test.op is Op.EXISTS:
            return self._present(test.field)
        if test.op in FIELD_OPS:
            return self._field_test(test)
        cased = test.cased or test.op is Op.REGEX
        if test.field in self._source.direct:
            return self._direct_test(test, cased=cased)
        values = self._values(test.field, cased=cased)
        first = self._filtered(test)
        if test.op is Op.EQUALS:
            return f"{first}{self._constant('text', test.operand)} in {values}"
        held = self._held(test.field, cased=cased)
        return f"{first}{values} and any({self._comparison(test, 'value')} for value in {held})"

    def _filtered(self, test: Test) -> str:
        """Write the look into undecoded JSON that comes before a comparison, with its ``and``; empty without one."""
        attribute = self._source.undecoded.get(test.field.partition(".")[0])
        needed = needed_in(test) if attribute is not None else None
        if attribute is None or needed is None:
            return ""
        return f"{self._constant('text', needed)} in {self._raw(attribute)} and "

    def _filtered_set(self, field: str, operands: Iterable[str]) -> str:
        """Write the look into undecoded JSON that comes before a set lookup, with its ``and``; empty without one."""
        attribute = self._source.undecoded.get(field.partition(".")[0])
        texts_needed = [needed_text(operand) for operand in sorted(operands)]
        certain = [needed for needed in texts_needed if needed is not None]
        if attribute is None or len(certain) < len(texts_needed) or len(certain) > _MOST_TEXTS:
            return self._filtered(Test(field, Op.EXISTS))
        either = " or ".join(f"{self._constant('text', needed)} in {self._raw(attribute)}" for needed in certain)
        return f"({either}) and "

    def _raw(self, attribute: str) -> str:
        """Return an expression for undecoded JSON to search in, made on first use."""
        key = ("raw", attribute)
        if key not in self._locals:
            self._locals[key] = name = f"raw{len(self._locals)}"
            self._prologue.append(f"    {name} = None")
        name = self._locals[key]
        if attribute == self._at_hand:
            return name
        return f"({name} if {name} is not None else ({name} := searchable(record.{attribute})))"

    def _direct_test(self, test: Test, *, cased: bool) -> str:
        """Compare a direct field; what cannot be equal by its length alone is not put in lower case."""
        if not cased and test.field in self._often and test.op in TEXT_OPS and test.operand:
            return self._comparison(test, self._lowered(test.field))
        there = f"{self._single(test.field)} is not None"
        if test.op is Op.EQUALS and not cased and test.operand.isascii():
            single, operand = self._single(test.field), self._constant("text", test.operand)
            return f"{there} and len({single}) == {len(test.operand)} and {self._lowered(test.field)} == {operand}"
        return f"{there} and {self._comparison(test, self._single(test.field) if cased else self._lowered(test.field))}"

    def _present(self, field: str) -> str:
        if field in self._source.direct:
            return f"{self._single(field)} is not None"
        return f"{self._filtered(Test(field, Op.EXISTS))}{self._values(field, cased=True)}"

    def _comparison(self, test: Test, value: str) -> str:
        if test.op is Op.REGEX:
            return self._regex(test.operand, value)
        operand = self._constant("text", test.operand)
        return {
            Op.EQUALS: f"{value} == {operand}",
            Op.CONTAINS: f"{operand} in {value}",
            Op.STARTSWITH: f"{value}.startswith({operand})",
            Op.ENDSWITH: f"{value}.endswith({operand})",
            Op.CIDR: f"in_network({value}, {operand})",
        }.get(test.op) or f"compare({self._constant('op', test.op)}, {value}, {operand})"

    def _regex(self, pattern: str, value: str) -> str:
        """Write a search; a text that the pattern cannot do without is looked for first."""
        search = f"{self._constant('pattern', re.compile(pattern))}.search({value}) is not None"
        literal = needed_literal(pattern)
        return f"({self._constant('text', literal)} in {value} and {search})" if literal else search

    def _field_test(self, test: Test) -> str:
        left, right = self._held(test.field, cased=False), self._held(test.operand, cased=False)
        operator = {
            Op.SAME_AS: "one == other",
            Op.STARTS_WITH_FIELD: "one.startswith(other)",
            Op.ENDS_WITH_FIELD: "one.endswith(other)",
        }[test.op]
        present = f"{self._values(test.field, cased=False)} and {self._values(test.operand, cased=False)}"
        return f"{present} and any({operator} for one in {left} for other in {right})"

    def _single(self, field: str) -> str:
        """Return a local with a direct field's text or None, set once at the top."""
        key = ("direct", field)
        if key not in self._locals:
            self._locals[key] = name = f"direct{len(self._locals)}"
            self._prologue.append(f"    {name} = record.{self._source.direct[field]}")
        return self._locals[key]

    def _lowered(self, field: str) -> str:
        """Return an expression for a direct field's text in lower case, made on first use."""
        key = ("lowered", field)
        single = self._single(field)
        often = field in self._often
        if key not in self._locals:
            self._locals[key] = name = f"lowered{len(self._locals)}"
            self._prologue.append(
                f"    {name} = {single}.lower() if {single} else ''" if often else f"    {name} = None"
            )
        name = self._locals[key]
        if often:
            return name
        return f"({name} if {name} is not None else ({name} := {single}.lower()))"

    def _values(self, field: str, *, cased: bool) -> str:
        """Return an expression for all texts at a path, computed on first use."""
        name = self._held(field, cased=cased)
        if field in self._source.direct:
            return name
        return f"({name} if {name} is not None else ({name} := read_{name}(record)))"

    def _held(self, field: str, *, cased: bool) -> str:
        """Return the local that holds all texts at a path once :meth:`_values` has run."""
        if field in self._source.direct:
            single = self._single(field)
            return f"(() if {single} is None else ({single}{'' if cased else '.lower()'},))"
        key = ("all_cased" if cased else "all_lower", field)
        if key not in self._locals:
            name = f"values{len(self._locals)}"
            self._locals[key] = name
            self._prologue.append(f"    {name} = None")
            self._namespace[f"read_{name}"] = _reader(self._source, field, cased=cased)
        return self._locals[key]


def _reader(source: LogSource, field: str, *, cased: bool) -> Callable[[Any], tuple[str, ...]]:
    """Return a function that reads all texts at a dotted path of a record."""
    if not field:
        return lambda record: (record.whole() if cased else record.whole().lower(),)
    head, _, rest = field.partition(".")
    segments = tuple(rest.split(".")) if rest else ()
    derive = source.derived.get(head)
    if derive is not None:
        if cased:
            return lambda record: texts(derive(record), segments)
        return lambda record: tuple(value.lower() for value in texts(derive(record), segments))
    if cased:
        return lambda record: texts(record.tree(head), segments)
    return lambda record: tuple(value.lower() for value in texts(record.tree(head), segments))


def _compare(op: Op, value: str, operand: str) -> bool:
    """Compare two numbers given as text; what is no number compares to nothing."""
    left, right = number(value), number(operand)
    if left is None or right is None:
        return False
    if op is Op.LT:
        return left < right
    if op is Op.LTE:
        return left <= right
    if op is Op.GT:
        return left > right
    return left >= right


_METACHARACTERS = frozenset("\\|()[]{}?")


def needed_literal(pattern: str) -> str:
    """Return a text that every match of a simple pattern contains, empty where none is certain."""
    if _METACHARACTERS & set(pattern):
        return ""
    runs = [run[:-1] if follower == "*" else run for run, follower in re.findall(r"([^.^$*+]+)([.^$*+]?)", pattern)]
    return max(runs, key=len, default="")
