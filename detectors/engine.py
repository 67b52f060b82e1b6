"""Judging: three-valued, pure, and unable to say PASS for what was not read.

No detector says PASS: it yields violations, and the engine says PASS when every source was looked
at and none violated. FAIL beats UNKNOWN beats PASS (Kleene's strong three-valued logic).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from collectors.model import Known, NotNeededError, Resource, Switch, Unread, UnreadError
from detectors.model import (
    Detector,
    Evidence,
    Judgement,
    Observation,
    Policy,
    ResourceRef,
    Severity,
    Verdict,
    Violation,
)
from detectors.reading import how_to_read


class _Look:
    """What one detector's look at one resource has gathered so far."""

    def __init__(self) -> None:
        self.violating: list[Evidence] = []
        self.circumstances: list[Evidence] = []
        self.unread: dict[Unread, None] = {}
        self.notes: dict[str, None] = {}

    def take(self, observe: Callable[[], Iterable[Observation]], pardon: str = "") -> None:
        """Take what a violation observes until it ends or touches a fact that has no value.

        ``pardon`` is the note to leave where an unread fact cannot matter, empty where it does.
        """
        try:
            for seen in observe():
                if isinstance(seen, Unread):
                    self.miss(seen, pardon)
                elif seen.violates:
                    self.violating.append(seen)
                else:
                    self.circumstances.append(seen)
        except UnreadError as error:
            self.miss(error.unread, pardon)
        except NotNeededError as error:
            self.notes[error.fact.because] = None

    def miss(self, unread: Unread, pardon: str) -> None:
        """Note that something could not be read: a reason for UNKNOWN unless it is pardoned."""
        if pardon:
            self.notes[pardon] = None
        else:
            self.unread[unread] = None

    def members(self, resource: Resource, source: str, pardon: str) -> Iterator[object]:
        """Yield a source's members; a source without a value is noted and yields none."""
        try:
            members = getattr(resource, source).value
        except UnreadError as error:
            self.miss(error.unread, pardon)
        except NotNeededError as error:
            self.notes[error.fact.because] = None
        else:
            yield from members

    @property
    def verdict(self) -> Verdict:
        if self.violating:
            return Verdict.FAIL
        return Verdict.UNKNOWN if self.unread else Verdict.PASS


def _pardon(resource: Resource, violation: Violation) -> str:
    """Return the note for what is unread in this source while a switch is known to silence it.

    The switch excuses only what could not be read. A member that is known to violate does so
    whatever the switch says: what the collector saw bite is not argued away.
    """
    if not violation.silenced_by:
        return ""
    switch = getattr(resource, violation.silenced_by)
    silenced = isinstance(switch, Known) and isinstance(switch.value, Switch) and switch.value.on
    return f"{violation.reads[0]}_unread_but_silenced" if silenced else ""


def _inspect(look: _Look, violation: Violation, resource: Resource, policy: Policy, now: datetime) -> None:
    if violation.of is not None and not isinstance(resource, violation.of):
        return
    pardon = _pardon(resource, violation)
    if violation.item is not None:
        for member in look.members(resource, violation.reads[0], pardon):
            look.take(partial(violation.item, resource, member, policy, now), pardon)
    elif violation.judge is not None:
        look.take(partial(violation.judge, resource, policy, now), pardon)


def judge(detector: Detector, resource: Resource, policy: Policy, now: datetime) -> Judgement | None:
    """Judge one resource by one detector; None where the policy does not configure the rule.

    ``now`` is an aware UTC time. Never raises for what a resource holds: a fact without a value
    makes the verdict UNKNOWN unless another source proves a violation.
    """
    if detector.requires is not None and not detector.requires(policy):
        return None
    inapplicable, undecided = _inapplicable(detector, resource, policy)
    look = _Look()
    if inapplicable is None:
        for violation in detector.violations:
            _inspect(look, violation, resource, policy, now)
        _add_notes(look, detector, resource, policy)
    else:
        look.notes[inapplicable] = None
    if undecided is not None and look.verdict is not Verdict.PASS:
        # Whether the rule applies decides between FAIL and PASS here, and that is what is unknown.
        look.violating.clear()
        look.unread = {undecided: None, **look.unread}
    violating = tuple(look.violating)
    unread = tuple(look.unread)
    return Judgement(
        detector=detector.uid,
        verdict=look.verdict,
        severity=_severity(detector, resource, policy, violating),
        provider=resource.provider,
        account=resource.account,
        region=resource.region,
        resource=ResourceRef(uid=resource.uid, name=resource.name, kind=resource.kind()),
        evidence=(*violating, *look.circumstances),
        unread=unread,
        notes=tuple(look.notes),
        controls=tuple(control.label for control in detector.controls),
        remediation=_remediation(detector, resource, look.verdict, unread),
    )


def recheck_at(detector: Detector, resource: Resource, policy: Policy, now: datetime) -> datetime | None:
    """Return when time alone can next change this verdict (later than ``now``), None where it cannot."""
    if detector.recheck_at is None or (detector.requires is not None and not detector.requires(policy)):
        return None
    try:
        due = detector.recheck_at(resource, policy, now)
    except (UnreadError, NotNeededError):
        return None
    return due if due is not None and due > now else None


def _inapplicable(detector: Detector, resource: Resource, policy: Policy) -> tuple[str | None, Unread | None]:
    """Return the note code that says why the rule does not apply, or what was unread to tell."""
    if detector.applies is None:
        return None, None
    try:
        return detector.applies(resource, policy), None
    except UnreadError as error:
        return None, error.unread
    except NotNeededError as error:
        return error.fact.because, None


def _add_notes(look: _Look, detector: Detector, resource: Resource, policy: Policy) -> None:
    """Add the detector's notes up to the first that needs a fact without a value: no verdict hangs on them."""
    if detector.notes is None:
        return
    try:
        for note in detector.notes(resource, policy):
            look.notes[note] = None
    except (UnreadError, NotNeededError):
        return


def _severity(detector: Detector, resource: Resource, policy: Policy, violating: tuple[Evidence, ...]) -> Severity:
    if detector.weigh is None or not violating:
        return detector.severity
    try:
        return detector.weigh(resource, policy, violating, detector.severity)
    except (UnreadError, NotNeededError):
        return detector.severity


def _remediation(detector: Detector, resource: Resource, verdict: Verdict, unread: tuple[Unread, ...]) -> str:
    if verdict is Verdict.PASS:
        return ""
    if verdict is Verdict.UNKNOWN:
        return how_to_read(unread)
    remediation = detector.remedy(resource)
    return "" if remediation is None else remediation.render(resource)
