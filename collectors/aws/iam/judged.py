"""What the policies of one account come to for each of its users and roles.

Every identity is looked at under all its policies. Who can escalate depends on who is more powerful, and who is more
powerful on who can escalate: the more powerful are the administrators first, and those who can become one are added
until nobody new is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from collectors.aws.iam.authorization import Group, Identity, Inline, Inventory
from collectors.aws.iam.operations import GET_ACCOUNT_AUTHORIZATION_DETAILS
from collectors.aws.iam.privileges import (
    MALFORMED,
    Caller,
    Escalation,
    Held,
    Holder,
    Place,
    RoleSide,
    Rules,
    Territory,
    World,
    admin_paths,
    by_service,
    compiled,
    escalation,
    is_administrator,
    mfa_rules,
    role_side,
    trusts,
    within_boundary,
)
from collectors.aws.policy import MalformedPolicyError, PolicyDocument, parse_policy
from collectors.model import (
    AdminPath,
    EscalationPath,
    Fact,
    Known,
    MfaRule,
    NotNeeded,
    Trust,
    Unread,
    UnreadReason,
)

SERVICE_LINKED_PATH = "/aws-service-role/"
_OWN_POLICY = ":policy/"
_AWS_ACCOUNT = "::aws:"

_ADMINISTRATOR = NotNeeded("administrator_already")
_SERVICE_LINKED = NotNeeded("service_linked_role")
_NO_USER = NotNeeded("no_console")


class Privileges(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one user or role that follow from policies. ``trust`` is a role's, ``mfa_rules`` a user's."""

    admin_paths: Fact[tuple[AdminPath, ...]]
    escalation_paths: Fact[tuple[EscalationPath, ...]]
    mfa_rules: Fact[tuple[MfaRule, ...]] = _NO_USER
    trust: Fact[tuple[Trust, ...]] = _NO_USER

    @classmethod
    def unread(cls, unread: Unread) -> Privileges:
        """Return what is known of an identity whose policies could not be listed."""
        return cls(admin_paths=unread, escalation_paths=unread, mfa_rules=unread, trust=unread)


def privileges(inventory: Inventory, territory: Territory, now: datetime) -> Mapping[str, Privileges]:
    """Return the privileges of every user and role that was listed, by ARN, as they are at ``now``."""
    return _Account(inventory, territory, now).judged()


class _Account:
    """One account while it is looked at: what its identities share is made ready once."""

    def __init__(self, inventory: Inventory, territory: Territory, now: datetime) -> None:
        self._now = now
        self._inventory = inventory
        self._territory = territory
        self._managed: dict[str, Fact[Rules]] = {}
        self._groups = {name: tuple(self._of_group(group)) for name, group in inventory.groups.items()}
        self._trust_policies = {arn: _trust_policy(role, now) for arn, role in inventory.roles.items()}
        self._trusts = {arn: _trust(policy, territory.account) for arn, policy in self._trust_policies.items()}
        self._holders = {one.arn: self._holder(one) for one in self._identities() if not _service_linked(one)}
        self._holders |= {group.arn: self._member(group) for group in inventory.groups.values()}
        self._holders |= {arn: self._bearer(arn) for arn in inventory.policies}
        self._sides = tuple(
            self._side(role) for _, role in sorted(inventory.roles.items()) if not _service_linked(role)
        )
        self._assumable = tuple(side for side in self._sides if side.trusts_own)
        self._admin = {arn: admin_paths(holder, territory) for arn, holder in self._holders.items()}

    def judged(self) -> Mapping[str, Privileges]:
        """Return everybody's privileges."""
        escalations = self._escalations()
        return {one.arn: self._privileges(one, escalations) for one in self._identities()}

    def _privileges(self, identity: Identity, escalations: Mapping[str, Escalation]) -> Privileges:
        arn = identity.arn
        trust = self._trusts.get(arn, _NO_USER)
        if arn not in self._holders:
            return Privileges(admin_paths=_SERVICE_LINKED, escalation_paths=_SERVICE_LINKED, trust=trust)
        found = escalations.get(arn)
        return Privileges(
            admin_paths=Known(self._admin[arn]),
            escalation_paths=_ADMINISTRATOR if found is None else Known((*found.paths, *self._unseen())),
            mfa_rules=Known(mfa_rules(self._holders[arn])) if identity.is_user else _NO_USER,
            trust=trust,
        )

    def _unseen(self) -> Iterator[EscalationPath]:
        """Yield what stands for the targets that a failed listing may have hidden."""
        unread = self._inventory.unread
        if unread is not None:
            summary = "may reach an identity that could not be listed"
            yield EscalationPath(method="unlisted_target", summary=summary, actions=(), effective=unread)

    def _identities(self) -> Iterator[Identity]:
        yield from self._inventory.users.values()
        yield from self._inventory.roles.values()

    def _escalations(self) -> Mapping[str, Escalation]:
        """Return what was found of all who are no administrators, and of whoever is in but one group or policy."""
        powerful = {arn for arn, paths in self._admin.items() if is_administrator(paths)}
        found: dict[str, Escalation] = {}
        todo = [arn for arn in self._holders if arn not in powerful]
        while todo:
            world = self._world(powerful)
            for arn in todo:
                found[arn] = escalation(self._holders[arn], self._place(arn), world)
            new = {arn for arn in todo if found[arn].certain} - powerful
            powerful |= new
            todo = [arn for arn, one in found.items() if one.missed] if new else []
        return found

    def _world(self, powerful: set[str]) -> World:
        return World(
            territory=self._territory,
            users=tuple(sorted(powerful & self._inventory.users.keys())),
            groups=tuple(sorted(powerful & {group.arn for group in self._inventory.groups.values()})),
            policies=tuple(sorted(powerful & self._inventory.policies.keys())),
            by_service=by_service(side for side in self._sides if side.arn in powerful),
            roles=self._assumable,
            leading=tuple(side for side in self._assumable if side.arn in powerful),
            boundaries={one.arn: one.boundary for one in self._identities() if one.boundary},
        )

    def _side(self, role: Identity) -> RoleSide:
        trust = self._trusts[role.arn]
        side = role_side(role.arn, trust.value if isinstance(trust, Known) else (), self._territory.account)
        holder = self._holders[role.arn]
        bounded = isinstance(holder.boundary, Known) and not within_boundary(holder, self._territory)
        policy = self._trust_policies[role.arn]
        return msgspec.structs.replace(
            side,
            policies=self._place(role.arn).policies,
            bounded=bounded,
            trust_policy=policy.value if isinstance(policy, Known) else None,
        )

    def _place(self, arn: str) -> Place:
        """Return where an identity stands; a group that was not listed is none that it could be lifted by."""
        identity = self._inventory.users.get(arn) or self._inventory.roles.get(arn)
        own = dict.fromkeys(policy.arn for policy in self._holders[arn].policies if _is_customers(policy.arn))
        boundary = "" if identity is None else identity.boundary
        groups = () if identity is None else identity.groups
        return Place(
            groups=tuple(self._inventory.groups[name].arn for name in groups if name in self._groups),
            policies={policy: self._versions(policy) for policy in own},
            boundary_versions=self._versions(boundary) if _is_customers(boundary) else 0,
        )

    def _versions(self, policy: str) -> int:
        """Return how many versions a policy has; one that was not listed has one at least."""
        listed = self._inventory.policies.get(policy)
        return 1 if listed is None else listed.versions

    def _holder(self, identity: Identity) -> Holder:
        caller = self._caller(identity.arn, identity.name, is_user=identity.is_user)
        tags = identity.tags.value if isinstance(identity.tags, Known) else {}
        caller = msgspec.structs.replace(caller, tags=tags, boundary=identity.boundary)
        policies = [*self._inline(identity.inline), *self._attached(identity.attached)]
        for name in identity.groups:
            unlisted = (Held(via=f"group {name}", rules=self._missing("group_not_listed")),)
            policies += self._groups.get(name, unlisted)
        return Holder(caller, policies, self._rules_of(identity.boundary) if identity.boundary else None)

    def _member(self, group: Group) -> Holder:
        """Return somebody who is in this group and under nothing else."""
        territory = self._territory
        nobody = f"arn:{territory.partition}:iam::{territory.account}:user/a member of {group.name}"
        return Holder(self._caller(nobody, group.name, is_user=True), self._groups[group.name])

    def _bearer(self, policy: str) -> Holder:
        """Return somebody who is under this managed policy and nothing else."""
        territory = self._territory
        nobody = f"arn:{territory.partition}:iam::{territory.account}:user/somebody under {policy.rpartition('/')[2]}"
        return Holder(self._caller(nobody, "somebody", is_user=True), self._attached((policy,)))

    def _caller(self, arn: str, name: str, *, is_user: bool) -> Caller:
        territory = self._territory
        return Caller(arn=arn, name=name, account=territory.account, partition=territory.partition, is_user=is_user)

    def _of_group(self, group: Group) -> Iterator[Held]:
        for held in (*self._inline(group.inline), *self._attached(group.attached)):
            yield msgspec.structs.replace(held, via=f"group {group.name}: {held.via}")

    def _inline(self, policies: Iterable[Inline]) -> Iterator[Held]:
        for policy in policies:
            yield Held(via=f"inline policy {policy.name}", rules=self._compiled(policy.document))

    def _attached(self, arns: Iterable[str]) -> Iterator[Held]:
        for arn in arns:
            yield Held(via=f"managed policy {arn}", rules=self._rules_of(arn), arn=arn)

    def _rules_of(self, arn: str) -> Fact[Rules]:
        found = self._managed.get(arn)
        if found is None:
            policy = self._inventory.policies.get(arn)
            document = None if policy is None else policy.document
            found = self._missing("policy_not_listed") if document is None else self._compiled(document)
            self._managed[arn] = found
        return found

    def _compiled(self, document: Any) -> Fact[Rules]:  # noqa: ANN401 - decoded JSON of any shape, or text
        try:
            return Known(compiled(parse_policy(document, now=self._now), self._territory))
        except MalformedPolicyError:
            return MALFORMED

    def _missing(self, detail: str) -> Unread:
        """Return why something that an identity is under was not among what was listed."""
        if self._inventory.unread is not None:
            return self._inventory.unread
        return Unread(reason=UnreadReason.ERROR, operation=GET_ACCOUNT_AUTHORIZATION_DETAILS.uid, detail=detail)


def _is_customers(policy: str) -> bool:
    return _OWN_POLICY in policy and _AWS_ACCOUNT not in policy


def _service_linked(identity: Identity) -> bool:
    return identity.path.startswith(SERVICE_LINKED_PATH)


def _trust_policy(role: Identity, now: datetime) -> Fact[PolicyDocument]:
    try:
        return Known(parse_policy(role.trust, now=now))
    except MalformedPolicyError:
        return MALFORMED


def _trust(policy: Fact[PolicyDocument], account: str) -> Fact[tuple[Trust, ...]]:
    return Known(trusts(policy.value, account)) if isinstance(policy, Known) else policy
