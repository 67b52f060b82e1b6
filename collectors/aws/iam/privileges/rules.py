"""Identity policies made ready: which of the actions that matter each statement speaks of, and on what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from collectors.aws.iam.privileges.actions import selected
from collectors.aws.iam.privileges.caller import Caller, is_circumstance
from collectors.aws.policy import Effect, PolicyDocument, Statement
from collectors.aws.policy.operators import Condition
from collectors.aws.policy.patterns import Glob, glob
from collectors.aws.policy.selection import Selection

_ANY_ACTION = glob("?*:?*")
_SEGMENTS = 6
_REGION = 3
_VARIABLE = re.compile(r"\$\{([^{}]+)\}")


class Territory(msgspec.Struct, frozen=True, kw_only=True):
    """One account's resources as patterns: all that has an ARN, and each kind of IAM resource."""

    account: str
    partition: str

    @property
    def everything(self) -> tuple[Glob, ...]:
        """Patterns of which each alone stands for all resources."""
        return (glob(f"arn:{self.partition}:*:*:*:*"), glob(f"arn:{self.partition}:*:*:{self.account}:*"))

    def family(self, kind: str) -> Glob:
        """Return the pattern of all IAM resources of a kind: ``user``, ``role``, ``group`` or ``policy``."""
        return glob(f"arn:{self.partition}:iam::{self.account}:{kind}/*")

    def workloads(self, service: str, resources: str) -> Workloads:
        """Return what names all resources of a service of which ``resources`` is the pattern (``function:*``)."""
        return Workloads(self, service, resources)


class Workloads(msgspec.Struct, frozen=True):
    """All resources of one type of one service, in all regions or in any one of them."""

    territory: Territory
    service: str
    resources: str

    def in_region(self, region: str) -> Glob:
        """Return their pattern in one region; ``*`` stands for all."""
        place = self.territory
        return glob(f"arn:{place.partition}:{self.service}:{region}:{place.account}:{self.resources}")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One statement. ``mask`` are the actions it may speak of; ``every_action`` whether it speaks of all but a few.

    ``everywhere``: on all resources. ``circumstances`` and ``narrowing`` are its conditions, those that ask who calls
    and how apart from those that narrow what may be done.
    """

    allows: bool
    mask: int
    every_action: bool
    everywhere: bool
    resources: Selection
    conditions: tuple[Condition, ...]
    circumstances: tuple[Condition, ...]
    narrowing: tuple[Condition, ...]
    speaks_of_mfa: bool
    raw: Any

    @property
    def has_variables(self) -> bool:
        """Whether what it covers depends on who asks."""
        return any(pattern.has_variable for pattern in self.resources.patterns)

    def covers(self, arn: str) -> bool | None:
        """Whether it speaks of this resource; None where a policy variable decides."""
        if self.resources.matches(arn):
            return True
        return None if self.resources.may_match(arn) else False

    def covers_family(self, family: Glob) -> bool:
        """Whether it surely speaks of every resource that the pattern stands for."""
        if self.resources.inverted:
            return not any(pattern.intersects(family) for pattern in self.resources.patterns)
        return any(pattern.covers(family) for pattern in self.resources.patterns)

    def covers_workloads(self, workloads: Workloads) -> bool:
        """Whether it surely speaks of all of them in at least one region."""
        if self.everywhere or self.resources.inverted:
            return self.everywhere or self.covers_family(workloads.in_region("*"))
        return any(pattern.covers(workloads.in_region(_region(pattern))) for pattern in self.resources.patterns)

    def for_caller(self, caller: Caller) -> Rule:
        """Return the rule with the policy variables replaced that are known of the caller."""
        if not self.has_variables:
            return self
        patterns = tuple(_resolved(pattern, caller) for pattern in self.resources.patterns)
        return msgspec.structs.replace(self, resources=Selection(patterns, inverted=self.resources.inverted))


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """A policy. ``unreadable``: an Allow in it makes no sense, so that it may grant more than is seen."""

    allows: tuple[Rule, ...] = ()
    denies: tuple[Rule, ...] = ()
    unreadable: bool = False


def compiled(document: PolicyDocument, territory: Territory) -> Rules:
    """Return a policy's rules; statements that no identity policy can have (no Action, no Resource) say nothing."""
    everything = territory.everything
    made = tuple(_rules(document, everything))
    return Rules(
        allows=tuple(rule for rule in made if rule.allows),
        denies=tuple(rule for rule in made if not rule.allows),
        unreadable=any(statement.effect is not Effect.DENY for statement in document.unreadable),
    )


def _rules(document: PolicyDocument, everything: tuple[Glob, ...]) -> Iterator[Rule]:
    for statement in document.statements:
        if statement.actions is None or statement.resources is None:
            continue
        mask = selected(statement.actions)
        if mask:
            yield _rule(statement, statement.actions, statement.resources, mask, everything)


def _rule(
    statement: Statement, actions: Selection, resources: Selection, mask: int, everything: tuple[Glob, ...]
) -> Rule:
    conditions = statement.conditions
    return Rule(
        allows=statement.effect is Effect.ALLOW,
        mask=mask,
        every_action=actions.inverted or any(pattern.covers(_ANY_ACTION) for pattern in actions.patterns),
        everywhere=_everywhere(resources, everything, of_allow=statement.effect is Effect.ALLOW),
        resources=resources,
        conditions=conditions,
        circumstances=tuple(condition for condition in conditions if is_circumstance(condition)),
        narrowing=tuple(condition for condition in conditions if not is_circumstance(condition)),
        speaks_of_mfa=any(condition.key.startswith("aws:multifactorauth") for condition in conditions),
        raw=statement.raw,
    )


def _everywhere(resources: Selection, everything: tuple[Glob, ...], *, of_allow: bool) -> bool:
    """Whether a Resource or NotResource element means all resources.

    An Allow on all but some resources counts as one on all, unless what it spares is everything, and so does one on all
    that is the account's own; a Deny on all but some spares these, and one on the account's own spares the rest.
    """
    if resources.inverted:
        return of_allow and not any(pattern.covers(each) for pattern in resources.patterns for each in everything)
    meant = everything if of_allow else everything[:1]
    return any(pattern.covers(each) for pattern in resources.patterns for each in meant)


def _region(pattern: Glob) -> str:
    segments = pattern.text.split(":", _SEGMENTS - 1)
    return segments[_REGION] if len(segments) == _SEGMENTS else "*"


def _resolved(pattern: Glob, caller: Caller) -> Glob:
    if not pattern.has_variable:
        return pattern

    def value(found: re.Match[str]) -> str:
        name = found[1].partition(",")[0].strip().lower()
        known = caller.known_variable(name)
        return found[0] if known is None else known.replace("*", "${*}").replace("?", "${?}")

    return glob(_VARIABLE.sub(value, pattern.text))
