"""identity.privilege_escalation: whether an identity can give itself more than it was given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import EscalationPath, Known, NotNeeded, Principal, Provider
from detectors.identity.examples import admin_path, escalation_path, role, user
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, each, iso27001


@each("escalation_paths")
def escalates(_principal: Principal, path: EscalationPath, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a way up: open a violation, dependent on conditions a circumstance."""
    yield Evidence(name="escalation_paths", data=path, violates=path.effective.value)


def notes(principal: Principal, _policy: Policy) -> Iterator[str]:
    """Yield that a way depends on conditions, or leads nowhere today."""
    for path in principal.escalation_paths.value:
        if not path.effective.value:
            yield "escalation_conditional"
        elif path.open_ended:
            yield "escalation_without_target_today"


def weigh(_principal: Principal, _policy: Policy, seen: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Ways that lead to nobody with more privileges today weigh less."""
    open_ended = all(isinstance(one.data, EscalationPath) and one.data.open_ended for one in seen)
    return Severity.MEDIUM if open_ended else severity


_OPEN_ENDED = escalation_path(targets=(), open_ended=True)
_CONDITIONAL = escalation_path(effective=Known(value=False), conditions=("aws:resourcetag/team",))

DETECTOR = Detector(
    uid="identity.privilege_escalation",
    title="An identity can raise its own privileges",
    on=Principal,
    severity=Severity.HIGH,
    description=(
        "The user or role is no administrator and can become one by a known method: by changing policies, groups, "
        "passwords, keys or role trust, by assuming a role that lets it in, by passing a role to a service and having "
        "that act, or by taking over what already runs under such a role. It counts when the permissions reach "
        "something that leads to administrator privileges today, or everything that may come (then with less weight). "
        "Conditions that could not be decided make a method a circumstance. An administrator has nothing left to gain "
        "and passes with a note."
    ),
    risk="What was meant as limited access is full access for whoever knows the way.",
    controls=(iso27001("5.23"), iso27001("5.15"), iso27001("5.18"), iso27001("8.2")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "For each method in the evidence take one of its actions away from $uid, or narrow its resources: "
                "iam:PassRole to the roles and services that are meant (iam:PassedToService), changes of identities to "
                "a path of their own, and a permissions boundary on everything that may be created. A role with more "
                "privileges that somebody is meant to assume belongs on the list of exceptions, with its reason."
            ),
            cli=(
                "# what a policy of it allows, tried without doing it\n"
                "aws iam simulate-principal-policy --policy-source-arn $uid --action-names iam:PassRole\n"
                "# bound what it may do: a user\n"
                "aws iam put-user-permissions-boundary --user-name $name --permissions-boundary BOUNDARY_ARN\n"
                "# a role\n"
                "aws iam put-role-permissions-boundary --role-name $name --permissions-boundary BOUNDARY_ARN"
            ),
            terraform=(
                "# in the policy of $name\n"
                'data "aws_iam_policy_document" "pass" {\n'
                "  statement {\n"
                '    actions   = ["iam:PassRole"]\n'
                '    resources = ["ROLE_ARN"]\n'
                "    condition {\n"
                '      test     = "StringEquals"\n'
                '      variable = "iam:PassedToService"\n'
                '      values   = ["SERVICE.amazonaws.com"]\n'
                "    }\n"
                "  }\n"
                "}"
            ),
        ),
    },
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
    ),
    violations=(escalates,),
    notes=notes,
    weigh=weigh,
    good=(
        user(),
        role(),
        user(admin_paths=Known((admin_path(),)), escalation_paths=NotNeeded("administrator_already")),
        role(admin_paths=NotNeeded("service_linked_role"), escalation_paths=NotNeeded("service_linked_role")),
        user(escalation_paths=Known((_CONDITIONAL,))),
    ),
    bad=(
        user(escalation_paths=Known((escalation_path(),))),
        role(
            escalation_paths=Known(
                (
                    escalation_path(
                        method="put_role_policy",
                        summary="writes an inline policy into a role it may assume",
                        actions=("iam:PutRolePolicy",),
                        targets=(),
                    ),
                    _CONDITIONAL,
                )
            )
        ),
        user(escalation_paths=Known((_OPEN_ENDED,))),
    ),
)
