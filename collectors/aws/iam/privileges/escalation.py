"""By which known methods an identity that is no administrator can become one.

A method is there when each of its actions is allowed where it takes effect: on something with more privileges that
exists today, or on all that may come. "More privileges" means: an administrator, or somebody who can become one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeAlias

import msgspec

from collectors.aws.iam.privileges.actions import ASSUME_ROLE_NAME, CREATE_POLICY_NAME, bits
from collectors.aws.iam.privileges.administrator import admin_paths, is_administrator, within_boundary
from collectors.aws.iam.privileges.assuming import assuming
from collectors.aws.iam.privileges.holder import REFUSED, Answer, Carries, Degree, Holder
from collectors.aws.iam.privileges.method import AnyOf, Method, Target
from collectors.aws.iam.privileges.methods import METHODS, REMOVE_BOUNDARY, REWRITE_BOUNDARY
from collectors.aws.iam.privileges.targets import (
    MORE_PRIVILEGED,
    Place,
    RoleSide,
    World,
    new_names,
    new_policies,
    targets_of,
)
from collectors.aws.policy.requests import ABSENT, Exactly
from collectors.model import EscalationPath, Fact, Known, Unread

_MOST_TARGETS = 5
_WITHIN_BOUNDARY = frozenset({Target.SELF, Target.OWN_GROUP, Target.OWN_POLICY, Target.OWN_POLICY_WITH_VERSIONS})
"""What an identity gives itself stays within its own boundary."""

_POLICIES = frozenset({Target.OWN_POLICY, Target.OWN_POLICY_WITH_VERSIONS})
_NEW = frozenset({Target.NEW_USER, Target.NEW_ROLE})
_FAMILIES = {
    Target.SELF: "user",
    Target.OWN_GROUP: "group",
    Target.OTHER_GROUP: "group",
    Target.OWN_POLICY: "policy",
    Target.OWN_POLICY_WITH_VERSIONS: "policy",
    Target.OTHER_USER: "user",
}
_ATTACHED = "iam:policyarn"
_ATTACHING = frozenset({"iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy"})
_PLANNED = tuple((method, tuple(bits(group) for group in method.groups)) for method in METHODS)

_Used: TypeAlias = list[tuple[str, Answer]]
"""The actions of a method that were found allowed, one of each group, and how; with it what that takes besides."""

_Asking: TypeAlias = Callable[[str, Carries], Answer]


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. ``missed``: some method lacks nothing but a target with more privileges."""

    paths: tuple[EscalationPath, ...]
    missed: bool = False

    @property
    def certain(self) -> bool:
        """Whether one of the paths leads somewhere today."""
        return any(path.effective == Known(value=True) and not path.open_ended for path in self.paths)


def escalation(holder: Holder, place: Place, world: World) -> Escalation:
    """Return every method that the identity has, and one path for each policy that could not be read."""
    seeker = _Seeker(holder, place, world)
    found = [path for method, groups in _PLANNED if _has_all(holder.mask, groups) for path in seeker.paths(method)]
    found += seeker.assumption()
    found += seeker.boundary_removal()
    unread = (
        EscalationPath(
            method="unread_policy",
            summary="is under a policy that could not be read",
            actions=(),
            via=(via,),
            effective=unread,
        )
        for via, unread in holder.unread
    )
    return Escalation(paths=(*found, *unread), missed=seeker.missed)


def _has_all(mask: int, groups: tuple[int, ...]) -> bool:
    return all(mask & group for group in groups)


class _Seeker:
    """Looks for the methods that one identity has."""

    def __init__(self, holder: Holder, place: Place, world: World) -> None:
        self._holder = holder
        self._place = place
        self._world = world
        self._bounded = isinstance(holder.boundary, Known) and not within_boundary(holder, world.territory)
        # What is attached matters only to whom a condition on it stands in the way of.
        self._guarded = holder.asks(_ATTACHED)
        self.missed = False

    def paths(self, method: Method) -> Iterator[EscalationPath]:
        """Yield the one path by this method, if there is any."""
        if self._bounded and method.target in _WITHIN_BOUNDARY and method.target not in _POLICIES:
            return
        beside = _each(method.beside, self._asker(method, "", self._holder.anywhere))
        if beside is None:
            return
        hits = self._hits(method)
        if hits and _degree(hits[0][1]) is Degree.YES:
            yield self._path(method, [*hits[0][1], *beside], self._shown(method, (arn for arn, _ in hits)))
            return
        attaches = self._guarded and any(action in _ATTACHING for group in method.groups for action in group)
        self.missed = self.missed or attaches or method.target in MORE_PRIVILEGED
        known_only = method.needs_target or method.target in _NEW or (self._bounded and method.target in _POLICIES)
        wide = None if known_only else self._everywhere(method)
        if wide is not None and (not hits or _degree(wide) is Degree.YES):
            yield self._path(method, [*wide, *beside], (), open_ended=True)
        elif hits:
            yield self._path(method, [*hits[0][1], *beside], self._shown(method, (arn for arn, _ in hits)))

    def assumption(self) -> Iterator[EscalationPath]:
        """Yield the path by which an identity takes on roles with more privileges that let it in as they are."""
        found = [(role.arn, assuming(self._holder, role)) for role in self._world.leading]
        best = max((answer.degree for _, answer in found), default=Degree.NO)
        if best is not Degree.YES:
            caller = self._holder.caller.arn
            asks = self._holder.has(ASSUME_ROLE_NAME)
            self.missed = self.missed or any(
                (asks and role.trusts_account) or caller in role.trusts for role in self._world.roles
            )
        if best is Degree.NO:
            return
        hits = [(arn, answer) for arn, answer in found if answer.degree is best][:_MOST_TARGETS]
        used = [(ASSUME_ROLE_NAME, answer) for _, answer in hits]
        path = self._made("assume_role", "assumes a role with more privileges", used, tuple(arn for arn, _ in hits))
        yield msgspec.structs.replace(path, actions=(ASSUME_ROLE_NAME,))

    def boundary_removal(self) -> Iterator[EscalationPath]:
        """Yield the paths by which an identity gets out of its own boundary, where there is more under it."""
        if not self._bounded:
            return
        taken_off, rewritten = self._boundary_off(), self._boundary_rewritten()
        if all(_degree([used]) is Degree.NO for used in (taken_off, rewritten)):
            return
        free = self._holder.unbounded()
        if not is_administrator(admin_paths(free, self._world.territory)) and not self._escalates(free):
            return
        if _degree([taken_off]) is not Degree.NO:
            yield self._made("remove_own_boundary", "takes off its own permissions boundary", [taken_off])
        if _degree([rewritten]) is not Degree.NO:
            summary = "rewrites the policy that is its own permissions boundary"
            yield self._made("rewrite_own_boundary", summary, [rewritten], (self._holder.caller.boundary,))

    def _boundary_off(self) -> tuple[str, Answer]:
        caller, holder = self._holder.caller, self._holder
        carries: Carries = {"iam:permissionsboundary": Exactly(self._world.administrator_policy)}
        kept: Carries = {"iam:permissionsboundary": Exactly(caller.boundary)}
        remove, replace = REMOVE_BOUNDARY["user" if caller.is_user else "role"]
        answers = [(remove, holder.on(remove, caller.arn, kept)), (replace, holder.on(replace, caller.arn, carries))]
        return max(answers, key=lambda found: found[1].degree)

    def _boundary_rewritten(self) -> tuple[str, Answer]:
        rewrite, choose = REWRITE_BOUNDARY
        boundary = self._holder.caller.boundary
        own = self._place.boundary_versions
        answers = [
            (rewrite, self._holder.on(rewrite, boundary) if own else REFUSED),
            (choose, self._holder.on(choose, boundary) if own > 1 else REFUSED),
        ]
        return max(answers, key=lambda found: found[1].degree)

    def _escalates(self, free: Holder) -> bool:
        return escalation(free, self._place, self._world).certain

    def _hits(self, method: Method) -> list[tuple[str, _Used]]:
        """Return the first few targets that the decisive actions reach, as surely as any, with how they are allowed."""
        if method.target is Target.WORKLOAD:
            used = self._everywhere(method)
            targets = self._targets(method) if used is not None else ()
            return [(arn, used) for arn in islice(targets, _MOST_TARGETS) if used is not None]
        found: dict[Degree, list[tuple[str, _Used]]] = {Degree.YES: [], Degree.DEPENDS: []}
        for arn in dict.fromkeys(self._targets(method)):
            used = self._on(method, arn)
            if used is not None:
                found[_degree(used)].append((arn, used))
                if len(found[Degree.YES]) == _MOST_TARGETS:
                    break
        return found[Degree.YES] or found[Degree.DEPENDS][:_MOST_TARGETS]

    def _targets(self, method: Method) -> Iterable[str]:
        if method.target in _NEW:
            return new_names(self._holder, method, self._world.territory)
        if method.target is Target.ASSUMABLE_ROLE:
            return self._liftable()
        if method.target in _POLICIES:
            return self._policies(method)
        return targets_of(method, self._holder.caller, self._place, self._world)

    def _liftable(self) -> Iterator[str]:
        """Yield the roles that it may assume and that no boundary holds down, itself first where it is one."""
        if not self._holder.caller.is_user and not self._bounded:
            yield self._holder.caller.arn
        for role in self._assumable():
            if not role.bounded:
                yield role.arn

    def _assumable(self) -> Iterator[RoleSide]:
        """Yield the other roles that the identity may assume."""
        return (role for role in self._world.roles if assuming(self._holder, role).degree is not Degree.NO)

    def _policies(self, method: Method) -> Iterator[str]:
        """Yield the policies that lift the identity when they change: its own, and those of roles it may assume."""
        if not self._bounded:
            yield from targets_of(method, self._holder.caller, self._place, self._world)
        fewest = 2 if method.target is Target.OWN_POLICY_WITH_VERSIONS else 1
        for role in self._assumable():
            if not role.bounded:
                yield from (arn for arn, versions in role.policies.items() if versions >= fewest)

    def _on(self, method: Method, arn: str) -> _Used | None:
        return _each(
            method.on_target,
            self._asker(method, arn, lambda action, carries: self._holder.on(action, arn, carries)),
        )

    def _everywhere(self, method: Method) -> _Used | None:
        """Return how the decisive actions are allowed on all that they could be done to."""
        holder, territory = self._holder, self._world.territory
        if method.target is Target.WORKLOAD:
            service = method.service.partition(".")[0].removesuffix("-tasks")
            workloads = territory.workloads(service, method.workload)
            return _each(
                method.on_target,
                self._asker(method, "", lambda action, carries: holder.on_workloads(action, workloads, carries)),
            )
        family = territory.family(_FAMILIES.get(method.target, "role"))
        return _each(
            method.on_target,
            self._asker(method, "", lambda action, carries: holder.across(action, family, carries)),
        )

    def _asker(self, method: Method, target: str, ask: _Asking) -> Callable[[str], _Used]:
        """Return what asks for one action of a method: of attaching, by all that may be attached to gain by it."""
        carries = self._carries(method, target)

        def asked(action: str) -> _Used:
            if not self._guarded or action not in _ATTACHING:
                return [(action, ask(action, carries))]
            return max(self._attaching(action, carries, ask), key=_degree)

        return asked

    def _attaching(self, action: str, carries: Carries, ask: _Asking) -> Iterator[_Used]:
        for policy in self._world.attachable:
            yield [(action, ask(action, {**carries, _ATTACHED: Exactly(policy)}))]
        for policy in new_policies(self._holder, self._world.territory):
            attached = ask(action, {**carries, _ATTACHED: Exactly(policy)})
            yield [(action, attached), (CREATE_POLICY_NAME, self._holder.on(CREATE_POLICY_NAME, policy))]

    def _carries(self, method: Method, target: str) -> Carries:
        """Return what requests of this method carry: what is attached, what bounds the target, whom a role goes to."""
        boundary = self._world.boundaries.get(target)
        carried: Carries = {
            "iam:permissionsboundary": ABSENT if boundary is None else Exactly(boundary),
            _ATTACHED: Exactly(self._world.administrator_policy),
        }
        if method.service and self._world.territory.partition == "aws":
            return {**carried, "iam:passedtoservice": Exactly(method.service)}
        return carried

    def _shown(self, method: Method, arns: Iterable[str]) -> tuple[str, ...]:
        itself = self._holder.caller.arn
        return () if method.target in _NEW else tuple(arn for arn in arns if arn != itself)

    def _path(
        self, method: Method, used: _Used, targets: tuple[str, ...], *, open_ended: bool = False
    ) -> EscalationPath:
        return self._made(method.uid, method.summary, used, targets, open_ended=open_ended)

    def _made(
        self, uid: str, summary: str, used: _Used, targets: tuple[str, ...] = (), *, open_ended: bool = False
    ) -> EscalationPath:
        boundary = self._holder.boundary
        certain: Fact[bool] = boundary if isinstance(boundary, Unread) else Known(value=True)
        return EscalationPath(
            method=uid,
            summary=summary,
            actions=tuple(action for action, _ in used),
            via=tuple(sorted({via for _, answer in used for via in answer.via})),
            targets=targets,
            open_ended=open_ended,
            conditions=tuple(sorted({key for _, answer in used for key in answer.conditions})),
            effective=certain if _degree(used) is Degree.YES else Known(value=False),
        )


def _each(groups: tuple[AnyOf, ...], ask: Callable[[str], _Used]) -> _Used | None:
    """Return the best action of each group; None where a group has none that is allowed."""
    used: _Used = []
    for group in groups:
        best = max((ask(action) for action in group), key=_degree)
        if _degree(best) is Degree.NO:
            return None
        used += best
    return used


def _degree(used: _Used) -> Degree:
    return min((answer.degree for _, answer in used), default=Degree.YES)
