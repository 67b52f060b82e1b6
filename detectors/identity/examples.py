"""Example identities: a well-kept user, role and root of AWS, and what to spoil them with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from collectors.model import (
    AccessKey,
    AdminPath,
    EscalationPath,
    Known,
    Manager,
    Mfa,
    MfaMethod,
    MfaRule,
    Provider,
    Reach,
    Role,
    RootUser,
    Trust,
    TrustedKind,
    User,
)

ACCOUNT = "123456789012"
FOREIGN = "210987654321"

NO_PATHS: Known[tuple[AdminPath, ...]] = Known(())
NO_ESCALATION: Known[tuple[EscalationPath, ...]] = Known(())
WITH_MFA = Known(Mfa(enforced=True, by=("MFA device",)))
WITHOUT_MFA = Known(Mfa(enforced=False))
NO_KEYS: Known[tuple[AccessKey, ...]] = Known(())

_USER: dict[str, Any] = {
    "uid": f"arn:aws:iam::{ACCOUNT}:user/alice",
    "name": "alice",
    "provider": Provider.AWS,
    "account": ACCOUNT,
    "tags": Known({"team": "payments"}),
    "admin_paths": NO_PATHS,
    "escalation_paths": NO_ESCALATION,
    "console_access": Known(value=True),
    "mfa": WITH_MFA,
    "access_keys": Known((AccessKey(active=True, created=datetime(2025, 12, 1, 9, 30, tzinfo=UTC)),)),
    "mfa_rules": Known(()),
}

_ROLE: dict[str, Any] = {
    "uid": f"arn:aws:iam::{ACCOUNT}:role/reporting",
    "name": "reporting",
    "provider": Provider.AWS,
    "account": ACCOUNT,
    "tags": Known({}),
    "admin_paths": NO_PATHS,
    "escalation_paths": NO_ESCALATION,
    "trust": Known((Trust(reach=Reach.PRIVATE, kind=TrustedKind.SERVICE, principal="lambda.amazonaws.com"),)),
    "managed_by": Known(Manager.CUSTOMER),
}

_ROOT: dict[str, Any] = {
    "uid": f"arn:aws:iam::{ACCOUNT}:root",
    "name": "root",
    "provider": Provider.AWS,
    "account": ACCOUNT,
    "console_access": Known(value=True),
    "mfa": WITH_MFA,
    "access_keys": NO_KEYS,
    "mfa_methods": Known((MfaMethod.HARDWARE,)),
    "signing_certificates": Known(value=False),
}


def user(**overrides: Any) -> User:  # noqa: ANN401 - any fact of a user may be overridden
    """Return a user with MFA, a young key and few privileges, with the given attributes replaced."""
    return User(**(_USER | overrides))


def role(**overrides: Any) -> Role:  # noqa: ANN401 - any fact of a role may be overridden
    """Return a role that a service assumes and that may do little, with the given attributes replaced."""
    return Role(**(_ROLE | overrides))


def root(**overrides: Any) -> RootUser:  # noqa: ANN401 - any fact of the root may be overridden
    """Return a root with a hardware device and without keys, with the given attributes replaced."""
    return RootUser(**(_ROOT | overrides))


def admin_path(**overrides: Any) -> AdminPath:  # noqa: ANN401 - any attribute of a path may be overridden
    """Return administrator privileges through a group's managed policy, with the given attributes replaced."""
    own: dict[str, Any] = {
        "via": "group admins: managed policy arn:aws:iam::aws:policy/AdministratorAccess",
        "statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    }
    return AdminPath(**(own | overrides))


def escalation_path(**overrides: Any) -> EscalationPath:  # noqa: ANN401 - any attribute may be overridden
    """Return a way up through a Lambda function, with the given attributes replaced."""
    own: dict[str, Any] = {
        "method": "pass_role_lambda",
        "summary": "passes a role with more privileges to a Lambda function it writes and runs",
        "actions": ("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"),
        "via": ("inline policy deploy",),
        "targets": (f"arn:aws:iam::{ACCOUNT}:role/migrations",),
    }
    return EscalationPath(**(own | overrides))


def trust(**overrides: Any) -> Trust:  # noqa: ANN401 - any attribute of a trust may be overridden
    """Return trust in a foreign account under an external id, with the given attributes replaced."""
    own: dict[str, Any] = {
        "reach": Reach.NAMED_EXTERNAL,
        "kind": TrustedKind.ACCOUNT,
        "principal": f"arn:aws:iam::{FOREIGN}:root",
        "account": FOREIGN,
        "external_id": True,
        "statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{FOREIGN}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "a-long-random-id"}},
        },
    }
    return Trust(**(own | overrides))


def mfa_rule(**overrides: Any) -> MfaRule:  # noqa: ANN401 - any attribute of a rule may be overridden
    """Return a Deny that misses access keys, with the given attributes replaced."""
    own: dict[str, Any] = {
        "construct": "Deny Bool false",
        "mitigates": False,
        "via": "group everyone: inline policy require-mfa",
        "statement": {
            "Effect": "Deny",
            "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices"],
            "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
        },
        "notes": ("mfa_rule_misses_access_keys",),
    }
    return MfaRule(**(own | overrides))
