"""What a detector is. A definition that is wrong fails when it is built, not when it is first used."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from string import Template
from typing import Any, TypeAlias

import msgspec

from collectors.model import Provider, Resource, Unread
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

Observation: TypeAlias = Evidence | Unread
Judge: TypeAlias = Callable[[Any, Policy, datetime], Iterable[Observation]]
JudgeItem: TypeAlias = Callable[[Any, Any, Policy, datetime], Iterable[Observation]]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One way to violate: which facts it reads, and the pure function that looks at them.

    The function yields :class:`Evidence` for what it sees, and an :class:`Unread` for what was read
    but cannot be decided (a place nobody knows): that part is then unknown and the function goes on.
    With ``item`` the single fact in ``reads`` is a sequence and the function sees one member at a
    time, so that a member that cannot be judged costs itself and never the others. ``silenced_by``
    names a fact of type Switch: known on, nothing unread in this source can violate. ``of`` narrows
    it to a kind that alone has these facts; other kinds are not looked at.
    """

    name: str
    reads: tuple[str, ...]
    judge: Judge | None = None
    item: JudgeItem | None = None
    silenced_by: str = ""
    of: type[Resource] | None = None


def each(source: str, *, silenced_by: str = "", of: type[Resource] | None = None) -> Callable[[JudgeItem], Violation]:
    """Make a violation of a function ``(resource, member, policy, now)`` over a fact's members."""

    def build(function: JudgeItem) -> Violation:
        return Violation(name=function.__name__, reads=(source,), item=function, silenced_by=silenced_by, of=of)

    return build


def over(*reads: str, of: type[Resource] | None = None) -> Callable[[Judge], Violation]:
    """Make a violation of a function ``(resource, policy, now)`` that reads the named facts."""

    def build(function: Judge) -> Violation:
        return Violation(name=function.__name__, reads=reads, judge=function, of=of)

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
    facts besides those of the violations that explain a drift, of the kind itself or of a kind that
    derives from it. ``applies`` returns a note code where
    the rule does not apply to a resource (PASS with that note), None where it does; ``requires``
    says whether the policy configures this rule at all (no judgement where not). ``weigh`` may
    change the severity for what was found. ``notes`` adds note codes. ``recheck_at`` returns when
    time alone can next change the verdict. ``looks_at`` says whether a fact that a violation reads can
    decide under a policy (all can where there is none), so that one that cannot need not be read.
    ``remediation_of`` holds what differs for a kind (or a base of kinds) that is mended in another way
    than the others. ``parameters`` is a struct whose fields all have defaults and that forbids unknown
    fields: the operator's settings, typed.
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
    remediation_of: Mapping[type[Resource], Mapping[Provider, Remediation]] = msgspec.field(default_factory=dict)
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
    looks_at: Callable[[Policy, str], bool] | None = None

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
        yield from self._unknown_facts()
        yield from self._wrong_shapes()
        for example in (*self.good, *self.bad):
            if not isinstance(example, self.on):
                yield f"example {example.uid!r} is no {self.on.__name__}"

    def _wrong_shapes(self) -> Iterable[str]:
        for violation in self.violations:
            if (violation.judge is None) == (violation.item is None):
                yield f"violation {violation.name!r} needs exactly one of judge and item"
            if violation.item is not None and len(violation.reads) != 1:
                yield f"violation {violation.name!r} looks at members and so reads exactly one fact"
        if self.parameters is not None:
            if not self.parameters.__struct_config__.forbid_unknown_fields:
                yield "its parameters must forbid unknown fields"
            if any(field.required for field in msgspec.structs.fields(self.parameters)):
                yield "every parameter needs a default"

    def _unknown_facts(self) -> Iterable[str]:
        for violation in self.violations:
            kind = violation.of or self.on
            if not issubclass(kind, self.on):
                yield f"violation {violation.name!r} is of {kind.__name__}, which is no {self.on.__name__}"
            for name in filter(None, (*violation.reads, violation.silenced_by)):
                if name not in kind.fact_names():
                    yield f"reads {name!r}, which is no fact of {kind.__name__}"
        known = {name for kind in _family(self.on) for name in kind.fact_names()}
        for name in self.depends:
            if name not in known:
                yield f"depends on {name!r}, which is no fact of {self.on.__name__} or of a kind of it"

    def remedy(self, resource: Resource) -> Remediation | None:
        """Return how to mend this resource: its own kind's way, then its base's, then the detector's."""
        for kind in type(resource).__mro__:
            found = self.remediation_of.get(kind, {}).get(resource.provider)
            if found is not None:
                return found
        return self.remediation.get(resource.provider)

    @property
    def facts(self) -> tuple[str, ...]:
        """The names of the facts that the verdict depends on, each once, in order.

        Where ``on`` is a base of several kinds, some may be facts of one of these kinds only: use
        :meth:`facts_of`.
        """
        names = [name for violation in self.violations for name in (*violation.reads, violation.silenced_by)]
        return tuple(dict.fromkeys(name for name in (*names, *self.depends) if name))

    def facts_of(self, kind: type[Resource]) -> tuple[str, ...]:
        """Return those of :attr:`facts` that this kind of resource has."""
        has = frozenset(kind.fact_names())
        return tuple(name for name in self.facts if name in has)


def _family(kind: type[Resource]) -> Iterable[type[Resource]]:
    yield kind
    for derived in kind.__subclasses__():
        yield from _family(derived)
