"""identity.root_mfa: whether the account's root, where it can sign in at all, needs a second factor to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from collectors.model import AccessKey, Fact, Known, MfaMethod, NotNeeded, Provider, RootUser, Unread, either
from detectors.identity.examples import NO_KEYS, WITHOUT_MFA, root
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, iso27001, over

UID = "identity.root_mfa"


class Requirement(StrEnum):
    """Which second factor the root must have."""

    ANY = "any"
    HARDWARE = "hardware"


def looks_at(policy: Policy, fact: str) -> bool:
    """Whether a fact can decide: the kinds of devices do only where hardware is required."""
    return fact != "mfa_methods" or policy.parameter(UID, Parameters).require is Requirement.HARDWARE


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``any``: some MFA device. ``hardware``: no virtual one, which can be copied and lies on a telephone."""

    require: Requirement = Requirement.ANY


@over("mfa", "console_access", "access_keys", "signing_certificates")
def without_mfa(root: RootUser, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a root that has something to sign in with and no second factor."""
    if isinstance(root.mfa, Known) and root.mfa.value.enforced:
        return
    usable = _usable(root)
    if isinstance(usable, Unread):
        yield usable
    elif isinstance(usable, Known) and usable.value and not root.mfa.value.enforced:
        keys = root.access_keys.value if isinstance(root.access_keys, Known) else ()
        signs = _known(root.signing_certificates)
        certificates = {} if signs is None else {"signing_certificates": signs}
        data = {"enforced": False, "password": _known(root.console_access), "keys": len(keys), **certificates}
        yield Evidence(name="mfa", data=data)


@over("mfa_methods")
def too_weak(root: RootUser, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a virtual device where a hardware one is required."""
    required = policy.parameter(UID, Parameters).require
    if required is Requirement.HARDWARE and MfaMethod.VIRTUAL in root.mfa_methods.value:
        yield Evidence(name="mfa_methods", data={"methods": list(root.mfa_methods.value), "required": required})


def _usable(root: RootUser) -> Fact[bool]:
    """Return whether there is anything to act as the root with."""
    keys: Fact[tuple[AccessKey, ...]] = root.access_keys
    by_key = Known(bool(keys.value)) if isinstance(keys, Known) else keys
    return either(root.console_access, by_key, root.signing_certificates)


def _known(fact: Fact[bool]) -> bool | None:
    return fact.value if isinstance(fact, Known) else None


def notes(root: RootUser, _policy: Policy) -> Iterator[str]:
    """Yield that there is nothing to sign in with, or that AWS will ask for MFA by itself."""
    usable = _usable(root)
    if isinstance(usable, Known) and not usable.value:
        yield "root_without_credentials"
    elif not root.mfa.value.enforced and root.provider is Provider.AWS:
        yield "provider_requires_root_mfa"


_NOTHING_LEFT = root(
    console_access=Known(value=False), mfa=WITHOUT_MFA, access_keys=NO_KEYS, mfa_methods=NotNeeded("no_mfa_device")
)
_NO_DEVICE = NotNeeded("no_mfa_device")

DETECTOR = Detector(
    uid=UID,
    title="The root can sign in without MFA",
    on=RootUser,
    severity=Severity.CRITICAL,
    description=(
        "The account's root has a password, an access key or a signing certificate and no MFA device. A root with none "
        "of them, as under central management of root access, has nothing to protect and passes. With require: "
        "hardware, a virtual device does not suffice, whatever other devices there are: the weakest one opens too."
    ),
    risk="No policy of the account binds the root: who signs in as it can do everything, and close the account.",
    controls=(iso27001("5.23"), iso27001("8.2"), iso27001("8.5")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Sign in as the root of account $account and register two security keys or passkeys. In an "
                "organization, better enable central root access management and delete the root credentials of its "
                "member accounts."
            ),
            cli=(
                "# in the management account: delete a member's root credentials centrally\n"
                "aws iam enable-organizations-root-credentials-management\n"
                "aws iam enable-organizations-root-sessions\n"
                "aws sts assume-root --target-principal $account "
                "--task-policy-arn arn=arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials\n"
                "# with the session that this returns\n"
                "aws iam delete-login-profile"
            ),
            terraform=(
                "# in the management account; then delete the root credentials of account $account\n"
                'resource "aws_iam_organizations_features" "this" {\n'
                '  enabled_features = ["RootCredentialsManagement", "RootSessions"]\n'
                "}"
            ),
        ),
    },
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/enable-mfa-for-root.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html",
    ),
    violations=(without_mfa, too_weak),
    notes=notes,
    parameters=Parameters,
    looks_at=looks_at,
    example_policy=Policy(parameters={UID: Parameters(require=Requirement.HARDWARE)}),
    good=(root(), _NOTHING_LEFT),
    bad=(
        root(mfa=WITHOUT_MFA, mfa_methods=_NO_DEVICE),
        root(
            console_access=Known(value=False),
            mfa=WITHOUT_MFA,
            mfa_methods=_NO_DEVICE,
            signing_certificates=Known(value=True),
        ),
        root(
            console_access=Known(value=False),
            mfa=WITHOUT_MFA,
            access_keys=Known((AccessKey(active=True),)),
            mfa_methods=_NO_DEVICE,
        ),
        root(mfa_methods=Known((MfaMethod.VIRTUAL,))),
    ),
)
