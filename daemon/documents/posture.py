"""Judgements as documents for Kibana's Findings page, data stream ``logs-cspmd.misconfiguration-*``.

Source of the field list: the contract's section "Elasticsearch", which is what Kibana's cloud
security posture pages read (``resource.*``, ``result.*``, ``rule.benchmark.*``).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from daemon.documents.ecs import (
    Stamp,
    envelope,
    event_fields,
    judgement_fields,
    outcome_of,
    own_fields,
    person,
    pruned,
)
from daemon.documents.rules import RuleFacts
from daemon.documents.wording import posture_sentence
from daemon.model import Dataset
from detectors.model import Judgement, Verdict


def posture_uid(judgement: Judgement, at: datetime) -> str:
    """Return the document's id: a hash of detector, resource and emission time (32 hex digits)."""
    key = f"{judgement.detector}\n{judgement.resource.uid}\n{at.isoformat()}"
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def posture_document(judgement: Judgement, at: datetime, *, rule: RuleFacts, stamp: Stamp) -> dict[str, Any]:
    """Return the document that says how one resource stands with one rule at ``at`` (aware, UTC)."""
    failed = judgement.verdict is not Verdict.PASS
    user = person(judgement)
    event = {
        "id": posture_uid(judgement, at),
        "kind": "state",
        "category": ["configuration"],
        "type": ["info"],
        "outcome": outcome_of(judgement.verdict),
        "severity": judgement.severity.ecs if failed else None,
    }
    return pruned(
        {
            **envelope(Dataset.MISCONFIGURATION, stamp),
            "@timestamp": at,
            "message": posture_sentence(judgement, rule),
            "event": event_fields(Dataset.MISCONFIGURATION, event),
            **judgement_fields(judgement, rule, stamp),
            "user": user,
            "related": {"user": sorted(set(user.values()))},
            "cspmd": own_fields(judgement),
        }
    )
