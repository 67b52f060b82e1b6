"""Policy statements that speak of MFA, tried on requests with and without it.

``aws:MultiFactorAuthPresent`` exists in temporary credentials only; a request signed with an access key does not carry
it (IAMCK; semantics 4.3). What a statement does is found by asking it about three requests rather than by its spelling.
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors.aws.iam.privileges.actions import BREADTH, MFA_SET_UP, TAKE_OVER
from collectors.aws.iam.privileges.caller import Caller, CallerRequest
from collectors.aws.iam.privileges.holder import Carries, Granted, Holder
from collectors.aws.iam.privileges.rules import Rule
from collectors.aws.policy.conditions import Ternary, holds
from collectors.aws.policy.requests import ABSENT, ANYTHING, FALSE, TRUE
from collectors.model import MfaRule

_PRESENT = "aws:multifactorauthpresent"
_AGE = "aws:multifactorauthage"

WITH_ACCESS_KEY: Carries = {_PRESENT: ABSENT, _AGE: ABSENT}
SIGNED_IN_WITHOUT_MFA: Carries = {_PRESENT: FALSE, _AGE: ABSENT}
SIGNED_IN_WITH_MFA: Carries = {_PRESENT: TRUE, _AGE: ANYTHING}

MISSES_KEYS = "mfa_rule_misses_access_keys"
PRESENCE_ONLY = "mfa_rule_tests_presence_only"
NEVER_SURE = "mfa_rule_depends_on_more"
REFUSES_ALL = "mfa_rule_refuses_mfa_too"
COVERS_PART = "mfa_rule_covers_part"
LOCKS_OUT = "mfa_rule_locks_out"
LETS_KEYS_THROUGH = "mfa_rule_lets_access_keys_through"
STRICT = "mfa_allow_strict"


def mfa_rules(holder: Holder) -> tuple[MfaRule, ...]:
    """Return what each statement about MFA does, the Denies first."""
    return tuple(_rules(holder))


def _rules(holder: Holder) -> Iterator[MfaRule]:
    for granted in holder.denies:
        if granted.rule.speaks_of_mfa:
            yield _of_deny(granted, holder.caller)
    for granted in holder.allows:
        if granted.rule.speaks_of_mfa:
            yield _of_allow(granted, holder.caller)


def _of_deny(granted: Granted, caller: Caller) -> MfaRule:
    rule = granted.rule
    stops_keys = _tried(rule, caller, WITH_ACCESS_KEY, of_deny=True) is True
    stops_sessions = _tried(rule, caller, SIGNED_IN_WITHOUT_MFA, of_deny=True) is True
    refuses_all = _tried(rule, caller, SIGNED_IN_WITH_MFA, of_deny=True) is True
    broad = rule.everywhere and rule.mask & (BREADTH | TAKE_OVER) == BREADTH | TAKE_OVER
    notes: list[str] = []
    if refuses_all:
        notes.append(REFUSES_ALL)
    elif not (stops_keys or stops_sessions):
        notes.append(NEVER_SURE)
    elif not stops_keys:
        notes.append(MISSES_KEYS)
    elif not stops_sessions:
        notes.append(PRESENCE_ONLY)
    if not broad:
        notes.append(COVERS_PART)
    elif rule.mask & MFA_SET_UP:
        notes.append(LOCKS_OUT)
    return MfaRule(
        construct=_construct(rule),
        mitigates=stops_keys and stops_sessions and broad and not refuses_all,
        via=granted.via,
        statement=rule.raw,
        notes=tuple(notes),
    )


def _of_allow(granted: Granted, caller: Caller) -> MfaRule:
    rule = granted.rule
    lets_keys = _tried(rule, caller, WITH_ACCESS_KEY, of_deny=False) is not False
    lets_sessions = _tried(rule, caller, SIGNED_IN_WITHOUT_MFA, of_deny=False) is not False
    of_keys = LETS_KEYS_THROUGH if lets_keys else STRICT
    note = PRESENCE_ONLY if lets_sessions else of_keys
    return MfaRule(construct=_construct(rule), mitigates=False, via=granted.via, statement=rule.raw, notes=(note,))


def _tried(rule: Rule, caller: Caller, session: Carries, *, of_deny: bool) -> Ternary:
    return holds(rule.conditions, CallerRequest(caller=caller, action="", carries=session), of_deny=of_deny)


def _construct(rule: Rule) -> str:
    effect = "Allow" if rule.allows else "Deny"
    speaking = (condition for condition in rule.conditions if condition.key in (_PRESENT, _AGE))
    return " and ".join(
        (f"{effect} {condition.operator} {'/'.join(condition.values)}" for condition in speaking),
    )
