"""AWS's own rule for a "public" policy, which is another question than who gets in.

Source: S3BPA, "The meaning of public". S3 takes a policy for public until every grant is held to fixed values (no
wildcard, no policy variable) of at least one of the keys below. Whether S3 counts Denies is not documented: they are
not counted here.
"""

from __future__ import annotations

from collectors.aws.policy.addresses import Breadth, breadth
from collectors.aws.policy.arns import account_of, is_account_id
from collectors.aws.policy.document import Effect, PolicyDocument, Principal, PrincipalKind, Principals
from collectors.aws.policy.operators import Condition, Family, Quantifier
from collectors.aws.policy.patterns import is_fixed

_SOURCE_IP = "aws:sourceip"
_FIXABLE = frozenset(
    {
        _SOURCE_IP,
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "aws:userid",
        # The list names "an AWS principal" with aws:PrincipalOrgID as its example; its family is taken alike.
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalaccount",
        "aws:principalarn",
    }
)
_ACCESS_POINT_KEYS = frozenset({"s3:dataaccesspointarn", "s3:dataaccesspointaccount"})
_ANONYMOUS = "anonymous"
"""What aws:PrincipalAccount and aws:userid hold for an unsigned request (IAMCK): fixed, and no restriction."""


def aws_considers_public(document: PolicyDocument | None, *, access_point: bool = False) -> bool:
    """Return whether S3 would call this policy public: some Allow is not held to fixed values.

    ``access_point`` is True for the policy of an access point, where naming access points restricts nothing (the
    opposite of the rule for a bucket policy); an access point of VPC origin is never public and need not be asked for.
    No policy is not public. Statements that could not be read are left out.
    """
    if document is None:
        return False
    return any(
        not (_fixed_principals(statement.principals) or _restricted(statement.conditions, access_point=access_point))
        for statement in document.statements
        if statement.effect is Effect.ALLOW
    )


def _fixed_principals(principals: Principals | None) -> bool:
    if principals is None or principals.inverted:
        return False
    return all(_fixed_principal(member) for member in principals.members)


def _fixed_principal(member: Principal) -> bool:
    # S3BPA's own example of a public policy names graph.facebook.com: a provider is not whom it vouches for. A provider
    # that an account has set up is that account's.
    if member.kind is PrincipalKind.FEDERATED and not is_account_id(account_of(member.value)):
        return False
    return is_fixed(member.value)


def _restricted(conditions: tuple[Condition, ...], *, access_point: bool) -> bool:
    return any(_holds_to_fixed_values(condition, access_point=access_point) for condition in conditions)


def _holds_to_fixed_values(condition: Condition, *, access_point: bool) -> bool:
    """Whether one condition holds to fixed values: all of them, by an operator that fails where the key is absent."""
    if condition.negated or condition.if_exists or condition.quantifier is Quantifier.ALL or not condition.values:
        return False
    if condition.family is Family.IP:
        return condition.key == _SOURCE_IP and _narrow(condition)
    if condition.family not in (Family.EQUALS, Family.EQUALS_IGNORE_CASE, Family.LIKE, Family.ARN):
        return False
    if condition.key in _ACCESS_POINT_KEYS:
        return not access_point and all(_fixed_access_point(value) for value in condition.values)
    return condition.key in _FIXABLE and all(is_fixed(value) and value != _ANONYMOUS for value in condition.values)


def _fixed_access_point(value: str) -> bool:
    """Whether a value fixes the account: in a bucket policy the access point's name may be a wildcard."""
    return is_account_id(value) or (is_account_id(account_of(value)) and "${" not in value)


def _narrow(condition: Condition) -> bool:
    return not condition.open_networks and breadth(condition.networks, private_v6=False) is Breadth.NARROW
