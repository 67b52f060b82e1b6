"""Detections as documents of the Elastic Common Schema 9.4, data stream ``logs-cspmd.findings-*``.

Source of the rules: as of :mod:`daemon.documents.ecs`. The document is that of the event, raised to an
alert: who did what from where stays as the log's own document says it. The provider's record goes into the
flattened evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from collectors.model import LogEvent
from daemon.documents.ecs import Stamp, act, envelope, event_fields, judgement_fields, own_fields, pruned
from daemon.documents.logs.parts import flat
from daemon.documents.rules import RuleFacts
from daemon.documents.wording import actor_summary
from daemon.model import Dataset
from detectors.model import Judgement

_OF_THE_EVENT = ("user", "group", "source", "destination", "user_agent", "http", "url", "tls", "error", "related")


def alert_document(  # noqa: PLR0913 - what matched, on what, and how it is told
    uid: str,
    judgement: Judgement,
    event: LogEvent,
    document: Mapping[str, Any],
    at: datetime,
    *,
    rule: RuleFacts,
    finding_id: str,
    stamp: Stamp,
) -> dict[str, Any]:
    """Return the ECS document of one match; its id (``event.id``) is ``uid``.

    ``document`` is the event's own ECS document. ``@timestamp`` is when the event happened, ``event.created``
    (``at``) when the rule was found to match it.
    """
    described = document["event"]
    alert = {
        "id": uid,
        "kind": "alert",
        "category": described.get("category"),
        "type": described.get("type"),
        "action": event.operation,
        "outcome": described.get("outcome"),
        "reason": rule.title,
        "created": at,
        "severity": judgement.severity.ecs,
        "risk_score": float(judgement.severity.ecs),
    }
    fields = judgement_fields(judgement, rule, stamp)
    fields["result"]["evidence"] |= {"record": _record(event)}
    fields["rule"] |= {"ruleset": "sigma"}
    fields["tags"] = [*fields["tags"], "sigma"]
    return pruned(
        {
            **{name: document[name] for name in _OF_THE_EVENT if name in document},
            **envelope(Dataset.FINDINGS, stamp),
            "@timestamp": event.time,
            "message": _sentence(judgement, event, rule),
            "event": event_fields(Dataset.FINDINGS, alert),
            **fields,
            "cspmd": {
                **own_fields(judgement),
                "finding": {"id": finding_id, "status": "open", "first_seen": event.time},
                "actor": act(event.actor),
            },
        }
    )


def _record(event: LogEvent) -> dict[str, Any]:
    decoded = msgspec.json.decode(event.raw)
    return flat(decoded) or {} if isinstance(decoded, dict) else {"line": decoded}


def _sentence(judgement: Judgement, event: LogEvent, rule: RuleFacts) -> str:
    done = actor_summary(event.actor) or f"by {event.operation}"
    failed = ", which failed" if event.outcome == "failure" else ""
    return f"{rule.title}: {done}{failed}, in {judgement.account}, {judgement.region}."
