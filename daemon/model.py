"""What moves between the daemon's rooms: findings, transitions, documents on their way out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from collectors.model import Actor
from detectors.model import Judgement, Severity


class TransitionKind(StrEnum):
    """What happened to a finding.

    ``opened``: a violation where nothing was known before. ``regressed``: a violation where a
    complete read had shown none. ``updated``: still violating, in another way. ``resolved``: no
    longer violating, or gone from a complete snapshot.
    """

    OPENED = "opened"
    REGRESSED = "regressed"
    UPDATED = "updated"
    RESOLVED = "resolved"


class Cause(StrEnum):
    """Why a transition came about."""

    CONFIGURATION = "configuration"
    POLICY = "policy"
    DETECTOR = "detector"
    TIME = "time"
    EXCEPTION_ADDED = "exception_added"
    EXCEPTION_ENDED = "exception_ended"
    RESOURCE_NEW = "resource_new"
    RESOURCE_GONE = "resource_gone"
    OUT_OF_SCOPE = "out_of_scope"


class FindPath(StrEnum):
    """How a drift was found."""

    POLL = "poll"
    EVENT = "event"


class FactChange(msgspec.Struct, frozen=True, kw_only=True):
    """One fact that mattered to the verdict, before and after (None: did not exist)."""

    fact: str
    before: Any
    after: Any


class Transition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change of a finding. ``uid`` is deterministic: the same change made twice has one uid.

    ``judgement`` is the one that brought it about: the violation itself, for a resolved finding the
    PASS that ended it. Where no judgement could be made any more (the resource, the detector or the
    account is gone) it is the violation as it was last proven. ``seen_before`` is since when, at the
    earliest, the change can have happened: the read before still saw things as they were; None where
    there was no such read.
    """

    uid: str
    kind: TransitionKind
    cause: Cause
    at: datetime
    path: FindPath
    judgement: Judgement
    previous_severity: Severity | None = None
    changes: tuple[FactChange, ...] = ()
    first_seen: datetime | None = None
    actor: Actor | None = None
    seen_before: datetime | None = None


class FindingStatus(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    EXCEPTED = "excepted"
    RESOLVED = "resolved"


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One violation over its life, as ``cspmd findings`` shows it.

    ``first_seen`` is when it was ever first seen, ``since`` when it began this time (later than the
    first where it regressed). ``stale`` is True while an open violation, or part of it, can no
    longer be read. ``last_seen`` is the last read that confirmed it. ``drift`` is the newest
    transition's kind with its changes; None where it was excepted from the start and never told.
    ``exception`` says who excepted it, why and until when.
    """

    target: str
    status: FindingStatus
    judgement: Judgement
    first_seen: datetime
    last_seen: datetime
    since: datetime | None = None
    resolved_at: datetime | None = None
    stale: bool = False
    drift: TransitionKind | None = None
    changes: tuple[FactChange, ...] = ()
    actor: Actor | None = None
    exception: str = ""


class Dataset(StrEnum):
    """The data stream a document belongs to: ``logs-cspmd.<dataset>-<namespace>``."""

    FINDINGS = "findings"
    MISCONFIGURATION = "misconfiguration"


OF_EVENTS = "event."
"""How the uids of rules over log events begin: no read of a resource confirms or ends what they found."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One encoded document for one sink. ``uid`` is its id there; equal content, equal id."""

    sink: str
    uid: str
    dataset: Dataset
    body: bytes
