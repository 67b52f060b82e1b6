"""An identity with all the policies it is under, and whether these let it do a given thing.

Source: IAM User Guide, policy evaluation logic: an explicit Deny beats every Allow, a permissions boundary bounds what
identity policies allow. An Allow counts unless its conditions are surely false, a Deny and a boundary only where they
surely take something away. Service control policies are not seen from inside the account and are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import TypeAlias

import msgspec

from collectors.aws.iam.privileges.actions import EVERY, bit
from collectors.aws.iam.privileges.caller import Caller, CallerRequest
from collectors.aws.iam.privileges.rules import Rule, Rules, Workloads
from collectors.aws.policy import MalformedPolicyError
from collectors.aws.policy.conditions import holds
from collectors.aws.policy.patterns import Glob
from collectors.aws.policy.requests import State
from collectors.model import Fact, Known, Unread, UnreadReason

Carries: TypeAlias = Mapping[str, State]
Covers: TypeAlias = Callable[[Rule], bool | None]
"""Whether a rule speaks of what is asked about; None where a policy variable decides."""

_NOTHING: Carries = {}


class Degree(IntEnum):
    """How surely something is allowed."""

    NO = 0
    DEPENDS = 1
    YES = 2


class Answer(msgspec.Struct, frozen=True):
    """Whether something is allowed, by which policies, under which conditions."""

    degree: Degree
    via: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


REFUSED = Answer(Degree.NO)

MALFORMED = Unread(
    reason=UnreadReason.MALFORMED,
    operation="iam:GetAccountAuthorizationDetails",
    detail=MalformedPolicyError.__name__,
)
"""A policy, or an Allow in it, that makes no sense."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as an identity is under it; ``arn`` is empty for an inline one."""

    via: str
    rules: Fact[Rules]
    arn: str = ""


class Granted(msgspec.Struct, frozen=True):
    """An Allow, and the policy it stands in."""

    rule: Rule
    via: str


class Holder:
    """One identity under its policies. ``boundary`` is its permissions boundary, None where it has none."""

    def __init__(self, caller: Caller, policies: Iterable[Held], boundary: Fact[Rules] | None = None) -> None:
        self.caller = caller
        self.policies = tuple(policies)
        self.boundary = boundary
        self.allows = tuple(
            Granted(rule.for_caller(caller), held.via)
            for held in self.policies
            if isinstance(held.rules, Known)
            for rule in held.rules.value.allows
        )
        self.denies = tuple(
            Granted(rule.for_caller(caller), held.via)
            for held in self.policies
            if isinstance(held.rules, Known)
            for rule in held.rules.value.denies
        )
        bounding = boundary.value if isinstance(boundary, Known) else None
        self._bound_allows = None if bounding is None else tuple(rule.for_caller(caller) for rule in bounding.allows)
        self._bound_denies = () if bounding is None else tuple(rule.for_caller(caller) for rule in bounding.denies)
        self.mask = 0
        for granted in self.allows:
            self.mask |= granted.rule.mask

    @property
    def unread(self) -> tuple[tuple[str, Unread], ...]:
        """The policies that may grant more than was understood of them, each with what could not be read."""
        found: list[tuple[str, Unread]] = []
        for held in self.policies:
            if isinstance(held.rules, Unread):
                found.append((held.via, held.rules))
            elif isinstance(held.rules, Known) and held.rules.value.unreadable:
                found.append((held.via, MALFORMED))
        return tuple(found)

    def unbounded(self) -> Holder:
        """Return the same identity as if it had no boundary."""
        return Holder(msgspec.structs.replace(self.caller, boundary=""), self.policies)

    def on(self, action: str, arn: str, carries: Carries = _NOTHING) -> Answer:
        """Return whether it may do this to one resource."""
        return self._ask(action, carries, lambda rule: rule.covers(arn))

    def has(self, action: str) -> bool:
        """Whether any of its Allows names the action, on whatever."""
        return bool(self.mask & bit(action))

    def accepts(self, action: str, arn: str) -> bool:
        """Whether it may do this to a resource whose own policy grants it by name.

        Its Denies and its boundary's stop that; what its boundary does not allow stops a role, but no user.
        """
        one, folded = bit(action), action.lower()

        def covers(rule: Rule) -> bool | None:
            return rule.covers(arn)

        denies = (*(granted.rule for granted in self.denies), *self._bound_denies)
        if self._refused(denies, one, folded, _NOTHING, covers):
            return False
        bounding = None if self.caller.is_user else self._bound_allows
        return bounding is None or self._within(bounding, one, folded, _NOTHING, covers)

    def across(self, action: str, family: Glob, carries: Carries = _NOTHING) -> Answer:
        """Return whether it may do this to all resources that the pattern stands for, these to come as well."""
        return self._ask(action, carries, lambda rule: rule.everywhere or rule.covers_family(family))

    def on_workloads(self, action: str, workloads: Workloads, carries: Carries = _NOTHING) -> Answer:
        """Return whether it may do this to all resources of one type, in one region or in all."""

        def covers(rule: Rule) -> bool:
            return rule.covers_workloads(workloads) if rule.allows else rule.covers_family(workloads.in_region("*"))

        return self._ask(action, carries, covers)

    def anywhere(self, action: str, carries: Carries = _NOTHING) -> Answer:
        """Return whether it may do this to something."""
        return self._ask(action, carries, lambda rule: True if rule.allows else rule.everywhere)

    def asks(self, key: str) -> bool:
        """Whether a condition on this key stands in any statement that it is under."""
        own = (granted.rule for granted in (*self.allows, *self.denies))
        bounding = (*(self._bound_allows or ()), *self._bound_denies)
        return any(condition.key == key for rule in (*own, *bounding) for condition in rule.conditions)

    def degree(self, rule: Rule, action: str = "", carries: Carries = _NOTHING) -> Degree:
        """Return whether an Allow's conditions let a request pass."""
        if not rule.conditions:
            return Degree.YES
        request = CallerRequest(caller=self.caller, action=action, carries=carries)
        if holds(rule.circumstances, request, of_deny=False) is False:
            return Degree.NO
        narrowed = holds(rule.narrowing, request, of_deny=False)
        if narrowed is None:
            return Degree.DEPENDS
        return Degree.YES if narrowed else Degree.NO

    def refuses(self, rule: Rule, action: str = "", carries: Carries = _NOTHING) -> bool:
        """Whether a Deny's conditions surely hold."""
        if not rule.conditions:
            return True
        request = CallerRequest(caller=self.caller, action=action, carries=carries)
        return holds(rule.conditions, request, of_deny=True) is True

    def bounded_allows(self) -> int:
        """Return the actions that the boundary may leave on all resources."""
        if self._bound_allows is None:
            return EVERY
        left = 0
        for rule in self._bound_allows:
            if rule.everywhere and self.degree(rule) is not Degree.NO:
                left |= rule.mask
        return left

    def bounded_denies(self) -> tuple[Rule, ...]:
        """Return the boundary's Denies."""
        return self._bound_denies

    def _ask(self, action: str, carries: Carries, covers: Covers) -> Answer:
        one = bit(action)
        if not self.mask & one:
            return REFUSED
        folded = action.lower()
        found: dict[Degree, list[Granted]] = {Degree.YES: [], Degree.DEPENDS: []}
        for granted in self.allows:
            if granted.rule.mask & one:
                degree = self._degree_of(granted.rule, folded, carries, covers)
                if degree is not Degree.NO:
                    found[degree].append(granted)
        best = Degree.YES if found[Degree.YES] else Degree.DEPENDS
        denies = (granted.rule for granted in self.denies)
        if not found[best] or self._refused(denies, one, folded, carries, covers):
            return REFUSED
        if self._bound_allows is not None and not self._within(self._bound_allows, one, folded, carries, covers):
            return REFUSED
        return Answer(
            best,
            tuple(dict.fromkeys(granted.via for granted in found[best])),
            tuple(sorted({condition.key for granted in found[best] for condition in granted.rule.conditions})),
        )

    def _degree_of(self, rule: Rule, action: str, carries: Carries, covers: Covers) -> Degree:
        covered = covers(rule)
        if covered is False:
            return Degree.NO
        degree = self.degree(rule, action, carries)
        return degree if covered else min(degree, Degree.DEPENDS)

    def _refused(self, denies: Iterable[Rule], one: int, action: str, carries: Carries, covers: Covers) -> bool:
        return any(rule.mask & one and covers(rule) is True and self.refuses(rule, action, carries) for rule in denies)

    def _within(self, allows: Iterable[Rule], one: int, action: str, carries: Carries, covers: Covers) -> bool:
        """Whether the boundary may leave what the identity policies allow."""
        if self._refused(self._bound_denies, one, action, carries, covers):
            return False
        return any(
            rule.mask & one and self._degree_of(rule, action, carries, covers) is not Degree.NO for rule in allows
        )
