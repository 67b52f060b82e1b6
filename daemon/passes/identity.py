"""What findings, transitions and documents are known by: the same content, the same name."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from collectors.model import encode
from daemon.model import FactChange, TransitionKind
from detectors.model import Judgement

_REPEAT = timedelta(hours=23)
_SPREAD_SECONDS = 5 * 3600


def finding_id(detector: str, resource_uid: str) -> str:
    """Return what a finding is known by over its whole life, and over the lives of states."""
    return _digest(b"finding", detector, resource_uid)


def transition_uid(  # noqa: PLR0913 - each is a part of the name
    *,
    lineage: str,
    sequence: int,
    kind: TransitionKind,
    judgement: Judgement,
    changes: tuple[FactChange, ...],
    extra: bytes = b"",
) -> str:
    """Return a transition's uid: equal when the same transition is made again after a crash.

    ``lineage`` and ``sequence`` say which life of the finding and which step in it; times are no
    part of it.
    """
    content = encode((judgement.verdict, judgement.severity, judgement.evidence, changes)) + extra
    return _digest(content, lineage, judgement.detector, judgement.resource.uid, kind.value, str(sequence))


def next_posture(detector: str, resource_uid: str, now: datetime) -> datetime:
    """Return when a posture document is due again: within 24 hours, spread so that not all come at once."""
    place = int.from_bytes(hashlib.blake2b(f"{detector}\0{resource_uid}".encode(), digest_size=4).digest(), "big")
    return now + _REPEAT - timedelta(seconds=place % _SPREAD_SECONDS)


def _digest(content: bytes, *parts: str) -> str:
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        digest.update(part.encode() + b"\0")
    digest.update(content)
    return digest.hexdigest()
