"""Rules that depend on a resource's data class, judged also where the class could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from collectors.model import Known, Resource, Unread
from detectors.model.policy import Policy

R = TypeVar("R")


class ClassRule(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """What is required of one data class; ``data_class`` is empty for the default."""

    data_class: str
    rule: R

    @property
    def name(self) -> str:
        """How evidence names the rule."""
        return f"class {self.data_class}" if self.data_class else "default"


class ClassRules(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """The rules that may hold for a resource: one where its class is known, else every possible one.

    ``unread`` says why the class is not known. A rule that is violated whatever the class is proves
    a violation, one that is met whatever the class is proves none; anything between is unknown.
    """

    rules: tuple[ClassRule[R], ...]
    unread: Unread | None = None


def rules_for(policy: Policy, resource: Resource, default: R, classes: Mapping[str, R]) -> ClassRules[R]:
    """Return the rules that may hold for this resource.

    A class that is named in ``classes`` replaces the default; a resource without a class, or with
    one that is not named, takes the default. Names are compared without regard to letter case.
    """
    fallback = ClassRule(data_class="", rule=default)
    named = {name.casefold(): ClassRule(data_class=name, rule=rule) for name, rule in classes.items()}
    if not named:
        return ClassRules(rules=(fallback,))
    data_class = policy.data_class(resource)
    if isinstance(data_class, Known):
        return ClassRules(rules=(named.get(data_class.value.casefold(), fallback),))
    unread = data_class if isinstance(data_class, Unread) else None
    return ClassRules(rules=(fallback, *named.values()), unread=unread)
