"""Judgements as OCSF 1.8 Compliance Findings (class 2003): ``scan --format ocsf``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from daemon.documents.kinds import CLOUDS
from daemon.documents.open_schema import (
    COMPLIANCE_FINDING,
    cloud,
    metadata,
    milliseconds,
    severity_attributes,
    without_empty,
)
from daemon.documents.posture import posture_uid
from daemon.documents.rules import RuleFacts, Rules
from daemon.documents.wording import posture_sentence
from daemon.passes.identity import finding_id
from daemon.version import version
from detectors.catalogue import catalogue
from detectors.model import Evidence, Judgement, Verdict

_COMPLIANCE_STATUS = {Verdict.PASS: "Pass", Verdict.UNKNOWN: "Warning", Verdict.FAIL: "Fail"}
_NEW, _RESOLVED = (1, "New"), (4, "Resolved")
_RULE_ANALYTIC = (1, "Rule")
_AFFECTED = (3, "Affected")


def ocsf(judgement: Judgement, at: datetime) -> dict[str, Any]:
    """Return the Compliance Finding of one judgement made at ``at`` (aware), by the built-in catalogue."""
    return compliance_finding(
        judgement, at, rule=_rules().of(judgement.detector, judgement.controls), version=version()
    )


def compliance_finding(judgement: Judgement, at: datetime, *, rule: RuleFacts, version: str) -> dict[str, Any]:
    """Return the Compliance Finding of one judgement; ``version`` is the product's.

    PASS is an informational finding with status Resolved, so that a consumer that keeps the newest
    event of each ``finding_info.uid`` sees what is open now.
    """
    passed = judgement.verdict is Verdict.PASS
    status_id, status = _RESOLVED if passed else _NEW
    message = posture_sentence(judgement, rule)
    return without_empty(
        {
            **COMPLIANCE_FINDING.classification(),
            **severity_attributes(None if passed else judgement.severity),
            "time": milliseconds(at),
            "message": message,
            "status_id": status_id,
            "status": status,
            "status_code": judgement.verdict.value,
            "status_detail": "; ".join(fact.summary for fact in judgement.unread),
            "metadata": metadata(posture_uid(judgement, at), version),
            "cloud": cloud(judgement.provider, judgement.account, judgement.region),
            "finding_info": _finding_info(judgement, at, rule),
            "compliance": _compliance(judgement, rule),
            "resources": [_resource(judgement)],
            "evidences": [_evidence(evidence) for evidence in judgement.evidence],
            "remediation": _remediation(judgement, rule),
            "unmapped": _unmapped(judgement),
        }
    )


@cache
def _rules() -> Rules:
    return Rules(catalogue())


def _finding_info(judgement: Judgement, at: datetime, rule: RuleFacts) -> dict[str, Any]:
    type_id, type_name = _RULE_ANALYTIC
    return without_empty(
        {
            "uid": finding_id(judgement.detector, judgement.resource.uid),
            "title": rule.title,
            "desc": rule.description,
            "types": [rule.category],
            "last_seen_time": milliseconds(at),
            "analytic": {"uid": rule.uid, "name": rule.title, "type_id": type_id, "type": type_name},
            "src_url": rule.references[0] if rule.references else "",
        }
    )


def _compliance(judgement: Judgement, rule: RuleFacts) -> dict[str, Any]:
    status = {"status_id": judgement.verdict.status_id, "status": _COMPLIANCE_STATUS[judgement.verdict]}
    standards = list(dict.fromkeys(control.framework for control in rule.controls))
    check = {
        "uid": rule.uid,
        "name": rule.title,
        "desc": rule.description,
        "standards": standards,
        **severity_attributes(judgement.severity),
        **status,
    }
    return without_empty(
        {
            "control": rule.controls[0].label if rule.controls else "",
            "standards": standards,
            "requirements": list(judgement.controls),
            "category": rule.category,
            **status,
            "status_details": [*judgement.notes, *(fact.summary for fact in judgement.unread)],
            "checks": [without_empty(check)],
        }
    )


def _resource(judgement: Judgement) -> dict[str, Any]:
    role_id, role = _AFFECTED
    return without_empty(
        {
            "uid": judgement.resource.uid,
            "name": judgement.resource.name,
            "type": judgement.resource.kind,
            "region": judgement.region,
            "provider": CLOUDS[judgement.provider],
            "role_id": role_id,
            "role": role,
        }
    )


def _evidence(evidence: Evidence) -> dict[str, Any]:
    data: Any = msgspec.to_builtins(evidence.data)
    return {"name": evidence.name, "data": {"violates": evidence.violates, "found": data}}


def _remediation(judgement: Judgement, rule: RuleFacts) -> dict[str, Any]:
    if not judgement.remediation:
        return {}
    return without_empty({"desc": judgement.remediation, "references": list(rule.references)})


def _unmapped(judgement: Judgement) -> Mapping[str, Any]:
    return without_empty(
        {
            "verdict": judgement.verdict.value,
            "severity": judgement.severity.value,
            "notes": list(judgement.notes),
            "unread": [msgspec.to_builtins(fact) for fact in judgement.unread],
        }
    )
