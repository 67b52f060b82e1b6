"""Violations over their life, and what is shown and counted of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, select, tuple_, update

from collectors.model import Actor
from daemon.model import FactChange, Finding, FindingStatus, TransitionKind
from daemon.state.judgements import Key
from daemon.state.schema import findings, judgements
from daemon.state.writing import chunks, upsert
from detectors.model import Judgement, Verdict

_JUDGEMENT = msgspec.json.Decoder(Judgement)
_CHANGES = msgspec.json.Decoder(tuple[FactChange, ...])
_ACTOR = msgspec.json.Decoder(Actor)


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stored finding.

    ``first_seen`` is when the violation was ever first seen, ``since`` when it began this time.
    ``body`` is the JSON of the judgement that last proved it. ``sequence`` counts its transitions;
    with ``lineage`` (which life of which state it belongs to) it makes their uids unlike any
    before. ``drift`` is the newest transition's kind, None where none was ever told.
    """

    resource_uid: str
    detector: str
    target: str
    scope_key: str
    provider: str
    account: str
    status: FindingStatus
    severity: str
    stale: bool
    first_seen: datetime
    since: datetime
    last_seen: datetime
    resolved_at: datetime | None
    resolved_cause: str | None
    lineage: str
    sequence: int
    transition_uid: str | None
    drift: TransitionKind | None
    changes: str
    actor: str | None
    exception: str
    body: str

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.resource_uid, self.detector

    @property
    def active(self) -> bool:
        """Whether it is not resolved."""
        return self.status is not FindingStatus.RESOLVED

    def judgement(self) -> Judgement:
        """Return the judgement that last proved it."""
        return _JUDGEMENT.decode(self.body)


class FindingCount(msgspec.Struct, frozen=True, order=True):
    """How many findings an account has; ``status`` is ``fail``, ``unknown`` or ``excepted``."""

    provider: str
    account: str
    detector: str
    severity: str
    status: str
    count: int


def _row(found: RowMapping) -> FindingRow:
    drift = found["drift"]
    typed = {"status": FindingStatus(found["status"]), "drift": None if drift is None else TransitionKind(drift)}
    return FindingRow(**{**found, **typed})


def load(connection: Connection, uids: Iterable[str]) -> dict[str, dict[str, FindingRow]]:
    """Return every finding of these resources by resource uid and detector, resolved ones too."""
    found: dict[str, dict[str, FindingRow]] = {}
    for chunk in chunks(uids):
        for row in connection.execute(select(findings).where(findings.c.resource_uid.in_(chunk))).mappings():
            found.setdefault(row["resource_uid"], {})[row["detector"]] = _row(row)
    return found


def save(connection: Connection, rows: Sequence[FindingRow]) -> None:
    """Insert or replace these findings."""
    upsert(connection, findings, [msgspec.structs.asdict(row) for row in rows])


def active_before(connection: Connection, detectors: str, before: datetime) -> list[FindingRow]:
    """Return the findings of detectors whose uids begin so that are not resolved and were last seen before then."""
    columns = findings.c
    wanted = select(findings).where(
        columns.status != FindingStatus.RESOLVED.value,
        columns.detector.startswith(detectors, autoescape=True),
        columns.last_seen < before,
    )
    return [_row(row) for row in connection.execute(wanted).mappings()]


def page(connection: Connection, status: FindingStatus | None, after: Key, limit: int) -> list[tuple[Finding, str]]:
    """Return up to ``limit`` findings after this key, each with the key of the scope it was found in."""
    key = tuple_(findings.c.resource_uid, findings.c.detector)
    wanted = select(findings).where(key > tuple_(*after)).order_by(findings.c.resource_uid, findings.c.detector)
    if status is not None:
        wanted = wanted.where(findings.c.status == status.value)
    return [(_shown(_row(row)), row["scope_key"]) for row in connection.execute(wanted.limit(limit)).mappings()]


def move(connection: Connection, scope_key: str, *, target: str, to: str) -> None:
    """Say that the findings of one scope are another's now."""
    connection.execute(update(findings).where(findings.c.scope_key == scope_key).values(target=target, scope_key=to))


def active_keys(connection: Connection) -> list[Key]:
    """Return resource and detector of every finding that is not resolved."""
    wanted = (
        select(findings.c.resource_uid, findings.c.detector)
        .where(findings.c.status != FindingStatus.RESOLVED.value)
        .order_by(findings.c.resource_uid, findings.c.detector)
    )
    return [(uid, detector) for uid, detector in connection.execute(wanted)]


def remove_resolved(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` findings that were resolved before this time; return how many."""
    old = select(findings.c.resource_uid, findings.c.detector).where(findings.c.resolved_at < before).limit(limit)
    keys = [tuple(row) for row in connection.execute(old)]
    if keys:
        connection.execute(delete(findings).where(tuple_(findings.c.resource_uid, findings.c.detector).in_(keys)))
    return len(keys)


def counts(connection: Connection) -> list[FindingCount]:
    """Return how many findings stand open (``fail``, stale ones too) and ``excepted``."""
    columns = (findings.c.provider, findings.c.account, findings.c.detector, findings.c.severity)
    wanted = (
        select(findings.c.status, *columns, func.count())
        .where(findings.c.status != FindingStatus.RESOLVED.value)
        .group_by(findings.c.status, *columns)
    )
    names = {FindingStatus.OPEN.value: "fail", FindingStatus.EXCEPTED.value: "excepted"}
    return [
        FindingCount(provider, account, detector, severity, names[status], number)
        for status, provider, account, detector, severity, number in connection.execute(wanted)
    ]


def unknown_counts(connection: Connection) -> list[FindingCount]:
    """Return how many judgements came to UNKNOWN (``unknown``) where no active finding stands."""
    columns = (judgements.c.provider, judgements.c.account, judgements.c.detector, judgements.c.severity)
    active = (
        select(findings.c.detector)
        .where(
            findings.c.resource_uid == judgements.c.resource_uid,
            findings.c.detector == judgements.c.detector,
            findings.c.status != FindingStatus.RESOLVED.value,
        )
        .exists()
    )
    wanted = (
        select(*columns, func.count()).where(judgements.c.verdict == Verdict.UNKNOWN.value, ~active).group_by(*columns)
    )
    return [
        FindingCount(provider, account, detector, severity, "unknown", number)
        for provider, account, detector, severity, number in connection.execute(wanted)
    ]


def _shown(row: FindingRow) -> Finding:
    return Finding(
        target=row.target,
        status=row.status,
        judgement=row.judgement(),
        first_seen=row.first_seen,
        since=row.since,
        last_seen=row.last_seen,
        resolved_at=row.resolved_at,
        stale=row.stale,
        drift=row.drift,
        changes=_CHANGES.decode(row.changes),
        actor=None if row.actor is None else _ACTOR.decode(row.actor),
        exception=row.exception,
    )
