"""What a detector is. A definition that is wrong fails when it is built, not when it is first used."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from string import Template
from typing import Any, TypeAlias

import msgspec

from collectors.model import Provider, Resource
from detectors.model.controls import Control
from detectors.model.policy import Policy
from detectors.model.verdict import Evidence, Severity

CATEGORIES = (
    "storage",
    "identity",
    "residency",
    "network",
    "data",
    "keys",
    "logging",
    "coverage",
    "governance",
)

_UID = re.compile(rf"(?:{'|'.join(CATEGORIES)})\.[a-z][a-z0-9_]*")

Judge: TypeAlias = Callable[[Any, Policy, datetime], Iterable[Evidence]]
JudgeItem: TypeAlias = Callable[[Any, Any, Policy, datetime], Iterable[Evidence]]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One way to violate: which facts it reads, and the pure function that looks at them.

    With ``item`` the single fact in ``reads`` is a sequence and the function sees one member at a
    time, so that a member that cannot be judged costs itself and never the others. ``silenced_by``
    names a fact of type Switch: known on, the source cannot violate, read or not.
    """

    name: str
    reads: tuple[str, ...]
    judge: Judge | None = None
    item: JudgeItem | None = None
    silenced_by: str = ""


def each(source: str, *, silenced_by: str = "") -> Callable[[JudgeItem], Violation]:
    """Make a violation of a function ``(resource, member, policy, now)`` over a fact's members."""

    def build(function: JudgeItem) -> Violation:
        return Violation(name=function.__name__, reads=(source,), item=function, silenced_by=silenced_by)

    return build


def over(*reads: str) -> Callable[[Judge], Violation]:
    """Make a violation of a function ``(resource, policy, now)`` that reads the named facts."""

    def build(function: Judge) -> Violation:
        return Violation(name=function.__name__, reads=reads, judge=function)

    return build


class Remediation(msgspec.Struct, frozen=True, kw_only=True):
    """How to mend it: in words, as a command line, and as Terraform.

    ``$name``, ``$uid``, ``$account`` and ``$region`` stand for the resource's; in ``cli`` they are
    quoted for the shell.
    """

    text: str
    cli: str = ""
    terraform: str = ""

    def render(self, resource: Resource) -> str:
        """Return the whole remediation for this resource."""
        plain = {name: str(getattr(resource, name)) for name in ("name", "uid", "account", "region")}
        quoted = {name: shlex.quote(value) for name, value in plain.items()}
        parts = [Template(self.text).safe_substitute(plain)]
        if self.cli:
            parts.append("CLI:\n" + Template(self.cli).safe_substitute(quoted))
        if self.terraform:
            parts.append("Terraform:\n" + Template(self.terraform).safe_substitute(plain))
        return "\n\n".join(parts)


class Detector(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: what it is, which kind it judges, how it is violated, and examples that prove it.

    ``good`` and ``bad`` are resources (every bad one must violate, every good one must not, under
    ``example_policy``); they are the first tests and the catalogue's examples. ``depends`` names
    facts besides those of the violations that explain a drift. ``applies`` returns a note code where
    the rule does not apply to a resource (PASS with that note), None where it does; ``requires``
    says whether the policy configures this rule at all (no judgement where not). ``weigh`` may
    change the severity for what was found. ``notes`` adds note codes. ``recheck_at`` returns when
    time alone can next change the verdict.
    """

    uid: str
    title: str
    on: type[Resource]
    severity: Severity
    description: str
    risk: str
    controls: tuple[Control, ...]
    remediation: Mapping[Provider, Remediation]
    violations: tuple[Violation, ...]
    good: tuple[Resource, ...]
    bad: tuple[Resource, ...]
    references: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    parameters: type[msgspec.Struct] | None = None
    example_policy: Policy = Policy()
    example_now: datetime = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    requires: Callable[[Policy], bool] | None = None
    applies: Callable[[Any, Policy], str | None] | None = None
    notes: Callable[[Any, Policy], Iterable[str]] | None = None
    weigh: Callable[[Any, Policy, tuple[Evidence, ...], Severity], Severity] | None = None
    recheck_at: Callable[[Any, Policy, datetime], datetime | None] | None = None

    def __post_init__(self) -> None:
        """Refuse a definition that could not work; raise ValueError saying what is wrong."""
        for problem in self._problems():
            message = f"detector {self.uid!r}: {problem}"
            raise ValueError(message)

    def _problems(self) -> Iterable[str]:
        if not _UID.fullmatch(self.uid):
            yield f"the uid must be <category>.<name> with a category of {', '.join(CATEGORIES)}"
        for field in ("title", "description", "risk", "controls", "remediation", "violations", "good", "bad"):
            if not getattr(self, field):
                yield f"{field} is missing"
        facts = set(self.on.fact_names())
        for name in self.facts:
            if name not in facts:
                yield f"reads {name!r}, which is no fact of {self.on.__name__}"
        for violation in self.violations:
            if (violation.judge is None) == (violation.item is None):
                yield f"violation {violation.name!r} needs exactly one of judge and item"
        for example in (*self.good, *self.bad):
            if not isinstance(example, self.on):
                yield f"example {example.uid!r} is no {self.on.__name__}"

    @property
    def facts(self) -> tuple[str, ...]:
        """The names of the facts that the verdict depends on, each once, in order."""
        names = [name for violation in self.violations for name in (*violation.reads, violation.silenced_by)]
        return tuple(dict.fromkeys(name for name in (*names, *self.depends) if name))
