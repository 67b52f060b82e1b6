"""Judging: three-valued, pure, and unable to say PASS for what was not read.

No detector says PASS: it yields violations, and the engine says PASS when every source was looked
at and none violated. FAIL beats UNKNOWN beats PASS (Kleene's strong three-valued logic).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import Known, NotNeededError, Resource, Switch, Unread, UnreadError
from detectors.model import Detector, Evidence, Judgement, Policy, ResourceRef, Severity, Verdict, Violation


class _Look:
    """What one detector's look at one resource has gathered so far."""

    def __init__(self) -> None:
        self.evidence: list[Evidence] = []
        self.unread: dict[Unread, None] = {}
        self.notes: dict[str, None] = {}

    def take(self, findings: Iterator[Evidence]) -> None:
        """Take what a violation yields until it ends or touches a fact that has no value."""
        try:
            for finding in findings:
                self.evidence.append(finding)
        except UnreadError as error:
            self.unread[error.unread] = None
        except NotNeededError as error:
            self.notes[error.fact.because] = None

    @property
    def verdict(self) -> Verdict:
        if self.evidence:
            return Verdict.FAIL
        return Verdict.UNKNOWN if self.unread else Verdict.PASS


def _members(look: _Look, resource: Resource, violation: Violation) -> Iterator[object]:
    """Yield a source's members; a source without a value is noted and yields none."""
    try:
        yield from getattr(resource, violation.reads[0]).value
    except UnreadError as error:
        look.unread[error.unread] = None
    except NotNeededError as error:
        look.notes[error.fact.because] = None


def _silenced(look: _Look, resource: Resource, violation: Violation) -> bool:
    """Whether a switch known on makes this source unable to violate."""
    if not violation.silenced_by:
        return False
    switch = getattr(resource, violation.silenced_by)
    if not (isinstance(switch, Known) and isinstance(switch.value, Switch) and switch.value.on):
        return False
    if isinstance(getattr(resource, violation.reads[0]), Unread):
        look.notes[f"{violation.reads[0]}_unread_but_silenced"] = None
    return True


def _inspect(look: _Look, violation: Violation, resource: Resource, policy: Policy, now: datetime) -> None:
    if _silenced(look, resource, violation):
        return
    if violation.item is not None:
        for member in _members(look, resource, violation):
            look.take(iter(violation.item(resource, member, policy, now)))
    elif violation.judge is not None:
        look.take(iter(violation.judge(resource, policy, now)))


def judge(detector: Detector, resource: Resource, policy: Policy, now: datetime) -> Judgement | None:
    """Judge one resource by one detector; None where the policy does not configure the rule.

    ``now`` is an aware UTC time. Never raises for what a resource holds: a fact without a value
    makes the verdict UNKNOWN unless another source proves a violation.
    """
    if detector.requires is not None and not detector.requires(policy):
        return None
    look = _Look()
    inapplicable = _inapplicable(look, detector, resource, policy)
    if inapplicable is None and not look.unread:
        for violation in detector.violations:
            _inspect(look, violation, resource, policy, now)
        if detector.notes is not None:
            look.notes.update(dict.fromkeys(detector.notes(resource, policy)))
    elif inapplicable is not None:
        look.notes[inapplicable] = None
    evidence = tuple(look.evidence)
    remediation = detector.remediation.get(resource.provider)
    return Judgement(
        detector=detector.uid,
        verdict=look.verdict,
        severity=_severity(detector, resource, policy, evidence),
        provider=resource.provider,
        account=resource.account,
        region=resource.region,
        resource=ResourceRef(uid=resource.uid, name=resource.name, kind=resource.kind()),
        evidence=evidence,
        unread=tuple(look.unread),
        notes=tuple(look.notes),
        controls=tuple(control.label for control in detector.controls),
        remediation="" if remediation is None or look.verdict is Verdict.PASS else remediation.render(resource),
    )


def _inapplicable(look: _Look, detector: Detector, resource: Resource, policy: Policy) -> str | None:
    """Return why the rule does not apply; a fact that is needed to tell and unread is kept."""
    if detector.applies is None:
        return None
    try:
        return detector.applies(resource, policy)
    except UnreadError as error:
        look.unread[error.unread] = None
        return None
    except NotNeededError as error:
        return error.fact.because


def _severity(detector: Detector, resource: Resource, policy: Policy, evidence: tuple[Evidence, ...]) -> Severity:
    if detector.weigh is None or not evidence:
        return detector.severity
    try:
        return detector.weigh(resource, policy, evidence, detector.severity)
    except (UnreadError, NotNeededError):
        return detector.severity
