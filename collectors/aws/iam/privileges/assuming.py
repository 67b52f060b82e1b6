"""Whether an identity may assume a role of its own account, and under which conditions.

Source: IAM User Guide, policy evaluation logic within one account and permissions boundaries: a trust policy that
names a principal grants by itself, which a Deny stops, and of a role its boundary too; one that names the account
leaves it to the identity's own policies. Conditions on MFA, external ids and the like keep nobody out who has them.
"""

from __future__ import annotations

import msgspec

from collectors.aws.iam.privileges.actions import ASSUME_ROLE_NAME
from collectors.aws.iam.privileges.caller import Caller, CallerRequest
from collectors.aws.iam.privileges.holder import REFUSED, Answer, Degree, Holder
from collectors.aws.iam.privileges.targets import RoleSide
from collectors.aws.policy import Effect, PolicyDocument, Statement
from collectors.aws.policy.conditions import holds
from collectors.aws.policy.principals import surely_named
from collectors.aws.policy.requests import Identity, Request

_ASSUME = ASSUME_ROLE_NAME.lower()


def assuming(holder: Holder, role: RoleSide) -> Answer:
    """Return whether the identity may assume the role; ``via`` names the trust policy where that alone lets it."""
    caller = holder.caller
    named = caller.arn in role.trusts
    if role.arn == caller.arn or not (named or (role.trusts_account and holder.has(ASSUME_ROLE_NAME))):
        return REFUSED
    if named and holder.accepts(ASSUME_ROLE_NAME, role.arn):
        answer = Answer(Degree.YES, (f"trust policy of {role.arn}",))
    elif role.trusts_account:
        answer = holder.on(ASSUME_ROLE_NAME, role.arn)
    else:
        return REFUSED
    conditions = _let_in(role.trust_policy, caller) if role.trust_policy is not None else ()
    if answer.degree is Degree.NO or conditions is None:
        return REFUSED
    return msgspec.structs.replace(answer, conditions=tuple(sorted({*answer.conditions, *conditions})))


def _let_in(policy: PolicyDocument, caller: Caller) -> tuple[str, ...] | None:
    """Return the keys of the conditions under which a trust policy lets the caller in, None where it does not."""
    bearing = [one for one in policy.statements if one.actions is not None and one.principals is not None]
    if any(_refuses(one, caller) for one in bearing):
        return None
    letting = [one for one in bearing if _lets(one, caller)]
    if not letting:
        return None
    fewest = min(letting, key=lambda statement: len(statement.conditions))
    return tuple(condition.key for condition in fewest.conditions)


def _lets(statement: Statement, caller: Caller) -> bool:
    return (
        statement.effect is Effect.ALLOW
        and statement.actions is not None
        and statement.actions.may_match(_ASSUME)
        and surely_named(statement.principals, _sender(caller))
        and holds(statement.conditions, CallerRequest(caller=caller, action=_ASSUME), of_deny=False) is not False
    )


def _refuses(statement: Statement, caller: Caller) -> bool:
    return (
        statement.effect is Effect.DENY
        and statement.actions is not None
        and statement.actions.matches(_ASSUME)
        and surely_named(statement.principals, _sender(caller))
        and holds(statement.conditions, CallerRequest(caller=caller, action=_ASSUME), of_deny=True) is True
    )


def _sender(caller: Caller) -> Request:
    return Request(identity=Identity.NAMED, account=caller.account, arn=caller.arn, owner_account=caller.account)
