"""A plain model of drift, written from its rules alone: what must be told and known after each look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from collectors.model import Bucket, Grant, Known
from daemon.exceptions import ExceptionRule
from daemon.model import Cause, FindingStatus, TransitionKind
from tests.fakes.posture import EXPIRED, GRANTED, VERSIONED, uid

Told = tuple[str, str, TransitionKind, Cause]
SOURCES = {
    VERSIONED.uid: ("versioning",),
    GRANTED.uid: ("policy_grants", "acl_grants"),
    EXPIRED.uid: ("tags",),
}


@dataclass
class Violation:
    """A finding as the model knows it: evidence by the fact it came from."""

    active: bool
    excepted: bool
    evidence: dict[str, frozenset[str]]
    severity: str
    stale: bool = False
    announced: bool = False
    ended_by: Cause | None = None

    @property
    def status(self) -> FindingStatus:
        if not self.active:
            return FindingStatus.RESOLVED
        return FindingStatus.EXCEPTED if self.excepted else FindingStatus.OPEN


@dataclass
class Oracle:
    """What is known of every bucket and detector."""

    decided: dict[tuple[str, str], str] = field(default_factory=dict)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    violations: dict[tuple[str, str], Violation] = field(default_factory=dict)
    seen: dict[str, Bucket] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def look(self, bucket: Bucket, now: float, rules: list[ExceptionRule], enabled: set[str], reason: Cause) -> None:
        """Look at a bucket with every enabled detector; ``reason`` is why, where its facts are not."""
        before = self.seen.get(bucket.name)
        for detector in sorted(enabled):
            key = (bucket.name, detector)
            found, blind = _violates(bucket, detector, now)
            rule = _rule(rules, bucket.uid, detector, now)
            if before is None:
                cause = Cause.RESOURCE_NEW
            elif key in self.unknown or _differ(before, bucket, detector):
                cause = Cause.CONFIGURATION
            else:
                cause = reason
            if any(found.values()):
                self._fails(key, found, blind, rule, cause)
            elif blind:
                self._unread(key, rule)
            else:
                self._passes(key, cause)
        for key in [key for key in self.violations if key[0] == bucket.name and key[1] not in enabled]:
            self._end(key, Cause.DETECTOR)
        for key in [key for key in (*self.decided, *self.unknown) if key[0] == bucket.name and key[1] not in enabled]:
            self.decided.pop(key, None)
            self.unknown.discard(key)
        self.seen[bucket.name] = bucket

    def gone(self, name: str) -> None:
        """Take a bucket for gone."""
        for key in [key for key in self.violations if key[0] == name]:
            self._end(key, Cause.RESOURCE_GONE)
        self.decided = {key: verdict for key, verdict in self.decided.items() if key[0] != name}
        self.unknown = {key for key in self.unknown if key[0] != name}
        del self.seen[name]

    def counts(self) -> Counter[tuple[str, str, str]]:
        """Return how many count under (detector, severity, status)."""
        counted: Counter[tuple[str, str, str]] = Counter()
        for (_, detector), one in self.violations.items():
            if one.active:
                counted[detector, one.severity, "excepted" if one.excepted else "fail"] += 1
        for key in self.unknown:
            if key not in self.violations or not self.violations[key].active:
                counted[key[1], "low" if key[1] == EXPIRED.uid else "medium", "unknown"] += 1
        return counted

    def _fails(
        self,
        key: tuple[str, str],
        found: dict[str, frozenset[str]],
        blind: set[str],
        rule: ExceptionRule | None,
        cause: Cause,
    ) -> None:
        passed = self.decided.get(key) == "PASS"
        self.decided[key] = "FAIL"
        self.unknown.discard(key)
        severity = _severity(key[1], found)
        known = self.violations.get(key)
        if known is None or not known.active:
            self.violations[key] = Violation(True, rule is not None, found, severity, announced=rule is None)
            if rule is None:
                seen_mended = known is not None and known.ended_by not in {Cause.DETECTOR, Cause.OUT_OF_SCOPE}
                self._tell(key, TransitionKind.REGRESSED if passed or seen_mended else TransitionKind.OPENED, cause)
            return
        kept = {fact: known.evidence.get(fact, frozenset()) - found.get(fact, frozenset()) for fact in blind}
        carried = any(kept.values())
        merged = {fact: found.get(fact, frozenset()) | kept.get(fact, frozenset()) for fact in SOURCES[key[1]]}
        if carried:
            severity = max(severity, known.severity, key=["low", "medium", "high"].index)
        another = (_solid(merged), severity) != (_solid(known.evidence), known.severity)
        known.evidence, known.severity, known.stale = merged, severity, carried
        if not self._rule_changes(key, known, rule) and another and rule is None:
            known.announced = True
            self._tell(key, TransitionKind.UPDATED, cause)

    def _unread(self, key: tuple[str, str], rule: ExceptionRule | None) -> None:
        self.unknown.add(key)
        known = self.violations.get(key)
        if known is not None and known.active:
            known.stale = True
            self._rule_changes(key, known, rule)

    def _passes(self, key: tuple[str, str], cause: Cause) -> None:
        self.decided[key] = "PASS"
        self.unknown.discard(key)
        self._end(key, cause)

    def _rule_changes(self, key: tuple[str, str], known: Violation, rule: ExceptionRule | None) -> bool:
        if known.excepted == (rule is not None):
            return False
        known.excepted = rule is not None
        known.announced = True
        if rule is not None:
            self._tell(key, TransitionKind.UPDATED, Cause.EXCEPTION_ADDED)
        else:
            self._tell(key, TransitionKind.OPENED, Cause.EXCEPTION_ENDED)
        return True

    def _end(self, key: tuple[str, str], cause: Cause) -> None:
        known = self.violations.get(key)
        if known is None or not known.active:
            return
        known.active, known.excepted, known.stale, known.ended_by = False, False, False, cause
        if known.announced:
            self._tell(key, TransitionKind.RESOLVED, cause)
        known.announced = False

    def _tell(self, key: tuple[str, str], kind: TransitionKind, cause: Cause) -> None:
        self.told.append((uid(key[0]), key[1], kind, cause))


def _differ(one: Bucket, other: Bucket, detector: str) -> bool:
    return any(getattr(one, fact) != getattr(other, fact) for fact in SOURCES[detector])


def _violates(bucket: Bucket, detector: str, now: float) -> tuple[dict[str, frozenset[str]], set[str]]:
    """Return what violates by fact, and the facts that could not be read."""
    found: dict[str, frozenset[str]] = {}
    blind = set()
    for fact in SOURCES[detector]:
        value = getattr(bucket, fact)
        if not isinstance(value, Known):
            blind.add(fact)
        elif fact == "versioning":
            found[fact] = frozenset() if value.value.enabled else frozenset({value.value.state})
        elif fact == "tags":
            due = "expires" in value.value and now >= _seconds(value.value["expires"])
            found[fact] = frozenset({value.value["expires"]}) if due else frozenset()
        else:
            grants: tuple[Grant, ...] = value.value
            found[fact] = frozenset(one.principals[0] for one in grants)
    return found, blind


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _severity(detector: str, found: dict[str, frozenset[str]]) -> str:
    if detector == EXPIRED.uid:
        return "low"
    return "high" if detector == GRANTED.uid and sum(map(len, found.values())) > 1 else "medium"


def _solid(evidence: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {fact: found for fact, found in evidence.items() if found}


def _rule(rules: list[ExceptionRule], resource: str, detector: str, now: float) -> ExceptionRule | None:
    """Return a rule that covers this; the tests' globs are a whole name or a star."""
    for rule in rules:
        covers = rule.resource in {"*", resource} and rule.detector in {"*", detector}
        if covers and rule.expires.timestamp() > now:
            return rule
    return None
