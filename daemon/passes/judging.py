"""What resources are judged by: detectors, policy and exceptions, and a fingerprint of all three."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

import detectors as detectors_package
from collectors.model import Resource, content_hash, encode
from daemon.exceptions import Exceptions
from detectors.engine import judge, recheck_at
from detectors.model import Detector, Judgement, Policy, Severity


class Fingerprint(NamedTuple):
    """What a resource was judged with: a digest each of detectors, policy and exceptions."""

    detectors: str
    policy: str
    exceptions: str

    @classmethod
    def parse(cls, text: str) -> Fingerprint:
        """Return a fingerprint read back from its text; anything odd equals no fingerprint."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == len(cls._fields) else cls("", "", "")

    def __str__(self) -> str:
        """Return its text, as it is stored."""
        return ".".join(self)


class Rule(NamedTuple):
    """A detector that judges a kind of resource, and the names of that kind's facts it depends on."""

    detector: Detector
    facts: tuple[str, ...]


class Judging:
    """How resources are judged.

    ``severities`` override the detectors' own, by uid. ``fingerprint`` (its text) changes whenever a
    verdict could change without the cloud having changed: with the code of the detectors, which of
    them are enabled, their severities, the policy and the exceptions.
    """

    def __init__(
        self,
        policy: Policy,
        detectors: Sequence[Detector],
        severities: Mapping[str, Severity] | None = None,
        exceptions: Exceptions | None = None,
    ) -> None:
        wanted = severities or {}
        self.policy = policy
        self.exceptions = exceptions if exceptions is not None else Exceptions()
        self.detectors = tuple(
            msgspec.structs.replace(detector, severity=wanted[detector.uid]) if detector.uid in wanted else detector
            for detector in sorted(detectors, key=lambda one: one.uid)
        )
        self.parts = Fingerprint(
            detectors=_detectors_digest(self.detectors),
            policy=content_hash(encode(policy)),
            exceptions=self.exceptions.fingerprint,
        )
        self.fingerprint = str(self.parts)
        self._by_kind: dict[type[Resource], tuple[Rule, ...]] = {}

    def for_kind(self, kind: type[Resource]) -> tuple[Detector, ...]:
        """Return the detectors that judge resources of this kind, in the order of their uids."""
        return tuple(rule.detector for rule in self.rules_for(kind))

    def rules_for(self, kind: type[Resource]) -> tuple[Rule, ...]:
        """Return these detectors, each with the facts of this kind that it depends on."""
        found = self._by_kind.get(kind)
        if found is None:
            found = tuple(Rule(one, one.facts_of(kind)) for one in self.detectors if issubclass(kind, one.on))
            self._by_kind[kind] = found
        return found

    def judge(self, detector: Detector, resource: Resource, now: datetime) -> Judgement | None:
        """Return one detector's judgement, None where the policy does not configure its rule."""
        return judge(detector, resource, self.policy, now)

    def recheck_at(self, detector: Detector, resource: Resource, now: datetime) -> datetime | None:
        """Return when time alone can next change the verdict, None where it cannot."""
        return recheck_at(detector, resource, self.policy, now)


def _detectors_digest(detectors: Sequence[Detector]) -> str:
    described = [
        (one.uid, one.severity, [control.label for control in one.controls], one.title, one.remediation)
        for one in detectors
    ]
    return content_hash(encode([_source_digest(), described]))


@cache
def _source_digest() -> str:
    """Return a digest of the detectors' source: another release may judge otherwise."""
    digest = hashlib.blake2b(digest_size=16)
    root = Path(str(detectors_package.__file__)).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
