"""Drift: what a new judgement means for what was known. Pure: rows in, rows and a transition out."""

from __future__ import annotations

from datetime import datetime

import msgspec

from collectors.model import Actor, content_hash, encode
from daemon.exceptions import ExceptionRule
from daemon.model import Cause, FactChange, FindingStatus, FindPath, Transition, TransitionKind
from daemon.passes.changes import changes as changed_facts
from daemon.passes.changes import decode_memory, encode_memory, holds_unread, remember
from daemon.passes.identity import transition_uid
from daemon.passes.judging import Fingerprint
from daemon.passes.kinds import Facts
from daemon.state.findings import FindingRow
from daemon.state.judgements import JudgementRow
from detectors.model import Evidence, Judgement, Verdict

_NO_LONGER_JUDGED = frozenset({Cause.DETECTOR, Cause.OUT_OF_SCOPE})
"""Causes of an end that no read had anything to do with: what returns after them was never seen mended."""

_USE = "use"
"""The evidence of uses. It decides no verdict, and makes an incident of a hole."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one resource: what is the same for every detector that judges it.

    ``before`` are the facts as last stored (None for a resource that was not known), ``after`` as
    they are now. ``due`` says that time alone had called for this look. ``judged_before`` is what
    the stored judgements were made with. ``confirmed`` is the scope's last success before this look,
    ``seen_before`` from when on the resource can have become what it is (None: not known).
    """

    now: datetime
    path: FindPath
    actor: Actor | None
    target: str
    scope_key: str
    lineage: str
    confirmed: datetime | None
    seen_before: datetime | None
    before: Facts | None
    after: Facts
    content_changed: bool
    due: bool
    judged_before: Fingerprint | None
    judged_now: Fingerprint

    @property
    def new(self) -> bool:
        """Whether the resource was not known before."""
        return self.judged_before is None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one judgement leads to: rows to write (None where they stay) and what is to be told."""

    judgement: JudgementRow | None = None
    finding: FindingRow | None = None
    transition: Transition | None = None


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement against what was known."""

    look: Look
    old: JudgementRow | None
    finding: FindingRow | None
    judgement: Judgement
    rule: ExceptionRule | None
    facts: tuple[str, ...]
    memory: Facts

    @property
    def changes(self) -> tuple[FactChange, ...]:
        look = self.look
        if look.before is None:
            return ()
        declared = changed_facts(self.facts, look.before, self.memory, look.after)
        if declared or not look.content_changed or look.due or look.judged_before != look.judged_now:
            return declared
        return changed_facts(look.after, look.before, self.memory, look.after)

    def cause(self, changes: tuple[FactChange, ...]) -> Cause:
        look = self.look
        if look.judged_before is None:
            return Cause.RESOURCE_NEW
        if changes:
            return Cause.CONFIGURATION
        if look.judged_before.detectors != look.judged_now.detectors:
            return Cause.DETECTOR
        if look.judged_before.policy != look.judged_now.policy:
            return Cause.POLICY
        return Cause.CONFIGURATION if look.content_changed and not look.due else Cause.TIME


def judged(  # noqa: PLR0913 - what is known, what was found, and what it depends on
    look: Look,
    *,
    old: JudgementRow | None,
    finding: FindingRow | None,
    judgement: Judgement,
    rule: ExceptionRule | None,
    facts: tuple[str, ...],
) -> Step:
    """Return what a judgement leads to.

    ``old`` and ``finding`` are what is stored of this detector and resource, ``rule`` the exception
    that holds for it now, ``facts`` the names of the facts that the verdict depends on.
    """
    memory = decode_memory(old.memory) if old is not None else {}
    case = _Case(look=look, old=old, finding=finding, judgement=judgement, rule=rule, facts=facts, memory=memory)
    row = _row(case)
    kept = None if old is not None and msgspec.structs.replace(row, posture_due=old.posture_due) == old else row
    if judgement.verdict is Verdict.FAIL:
        told = _violating(case)
    elif finding is None or not finding.active:
        return Step(judgement=kept)
    elif judgement.verdict is Verdict.UNKNOWN:
        told = _out_of_sight(case, finding)
    else:
        told = _resolved(look, finding, judgement, case.changes, case.cause(case.changes))
    return msgspec.structs.replace(told, judgement=kept)


def ended(look: Look, finding: FindingRow, cause: Cause) -> Step:
    """Return what it leads to that an active finding is judged no more, for a cause outside its facts."""
    return _resolved(look, finding, finding.judgement(), (), cause)


def _row(case: _Case) -> JudgementRow:
    judgement, look, old = case.judgement, case.look, case.old
    body = encode(judgement)
    decided = judgement.verdict is not Verdict.UNKNOWN
    before_decided = old.decided if old is not None else None
    memory: Facts = {}
    if look.before is not None:
        undecided = before_decided is not None and not decided
        memory = remember(case.facts, look.before, case.memory, look.after, undecided=undecided)
    return JudgementRow(
        resource_uid=judgement.resource.uid,
        detector=judgement.detector,
        provider=judgement.provider.value,
        account=judgement.account,
        verdict=judgement.verdict.value,
        severity=judgement.severity.value,
        decided=judgement.verdict.value if decided else before_decided,
        hash=content_hash(body),
        posture_due=None,
        memory=encode_memory(memory),
        body=body.decode(),
    )


def _violating(case: _Case) -> Step:
    finding = case.finding
    if finding is None or not finding.active:
        return _begun(case)
    return _still_violating(case, finding)


def _begun(case: _Case) -> Step:
    """Return the step for a violation where none stood."""
    look, judgement, earlier = case.look, case.judgement, case.finding
    row = FindingRow(
        resource_uid=judgement.resource.uid,
        detector=judgement.detector,
        target=look.target,
        scope_key=look.scope_key,
        provider=judgement.provider.value,
        account=judgement.account,
        status=FindingStatus.OPEN if case.rule is None else FindingStatus.EXCEPTED,
        severity=judgement.severity.value,
        stale=False,
        first_seen=look.now if earlier is None else earlier.first_seen,
        since=look.now,
        last_seen=look.now,
        resolved_at=None,
        resolved_cause=None,
        lineage=look.lineage if earlier is None else earlier.lineage,
        sequence=0 if earlier is None else earlier.sequence,
        transition_uid=None,
        drift=None,
        changes="[]",
        actor=None,
        exception="" if case.rule is None else case.rule.summary,
        body=encode(judgement).decode(),
    )
    if case.rule is not None:
        # Accepted before it was ever seen: nothing that anybody is to be told.
        return Step(finding=row)
    shown_none = earlier is not None and earlier.resolved_cause not in _NO_LONGER_JUDGED
    passed = case.old is not None and case.old.decided == Verdict.PASS.value
    kind = TransitionKind.REGRESSED if shown_none or passed else TransitionKind.OPENED
    changes = case.changes
    return _told(look, row, _News(kind=kind, cause=case.cause(changes), judgement=judgement, changes=changes))


def _still_violating(case: _Case, finding: FindingRow) -> Step:
    """Return the step for a violation that stood before."""
    look = case.look
    known = finding.judgement()
    merged, partly = _with_unseen(case.judgement, known, look.after)
    row = _under_rule(finding, case.rule)
    row = msgspec.structs.replace(
        row,
        severity=merged.severity.value,
        stale=partly,
        body=encode(merged).decode(),
        last_seen=finding.last_seen if partly else look.now,
    )
    told = _exception_news(finding, row, merged)
    if told is None and row.status is FindingStatus.OPEN and _differs(merged, known):
        changes = case.changes
        told = _News(kind=TransitionKind.UPDATED, cause=case.cause(changes), judgement=merged, changes=changes)
    if told is not None:
        return _told(look, row, msgspec.structs.replace(told, previous=known))
    same = msgspec.structs.replace(row, last_seen=finding.last_seen) == finding
    return Step() if same else Step(finding=row)


def _out_of_sight(case: _Case, finding: FindingRow) -> Step:
    """Return the step for a violation that can no longer be read: it stands, marked stale."""
    known = finding.judgement()
    row = _under_rule(finding, case.rule)
    row = msgspec.structs.replace(row, stale=True, last_seen=_last_seen(case.look, finding))
    told = _exception_news(finding, row, known)
    if told is not None:
        return _told(case.look, row, msgspec.structs.replace(told, previous=known))
    return Step() if row == finding else Step(finding=row)


def _resolved(
    look: Look, finding: FindingRow, judgement: Judgement, changes: tuple[FactChange, ...], cause: Cause
) -> Step:
    row = msgspec.structs.replace(
        finding,
        status=FindingStatus.RESOLVED,
        stale=False,
        last_seen=_last_seen(look, finding),
        resolved_at=look.now,
        resolved_cause=cause.value,
        exception="",
    )
    if finding.drift in {None, TransitionKind.RESOLVED}:
        # Nobody was told of it, so nobody is told of its end.
        return Step(finding=row)
    previous = finding.judgement()
    news = _News(kind=TransitionKind.RESOLVED, cause=cause, judgement=judgement, changes=changes, previous=previous)
    return _told(look, row, news)


class _News(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told of a finding; ``previous`` is the violation as it stood before."""

    kind: TransitionKind
    cause: Cause
    judgement: Judgement
    changes: tuple[FactChange, ...] = ()
    previous: Judgement | None = None


def _told(look: Look, row: FindingRow, news: _News) -> Step:
    """Return the step with its transition, and the finding's row with the mark of it."""
    sequence = row.sequence + 1
    about_rule = news.cause in {Cause.EXCEPTION_ADDED, Cause.EXCEPTION_ENDED}
    actor = None if about_rule else look.actor
    uid = transition_uid(
        lineage=row.lineage, sequence=sequence, kind=news.kind, judgement=news.judgement, changes=news.changes
    )
    transition = Transition(
        uid=uid,
        kind=news.kind,
        cause=news.cause,
        at=look.now,
        path=look.path,
        judgement=news.judgement,
        previous_severity=None if news.previous is None else news.previous.severity,
        changes=news.changes,
        first_seen=row.first_seen,
        actor=actor,
        seen_before=look.seen_before,
    )
    marked = msgspec.structs.replace(
        row,
        sequence=sequence,
        transition_uid=uid,
        drift=news.kind,
        changes=encode(news.changes).decode(),
        actor=row.actor if about_rule else _encoded(actor),
    )
    return Step(finding=marked, transition=transition)


def _encoded(actor: Actor | None) -> str | None:
    return None if actor is None else encode(actor).decode()


def _under_rule(finding: FindingRow, rule: ExceptionRule | None) -> FindingRow:
    status = FindingStatus.OPEN if rule is None else FindingStatus.EXCEPTED
    return msgspec.structs.replace(finding, status=status, exception="" if rule is None else rule.summary)


def _exception_news(before: FindingRow, after: FindingRow, judgement: Judgement) -> _News | None:
    """Return what is to be told where an exception began or ended."""
    if before.status is after.status:
        return None
    if after.status is FindingStatus.EXCEPTED:
        return _News(kind=TransitionKind.UPDATED, cause=Cause.EXCEPTION_ADDED, judgement=judgement)
    return _News(kind=TransitionKind.OPENED, cause=Cause.EXCEPTION_ENDED, judgement=judgement)


def _last_seen(look: Look, finding: FindingRow) -> datetime:
    """Return when the violation was last confirmed: by the scope's last success, unless it was stale."""
    if finding.stale or look.confirmed is None:
        return finding.last_seen
    return max(finding.last_seen, look.confirmed)


def _with_unseen(new: Judgement, known: Judgement, after: Facts) -> tuple[Judgement, bool]:
    """Return the violation with what was proven before and can now not be read; and whether there is any.

    A source that turns unreadable takes no evidence away, and no severity.
    """
    if not new.unread:
        return new, False
    seen = {encode(one) for one in new.evidence}
    unseen = tuple(
        one for one in known.evidence if one.violates and encode(one) not in seen and _out_of_reach(one, after)
    )
    if not unseen:
        return new, False
    severity = max(new.severity, known.severity, key=lambda one: one.rank)
    return msgspec.structs.replace(new, evidence=(*new.evidence, *unseen), severity=severity), True


def _out_of_reach(evidence: Evidence, after: Facts) -> bool:
    """Whether what this evidence came from can no longer be read, as far as its name tells."""
    fact = after.get(evidence.name)
    return fact is None or holds_unread(fact)


def _differs(new: Judgement, known: Judgement) -> bool:
    return new.severity is not known.severity or _telling(new) != _telling(known)


def _telling(judgement: Judgement) -> list[bytes]:
    """Return the evidence that a violation is told anew for: what violates, and that the hole was used."""
    return sorted(encode(one) for one in judgement.evidence if one.violates or one.name == _USE)
