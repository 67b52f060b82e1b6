"""By which paths an identity is an administrator.

An administrator can do nearly everything and can make itself anything. A grant counts when its actions are all, all
but some (NotAction), or enough of them in every service together, on all resources, and when after every Deny and
boundary there is left an action to take over identities with and most of the powerful actions of other services. So a
grant of all actions but IAM's is none (it cannot change who may do what), and neither is ``iam:*`` alone (which is a
way to become one).
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors.aws.iam.privileges.actions import BREADTH, FAMILIES, TAKE_OVER, bit, names
from collectors.aws.iam.privileges.holder import Degree, Granted, Holder
from collectors.aws.iam.privileges.rules import Rule, Territory
from collectors.model import AdminPath, Fact, Known, Unread

_MOST = BREADTH.bit_count() // 2
_IN_FORCE: Known[bool] = Known(value=True)
_NOT_IN_FORCE: Known[bool] = Known(value=False)


def admin_paths(holder: Holder, territory: Territory) -> tuple[AdminPath, ...]:
    """Return every path, those that something takes back among them, and one for each policy that could not be read."""
    candidates = [granted for granted in holder.allows if granted.rule.every_action and _is_path(granted.rule)]
    left = _Left(holder, territory) if candidates or _jointly_everything(holder) else None
    if left is None:
        found: tuple[AdminPath, ...] = ()
    else:
        found = tuple(left.path(granted) for granted in candidates)
        if all(path.effective == _NOT_IN_FORCE for path in found):
            found = (*found, *left.joint())
    return (*found, *(AdminPath(via=via, effective=unread) for via, unread in holder.unread))


def is_administrator(paths: tuple[AdminPath, ...]) -> bool:
    """Whether one of the paths is in force."""
    return any(path.effective == _IN_FORCE for path in paths)


def within_boundary(holder: Holder, territory: Territory) -> bool:
    """Whether the boundary would let somebody be an administrator who is granted everything."""
    return _suffices(_Left(holder, territory).bounded)


def _suffices(mask: int) -> bool:
    """Whether these actions, on all resources, make an administrator."""
    return bool(mask & TAKE_OVER) and (mask & BREADTH).bit_count() > _MOST


def _is_path(rule: Rule) -> bool:
    return rule.everywhere and _suffices(rule.mask)


def _jointly_everything(holder: Holder) -> bool:
    """Whether the statements on all resources, together, name some action of every service that is looked at."""
    mask = 0
    for granted in holder.allows:
        if granted.rule.everywhere:
            mask |= granted.rule.mask
    return mask & BREADTH == BREADTH and bool(mask & TAKE_OVER)


class _Left:
    """What Denies and the boundary leave of everything to one identity."""

    def __init__(self, holder: Holder, territory: Territory) -> None:
        self._holder = holder
        self._territory = territory
        self._denied = 0
        self._denying: list[str] = []
        for granted in holder.denies:
            taken = self._taken(granted.rule)
            if taken:
                self._denied |= taken
                self._denying.append(f"Deny in {granted.via}")
        self.bounded = self._within_boundary()

    def path(self, granted: Granted) -> AdminPath:
        """Return what comes of a grant that would make an administrator by itself."""
        rule = granted.rule
        allowed = rule.mask & ~self._denied
        blocked: tuple[str, ...] = ()
        if not _suffices(allowed):
            blocked = tuple(dict.fromkeys(self._denying))
        elif not _suffices(allowed & self.bounded):
            blocked = (f"permissions boundary {self._holder.caller.boundary}",)
        return AdminPath(
            via=granted.via,
            effective=self._effective(self._degree(rule), blocked),
            blocked_by=blocked,
            conditions=tuple(sorted({condition.key for condition in rule.conditions})),
            statement=rule.raw,
        )

    def joint(self) -> Iterator[AdminPath]:
        """Yield the path that statements make together of which none makes one alone."""
        granted = [one for one in self._holder.allows if one.rule.everywhere and self._degree(one.rule) is Degree.YES]
        mask = 0
        for one in granted:
            mask |= one.rule.mask
        if mask & BREADTH == BREADTH and _suffices(mask & ~self._denied & self.bounded):
            via = ", ".join(dict.fromkeys(one.via for one in granted))
            statements = [one.rule.raw for one in granted]
            yield AdminPath(via=via, effective=self._effective(Degree.YES, ()), statement=statements)

    def _effective(self, degree: Degree, blocked: tuple[str, ...]) -> Fact[bool]:
        if blocked or degree is not Degree.YES:
            return _NOT_IN_FORCE
        boundary = self._holder.boundary
        return boundary if isinstance(boundary, Unread) else _IN_FORCE

    def _degree(self, rule: Rule) -> Degree:
        """Return whether an Allow's conditions let both IAM's requests pass and other services'."""
        return min(self._holder.degree(rule, action) for action in ("iam:", ""))

    def _taken(self, rule: Rule) -> int:
        """Return the actions that a Deny surely refuses on all that they could be done to."""
        taken = 0
        for action in names(rule.mask & (TAKE_OVER | BREADTH)):
            family = FAMILIES.get(action)
            covered = rule.everywhere or (family is not None and rule.covers_family(self._territory.family(family)))
            if covered and self._holder.refuses(rule, action.lower()):
                taken |= bit(action)
        return taken

    def _within_boundary(self) -> int:
        bounded = self._holder.bounded_allows()
        for rule in self._holder.bounded_denies():
            bounded &= ~self._taken(rule)
        return bounded
