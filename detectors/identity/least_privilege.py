"""identity.least_privilege: whether an identity is an administrator, by whatever path."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import AdminPath, Known, Manager, NotNeeded, Principal, Provider, Role
from detectors.identity.examples import admin_path, role, user
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, each, iso27001


@each("admin_paths")
def administrator(_principal: Principal, path: AdminPath, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a path to administrator privileges: in force a violation, taken back or conditional a circumstance."""
    yield Evidence(name="admin_paths", data=path, violates=path.effective.value)


def notes(principal: Principal, _policy: Policy) -> Iterator[str]:
    """Yield what keeps grants of everything from being in force, and who manages the role."""
    for path in principal.admin_paths.value:
        if path.blocked_by:
            yield "administrator_grant_taken_back"
        elif path.conditions:
            yield "administrator_grant_conditional"
    if isinstance(principal, Role) and principal.managed_by.value is Manager.IDENTITY_CENTER:
        yield "identity_center_role"


DETECTOR = Detector(
    uid="identity.least_privilege",
    title="An identity is an administrator",
    on=Principal,
    severity=Severity.HIGH,
    description=(
        "The user or role may do everything: by its own policies, inline or managed, or by a group's; by all actions "
        "on all resources, by all but some (NotAction), or by patterns that come to the same. Denies and permissions "
        "boundaries count where they provably take back what makes an administrator. Full access to single services "
        "is none of this, and full access to IAM alone is a way to escalate. Roles that belong to a service of the "
        "cloud (service-linked) cannot be changed and are not judged. An administrator that you mean to have is an "
        "exception with an owner and an end."
    ),
    risk="One stolen session, key or instance of such an identity is the whole account.",
    controls=(iso27001("5.23"), iso27001("5.15"), iso27001("5.18"), iso27001("8.2")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Give $uid only what it was seen to need: IAM Access Analyzer writes such a policy from CloudTrail. "
                "Then take away the grants that the evidence names (of a group: for all its members). Give people "
                "administrator access for hours, through IAM Identity Center."
            ),
            cli=(
                "# what it used\n"
                "aws iam generate-service-last-accessed-details --arn $uid\n"
                "# take away what the evidence names: of a user\n"
                "aws iam detach-user-policy --user-name $name --policy-arn POLICY_ARN\n"
                "aws iam delete-user-policy --user-name $name --policy-name POLICY\n"
                "aws iam remove-user-from-group --user-name $name --group-name GROUP\n"
                "# of a role\n"
                "aws iam detach-role-policy --role-name $name --policy-arn POLICY_ARN\n"
                "aws iam delete-role-policy --role-name $name --policy-name POLICY"
            ),
            terraform=(
                "# in the attachments of $name, in place of AdministratorAccess\n"
                'data "aws_iam_policy_document" "needed" {\n'
                "  statement {\n"
                '    actions   = ["SERVICE:ACTION"]\n'
                '    resources = ["RESOURCE_ARN"]\n'
                "  }\n"
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",),
    violations=(administrator,),
    notes=notes,
    good=(
        user(),
        role(),
        role(admin_paths=NotNeeded("service_linked_role"), escalation_paths=NotNeeded("service_linked_role")),
        user(
            admin_paths=Known(
                (
                    admin_path(
                        effective=Known(value=False),
                        blocked_by=("permissions boundary arn:aws:iam::123456789012:policy/developers",),
                    ),
                )
            )
        ),
        role(
            managed_by=Known(Manager.IDENTITY_CENTER),
            admin_paths=Known((admin_path(effective=Known(value=False), conditions=("aws:resourcetag/team",)),)),
        ),
    ),
    bad=(
        user(admin_paths=Known((admin_path(),))),
        role(admin_paths=Known((admin_path(via="inline policy everything"),))),
        role(
            managed_by=Known(Manager.IDENTITY_CENTER),
            admin_paths=Known(
                (
                    admin_path(via="managed policy arn:aws:iam::aws:policy/AdministratorAccess"),
                    admin_path(effective=Known(value=False), conditions=("aws:resourcetag/team",)),
                )
            ),
        ),
    ),
)
