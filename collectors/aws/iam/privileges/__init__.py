"""What IAM identities may do, from their policies alone. Pure: no boto3, no I/O, no clock.

``compiled`` makes a policy document ready once; a ``Holder`` is an identity under such policies; ``admin_paths``,
``escalation`` and ``mfa_rules`` judge it; ``trusts`` reads a role's trust policy.
"""

from collectors.aws.iam.privileges.administrator import admin_paths, is_administrator, within_boundary
from collectors.aws.iam.privileges.caller import Caller
from collectors.aws.iam.privileges.escalation import Escalation, escalation
from collectors.aws.iam.privileges.holder import MALFORMED, Held, Holder
from collectors.aws.iam.privileges.mfa import mfa_rules
from collectors.aws.iam.privileges.rules import Rules, Territory, compiled
from collectors.aws.iam.privileges.targets import Place, RoleSide, World, by_service
from collectors.aws.iam.privileges.trust import role_side, trusts

__all__ = [
    "MALFORMED",
    "Caller",
    "Escalation",
    "Held",
    "Holder",
    "Place",
    "RoleSide",
    "Rules",
    "Territory",
    "World",
    "admin_paths",
    "by_service",
    "compiled",
    "escalation",
    "is_administrator",
    "mfa_rules",
    "role_side",
    "trusts",
    "within_boundary",
]
