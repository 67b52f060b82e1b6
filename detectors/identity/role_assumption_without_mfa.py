"""identity.role_assumption_without_mfa: whether a person can take on a role without a second factor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase

import msgspec

from collectors.model import (
    AdminPath,
    Known,
    Manager,
    Provider,
    Reach,
    Role,
    Trust,
    TrustedKind,
    Unread,
    UnreadReason,
)
from detectors.identity.examples import ACCOUNT, admin_path, role, trust
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, each, iso27001

UID = "identity.role_assumption_without_mfa"

_NOT_TOLD = Unread(reason=UnreadReason.NOT_TOLD, operation="sts:AssumeRoleWithSAML", detail="mfa_at_identity_provider")
_ARN = re.compile(r"arn:[^:]+:iam::[^:]*:saml-provider/.+")


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Identity providers of which it has been shown that they ask everybody for MFA.

    ``attested_providers``: ARNs of SAML providers (``*`` stands for any text, as in the names that IAM Identity Center
    gives its own) and the last day, in UTC, on which the proof holds.
    """

    attested_providers: dict[str, date] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError for what is no SAML provider's ARN."""
        for provider in self.attested_providers:
            if not _ARN.fullmatch(provider):
                message = f"{provider!r} is no ARN of a SAML provider (arn:aws:iam::123456789012:saml-provider/NAME)"
                raise ValueError(message)

    def attested_until(self, provider: str) -> datetime | None:
        """Return the first moment at which the proof of a provider holds no longer, None where there is none."""
        days = [day for arn, day in self.attested_providers.items() if fnmatchcase(provider, arn)]
        return datetime.combine(max(days) + timedelta(days=1), time.min, UTC) if days else None


@each("trust")
def by_person(_role: Role, party: Trust, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe trust in users that does not ask for MFA."""
    if (party.human_without_mfa or party.reach is Reach.UNKNOWN) and party.effective.value:
        yield Evidence(name="trust", data=party)


@each("trust")
def through_provider(_role: Role, party: Trust, policy: Policy, now: datetime) -> Iterator[Observation]:
    """Observe that nobody has shown whether the identity provider that people come through asks for MFA."""
    if party.kind is not TrustedKind.SAML:
        return
    until = policy.parameter(UID, Parameters).attested_until(party.principal)
    if until is None or now >= until:
        yield _NOT_TOLD


def recheck_at(role: Role, policy: Policy, now: datetime) -> datetime | None:
    """Return when the next proof of an identity provider runs out."""
    parameters = policy.parameter(UID, Parameters)
    providers = (party.principal for party in role.trust.value if party.kind is TrustedKind.SAML)
    ends = (until for provider in providers if (until := parameters.attested_until(provider)) is not None)
    return min((until for until in ends if until > now), default=None)


def notes(role: Role, _policy: Policy) -> Iterator[str]:
    """Yield where MFA is the identity provider's matter."""
    if any(party.kind is TrustedKind.SAML for party in role.trust.value):
        yield "mfa_at_identity_provider"
    if role.managed_by.value is Manager.IDENTITY_CENTER:
        yield "identity_center_role"


def weigh(role: Role, _policy: Policy, _seen: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Where the role is an administrator it is worse."""
    return severity.raised() if any(_in_force(path) for path in role.admin_paths.value) else severity


def _in_force(path: AdminPath) -> bool:
    return isinstance(path.effective, Known) and path.effective.value


_OWN = trust(
    reach=Reach.PRIVATE,
    principal=f"arn:aws:iam::{ACCOUNT}:root",
    account=ACCOUNT,
    external_id=False,
    human_without_mfa=True,
    statement={"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"},
)
_ALICE = trust(
    reach=Reach.PRIVATE,
    kind=TrustedKind.USER,
    principal=f"arn:aws:iam::{ACCOUNT}:user/alice",
    account=ACCOUNT,
    external_id=False,
    human_without_mfa=True,
)
_CORP = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
_SAML = trust(
    reach=Reach.PRIVATE,
    kind=TrustedKind.SAML,
    principal=_CORP,
    account=ACCOUNT,
    external_id=False,
)

DETECTOR = Detector(
    uid=UID,
    title="A person can assume a role without MFA",
    on=Role,
    severity=Severity.MEDIUM,
    description=(
        "The role's trust policy lets users in, by name or through their whole account, without a condition that only "
        "a session with MFA meets. A condition that long-lived keys pass (BoolIfExists true, Null) counts as none. "
        "Roles that only services, workloads or other roles assume are no matter of MFA; of people who come through an "
        "identity provider (SAML, IAM Identity Center) MFA is asked for there, which AWS does not tell: it is unknown "
        "until attested_providers names the provider, with the day until which the proof holds."
    ),
    risk="A stolen access key or password of any such user is enough to act with all that the role may do.",
    controls=(iso27001("5.23"), iso27001("5.17"), iso27001("8.5")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "In the trust policy of role $name ask for MFA: Bool, aws:MultiFactorAuthPresent, true. Where only "
                "other roles are meant, name them in place of the account."
            ),
            cli=(
                "aws iam get-role --role-name $name --query Role.AssumeRolePolicyDocument > trust.json\n"
                "# add the condition to the named statement\n"
                "aws iam update-assume-role-policy --role-name $name --policy-document file://trust.json"
            ),
            terraform=(
                "# in the trust policy of role $name\n"
                "condition {\n"
                '  test     = "Bool"\n'
                '  variable = "aws:MultiFactorAuthPresent"\n'
                '  values   = ["true"]\n'
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html",),
    violations=(by_person, through_provider),
    recheck_at=recheck_at,
    parameters=Parameters,
    example_policy=Policy(parameters={UID: Parameters(attested_providers={_CORP: date(2026, 12, 31)})}),
    depends=("admin_paths",),
    notes=notes,
    weigh=weigh,
    good=(
        role(),
        role(trust=Known((_SAML,)), managed_by=Known(Manager.IDENTITY_CENTER)),
        role(trust=Known((trust(reach=Reach.PRIVATE, principal=f"arn:aws:iam::{ACCOUNT}:root", account=ACCOUNT),))),
    ),
    bad=(
        role(trust=Known((_OWN,))),
        role(trust=Known((_OWN,)), admin_paths=Known((admin_path(),))),
        role(trust=Known((_ALICE, _SAML))),
    ),
)
