"""Whether a statement's conditions hold for a kind of request: yes, no, or "depends on the request".

Three-valued (Kleene): True holds for every such request, False for none, None for some or unknown. An Allow admits
unless its conditions are False; a Deny counts only where they are True. Sources: IAM User Guide, condition operators,
IfExists, Null, multivalued keys (IAMMV), S3BPA for what a fixed value is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Protocol, TypeAlias

from collectors.aws.policy.addresses import Breadth, breadth
from collectors.aws.policy.arns import account_of, organization_of, pinned_account, segments_match
from collectors.aws.policy.operators import Condition, Family, Quantifier
from collectors.aws.policy.patterns import Glob
from collectors.aws.policy.requests import (
    Absent,
    AnyAddress,
    Anything,
    Exactly,
    Foreign,
    InAccount,
    Now,
    OneOf,
    OwnName,
    State,
)

Ternary: TypeAlias = bool | None

_TEXT = frozenset({Family.EQUALS, Family.EQUALS_IGNORE_CASE, Family.LIKE})
_COLONLESS_ARNS = frozenset(
    {"s3:dataaccesspointarn", "aws:sourcevpcarn", "s3:x-amz-server-side-encryption-aws-kms-key-id"}
)
_PRINCIPAL_OR_SOURCE_ARNS = frozenset({"aws:principalarn", "aws:sourcearn"})
_ORGANIZATION_PATHS = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"})
_USER_ID = "aws:userid"


class CarriesKeys(Protocol):
    """A kind of request: knows what it carries under each condition key (given in lower case)."""

    def state(self, key: str) -> State:
        """Return what the request carries under the key."""


def holds(conditions: tuple[Condition, ...], request: CarriesKeys, *, of_deny: bool) -> Ternary:
    """Return whether all conditions hold for the request; ``conditions`` are sorted by key.

    ``of_deny`` says whose conditions they are: S3BPA takes ``aws:userid`` of the form ``AROAID:*`` for no restriction
    of an Allow, though no outsider can have such an id, which is what a Deny may rely on.
    """
    results: list[Ternary] = []
    for key, same_key in groupby(conditions, key=_key):
        result = _all_hold(tuple(same_key), request.state(key), of_deny=of_deny)
        if result is False:
            return False
        results.append(result)
    return None if None in results else True


def _key(condition: Condition) -> str:
    return condition.key


def _all_hold(conditions: tuple[Condition, ...], state: State, *, of_deny: bool) -> Ternary:
    """Return whether the conditions on one key all hold, over all states that the requester may choose from."""
    if isinstance(state, OneOf):
        results = {_all_hold(conditions, choice, of_deny=of_deny) for choice in state.states}
        return results.pop() if len(results) == 1 else None
    each = [_one_holds(condition, state, of_deny=of_deny) for condition in conditions]
    if False in each:
        return False
    return None if None in each else True


def _one_holds(condition: Condition, state: State, *, of_deny: bool) -> Ternary:
    if not condition.values:
        # Nothing to compare with proves nothing, neither a restriction nor a refusal.
        return None
    if condition.family is Family.NULL:
        return _null(condition, state)
    if isinstance(state, Anything | Now):
        return condition.settled if isinstance(state, Now) else None
    if isinstance(state, Absent):
        return _of_absent(condition)
    if condition.fixed and not isinstance(state, OwnName):
        result = _among(condition, state)
    elif condition.family is Family.IP and isinstance(state, AnyAddress):
        result = _of_any_address(condition)
    else:
        result = any_of(_compare(condition, pattern, state, of_deny=of_deny) for pattern in condition.patterns)
    if condition.negated:
        return None if result is None else not result
    return result


def _among(condition: Condition, state: State) -> Ternary:
    """Compare a key that is there with plain texts: what is the requester's own, or any address, is none of them."""
    match state:
        case Exactly(value):
            return value in condition.fixed
        case InAccount(account):
            return None if account in condition.fixed_accounts else False
        case _:
            return False


def _of_absent(condition: Condition) -> bool:
    if condition.if_exists:
        return True
    if condition.quantifier is not Quantifier.NONE:
        return condition.quantifier is Quantifier.ALL
    return condition.negated


def _null(condition: Condition, state: State) -> Ternary:
    wanted = {value.lower() for value in condition.values}
    if not wanted <= {"true", "false"}:
        return None
    if len(wanted) > 1:
        return True
    if isinstance(state, Anything):
        return None
    return ("true" in wanted) is isinstance(state, Absent)


def _of_any_address(condition: Condition) -> Ternary:
    if condition.open_networks:
        return None
    held = breadth(condition.networks)
    if held is Breadth.EVERYTHING:
        return True
    return None if held is Breadth.BROAD else False


def _compare(condition: Condition, pattern: Glob, state: State, *, of_deny: bool) -> Ternary:
    """Compare a key that is there with one value."""
    match state:
        case Exactly(value):
            return _with_value(condition.family, pattern, value)
        case InAccount(account):
            return _with_arn_of(condition, pattern, account)
        case Foreign():
            return _with_foreign(condition, pattern, of_deny=of_deny)
        case OwnName(owner):
            return _with_own_name(condition, pattern, owner)
        case _:
            # An address on the internet is no one value, and no text pattern proves anything of it.
            return False if condition.family in _TEXT and pattern.literal else None


def _with_value(family: Family, pattern: Glob, value: str) -> Ternary:
    match family:
        case Family.ARN:
            return segments_match(pattern, value)
        case Family.EQUALS | Family.LIKE:
            return _plainly(pattern, value)
        case Family.EQUALS_IGNORE_CASE | Family.BOOL:
            if pattern.has_variable:
                return None
            return pattern.text.casefold() == value.casefold()
        case _:
            return None


def _plainly(pattern: Glob, value: str) -> Ternary:
    if pattern.matches(value):
        return True
    return None if pattern.may_match(value) else False


def _with_arn_of(condition: Condition, pattern: Glob, account: str) -> Ternary:
    if condition.family is not Family.ARN and condition.family not in _TEXT:
        return None
    if pattern.literal:
        return None if account_of(pattern.text) == account else False
    return None if _pinned(condition, pattern) in ("", account) else False


def _with_foreign(condition: Condition, pattern: Glob, *, of_deny: bool) -> Ternary:
    """Compare a name of the requester's own with a value: False where the value is surely somebody else's name."""
    if condition.family is not Family.ARN and condition.family not in _TEXT:
        return None
    if pattern.literal:
        return False
    if condition.key in _ORGANIZATION_PATHS:
        return False if organization_of(pattern) else None
    if condition.key == _USER_ID:
        return False if of_deny and _begins_with_unique_id(pattern) else None
    return False if _pinned(condition, pattern) else None


def _with_own_name(condition: Condition, pattern: Glob, owner: str) -> Ternary:
    """Compare a name that tells its owner with a value: False where the value surely tells of another."""
    if condition.family not in _TEXT:
        return None
    if pattern.universal:
        return True
    fixed = pattern.head if pattern.literal else f"{pattern.head}*"
    return False if re.search(owner, fixed, re.IGNORECASE) else None


def _pinned(condition: Condition, pattern: Glob) -> str:
    if condition.key not in _COLONLESS_ARNS | _PRINCIPAL_OR_SOURCE_ARNS:
        return ""
    return pinned_account(
        pattern,
        by_segment=condition.family is Family.ARN,
        colons_in_name=condition.key in _PRINCIPAL_OR_SOURCE_ARNS,
    )


def _begins_with_unique_id(pattern: Glob) -> bool:
    head = pattern.tokens[: pattern.tokens.index(":")] if ":" in pattern.tokens else ()
    return len(head) > 1 and all(len(token) == 1 for token in head)


def any_of(results: Iterable[Ternary]) -> Ternary:
    """Kleene OR."""
    unsure = False
    for result in results:
        if result:
            return True
        unsure = unsure or result is None
    return None if unsure else False
