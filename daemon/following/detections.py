"""Detections: rules that events match, what they are known by, and how long they stand as findings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection

from collectors.model import LogEvent, Provider, encode
from daemon.exceptions import ExceptionRule, Exceptions
from daemon.model import OF_EVENTS, Document, FindingStatus
from daemon.state import findings, resources, retention
from daemon.state.findings import FindingRow
from daemon.state.touches import EVERY
from detectors.model import Evidence, Judgement, ResourceRef, Severity, Verdict

SIGMA = f"{OF_EVENTS}sigma."
"""How the detector uids of Sigma rules begin; the rule's id follows."""

STANDS = timedelta(hours=24)
"""How long a detection stands as a finding after the newest event of its kind on its resource."""

ACCOUNT = "account"
"""The kind of resource that a detection is about whose event names none."""

UNKNOWN = "resource"
"""The kind of a resource that nothing is known of."""


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, matched by one event. ``uid`` is the same for the same match, whenever it is made.

    ``document`` is the event's own ECS document.
    """

    uid: str
    rule: str
    title: str
    severity: Severity
    event: LogEvent
    document: dict[str, Any]
    description: str = ""
    references: tuple[str, ...] = ()

    @property
    def detector(self) -> str:
        """The uid that stands for the rule among detectors."""
        return f"{SIGMA}{self.rule}"

    @property
    def resource_uid(self) -> str:
        """The resource that it is about: that which the event names first, empty where it names none."""
        event = self.event
        named = next((uid for uid in event.touches if not uid.endswith(EVERY)), "")
        return named or ("" if event.use is None else event.use.resource)

    def judgement(self, kind: str) -> Judgement:
        """Return it as a judgement on the resource it is about, which is of this kind, or else on the account."""
        event = self.event
        provider = Provider(event.source.partition(".")[0])
        return Judgement(
            detector=self.detector,
            verdict=Verdict.FAIL,
            severity=self.severity,
            provider=provider,
            account=event.account,
            region=event.region or "global",
            resource=_resource(self.resource_uid, kind)
            if self.resource_uid
            else ResourceRef(uid=f"{provider.value}:{event.account}", name=event.account, kind=ACCOUNT),
            evidence=(
                Evidence(
                    name="event",
                    data={
                        "operation": event.operation,
                        "outcome": event.outcome,
                        "time": event.time,
                        "source": event.source,
                        "id": event.uid,
                        "rule": self.title,
                    },
                ),
            ),
        )


class DetectionPublisher(Protocol):
    """Encodes what is to be shipped. Called inside a write transaction: it must be quick and do no I/O."""

    def detection(self, detection: Detection, judgement: Judgement, at: datetime) -> Iterable[Document]:
        """Return the documents for one detection made at ``at``."""


class Alerting(msgspec.Struct, frozen=True, kw_only=True):
    """Which matches are told, how bad they are, and to whom.

    ``disabled`` are detector uids whose matches are told to nobody (they still feed correlation rules);
    ``severities`` override the rules' own levels, by detector uid.
    """

    exceptions: Exceptions
    publisher: DetectionPublisher
    disabled: frozenset[str] = frozenset()
    severities: Mapping[str, Severity] = {}

    def severity(self, rule: str, level: str) -> Severity:
        """Return how bad a match of a rule is; ``level`` is the rule's own word."""
        return self.severities.get(f"{SIGMA}{rule}", _LEVELS[level])


_LEVELS = {
    "informational": Severity.LOW,
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}


def detection_uid(source: str, event_uid: str, rule: str) -> str:
    """Return what a match is known by."""
    digest = hashlib.blake2b(digest_size=20)
    for part in (source, event_uid, rule):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def stand(
    connection: Connection, detections: Sequence[Detection], exceptions: Exceptions, *, target: str, now: datetime
) -> list[tuple[Detection, Judgement]]:
    """Write detections as findings, one a rule and resource; return those that no exception accepts.

    They belong to no scope: no read of one confirms them.
    """
    kinds = resources.kinds(connection, {one.resource_uid for one in detections})
    detected = [(one, one.judgement(kinds.get(one.resource_uid, UNKNOWN))) for one in detections]
    known = findings.load(connection, {judgement.resource.uid for _, judgement in detected})
    lineage = retention.lineage(connection)
    rows: dict[tuple[str, str], FindingRow] = {}
    told = []
    for detection, judgement in detected:
        key = judgement.resource.uid, judgement.detector
        rule = exceptions.match(judgement, now)
        before = rows.get(key) or known.get(key[0], {}).get(key[1])
        row = _row(detection, judgement, rule, before)
        rows[key] = msgspec.structs.replace(row, target=target, lineage=lineage if before is None else before.lineage)
        if rule is None:
            told.append((detection, judgement))
    findings.save(connection, list(rows.values()))
    return told


def quieten(connection: Connection, now: datetime) -> int:
    """End the findings of detections that were not made again for long; return how many. Nobody is told."""
    quiet = findings.active_before(connection, OF_EVENTS, now - STANDS)
    findings.save(
        connection,
        [
            msgspec.structs.replace(
                row, status=FindingStatus.RESOLVED, resolved_at=now, resolved_cause="time", exception=""
            )
            for row in quiet
        ],
    )
    return len(quiet)


def _row(
    detection: Detection, judgement: Judgement, rule: ExceptionRule | None, before: FindingRow | None
) -> FindingRow:
    time = detection.event.time
    newer = before is None or time >= before.last_seen
    standing = before if before is not None and before.active else None
    body, actor = encode(judgement).decode(), encode(detection.event.actor).decode()
    return FindingRow(
        resource_uid=judgement.resource.uid,
        detector=judgement.detector,
        target="",
        scope_key="",
        provider=judgement.provider.value,
        account=judgement.account,
        status=FindingStatus.OPEN if rule is None else FindingStatus.EXCEPTED,
        severity=judgement.severity.value,
        stale=False,
        first_seen=time if before is None else min(before.first_seen, time),
        since=time if standing is None else min(standing.since, time),
        last_seen=time if before is None else max(before.last_seen, time),
        resolved_at=None,
        resolved_cause=None,
        lineage="",
        sequence=0 if before is None else before.sequence,
        transition_uid=None,
        drift=None,
        changes="[]",
        actor=actor if before is None or newer else before.actor,
        exception="" if rule is None else rule.summary,
        body=body if before is None or newer else before.body,
    )


def _resource(uid: str, kind: str) -> ResourceRef:
    return ResourceRef(uid=uid, name=uid.rpartition("/")[2] if "/" in uid else uid.rpartition(":")[2], kind=kind)
