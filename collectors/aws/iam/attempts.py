"""One harmless call of each operation, so that a missing permission shows before it costs a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.aws.iam import operations as ops
from collectors.aws.iam.root import asks_for_methods
from collectors.aws.operations import Attempt
from collectors.aws.session import AwsAccount

# A name that nobody has: IAM says so to those who may ask, and refuses the others.
_NOBODYS = "cspmd-permission-probe"

_OF_A_USER = (ops.LIST_MFA_DEVICES, ops.GET_LOGIN_PROFILE, ops.LIST_ACCESS_KEYS)


def attempts(account: AwsAccount) -> Iterator[Attempt]:
    """Yield what to try: on the account, and on a user and a role that do not exist."""
    home = account.home_region
    few = {"MaxItems": 1}
    yield Attempt(operation=ops.GENERATE_CREDENTIAL_REPORT, region=home)
    yield Attempt(operation=ops.GET_CREDENTIAL_REPORT, region=home)
    yield Attempt(operation=ops.GET_ACCOUNT_SUMMARY, region=home)
    yield Attempt(operation=ops.GET_ACCOUNT_AUTHORIZATION_DETAILS, region=home, parameters={**few, "Filter": ["User"]})
    if asks_for_methods(account):
        yield Attempt(operation=ops.LIST_VIRTUAL_MFA_DEVICES, region=home, parameters=few)
    for operation in _OF_A_USER:
        yield Attempt(operation=operation, region=home, parameters={"UserName": _NOBODYS})
    yield Attempt(operation=ops.GET_ROLE, region=home, parameters={"RoleName": _NOBODYS})
    # To whom a key belongs is what IAM decides by: of a key that is nobody's it says "denied" to everyone.
    yield Attempt(operation=ops.GET_ACCESS_KEY_LAST_USED, region=home, untried="it needs a key that exists")
