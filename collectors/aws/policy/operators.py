"""Condition blocks: operators and their qualifiers, keys and values, parsed.

Sources: IAM User Guide, condition operators and multivalued context keys (IAMMV).
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from collectors.aws.policy.arns import account_of
from collectors.aws.policy.dates import settled
from collectors.aws.policy.patterns import Glob, glob, literal
from collectors.aws.policy.problems import MalformedPolicyError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class Family(StrEnum):
    """How an operator compares."""

    EQUALS = "string equals"
    EQUALS_IGNORE_CASE = "string equals, ignoring case"
    LIKE = "string like"
    ARN = "arn"
    IP = "ip address"
    BOOL = "bool"
    NULL = "null"
    ORDER = "number or date"
    BINARY = "binary"


class Quantifier(StrEnum):
    """How an operator treats a key of several values."""

    NONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One operator on one key; a statement's conditions must all hold.

    ``key`` is in lower case. ``values`` are texts as written (booleans and numbers as JSON writes them), sorted, each
    once: their order means nothing. ``patterns`` are the same as the operator compares them, ``networks`` what an IP
    operator's values denote; a value with a policy variable denotes no network and sets ``open_networks``. Where all
    patterns of a text operator are plain texts, ``fixed`` holds them and ``fixed_accounts`` the accounts of those that
    are ARNs: a list of a thousand account ids is looked up, not walked. ``settled`` is whether a condition on the
    request's time holds from the time of parsing on, as :func:`~collectors.aws.policy.dates.settled` tells it.
    """

    operator: str
    family: Family
    key: str
    values: tuple[str, ...]
    negated: bool = False
    if_exists: bool = False
    quantifier: Quantifier = Quantifier.NONE
    patterns: tuple[Glob, ...] = ()
    networks: tuple[Network, ...] = ()
    open_networks: bool = False
    fixed: frozenset[str] = frozenset()
    fixed_accounts: frozenset[str] = frozenset()
    settled: bool | None = None


_FAMILIES = {
    "stringequals": Family.EQUALS,
    "stringequalsignorecase": Family.EQUALS_IGNORE_CASE,
    "stringlike": Family.LIKE,
    "arnequals": Family.ARN,
    "arnlike": Family.ARN,
    "ipaddress": Family.IP,
    "bool": Family.BOOL,
    "null": Family.NULL,
    "binaryequals": Family.BINARY,
    "numericequals": Family.ORDER,
    "numericlessthan": Family.ORDER,
    "numericlessthanequals": Family.ORDER,
    "numericgreaterthan": Family.ORDER,
    "numericgreaterthanequals": Family.ORDER,
    "dateequals": Family.ORDER,
    "datelessthan": Family.ORDER,
    "datelessthanequals": Family.ORDER,
    "dategreaterthan": Family.ORDER,
    "dategreaterthanequals": Family.ORDER,
}
_NEGATED = {
    "stringnotequals": Family.EQUALS,
    "stringnotequalsignorecase": Family.EQUALS_IGNORE_CASE,
    "stringnotlike": Family.LIKE,
    "arnnotequals": Family.ARN,
    "arnnotlike": Family.ARN,
    "notipaddress": Family.IP,
    "numericnotequals": Family.ORDER,
    "datenotequals": Family.ORDER,
}
_OPEN = glob("${value}")
_OPERATOR = re.compile(r"(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?")
_QUANTIFIERS = {"": Quantifier.NONE, "forallvalues": Quantifier.ALL, "foranyvalue": Quantifier.ANY}


def parse_conditions(block: object, *, variables: bool, now: datetime) -> tuple[Condition, ...]:
    """Parse a Condition element into conditions sorted by key, operator and values.

    ``variables`` as in :func:`~collectors.aws.policy.patterns.glob`; ``now`` is when it is judged. Raises
    MalformedPolicyError.
    """
    if not isinstance(block, Mapping):
        message = "Condition is no object"
        raise MalformedPolicyError(message)
    conditions: list[Condition] = []
    for operator, keys in block.items():
        if not isinstance(keys, Mapping):
            message = f"Condition {operator!r} is no object"
            raise MalformedPolicyError(message)
        conditions += (
            _condition(str(operator), str(key), values, variables=variables, now=now) for key, values in keys.items()
        )
    conditions.sort(key=lambda condition: (condition.key, condition.operator.lower(), condition.values))
    return tuple(conditions)


def _condition(operator: str, key: str, values: object, *, variables: bool, now: datetime) -> Condition:
    written = _OPERATOR.fullmatch(operator.lower())
    quantifier, name, if_exists = written.groups(default="") if written else ("", "", "")
    negated = name in _NEGATED
    family = _NEGATED.get(name) or _FAMILIES.get(name)
    if family is None or (family is Family.NULL and (quantifier or if_exists)):
        message = f"Condition: {operator!r} is no operator"
        raise MalformedPolicyError(message)
    texts = tuple(sorted({_text(value, operator, key) for value in _as_list(values)}))
    networks = tuple(_network(text, key) for text in texts if "${" not in text) if family is Family.IP else ()
    patterns = tuple(_pattern(text, family, variables=variables) for text in texts)
    plain = family in (Family.EQUALS, Family.LIKE) and all(pattern.literal for pattern in patterns)
    fixed = frozenset(pattern.head for pattern in patterns) if plain else frozenset[str]()
    return Condition(
        operator=operator,
        family=family,
        key=key.lower(),
        values=texts,
        negated=negated,
        if_exists=bool(if_exists),
        quantifier=_QUANTIFIERS[quantifier],
        patterns=patterns,
        networks=networks,
        open_networks=len(networks) < len(texts),
        fixed=fixed,
        fixed_accounts=frozenset(account_of(text) for text in fixed),
        settled=settled(name, key.lower(), texts, now) if family is Family.ORDER else None,
    )


def _as_list(values: object) -> list[Any] | tuple[Any, ...]:
    return values if isinstance(values, list | tuple) else [values]


def _text(value: object, operator: str, key: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return json.dumps(value)
    message = f"Condition {operator!r} of {key!r} holds what is neither text, number nor boolean"
    raise MalformedPolicyError(message)


def _pattern(text: str, family: Family, *, variables: bool) -> Glob:
    """Return a value as its operator compares it: wildcards count for Like and ARN operators alone."""
    if family in (Family.LIKE, Family.ARN):
        return glob(text, variables=variables)
    if "${" in text:
        # Wildcards mean nothing here and variables do: whatever the value becomes, it is not fixed.
        return _OPEN
    return literal(text)


def _network(text: str, key: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        message = f"Condition: {key!r} holds what is neither an address nor a range"
        raise MalformedPolicyError(message) from None
