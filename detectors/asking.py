"""What the rules in force look at, so that nothing else need be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from collectors.model import ReadScope, Resource
from detectors.model import Detector, Policy
from detectors.requirement import Requirement

_CLASS = frozenset({"tags", "source_tags"})
_KEY = "key_holder"


class Asked(msgspec.Struct, frozen=True):
    """What is to be read: kinds (or bases of kinds), and the facts that rules look at.

    ``facts`` are pairs of a kind or base and the name of a fact of it; None asks for every fact.
    """

    kinds: frozenset[type[Resource]] = frozenset({Resource})
    facts: frozenset[tuple[type[Resource], str]] | None = None

    def any_of(self, kinds: Iterable[type[Resource]]) -> bool:
        """Whether any of these kinds is to be read at all."""
        return any(issubclass(kind, tuple(self.kinds)) for kind in kinds)

    def __call__(self, kind: type[Resource], fact: str) -> bool:
        """Whether any rule looks at this fact of this kind."""
        return self.facts is None or any((base, fact) in self.facts for base in kind.__mro__)


def asked(detectors: Collection[Detector], policy: Policy, only: Collection[str] = ()) -> Asked:
    """Return what these detectors look at under this policy.

    A rule that the policy does not configure looks at nothing. Tags (a copy's source's, too), which carry the data
    class, matter where something is required by class, and who holds a key where more than the provider's encryption
    is required.
    ``only`` are the uids of those that judge this time (empty: all): it narrows the kinds and not the facts,
    since what is stored must do for the others. How scopes were read is judged whatever is read; asked for by
    itself it needs everything read.
    """
    configured = [one for one in detectors if one.requires is None or one.requires(policy)]
    kinds = frozenset(one.on for one in configured if not only or one.uid in only) - {ReadScope}
    return Asked(kinds or frozenset({Resource}), frozenset(_facts(configured, policy)))


def _facts(detectors: Iterable[Detector], policy: Policy) -> Iterator[tuple[type[Resource], str]]:
    for detector in detectors:
        kinds = {detector.on, *(violation.of for violation in detector.violations if violation.of is not None)}
        for kind in kinds:
            for fact in detector.facts:
                if fact in _CLASS and not _by_class(detector, policy):
                    continue
                if fact == _KEY and not _by_key(detector, policy):
                    continue
                if detector.looks_at is None or detector.looks_at(policy, fact):
                    yield kind, fact


def _by_class(detector: Detector, policy: Policy) -> bool:
    """Whether the data class can decide; a rule that has to be configured may weigh by it in any way."""
    parameters = policy.parameters.get(detector.uid)
    return detector.requires is not None or bool(getattr(parameters, "classes", None))


def _by_key(detector: Detector, policy: Policy) -> bool:
    """Whether the holder of a key can decide; a rule without a requirement may weigh it in any way."""
    if detector.parameters is None or "require" not in detector.parameters.__struct_fields__:
        return True
    parameters = policy.parameter(detector.uid, detector.parameters)
    by_class: Mapping[str, object] = getattr(parameters, "classes", {})
    return {getattr(parameters, "require", None), *by_class.values()} != {Requirement.PROVIDER}
