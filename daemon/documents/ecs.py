"""Transitions as documents of the Elastic Common Schema 9.4, data stream ``logs-cspmd.findings-*``.

Sources of the rules: ECS 9.4 field reference (names, types, allowed values of ``event.*``); the
contract's section "Elasticsearch". What is not ECS lives under ``cspmd.*``, ``resource.*`` and
``result.*`` (the last two as Elastic's own posture integration names them); the providers' own data
only in ``flattened`` fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from collectors.model import Actor, Known, NotNeeded, Unread
from daemon.documents.addresses import ip_of
from daemon.documents.flattened import flattened
from daemon.documents.kinds import PEOPLE, SCOPE, names_of
from daemon.documents.rules import RuleFacts, theme
from daemon.documents.wording import transition_sentence
from daemon.model import Cause, Dataset, FactChange, Transition, TransitionKind
from detectors.model import Evidence, Judgement, Severity, Verdict

ECS_VERSION = "9.4.0"
VENDOR = "cspmd"

_OUTCOMES = {Verdict.PASS: "success", Verdict.FAIL: "failure", Verdict.UNKNOWN: "unknown"}
_EVALUATIONS = {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.UNKNOWN: "unknown"}
_TYPES = {Cause.RESOURCE_NEW: "creation", Cause.RESOURCE_GONE: "deletion", Cause.CONFIGURATION: "change"}


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What every document of an installation carries: its namespace and the program's version."""

    namespace: str
    version: str


def transition_document(transition: Transition, finding_id: str, *, rule: RuleFacts, stamp: Stamp) -> dict[str, Any]:
    """Return the ECS document of one transition; its id (``event.id``) is the transition's uid.

    ``finding_id`` joins all transitions of one finding. Equal transitions give equal documents.
    """
    judgement = transition.judgement
    resolved = transition.kind is TransitionKind.RESOLVED
    event = {
        "id": transition.uid,
        "kind": "alert",
        "category": ["iam", "configuration"] if rule.category == "identity" else ["configuration"],
        "type": ["info" if judgement.resource.kind == SCOPE else _TYPES.get(transition.cause, "info")],
        "action": f"finding-{transition.kind.value}",
        "outcome": "success" if resolved else "failure",
        "reason": transition.cause.value,
        "severity": judgement.severity.ecs,
        "risk_score": float(judgement.severity.ecs),
    }
    return pruned(
        {
            **envelope(Dataset.FINDINGS, stamp),
            "@timestamp": transition.at,
            "message": transition_sentence(transition, rule),
            "event": event_fields(Dataset.FINDINGS, event),
            **judgement_fields(judgement, rule, stamp),
            **people(transition.actor, judgement),
            "cspmd": {
                **own_fields(judgement),
                "finding": {
                    "id": finding_id,
                    "status": _status(transition),
                    "first_seen": transition.first_seen,
                },
                "drift": _drift(transition),
                "actor": act(transition.actor),
            },
        }
    )


def envelope(dataset: Dataset, stamp: Stamp) -> dict[str, Any]:
    """Return the fields that say which stream a document belongs to and who wrote it."""
    return {
        "ecs": {"version": ECS_VERSION},
        "data_stream": {"type": "logs", "dataset": f"cspmd.{dataset.value}", "namespace": stamp.namespace},
        "observer": {"vendor": VENDOR, "product": VENDOR, "type": "cspm", "version": stamp.version},
    }


def event_fields(dataset: Dataset, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``event.*`` with the fields that are the same for the whole dataset."""
    return {"module": VENDOR, "dataset": f"cspmd.{dataset.value}", "provider": VENDOR, **fields}


def judgement_fields(judgement: Judgement, rule: RuleFacts, stamp: Stamp) -> dict[str, Any]:
    """Return what a judgement says of the cloud, the resource, the rule and the result."""
    names = names_of(judgement.provider, judgement.resource.kind)
    return {
        "cloud": {
            "provider": judgement.provider.value,
            "account": {"id": judgement.account},
            "region": judgement.region,
            "service": {"name": names.service},
        },
        "resource": {
            "id": judgement.resource.uid,
            "name": judgement.resource.name,
            "type": names.type,
            "sub_type": names.sub_type,
        },
        "rule": _rule(judgement, rule, stamp),
        "result": {
            "evaluation": _EVALUATIONS[judgement.verdict],
            "evidence": _evidence(judgement.evidence, violates=True),
        },
        "tags": [VENDOR, rule.category, judgement.severity.value],
    }


def own_fields(judgement: Judgement) -> dict[str, Any]:
    """Return what has no name in ECS: verdict, severity word, what was not read, notes, controls."""
    return {
        "verdict": judgement.verdict.value,
        "severity": judgement.severity.value,
        "resource": {"kind": judgement.resource.kind},
        "controls": list(judgement.controls),
        "notes": list(judgement.notes),
        "unread": [_unread(fact) for fact in judgement.unread],
        "circumstances": _evidence(judgement.evidence, violates=False),
    }


def outcome_of(verdict: Verdict) -> str:
    """Return ECS ``event.outcome`` for a verdict."""
    return _OUTCOMES[verdict]


def person(judgement: Judgement) -> dict[str, Any]:
    """Return the resource as a user, empty where it is none."""
    if judgement.resource.kind not in PEOPLE:
        return {}
    return {"id": judgement.resource.uid, "name": judgement.resource.name}


def pruned(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields without empty ones, at every level down to the flattened fields.

    Only what is absent goes: None, empty texts, empty lists and objects that end up empty. False
    and 0 are values.
    """
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        cut = pruned(value) if isinstance(value, dict) and name not in _WHOLE else value
        if cut or cut is False or cut == 0:
            kept[name] = cut
    return kept


_WHOLE = frozenset({"before", "after", "evidence", "circumstances"})
# The flattened fields: "switched from an empty list" is a fact and must not be pruned.


def _rule(judgement: Judgement, rule: RuleFacts, stamp: Stamp) -> dict[str, Any]:
    first = rule.controls[0] if rule.controls else None
    fields: dict[str, Any] = {
        "id": rule.uid,
        "uuid": rule.uuid,
        "name": rule.title,
        "description": rule.description,
        "rationale": rule.risk,
        "remediation": judgement.remediation,
        "category": rule.category,
        "ruleset": VENDOR,
        "version": stamp.version,
        "reference": rule.references[0] if rule.references else "",
        "references": "\n".join(rule.references),
        "tags": [VENDOR, rule.category, *judgement.controls],
    }
    if first is not None:
        fields["section"] = theme(first)
        fields["benchmark"] = {
            "id": "iso27001" if first.framework.startswith("ISO/IEC 27001") else first.framework,
            "name": first.framework,
            "version": first.framework.partition(":")[2],
            "rule_number": first.uid,
            "posture_type": "cspm",
        }
    return fields


def _status(transition: Transition) -> str:
    if transition.kind is not TransitionKind.RESOLVED:
        return "open"
    return "excepted" if transition.cause is Cause.EXCEPTION_ADDED else "resolved"


def _drift(transition: Transition) -> dict[str, Any]:
    previous: Severity | None = transition.previous_severity
    return {
        "kind": transition.kind.value,
        "cause": transition.cause.value,
        "path": transition.path.value,
        "previous_severity": None if previous is None else previous.value,
        "facts": [change.fact for change in transition.changes],
        "before": _side(transition.changes, "before"),
        "after": _side(transition.changes, "after"),
    }


def _side(changes: Iterable[FactChange], side: str) -> dict[str, Any]:
    return flattened((change.fact, _plain(getattr(change, side))) for change in changes)


def _plain(fact: Any) -> Any:  # noqa: ANN401 - facts of any kind, as structs or as they come out of storage
    """Return a fact's value, or the reason why it has none; None for what did not exist."""
    if isinstance(fact, (Known, Unread, NotNeeded)):
        fact = msgspec.to_builtins(fact)
    if isinstance(fact, Mapping):
        tag = fact.get("fact")
        if tag == "known" and "value" in fact:
            return fact["value"]
        if tag == "unread":
            return {"unread": {name: value for name, value in fact.items() if name != "fact"}}
        if tag == "not_needed":
            return {"not_needed": fact.get("because")}
    return fact


def _evidence(evidence: Iterable[Evidence], *, violates: bool) -> dict[str, Any]:
    return flattened((item.name, item.data) for item in evidence if item.violates is violates)


def _unread(fact: Unread) -> dict[str, Any]:
    return pruned(
        {
            "operation": fact.operation,
            "reason": fact.reason.value,
            "permission": fact.permission,
            "detail": fact.detail,
        }
    )


def people(actor: Actor | None, judgement: Judgement) -> dict[str, Any]:
    """Return who acted (``user``, ``source``, ``user_agent``), and on whom where the resource is a user."""
    target = person(judgement)
    if actor is None:
        return {"user": {"target": target}, "related": {"user": sorted(set(target.values()))}}
    source = _source(actor.ip)
    users = {actor.user_id, actor.user_name, *target.values()}
    return {
        "user": {"id": actor.user_id, "name": actor.user_name, "target": target},
        "source": source,
        "user_agent": {"original": actor.user_agent},
        "related": {
            "user": sorted(user for user in users if user),
            "ip": [source["ip"]] if "ip" in source else [],
        },
    }


def _source(address: str) -> dict[str, Any]:
    """Return ``source.*``; the clouds put names of their own services where an address is expected."""
    if not address:
        return {}
    ip = ip_of(address)
    if ip:
        return {"address": address, "ip": ip}
    return {"address": address, "domain": address} if "." in address else {"address": address}


def act(actor: Actor | None) -> dict[str, Any]:
    """Return what was done to bring something about, empty where nobody is named."""
    if actor is None:
        return {}
    return {"operation": actor.operation, "event_id": actor.event_id, "at": actor.at}
