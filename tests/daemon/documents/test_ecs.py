from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from collectors.model import Provider, encode
from daemon.documents.ecs import Stamp, transition_document
from daemon.documents.flattened import DEEPEST, flattened
from daemon.documents.posture import posture_document, posture_uid
from daemon.documents.rules import RuleFacts, Rules
from daemon.model import Cause, Transition, TransitionKind
from detectors.catalogue import catalogue
from detectors.model import Judgement, Severity, Verdict
from tests.fakes.documents import (
    ACTOR,
    AT,
    DENIED,
    RULE,
    bare_transition,
    every_judgement,
    every_transition,
    full_judgement,
    full_transition,
)
from tests.fakes.schemas import ecs_problems

STAMP = Stamp(namespace="prod", version="1.2.3")


def ship(transition: Transition, rule: RuleFacts = RULE) -> dict[str, Any]:
    document = transition_document(transition, "finding-1", rule=rule, stamp=STAMP)
    found: dict[str, Any] = json.loads(encode(document))
    return found


def post(judgement: Judgement) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(posture_document(judgement, AT, rule=RULE, stamp=STAMP)))
    return found


@pytest.mark.parametrize("transition", list(every_transition()))
def test_transitions_are_as_ecs_has_them(transition: Transition) -> None:
    assert ecs_problems(ship(transition)) == []


@pytest.mark.parametrize("judgement", list(every_judgement()))
def test_posture_documents_are_as_ecs_has_them(judgement: Judgement) -> None:
    assert ecs_problems(post(judgement)) == []


def test_a_regression_tells_who_did_what_to_which_bucket() -> None:
    document = ship(full_transition())
    assert document["message"] == (
        "S3 bucket b in AWS account 123456789012 (eu-west-1) became public: bucket policy lets anyone on the internet "
        "read and list; policy grants (via: bucket policy); switch true; by alice (PutBucketPolicy) from 203.0.113.7."
    )
    assert document["event"] == {
        "id": "0123456789abcdef",
        "kind": "alert",
        "category": ["configuration"],
        "type": ["change"],
        "action": "finding-regressed",
        "outcome": "failure",
        "reason": "configuration",
        "severity": 99,
        "risk_score": 99.0,
        "module": "cspmd",
        "dataset": "cspmd.findings",
        "provider": "cspmd",
    }
    assert document["@timestamp"] == "2026-03-04T05:06:07.891011Z"
    assert document["user"] == {"id": ACTOR.user_id, "name": "alice"}
    assert document["source"] == {"address": "203.0.113.7", "ip": "203.0.113.7"}
    assert document["user_agent"] == {"original": "aws-cli/2.15"}
    assert document["related"] == {"user": ["alice", ACTOR.user_id], "ip": ["203.0.113.7"]}
    assert document["cloud"] == {
        "provider": "aws",
        "account": {"id": "123456789012"},
        "region": "eu-west-1",
        "service": {"name": "s3"},
    }
    assert document["ecs"] == {"version": "9.4.0"}
    assert document["data_stream"] == {"type": "logs", "dataset": "cspmd.findings", "namespace": "prod"}
    assert document["observer"]["vendor"] == "cspmd"


def test_the_drift_holds_both_sides_as_plain_values() -> None:
    drift = ship(full_transition())["cspmd"]["drift"]
    assert drift["facts"] == ["policy_grants", "acl_grants", "switches", "tags"]
    assert drift["before"] == {
        "policy_grants": [],
        "acl_grants": {
            "unread": {
                "reason": "denied",
                "operation": "s3:GetBucketAcl",
                "permission": "s3:GetBucketAcl",
                "detail": "AccessDenied",
            }
        },
        "switches": None,
        "tags": "plain",
    }
    assert drift["after"]["policy_grants"][0]["statement"]["Condition"] == {"StringEquals": {"a.b": ["c"]}}
    assert drift["after"]["acl_grants"] == {"not_needed": "acl_hidden"}
    assert drift["after"]["switches"] == {"bucket": {"a": True}}
    assert (drift["kind"], drift["cause"], drift["path"]) == ("regressed", "configuration", "event")
    assert drift["previous_severity"] == "high"


@pytest.mark.parametrize(
    ("kind", "cause", "status", "outcome"),
    [
        (TransitionKind.OPENED, Cause.RESOURCE_NEW, "open", "failure"),
        (TransitionKind.UPDATED, Cause.CONFIGURATION, "open", "failure"),
        (TransitionKind.RESOLVED, Cause.CONFIGURATION, "resolved", "success"),
        (TransitionKind.RESOLVED, Cause.EXCEPTION_ADDED, "excepted", "success"),
    ],
)
def test_where_the_finding_stands_after_the_transition(
    kind: TransitionKind, cause: Cause, status: str, outcome: str
) -> None:
    document = ship(full_transition(kind, cause))
    assert document["cspmd"]["finding"] == {
        "id": "finding-1",
        "status": status,
        "first_seen": "2026-03-03T05:06:07.891011Z",
    }
    assert document["event"]["outcome"] == outcome


@pytest.mark.parametrize(
    ("severity", "number"), [(Severity.LOW, 21), (Severity.MEDIUM, 47), (Severity.HIGH, 73), (Severity.CRITICAL, 99)]
)
def test_severity_is_on_elastics_scale(severity: Severity, number: int) -> None:
    transition = full_transition()
    judgement = msgspec.structs.replace(transition.judgement, severity=severity)
    document = ship(msgspec.structs.replace(transition, judgement=judgement))
    assert document["event"]["severity"] == number


@pytest.mark.parametrize(
    ("ip", "source"),
    [
        ("cloudtrail.amazonaws.com", {"address": "cloudtrail.amazonaws.com", "domain": "cloudtrail.amazonaws.com"}),
        ("AWS Internal", {"address": "AWS Internal"}),
        ("2001:0db8::0001", {"address": "2001:0db8::0001", "ip": "2001:db8::1"}),
        ("fe80::1%eth0", {"address": "fe80::1%eth0"}),
    ],
)
def test_a_name_in_place_of_an_address_never_becomes_an_ip(ip: str, source: dict[str, str]) -> None:
    actor = msgspec.structs.replace(ACTOR, ip=ip)
    assert ship(msgspec.structs.replace(full_transition(), actor=actor))["source"] == source


def test_a_finding_about_a_person_keeps_actor_and_target_apart() -> None:
    document = ship(full_transition(on="user"))
    assert document["user"]["name"] == "alice"
    assert document["user"]["target"] == {"id": "arn:aws:s3:::b", "name": "b"}


def test_what_is_absent_leaves_no_empty_field() -> None:
    document = ship(bare_transition())

    def walk(value: Any, path: str) -> None:
        if path.endswith((".before", ".after", ".evidence")):
            return
        assert value not in (None, "", [], {}), path
        for name, member in value.items() if isinstance(value, dict) else ():
            walk(member, f"{path}.{name}")

    walk(document, "")
    assert "source" not in document
    assert "user" not in document


def test_posture_has_what_kibanas_findings_page_needs() -> None:
    document = post(full_judgement())
    assert document["event"]["kind"] == "state"
    assert document["event"]["category"] == ["configuration"]
    assert document["event"]["outcome"] == "failure"
    assert document["event"]["id"] == posture_uid(full_judgement(), AT)
    assert document["resource"] == {
        "id": "arn:aws:s3:::b",
        "name": "b",
        "type": "cloud-storage",
        "sub_type": "aws-s3",
    }
    assert document["result"]["evaluation"] == "failed"
    assert document["result"]["evidence"]["switch"] is True
    assert len(document["result"]["evidence"]["policy_grants"]) == 2
    assert "acl_grants" not in document["result"]["evidence"]
    assert "acl_grants" in document["cspmd"]["circumstances"]
    rule = document["rule"]
    assert rule["id"] == "storage.public_access"
    assert rule["name"] == "Storage is open to the public"
    assert rule["section"] == "Organizational controls"
    assert rule["description"] == "Anyone may read it."
    assert rule["remediation"].startswith("Switch it off.")
    assert rule["tags"] == ["cspmd", "storage", "ISO/IEC 27001:2022 A.5.23", "ISO/IEC 27001:2022 A.8.3"]
    assert rule["benchmark"] == {
        "id": "iso27001",
        "name": "ISO/IEC 27001:2022",
        "version": "2022",
        "rule_number": "A.5.23",
        "posture_type": "cspm",
    }
    assert rule["uuid"] == RULE.uuid
    assert document["observer"]["vendor"] == "cspmd"
    assert document["cloud"]["account"]["id"] == "123456789012"
    assert "user" not in document
    assert post(full_judgement(kind="user"))["user"]["name"] == "b"


@pytest.mark.parametrize(
    ("verdict", "evaluation", "outcome"),
    [
        (Verdict.PASS, "passed", "success"),
        (Verdict.FAIL, "failed", "failure"),
        (Verdict.UNKNOWN, "unknown", "unknown"),
    ],
)
def test_verdicts_in_kibanas_words(verdict: Verdict, evaluation: str, outcome: str) -> None:
    document = post(full_judgement(verdict))
    assert document["result"]["evaluation"] == evaluation
    assert document["event"]["outcome"] == outcome


def test_unread_facts_name_the_permission() -> None:
    document = post(full_judgement(Verdict.UNKNOWN))
    assert document["message"].endswith(f"could not be judged by storage.public_access: {DENIED.summary}.")
    assert document["cspmd"]["unread"][0]["permission"] == "s3:GetBucketAcl"


def test_posture_ids_differ_by_detector_resource_and_time_alone() -> None:
    judgement = full_judgement()
    uid = posture_uid(judgement, AT)
    assert uid == posture_uid(full_judgement(Verdict.PASS), AT)
    others = {
        posture_uid(judgement, AT + timedelta(microseconds=1)),
        posture_uid(msgspec.structs.replace(judgement, detector="storage.versioning"), AT),
        posture_uid(
            msgspec.structs.replace(
                judgement, resource=msgspec.structs.replace(judgement.resource, uid="arn:aws:s3:::c")
            ),
            AT,
        ),
    }
    assert len(others | {uid}) == 4


def test_equal_transitions_give_equal_bytes() -> None:
    first = encode(transition_document(full_transition(), "f", rule=RULE, stamp=STAMP))
    assert first == encode(transition_document(full_transition(), "f", rule=RULE, stamp=STAMP))
    assert b"\n" not in first


def test_rules_come_from_the_catalogue_or_from_the_judgements_own_labels() -> None:
    rules = Rules(catalogue())
    known = rules.of("storage.public_access")
    assert known.title == catalogue()["storage.public_access"].title
    retired = rules.of("storage.retired", ("ISO/IEC 27001:2022 A.8.9",))
    assert (retired.title, retired.controls[0].uid) == ("storage.retired", "A.8.9")


def test_any_data_fits_a_flattened_field() -> None:
    deep: dict[str, Any] = {}
    inner = deep
    for level in range(40):
        inner["level"] = {"n": level}
        inner = inner["level"]
    fitted = flattened([("a\x00b", {"key\x00": 1}), ("deep", deep), ("twice", 1), ("twice", 2)])
    assert fitted["a�b"] == {"key�": 1}
    assert fitted["twice"] == [1, 2]
    depth, value = 0, fitted["deep"]
    while isinstance(value, dict):
        depth, value = depth + 1, value["level"]
    assert depth < DEEPEST + 1
    assert json.loads(value)["level"]["level"]["n"] > 0


@pytest.mark.parametrize("provider", Provider)
def test_every_cloud_is_named_in_its_own_words(provider: Provider) -> None:
    document = post(msgspec.structs.replace(full_judgement(), provider=provider))
    account = {"aws": "AWS account", "azure": "Azure subscription", "gcp": "GCP project", "cspmd": "account"}
    assert f"in {account[provider.value]} 123456789012" in document["message"]
