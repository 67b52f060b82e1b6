"""A slow, plain evaluator of parsed Sigma conditions: what the compiled matcher must agree with."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

from sigma import conditions, types

from detectors.sigma.source import LogSource


def matches(condition: Any, record: dict[str, Any], source: LogSource) -> bool:
    """Evaluate pySigma's own condition tree on a decoded record."""
    if isinstance(condition, conditions.ConditionAND):
        return all(matches(arg, record, source) for arg in condition.args)
    if isinstance(condition, conditions.ConditionOR):
        return any(matches(arg, record, source) for arg in condition.args)
    if isinstance(condition, conditions.ConditionNOT):
        return not matches(condition.args[0], record, source)
    if isinstance(condition, conditions.ConditionValueExpression):
        whole = as_text(without_nulls({**record, "userIdentity": without_nulls(record.get("userIdentity"))}))
        return keyword(condition.value, whole)
    return field(condition.field, condition.value, record, source)


def without_nulls(node: Any) -> Any:
    """A typed record does not keep the nulls of the elements it knows."""
    return None if node is None else {name: item for name, item in node.items() if item is not None}


def keyword(value: Any, whole: str) -> bool:
    if isinstance(value, types.SigmaString):
        return re.search(wildcard(value), whole, re.IGNORECASE | re.DOTALL) is not None
    if isinstance(value, types.SigmaNumber):
        return str(value) in whole
    raise AssertionError(value)


def field(name: str, value: Any, record: dict[str, Any], source: LogSource) -> bool:
    found = [item for path in source.paths(name) for item in values(record, path.split("."))]
    if isinstance(value, types.SigmaNull):
        return not found
    if isinstance(value, types.SigmaExists):
        return bool(found) == bool(value)
    if isinstance(value, types.SigmaExpansion):
        return any(field(name, member, record, source) for member in value.values)
    if isinstance(value, types.SigmaFieldReference):
        others = [item for path in source.paths(value.field) for item in values(record, path.split("."))]
        return any(refers(value, one.lower(), other.lower()) for one in found for other in others)
    return any(compare(value, item) for item in found)


def refers(value: types.SigmaFieldReference, one: str, other: str) -> bool:
    if value.starts_with:
        return one.startswith(other)
    return one.endswith(other) if value.ends_with else one == other


def compare(value: Any, item: str) -> bool:
    if isinstance(value, types.SigmaString):
        flags = re.DOTALL if isinstance(value, types.SigmaCasedString) else re.DOTALL | re.IGNORECASE
        return re.fullmatch(wildcard(value), item, flags) is not None
    if isinstance(value, types.SigmaBool):
        return item.lower() == str(bool(value)).lower()
    if isinstance(value, types.SigmaNumber):
        return item == str(value)
    if isinstance(value, types.SigmaRegularExpression):
        flags = 0
        for flag in value.flags:
            flags |= value.sigma_to_python_flags[flag]
        return re.search(str(value.regexp), item, flags) is not None
    if isinstance(value, types.SigmaCIDRExpression):
        try:
            return ipaddress.ip_address(item) in value.network
        except ValueError:
            return False
    if isinstance(value, types.SigmaCompareExpression):
        return numeric(value, item)
    raise AssertionError(value)


def numeric(value: types.SigmaCompareExpression, item: str) -> bool:
    try:
        left, right = float(item), float(value.number.number)
    except ValueError:
        return False
    return {
        "LT": left < right,
        "LTE": left <= right,
        "GT": left > right,
        "GTE": left >= right,
        "NEQ": left != right,
    }[value.op.name]


def wildcard(value: types.SigmaString) -> str:
    parts = []
    for part in value.s:
        if isinstance(part, str):
            parts.append(re.escape(part))
        else:
            parts.append(".*" if part is types.SpecialChars.WILDCARD_MULTI else ".")
    return "".join(parts)


def values(node: Any, segments: list[str]) -> list[str]:
    if isinstance(node, list):
        return [item for member in node for item in values(member, segments)]
    if not segments:
        return [] if node is None else [as_text(node)]
    if not isinstance(node, dict):
        return []
    found = []
    for length in range(1, len(segments) + 1):
        name = ".".join(segments[:length])
        exact = [key for key in node if key == name] or [key for key in node if key.lower() == name.lower()][:1]
        for key in exact:
            found += values(node[key], segments[length:])
    return found


def as_text(node: Any) -> str:
    if isinstance(node, str):
        return node
    return json.dumps(node, separators=(",", ":"), ensure_ascii=False)
