"""identity.role_trust_public: whether anyone can assume a role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import PUBLIC_REACH, Known, Provider, Reach, Role, Trust, TrustedKind
from detectors.identity.examples import role, trust
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, each, iso27001

_HELD_BACK = frozenset({Reach.ANONYMOUS_FROM_RANGE, Reach.ORGANISATION})


@each("trust")
def anyone(_role: Role, party: Trust, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe trust in everyone; what is held to a range or an organisation is a circumstance."""
    if not party.effective.value:
        return
    if party.reach in PUBLIC_REACH:
        yield Evidence(name="trust", data=party)
    elif party.reach in _HELD_BACK:
        yield Evidence(name="trust", data=party, violates=False)


def notes(role: Role, _policy: Policy) -> Iterator[str]:
    """Yield what a reader needs to know of each party."""
    for party in role.trust.value:
        yield from party.notes


def weigh(_role: Role, _policy: Policy, seen: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Lower the severity where an external id has to be found out first."""
    guarded = all(isinstance(one.data, Trust) and one.data.external_id for one in seen)
    return Severity.HIGH if guarded else severity


_ANYONE = trust(
    reach=Reach.ANY_AUTHENTICATED,
    kind=TrustedKind.EVERYONE,
    principal="*",
    account="",
    external_id=False,
    statement={"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
)
_ANY_REPOSITORY = trust(
    reach=Reach.ANONYMOUS_INTERNET,
    kind=TrustedKind.OIDC,
    principal="arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    account="123456789012",
    external_id=False,
    statement={
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}},
    },
    notes=("federation_open_to_strangers",),
)

DETECTOR = Detector(
    uid="identity.role_trust_public",
    title="Anyone can assume a role",
    on=Role,
    severity=Severity.CRITICAL,
    description=(
        "The role's trust policy lets in anyone: any AWS principal, any account of an identity provider that serves "
        "everybody (without a condition that tells one's own repositories, pools or apps from a stranger's), or "
        "guests without any sign-in. Trust that is held to an address range or an organisation is shown and passes."
    ),
    risk="Whoever has an account somewhere gets a session with all that the role may do, with no key of yours.",
    controls=(iso27001("5.23"), iso27001("5.15"), iso27001("8.3")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "In the trust policy of role $name name the principals that are meant in place of everyone. For GitHub "
                "Actions and the like add a condition on the subject (the repository), for Cognito and consumer "
                "providers one on the audience (your pool or app)."
            ),
            cli=(
                "aws iam get-role --role-name $name --query Role.AssumeRolePolicyDocument > trust.json\n"
                "# mend the named statement\n"
                "aws iam update-assume-role-policy --role-name $name --policy-document file://trust.json"
            ),
            terraform=(
                "# in the trust policy of role $name\n"
                "condition {\n"
                '  test     = "StringLike"\n'
                '  variable = "token.actions.githubusercontent.com:sub"\n'
                '  values   = ["repo:ORGANISATION/REPOSITORY:*"]\n'
                "}"
            ),
        ),
    },
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    ),
    violations=(anyone,),
    notes=notes,
    weigh=weigh,
    good=(
        role(),
        role(trust=Known((trust(),))),
        role(trust=Known((trust(reach=Reach.ORGANISATION, kind=TrustedKind.EVERYONE, principal="*", account=""),))),
    ),
    bad=(
        role(trust=Known((_ANYONE,))),
        role(trust=Known((_ANY_REPOSITORY, trust()))),
        role(
            trust=Known((trust(reach=Reach.ANY_AUTHENTICATED, kind=TrustedKind.EVERYONE, principal="*", account=""),))
        ),
    ),
)
