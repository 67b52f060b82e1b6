"""What to grant for AWS targets: to whoever reads, to the identity that cspmd runs as, and whom the role trusts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from collectors.api import Permission
from collectors.aws.logs.sources import partition_of
from collectors.aws.operations import ASSUME_ROLE
from collectors.aws.permissions import policy_json, trust_document
from collectors.aws.regions import EnabledRegions
from collectors.aws.terraform import policy_terraform
from daemon.targets.aws import collectors_of
from daemon.targets.aws_logs import file_permissions, log_permissions
from daemon.targets.aws_organization import OrganizationAccounts
from daemon.targets.unit import TargetError
from detectors.asking import Asked

if TYPE_CHECKING:
    from daemon.configuration import AwsTarget

_ALL = Asked()
_UNNAMED = "cspmd-read"


def permissions(targets: Sequence[AwsTarget] = (), asked: Asked = _ALL) -> tuple[Permission, ...]:
    """Return what collectors of what is asked need, and what finding accounts and the logs of these targets need."""
    collectors = collectors_of(asked)
    found = {
        permission
        for collector in collectors
        for permission in collector.permissions
        if not permission.fact or any(asked(kind, permission.fact) for kind in collector.kinds)
    }
    if any(collector.regional for collector in collectors):
        found.update(EnabledRegions.permissions)
    for target in targets:
        if target.organization:
            found.update(OrganizationAccounts.permissions)
        found.update(log_permissions(target))
    return tuple(sorted(found))


def reading_policy(targets: Sequence[AwsTarget] = (), asked: Asked = _ALL) -> str:
    """Return the least-privilege policy of whoever reads, as JSON."""
    return policy_json(permissions(targets, asked))


def own_policy(targets: Sequence[AwsTarget]) -> str:
    """Return the policy of the identity that cspmd runs as, as JSON.

    Raises TargetError where no target has that identity do anything else than read.
    """
    needed = own_permissions(targets)
    if not needed:
        message = (
            "no AWS target has a role_name or organization: true, so the identity that cspmd runs as reads by itself: "
            "give it what `cspmd permissions aws` prints"
        )
        raise TargetError(message)
    return policy_json(needed)


def trust_policy(targets: Sequence[AwsTarget], principal_arn: str) -> str:
    """Return whom the role that the targets name trusts, as JSON; raises TargetError where they differ in it."""
    _, external_id = _role(targets)
    return json.dumps(trust_document(principal_arn, external_id), indent=2)


def terraform(targets: Sequence[AwsTarget] = (), asked: Asked = _ALL) -> str:
    """Return all of it as Terraform; raises TargetError where the targets differ in their role."""
    role_name, external_id = _role(targets)
    return policy_terraform(
        permissions(targets, asked),
        role_name=role_name,
        external_id=external_id is not None,
        own=own_permissions(targets),
    )


def own_permissions(targets: Iterable[AwsTarget]) -> tuple[Permission, ...]:
    """Return what is done with the credentials of cspmd's own identity, before any role is assumed.

    That is assuming the roles, and finding an organization's accounts and reading its logs in buckets; what a
    target without a role reads is not among it.
    """
    needed: set[Permission] = set()
    roles: dict[str, None] = {}
    for target in targets:
        roles.update(dict.fromkeys(_role_arns(target)))
        if target.organization:
            needed.update(OrganizationAccounts.permissions)
            needed.update(file_permissions(target))
    if roles:
        needed.add(
            Permission(
                action=ASSUME_ROLE.action, operation=ASSUME_ROLE.uid, why=ASSUME_ROLE.why, resources=tuple(roles)
            )
        )
    return tuple(sorted(needed))


def _role_arns(target: AwsTarget) -> Iterable[str]:
    """Yield the ARNs of the roles that are assumed; those of an organization are in whichever account there is."""
    if target.role_name is None:
        return
    partition = partition_of(() if target.regions == "all" else target.regions)
    for account in ("*",) if target.organization else target.accounts:
        yield f"arn:{partition}:iam::{account}:role/{target.role_name}"


def _role(targets: Iterable[AwsTarget]) -> tuple[str, str | None]:
    """Return the name of the role that the targets have assumed, and its external id."""
    assumed = {target.name: (target.role_name, target.external_id) for target in targets if target.role_name}
    if len(set(assumed.values())) > 1:
        message = (
            f"targets {', '.join(assumed)} differ in role_name or external_id, so their roles differ too: "
            "print each one's with --target NAME"
        )
        raise TargetError(message)
    for role_name, external_id in assumed.values():
        return role_name or _UNNAMED, external_id
    return _UNNAMED, None
