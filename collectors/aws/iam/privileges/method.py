"""What a way to raise one's own privileges is made of."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Target(StrEnum):
    """What the decisive actions of a method must be allowed on."""

    SELF = "the identity itself"
    OWN_GROUP = "a group that the user is in"
    OWN_POLICY = "a customer managed policy that the identity, or a role it may assume, is under"
    OWN_POLICY_WITH_VERSIONS = "the same, where it has more than one version"
    OTHER_USER = "a user with more privileges"
    OTHER_GROUP = "a group with more privileges"
    OTHER_ROLE = "a role with more privileges"
    ASSUMABLE_ROLE = "a role that the identity may assume"
    PASSED_ROLE = "a role with more privileges that the service may assume"
    NEW_USER = "a user made for the purpose"
    NEW_ROLE = "a role made for the purpose"
    WORKLOAD = "something that already runs under a role with more privileges"


AnyOf = tuple[str, ...]
"""Actions of which one will do."""


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """One way. ``on_target`` are needed on the target, ``beside`` on anything; of each group one action will do.

    ``service`` is the principal of the service that acts under the role, ``workload`` the resource part of the ARNs of
    what runs there under roles. ``needs_target``: without a target that is there today the permissions are too common
    to be called an escalation.
    """

    uid: str
    summary: str
    target: Target
    on_target: tuple[AnyOf, ...]
    beside: tuple[AnyOf, ...] = ()
    service: str = ""
    workload: str = ""
    needs_target: bool = False

    @property
    def groups(self) -> tuple[AnyOf, ...]:
        """All groups of actions, the decisive ones first."""
        return (*self.on_target, *self.beside)
