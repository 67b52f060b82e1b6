"""Policy statements that speak of MFA, tried on requests with and without it.

``aws:MultiFactorAuthPresent`` exists in temporary credentials only; a request signed with an access key does not carry
it (IAMCK; semantics 4.3). What a statement does is found by asking it about three requests rather than by its spelling.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

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
COMPLETED = "mfa_rule_completed_by_another"


class _Stop(msgspec.Struct, frozen=True):
    """Whom a Deny surely stops: access keys, sessions without MFA, sessions with it; and whether that is broad."""

    granted: Granted
    keys: bool
    sessions: bool
    all: bool
    broad: bool


def mfa_rules(holder: Holder) -> tuple[MfaRule, ...]:
    """Return what each statement about MFA does, the Denies first."""
    return tuple(_rules(holder))


def _rules(holder: Holder) -> Iterator[MfaRule]:
    stops = [_stop(granted, holder.caller) for granted in holder.denies if granted.rule.speaks_of_mfa]
    broad = [stop for stop in stops if stop.broad and not stop.all]
    together = any(stop.keys for stop in broad) and any(stop.sessions for stop in broad)
    for stop in stops:
        yield _of_deny(stop, together=together)
    for granted in holder.allows:
        if granted.rule.speaks_of_mfa:
            yield _of_allow(granted, holder.caller)


def _stop(granted: Granted, caller: Caller) -> _Stop:
    def stops(session: Carries) -> bool:
        return _tried(granted.rule, caller, session, of_deny=True) is True

    rule = granted.rule
    return _Stop(
        granted=granted,
        keys=stops(WITH_ACCESS_KEY),
        sessions=stops(SIGNED_IN_WITHOUT_MFA),
        all=stops(SIGNED_IN_WITH_MFA),
        broad=rule.everywhere and rule.mask & (BREADTH | TAKE_OVER) == BREADTH | TAKE_OVER,
    )


def _of_deny(stop: _Stop, *, together: bool) -> MfaRule:
    """Return what a Deny does; ``together``: the broad Denies stop keys and sessions without MFA between them."""
    rule = stop.granted.rule
    helps = stop.broad and not stop.all and (stop.keys or stop.sessions)
    notes: list[str] = []
    if stop.all:
        notes.append(REFUSES_ALL)
    elif not (stop.keys or stop.sessions):
        notes.append(NEVER_SURE)
    elif not (stop.keys and stop.sessions):
        alone = PRESENCE_ONLY if stop.keys else MISSES_KEYS
        notes.append(COMPLETED if helps and together else alone)
    if not stop.broad:
        notes.append(COVERS_PART)
    elif rule.mask & MFA_SET_UP:
        notes.append(LOCKS_OUT)
    return MfaRule(
        construct=_construct(rule),
        mitigates=helps and together,
        via=stop.granted.via,
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
