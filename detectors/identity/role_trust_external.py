"""identity.role_trust_external: whether an account that nobody vouched for can assume a role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from collectors.model import Known, Provider, Reach, Role, Trust, TrustedKind
from detectors.identity.examples import FOREIGN, role, trust
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, each, iso27001

UID = "identity.role_trust_external"


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``trusted_accounts`` are ids of accounts that roles may trust: one's own others, and vetted suppliers."""

    trusted_accounts: tuple[str, ...] = ()


@each("trust")
def foreign_account(_role: Role, party: Trust, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe trust in an account that is not on the list; one that is on it is a circumstance."""
    if party.reach is Reach.NAMED_EXTERNAL and party.effective.value:
        vouched = party.account in policy.parameter(UID, Parameters).trusted_accounts
        yield Evidence(name="trust", data=party, violates=not vouched)
    elif party.reach is Reach.UNKNOWN:
        yield Evidence(name="trust", data=party, violates=party.effective.value)


def notes(role: Role, _policy: Policy) -> Iterator[str]:
    """Yield where a whole foreign account is trusted without an external id, and what else is to know."""
    for party in role.trust.value:
        if party.reach is Reach.NAMED_EXTERNAL and _without_external_id(party):
            yield "external_id_missing"
        yield from party.notes


def weigh(_role: Role, _policy: Policy, seen: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Raise the severity for a whole account without an external id: others may have it act here."""
    return severity.raised() if any(_unguarded(one) for one in seen) else severity


def _unguarded(evidence: Evidence) -> bool:
    return isinstance(evidence.data, Trust) and _without_external_id(evidence.data)


def _without_external_id(party: Trust) -> bool:
    return party.kind in (TrustedKind.ACCOUNT, TrustedKind.EVERYONE) and not party.external_id


_NO_ID = trust(
    external_id=False,
    statement={"Effect": "Allow", "Principal": {"AWS": FOREIGN}, "Action": "sts:AssumeRole"},
)
_OTHER = "111122223333"

DETECTOR = Detector(
    uid=UID,
    title="A foreign account can assume a role",
    on=Role,
    severity=Severity.MEDIUM,
    description=(
        "The role's trust policy names another account, or a user or role of one, that is not among trusted_accounts "
        "and is not held to an organisation by a condition. Where a whole account is trusted without a fixed external "
        "id, that account's other customers may have it act here (the confused deputy), and it weighs more."
    ),
    risk="People and programs that you do not manage act in the account, and whoever breaks into theirs does too.",
    controls=(iso27001("5.23"), iso27001("5.19"), iso27001("5.15")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Find out whose account it is. If the trust in it is meant, put it on the list of trusted_accounts of "
                "this detector, with an external id in the trust policy of role $name where it belongs to a supplier; "
                "within your organization use a condition on aws:PrincipalOrgID. Otherwise take it out."
            ),
            cli=(
                "aws iam get-role --role-name $name --query Role.AssumeRolePolicyDocument > trust.json\n"
                "# mend the named statement\n"
                "aws iam update-assume-role-policy --role-name $name --policy-document file://trust.json"
            ),
            terraform=(
                "# in the trust policy of role $name\n"
                "condition {\n"
                '  test     = "StringEquals"\n'
                '  variable = "sts:ExternalId"\n'
                '  values   = ["EXTERNAL_ID"]\n'
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",),
    violations=(foreign_account,),
    notes=notes,
    weigh=weigh,
    parameters=Parameters,
    example_policy=Policy(parameters={UID: Parameters(trusted_accounts=(_OTHER,))}),
    good=(
        role(),
        role(trust=Known((trust(account=_OTHER, principal=f"arn:aws:iam::{_OTHER}:root"),))),
        role(trust=Known((trust(reach=Reach.ORGANISATION),))),
        role(
            trust=Known(
                (
                    trust(
                        reach=Reach.UNKNOWN,
                        kind=TrustedKind.UNIQUE_ID,
                        principal="AROAEXAMPLEEXAMPLE123",
                        account="",
                        effective=Known(value=False),
                        notes=("principal_by_unique_id",),
                    ),
                )
            )
        ),
    ),
    bad=(
        role(trust=Known((trust(),))),
        role(trust=Known((_NO_ID,))),
        role(
            trust=Known((trust(kind=TrustedKind.ROLE, principal=f"arn:aws:iam::{FOREIGN}:role/ci", external_id=False),))
        ),
    ),
)
