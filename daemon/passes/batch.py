"""One transaction's worth of looks: what is read before, judged, and written with what it led to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from collectors.model import Actor, Resource, Scope, content_hash, encode
from daemon.exceptions import ExceptionRule
from daemon.model import OF_EVENTS, Cause, Document, FindPath, Transition
from daemon.passes import drift
from daemon.passes.attribution import who
from daemon.passes.identity import finding_id, next_posture
from daemon.passes.judging import Fingerprint, Judging
from daemon.passes.kinds import decode, facts
from daemon.passes.publisher import Publisher
from daemon.state import ScopeStatus, State, findings, judgements, outbox, resources, retention, scopes, transitions
from daemon.state.findings import FindingRow
from daemon.state.judgements import JudgementRow, Key
from daemon.state.resources import Head, ResourceRow
from detectors.model import Judgement, Verdict


class Fresh(NamedTuple):
    """A resource as it was just read, with its encoding and hash."""

    resource: Resource
    body: str
    hash: str

    @classmethod
    def of(cls, resource: Resource) -> Fresh:
        """Encode a resource once for all that need it."""
        body = encode(resource)
        return cls(resource, body.decode(), content_hash(body))

    def settled(self, head: Head, judging: Judging, now: datetime) -> bool:
        """Whether what is stored of it still holds: the same content, judged the same way, nothing due."""
        same = head.hash == self.hash and head.judged_with == judging.fingerprint
        return same and (head.next_due is None or head.next_due > now)


class Examined(NamedTuple):
    """One judgement that was made, and the exception that holds for it."""

    judgement: Judgement
    rule: ExceptionRule | None


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Where, when and how a batch is looked at.

    ``path`` is that of every transition made here, and ``actor`` whose doing all of it is; where nobody is
    given, the logs are asked. ``prompted`` says that an event of a log led to this read: what that event's
    actor did was then found by the event.
    """

    scope: Scope
    now: datetime
    path: FindPath = FindPath.POLL
    actor: Actor | None = None
    prompted: bool = False


SLOWEST_WRITE = timedelta(seconds=15)
"""How long what was read of a resource may take until it is stored: an event in between is seen by the next read."""


class Batch:
    """Collects what looks at resources lead to, then writes it all. For one write transaction.

    ``before`` is how the scope stood. Other writers are kept out of the scope until the transaction ends.
    """

    def __init__(
        self, connection: Connection, setting: Setting, publisher: Publisher, before: ScopeStatus | None
    ) -> None:
        self._connection = connection
        self._setting = setting
        self._publisher = publisher
        self._confirmed = None if before is None else before.last_success
        self._began = None if before is None else before.last_began
        self._scope_id = scopes.ensure(connection, setting.scope)
        scopes.hold(connection, self._scope_id)
        self._lineage = retention.lineage(connection)
        self._resources: list[ResourceRow] = []
        self._settled: list[resources.Settled] = []
        self._judgements: list[JudgementRow] = []
        self._dropped: list[Key] = []
        self._findings: list[FindingRow] = []
        self._documents: list[Document] = []
        self._steps: list[tuple[Transition, int]] = []
        self._status: ScopeStatus | None = None
        self.examined: dict[str, list[Examined]] = {}

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """What is told of what was seen here, in the order it was seen."""
        return tuple(transition for transition, _ in self._steps)

    def examine(self, fresh: Sequence[Fresh], judging: Judging) -> None:
        """Judge resources as they were just read against what is stored of them."""
        known = self._load([one.resource.uid for one in fresh])
        for one in fresh:
            self._examine(one, known, judging)

    def reexamine(self, uids: Sequence[str], judging: Judging) -> None:
        """Judge stored resources anew; those this program cannot read back wait for their next read."""
        known = self._load(uids)
        for uid in uids:
            row = known.resources.get(uid)
            resource = None if row is None else decode(row.kind, row.body)
            if row is not None and resource is not None:
                self._examine(Fresh(resource, row.body, row.hash), known, judging)

    def end(self, uids: Collection[str], cause: Cause) -> None:
        """Forget resources that are known to be gone or are watched no more; their findings end."""
        known = self._load(uids)
        for uid in uids:
            look = self._ending(known.resources.get(uid))
            for finding in known.findings_of(uid).values():
                if finding.active and not finding.detector.startswith(OF_EVENTS):
                    self._take(drift.ended(look, finding, cause))
        judgements.remove_of(self._connection, known.resources)
        resources.remove(self._connection, known.resources)

    def end_scope(self, scope_id: int, successor: Scope | None) -> None:
        """Forget a scope that is watched no more; its resources go to the successor, or end with it."""
        itself = scope_uid(self._setting.scope)
        if successor is None:
            self.end(resources.owned(self._connection, scope_id), Cause.OUT_OF_SCOPE)
        else:
            self.end([itself], Cause.OUT_OF_SCOPE)
            resources.hand_over(self._connection, scope_id, scopes.ensure(self._connection, successor))
            findings.move(self._connection, self._setting.scope.key, target=successor.target, to=successor.key)
        scopes.remove(self._connection, [scope_id])

    def close_scope(self, status: ScopeStatus) -> None:
        """Note how the scope's pass ended."""
        self._status = status

    def write(self) -> None:
        """Write everything, in the caller's transaction."""
        resources.save(self._connection, self._resources)
        resources.settle(self._connection, self._settled)
        judgements.remove(self._connection, self._dropped)
        judgements.save(self._connection, self._judgements)
        findings.save(self._connection, self._findings)
        transitions.add(self._connection, self._steps)
        outbox.put(self._connection, self._documents, self._setting.now)
        if self._status is not None:
            scopes.save(self._connection, self._status)

    def _load(self, uids: Iterable[str]) -> _Known:
        wanted = list(uids)
        rows = resources.load(self._connection, wanted)
        return _Known(
            resources=rows,
            judgements=judgements.load(self._connection, rows),
            findings=findings.load(self._connection, wanted),
        )

    def _examine(self, fresh: Fresh, known: _Known, judging: Judging) -> None:
        now = self._setting.now
        uid = fresh.resource.uid
        stored = known.resources.get(uid)
        look = self._look(fresh, stored, judging)
        kind = type(fresh.resource)
        due: list[datetime] = []
        judged: set[str] = set()
        examined: list[Examined] = []
        for detector, names in judging.rules_for(kind):
            judgement = judging.judge(detector, fresh.resource, now)
            if judgement is None:
                continue
            judged.add(detector.uid)
            rule = None if judgement.verdict is Verdict.PASS else judging.exceptions.match(judgement, now)
            old = known.judgements_of(uid).get(detector.uid)
            step = drift.judged(
                look,
                old=old,
                finding=known.findings_of(uid).get(detector.uid),
                judgement=judgement,
                rule=rule,
                facts=names,
            )
            self._take(step)
            if step.judgement is not None:
                self._keep(step.judgement, judgement, old)
            again = judging.recheck_at(detector, fresh.resource, now)
            due.extend(at for at in (again, None if rule is None else rule.expires) if at is not None)
            examined.append(Examined(judgement, rule))
        self._drop_unjudged(look, uid, judged, known, judging)
        self._keep_resource(fresh, stored, judging, min(due, default=None))
        self.examined[uid] = examined

    def _look(self, fresh: Fresh, stored: ResourceRow | None, judging: Judging) -> drift.Look:
        setting = self._setting
        kind = type(fresh.resource)
        changed = stored is None or stored.hash != fresh.hash
        after = facts(kind, fresh.body)
        before = None if stored is None else facts(kind, stored.body) if changed else after
        return drift.Look(
            now=setting.now,
            path=setting.path,
            actor=setting.actor,
            target=setting.scope.target,
            scope_key=setting.scope.key,
            lineage=self._lineage,
            confirmed=self._confirmed,
            seen_before=self._seen_before(stored),
            before=before,
            after=after,
            content_changed=changed,
            due=stored is not None and stored.next_due is not None and stored.next_due <= setting.now,
            judged_before=None if stored is None else Fingerprint.parse(stored.judged_with),
            judged_now=judging.parts,
        )

    def _drop_unjudged(self, look: drift.Look, uid: str, judged: set[str], known: _Known, judging: Judging) -> None:
        """End what no detector judges any more: switched off, gone from the program, or not configured."""
        enabled = {detector.uid for detector in judging.detectors}
        self._dropped.extend((uid, detector) for detector in known.judgements_of(uid) if detector not in judged)
        for finding in known.findings_of(uid).values():
            if finding.active and finding.detector not in judged and not finding.detector.startswith(OF_EVENTS):
                cause = Cause.POLICY if finding.detector in enabled else Cause.DETECTOR
                self._take(drift.ended(look, finding, cause))

    def _seen_before(self, stored: ResourceRow | None) -> datetime | None:
        """Return since when a resource can have become what it is, None where nobody looked before."""
        if stored is None:
            return self._began
        changed = stored.changed_at - SLOWEST_WRITE
        return changed if self._began is None else max(changed, self._began)

    def _ending(self, stored: ResourceRow | None) -> drift.Look:
        """Return the look at a resource that is not there to be looked at."""
        nobody = Fingerprint("", "", "")
        setting = self._setting
        return drift.Look(
            now=setting.now,
            path=setting.path,
            actor=setting.actor,
            target=setting.scope.target,
            scope_key=setting.scope.key,
            lineage=self._lineage,
            confirmed=self._confirmed,
            seen_before=self._seen_before(stored),
            before=None,
            after={},
            content_changed=False,
            due=False,
            judged_before=nobody,
            judged_now=nobody,
        )

    def _attributed(self, step: drift.Step) -> drift.Step:
        """Name who caused a transition, where the logs tell."""
        if step.transition is None or step.finding is None:
            return step
        actor = who(self._connection, step.transition)
        if actor is None:
            return step
        path = FindPath.EVENT if self._setting.prompted else step.transition.path
        return msgspec.structs.replace(
            step,
            transition=msgspec.structs.replace(step.transition, actor=actor, path=path),
            finding=msgspec.structs.replace(step.finding, actor=encode(actor).decode()),
        )

    def _take(self, step: drift.Step) -> None:
        step = self._attributed(step)
        if step.finding is not None:
            self._findings.append(step.finding)
        if step.transition is not None and step.finding is not None:
            transition = step.transition
            about = transition.judgement
            self._steps.append((transition, step.finding.sequence))
            self._documents.extend(
                self._publisher.transition(transition, finding_id(about.detector, about.resource.uid))
            )

    def _keep(self, row: JudgementRow, judgement: Judgement, old: JudgementRow | None) -> None:
        """Keep a judgement's row, with a posture document where the judgement itself is another."""
        if old is not None and old.hash == row.hash:
            row = msgspec.structs.replace(row, posture_due=old.posture_due)
        elif self._publisher.posture_sinks:
            now = self._setting.now
            self._documents.extend(self._publisher.posture(judgement, now))
            row = msgspec.structs.replace(row, posture_due=next_posture(row.detector, row.resource_uid, now))
        self._judgements.append(row)

    def _keep_resource(
        self, fresh: Fresh, stored: ResourceRow | None, judging: Judging, next_due: datetime | None
    ) -> None:
        resource = fresh.resource
        if stored is not None and stored.hash == fresh.hash and stored.scope_id == self._scope_id:
            if (stored.judged_with, stored.next_due) != (judging.fingerprint, next_due):
                self._settled.append(resources.Settled(resource.uid, judging.fingerprint, next_due))
            return
        self._resources.append(
            ResourceRow(
                uid=resource.uid,
                scope_id=self._scope_id,
                kind=resource.kind(),
                provider=resource.provider.value,
                account=resource.account,
                hash=fresh.hash,
                judged_with=judging.fingerprint,
                next_due=next_due,
                first_seen=self._setting.now if stored is None else stored.first_seen,
                changed_at=self._setting.now,
                body=fresh.body,
            )
        )


def scope_uid(scope: Scope) -> str:
    """Return the uid of the resource that stands for a scope itself."""
    return f"cspmd:{scope.key}"


@contextmanager
def writing(state: State, publisher: Publisher, setting: Setting) -> Iterator[Batch]:
    """Give a batch in a transaction of its own; it is written and committed at the end."""
    latest = state.scope(setting.scope.key)
    with state.write() as connection:
        batch = Batch(connection, setting, publisher, latest)
        yield batch
        batch.write()


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of the resources of a batch."""

    resources: dict[str, ResourceRow]
    judgements: dict[str, dict[str, JudgementRow]]
    findings: dict[str, dict[str, FindingRow]]

    def judgements_of(self, uid: str) -> dict[str, JudgementRow]:
        return self.judgements.get(uid, {})

    def findings_of(self, uid: str) -> dict[str, FindingRow]:
        return self.findings.get(uid, {})
