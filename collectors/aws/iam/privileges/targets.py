"""What there is in an account to escalate to: who is more powerful, and what leads there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from collectors.aws.iam.privileges.actions import CREATE_POLICY_NAME, bit
from collectors.aws.iam.privileges.caller import Caller
from collectors.aws.iam.privileges.holder import Holder
from collectors.aws.iam.privileges.method import Method, Target
from collectors.aws.iam.privileges.rules import Territory
from collectors.aws.policy import PolicyDocument

MORE_PRIVILEGED = frozenset(
    {Target.OTHER_USER, Target.OTHER_GROUP, Target.OTHER_ROLE, Target.PASSED_ROLE, Target.WORKLOAD}
)
"""Targets that are one only once they are known to have more privileges."""

_SEGMENTS = 6
_OPEN = re.compile(r"\*|\$\{[^{}]*\}")


class RoleSide(msgspec.Struct, frozen=True, kw_only=True):
    """A role seen from outside. ``trusts`` are ARNs of the account's own principals, ``services`` service principals.

    ``trusts_account``: whoever of the account's own has permission to assume it. ``policies`` are the customer managed
    policies that it is under with their versions; ``bounded``: a boundary keeps it from becoming an administrator.
    ``trust_policy`` is what decides who is let in, None where it is not known beyond the other attributes.
    """

    arn: str
    trusts: frozenset[str] = frozenset()
    trusts_account: bool = False
    services: frozenset[str] = frozenset()
    policies: Mapping[str, int] = msgspec.field(default_factory=dict)
    bounded: bool = False
    trust_policy: PolicyDocument | None = None

    @property
    def trusts_own(self) -> bool:
        """Whether somebody of the account may assume it."""
        return self.trusts_account or bool(self.trusts)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one identity stands: its groups, and the customer managed policies it is under with their versions.

    ``boundary_versions``: how many versions its permissions boundary has, 0 where it has none or one of AWS's.
    """

    groups: tuple[str, ...] = ()
    policies: Mapping[str, int] = msgspec.field(default_factory=dict)
    boundary_versions: int = 0


class World(msgspec.Struct, frozen=True, kw_only=True):
    """One account. ``users``, ``groups`` and ``by_service`` are those with more privileges than others have.

    ``roles`` are all that somebody of the account may assume, ``leading`` those of them with more privileges;
    ``policies`` are the managed policies that were listed and give more privileges to whoever is under them.

    ``by_service`` holds the more powerful roles that each service principal may assume, and under the empty text all
    of them; ``boundaries`` the permissions boundary of each user and role that has one.
    """

    territory: Territory
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    by_service: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    roles: tuple[RoleSide, ...] = ()
    leading: tuple[RoleSide, ...] = ()
    boundaries: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def administrator_policy(self) -> str:
        """The ARN of the policy that an attacker would attach."""
        return f"{self._of_aws}AdministratorAccess"

    @property
    def attachable(self) -> tuple[str, ...]:
        """The ARNs of what may be attached to gain more privileges: AWS's own policies are there in every account."""
        return tuple(dict.fromkeys((self.administrator_policy, f"{self._of_aws}IAMFullAccess", *self.policies)))

    @property
    def _of_aws(self) -> str:
        return f"arn:{self.territory.partition}:iam::aws:policy/"


def by_service(roles: Iterable[RoleSide]) -> Mapping[str, tuple[str, ...]]:
    """Return the roles' ARNs by the services that may assume them, and all of them under the empty text."""
    found: dict[str, list[str]] = {}
    for role in roles:
        for service in ("", *role.services):
            found.setdefault(service, []).append(role.arn)
    return {service: tuple(arns) for service, arns in found.items()}


def targets_of(method: Method, caller: Caller, place: Place, world: World) -> tuple[str, ...]:
    """Return the ARNs of what a method could be done to today, the caller itself only where that is the method."""
    match method.target:
        case Target.SELF:
            found: tuple[str, ...] = (caller.arn,) if caller.is_user else ()
        case Target.OWN_GROUP:
            found = place.groups
        case Target.OWN_POLICY:
            found = tuple(place.policies)
        case Target.OWN_POLICY_WITH_VERSIONS:
            found = tuple(arn for arn, versions in place.policies.items() if versions > 1)
        case Target.OTHER_USER:
            found = world.users
        case Target.OTHER_GROUP:
            found = tuple(arn for arn in world.groups if arn not in place.groups)
        case _:
            found = world.by_service.get(method.service, ())
    return found if method.target is Target.SELF else tuple(arn for arn in found if arn != caller.arn)


def new_names(holder: Holder, method: Method, territory: Territory) -> tuple[str, ...]:
    """Return ARNs that a user or role made for the purpose could have, one for each pattern it may be made under."""
    kind = "user" if method.target is Target.NEW_USER else "role"
    return tuple(dict.fromkeys(_names(holder, bit(method.on_target[0][0]), territory, kind)))


def new_policies(holder: Holder, territory: Territory) -> tuple[str, ...]:
    """Return ARNs that a managed policy made for the purpose could have, one for each pattern it may be made under."""
    return tuple(dict.fromkeys(_names(holder, bit(CREATE_POLICY_NAME), territory, "policy")))


def _names(holder: Holder, create: int, territory: Territory, kind: str) -> Iterator[str]:
    family = territory.family(kind)
    anything = f"arn:{territory.partition}:iam::{territory.account}:{kind}/new"
    for granted in holder.allows:
        if not granted.rule.mask & create:
            continue
        if granted.rule.resources.inverted:
            yield anything
            continue
        for pattern in granted.rule.resources.patterns:
            segments = pattern.text.split(":", _SEGMENTS - 1)
            resource = _OPEN.sub("new", segments[-1]).replace("?", "x") if len(segments) == _SEGMENTS else ""
            name = f"arn:{territory.partition}:iam::{territory.account}:{resource}"
            yield name if family.matches(name) else anything
