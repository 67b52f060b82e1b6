"""A Sigma rule's condition as a small tree that can be specialised and compiled.

The rules of the language are those of the Sigma specification 2.0: values compare without regard to
letter case unless ``cased``; a list of values means any of them; a field without a value is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Op(Enum):
    """How a field's value is compared. The operand of each is said beside it."""

    EQUALS = "equals"  # text
    CONTAINS = "contains"  # text
    STARTSWITH = "startswith"  # text
    ENDSWITH = "endswith"  # text
    REGEX = "regex"  # pattern, searched in the original letter case
    CIDR = "cidr"  # network
    NULL = "null"  # no operand: the field is absent or null
    EXISTS = "exists"  # no operand: the field has a value
    LT = "lt"  # number as text
    LTE = "lte"  # number as text
    GT = "gt"  # number as text
    GTE = "gte"  # number as text
    SAME_AS = "same_as"  # another field
    STARTS_WITH_FIELD = "starts_with_field"  # another field
    ENDS_WITH_FIELD = "ends_with_field"  # another field


TEXT_OPS = frozenset({Op.EQUALS, Op.CONTAINS, Op.STARTSWITH, Op.ENDSWITH})
FIELD_OPS = frozenset({Op.SAME_AS, Op.STARTS_WITH_FIELD, Op.ENDS_WITH_FIELD})


@dataclass(frozen=True, slots=True)
class Constant:
    """A condition whose outcome is already known."""

    value: bool


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of one field (or, with an empty field, of the whole record as text).

    The operand of a comparison that ignores letter case is stored in lower case.
    """

    field: str
    op: Op
    operand: str = ""
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    arg: Expression


@dataclass(frozen=True, slots=True)
class And:
    """Conjunction."""

    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Disjunction."""

    args: tuple[Expression, ...]


Expression: TypeAlias = Constant | Test | Not | And | Or

TRUE = Constant(value=True)
FALSE = Constant(value=False)


def conjunction(args: Iterable[Expression]) -> Expression:
    """Return the AND of the arguments, simplified."""
    kept: dict[Expression, None] = {}
    for arg in args:
        if arg == FALSE:
            return FALSE
        if isinstance(arg, And):
            kept.update(dict.fromkeys(arg.args))
        elif arg != TRUE:
            kept[arg] = None
    if not kept:
        return TRUE
    return next(iter(kept)) if len(kept) == 1 else And(tuple(kept))


def disjunction(args: Iterable[Expression]) -> Expression:
    """Return the OR of the arguments, simplified."""
    kept: dict[Expression, None] = {}
    for arg in args:
        if arg == TRUE:
            return TRUE
        if isinstance(arg, Or):
            kept.update(dict.fromkeys(arg.args))
        elif arg != FALSE:
            kept[arg] = None
    if not kept:
        return FALSE
    return next(iter(kept)) if len(kept) == 1 else Or(tuple(kept))


def negation(arg: Expression) -> Expression:
    """Return the negation of the argument, simplified."""
    if isinstance(arg, Constant):
        return Constant(value=not arg.value)
    return arg.arg if isinstance(arg, Not) else Not(arg)


def rewrite(expression: Expression, leaf: Callable[[Test], Expression]) -> Expression:
    """Return the expression with every test replaced by what ``leaf`` makes of it, simplified."""
    if isinstance(expression, Test):
        return leaf(expression)
    if isinstance(expression, And):
        return conjunction(rewrite(arg, leaf) for arg in expression.args)
    if isinstance(expression, Or):
        return disjunction(rewrite(arg, leaf) for arg in expression.args)
    if isinstance(expression, Not):
        return negation(rewrite(expression.arg, leaf))
    return expression


def compare_text(op: Op, value: str, operand: str) -> bool:
    """Compare one text with an operand by one of the text operators."""
    if op is Op.EQUALS:
        return value == operand
    if op is Op.CONTAINS:
        return operand in value
    if op is Op.STARTSWITH:
        return value.startswith(operand)
    return value.endswith(operand)


def specialise(expression: Expression, known: Mapping[str, str | None]) -> Expression:
    """Return what is left of a condition once some fields' values are known.

    ``known`` maps a field to its one text value in original letter case, or None where it is
    absent. Only tests that these values decide are replaced.
    """

    def decide(test: Test) -> Expression:
        if test.field not in known:
            return test
        value = known[test.field]
        if test.op is Op.NULL:
            return Constant(value=value is None)
        if test.op is Op.EXISTS:
            return Constant(value=value is not None)
        if test.op not in TEXT_OPS:
            return test
        if value is None:
            return FALSE
        return Constant(value=compare_text(test.op, value if test.cased else value.lower(), test.operand))

    return rewrite(expression, decide)


def required_values(expression: Expression, field: str) -> frozenset[str] | None:
    """Return values (lower case) of which the field must have one for the condition to hold.

    None where the condition does not bind the field to a finite set.
    """
    if isinstance(expression, Test):
        if expression.field == field and expression.op is Op.EQUALS:
            return frozenset({expression.operand.lower()})
        return None
    if isinstance(expression, And):
        bound = [values for arg in expression.args if (values := required_values(arg, field)) is not None]
        return min(bound, key=len) if bound else None
    if isinstance(expression, Or):
        branches = [required_values(arg, field) for arg in expression.args]
        if any(values is None for values in branches):
            return None
        return frozenset().union(*(values for values in branches if values is not None))
    return None


def tests_of(expression: Expression) -> Iterator[Test]:
    """Yield every comparison in a condition."""
    if isinstance(expression, Test):
        yield expression
    elif isinstance(expression, Not):
        yield from tests_of(expression.arg)
    elif isinstance(expression, And | Or):
        for arg in expression.args:
            yield from tests_of(arg)


def fields_of(expression: Expression) -> frozenset[str]:
    """Return every field the condition looks at; the empty name stands for the whole record."""
    if isinstance(expression, Test):
        other = {expression.operand} if expression.op in FIELD_OPS else set()
        return frozenset({expression.field, *other})
    if isinstance(expression, Not):
        return fields_of(expression.arg)
    if isinstance(expression, And | Or):
        return frozenset().union(*(fields_of(arg) for arg in expression.args))
    return frozenset()
