"""Sigma correlation rules read. What would mean something else here than the rule says is refused with its reason.

Source of the rules: "Sigma Correlation Rules Specification" of SigmaHQ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule
from sigma.exceptions import SigmaError

from detectors.sigma.correlation import MOST_ENTRIES, Correlation, CorrelationKind
from detectors.sigma.refusal import UnsupportedRuleError, first_line, refuse

_COUNTED = frozenset({CorrelationKind.EVENT_COUNT, CorrelationKind.VALUE_COUNT})


def read_correlation(
    document: dict[str, Any], uids: Collection[str], names: Mapping[str, Sequence[str]]
) -> Correlation:
    """Return a correlation rule with its references resolved.

    ``uids`` are those of the rules that run, ``names`` the uids of the rules of each name.

    Raises UnsupportedRuleError.
    """
    try:
        parsed = SigmaCorrelationRule.from_dict(document)
    except SigmaError as error:
        raise UnsupportedRuleError(first_line(error)) from error
    try:
        kind = CorrelationKind(parsed.type.name.lower())
    except ValueError:
        reason = f"correlations of type {parsed.type.name.lower()} cannot be run; {', '.join(CorrelationKind)} can"
        raise UnsupportedRuleError(reason) from None
    condition = parsed.condition
    if not isinstance(condition, SigmaCorrelationCondition):
        reason = "a correlation with a written-out condition cannot be run; give the rules as a list"
        raise UnsupportedRuleError(reason)
    resolved = _resolved([reference.reference for reference in parsed.rules or ()], uids, names)
    different = len(set(resolved.values()))
    count = condition.count if kind in _COUNTED or _has_condition(document) else different
    _check_count(kind, condition.op.name.lower(), count, different)
    return Correlation(
        uid=str(parsed.id) if parsed.id is not None else parsed.name or parsed.title,
        title=parsed.title,
        level=parsed.level.name.lower() if parsed.level is not None else "medium",
        kind=kind,
        rules=tuple(resolved[reference.reference] for reference in parsed.rules or ()),
        group_by=tuple(parsed.group_by or ()),
        aliases={
            alias.alias: {
                uid: path
                for rule, path in alias.mapping.items()
                for uid in _resolved([rule.reference], uids, names).values()
            }
            for alias in parsed.aliases.aliases.values()
        },
        seconds=parsed.timespan.seconds,
        op=condition.op.name.lower(),
        count=int(count),
        field=_field(condition.fieldref),
        generate=parsed.generate,
    )


def _has_condition(document: dict[str, Any]) -> bool:
    return "condition" in document["correlation"]


def _resolved(references: Sequence[str], uids: Collection[str], names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the uid of the rule that each reference, a name or an id, stands for."""
    ambiguous = [reference for reference in references if len(names.get(reference, ())) > 1]
    if ambiguous:
        refuse(f"it refers to {', '.join(ambiguous)}, which is the name of several rules; refer to the one by its id")
    resolved = {reference: names.get(reference, (reference,))[0] for reference in references}
    missing = [reference for reference, uid in resolved.items() if uid not in uids]
    if missing:
        refuse(f"it refers to {', '.join(missing)}, which is not among the rules that run")
    return resolved


def _check_count(kind: CorrelationKind, op: str, count: float, rules: int) -> None:
    """Refuse what cannot be counted, so that no rule waits for ever or matches at once."""
    if count != int(count):
        refuse(f"{op} {count}: a number of matches is whole")
    least = int(count) + (op == "gt")
    if kind in _COUNTED:
        if op in {"gt", "gte", "eq"} and least > MOST_ENTRIES:
            refuse(f"{op} {count}: no more than {MOST_ENTRIES:,} matches of one group are held")
        return
    if op not in {"gt", "gte", "eq"}:
        refuse(f"{op} {count}: of a {kind} correlation the condition can be gte, gt or eq, a number of its rules")
    if least > rules:
        refuse(f"{op} {count}: it names {rules} rules, so that it could never match")
    if kind is CorrelationKind.TEMPORAL_ORDERED and least < rules:
        refuse(f"{op} {count}: an order of only some of its {rules} rules cannot be run; leave the condition out")
    if least < 1:
        refuse(f"{op} {count}: it would match without any of its rules")


def _field(told: object) -> str:
    """Return the field of which the values are counted, empty where none is."""
    if told is None:
        return ""
    if isinstance(told, list) and len(told) == 1:
        told = told[0]
    if not isinstance(told, str):
        reason = "the values of several fields together cannot be counted; give one field"
        raise UnsupportedRuleError(reason)
    return told
