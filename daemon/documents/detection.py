"""What a rule matched in a log, as an OCSF 1.8 Detection Finding (class 2004)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from collectors.model import Actor, LogEvent, Provider
from daemon.documents.addresses import ip_of
from daemon.documents.credentials import without_credentials
from daemon.documents.open_schema import (
    DETECTION_FINDING,
    cloud,
    metadata,
    milliseconds,
    severity_attributes,
    without_empty,
)
from detectors.model import Severity

_NEW = (1, "New")
_RULE_ANALYTIC = (1, "Rule")
_AFFECTED = (3, "Affected")


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that matched a log event. ``uid`` names the detection: the same match has the same uid."""

    uid: str
    rule: str
    title: str
    severity: Severity
    description: str = ""
    references: tuple[str, ...] = ()


def detection_finding(match: Match, event: LogEvent, at: datetime, *, version: str) -> dict[str, Any]:
    """Return the Detection Finding of a match made at ``at`` (aware); ``version`` is the product's."""
    provider = Provider(event.source.partition(".")[0])
    status_id, status = _NEW
    return without_empty(
        {
            **DETECTION_FINDING.classification(),
            **severity_attributes(match.severity),
            "time": milliseconds(at),
            "start_time": milliseconds(event.time),
            "end_time": milliseconds(event.time),
            "message": f"{match.title}: {event.operation} in {event.account}",
            "status_id": status_id,
            "status": status,
            "is_alert": True,
            "metadata": metadata(match.uid, version),
            "cloud": cloud(provider, event.account, event.region),
            "finding_info": _finding_info(match, event, at),
            "evidences": [_evidence(event)],
            "resources": [_resource(uid) for uid in event.touches],
            "unmapped": {"source": event.source},
        }
    )


def _finding_info(match: Match, event: LogEvent, at: datetime) -> dict[str, Any]:
    type_id, type_name = _RULE_ANALYTIC
    return without_empty(
        {
            "uid": match.uid,
            "title": match.title,
            "desc": match.description,
            "created_time": milliseconds(at),
            "first_seen_time": milliseconds(event.time),
            "last_seen_time": milliseconds(event.time),
            "analytic": {"uid": match.rule, "name": match.title, "type_id": type_id, "type": type_name},
            "data_sources": [event.source],
            "src_url": match.references[0] if match.references else "",
        }
    )


def _evidence(event: LogEvent) -> dict[str, Any]:
    return without_empty(
        {
            "uid": event.uid,
            "api": {"operation": event.operation},
            "actor": _actor(event.actor),
            "src_endpoint": _endpoint(event.actor),
            "http_request": without_empty({"user_agent": event.actor.user_agent}),
            "data": without_credentials(msgspec.json.decode(event.raw)),
        }
    )


def _actor(actor: Actor) -> dict[str, Any]:
    user = without_empty({"uid": actor.user_id, "name": actor.user_name})
    return {"user": user} if user else {}


def _endpoint(actor: Actor) -> dict[str, Any]:
    ip = ip_of(actor.ip)
    return without_empty({"ip": ip, "svc_name": "" if ip else actor.ip})


def _resource(uid: str) -> dict[str, Any]:
    role_id, role = _AFFECTED
    return {"uid": uid, "role_id": role_id, "role": role}
