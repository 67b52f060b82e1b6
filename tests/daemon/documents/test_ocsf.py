from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from collectors.model import encode
from daemon.documents.compliance import compliance_finding, ocsf
from daemon.documents.detection import detection_finding
from daemon.passes.identity import finding_id
from detectors.model import Judgement, Severity, Verdict
from tests.fakes.documents import ACTOR, AT, EVENT, MATCH, RULE, every_judgement, full_judgement
from tests.fakes.schemas import enumerated, ocsf_problems


def finding(judgement: Judgement) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(compliance_finding(judgement, AT, rule=RULE, version="1.2.3")))
    return found


@pytest.mark.parametrize("judgement", list(every_judgement()))
def test_compliance_findings_are_as_ocsf_has_them(judgement: Judgement) -> None:
    assert ocsf_problems(finding(judgement), "compliance_finding") == []
    assert ocsf_problems(json.loads(encode(ocsf(judgement, AT))), "compliance_finding") == []


@pytest.mark.parametrize("judgement", list(every_judgement()))
def test_captions_are_those_of_their_numbers(judgement: Judgement) -> None:
    event = finding(judgement)
    for number, caption in (
        ("activity_id", "activity_name"),
        ("category_uid", "category_name"),
        ("class_uid", "class_name"),
        ("type_uid", "type_name"),
        ("severity_id", "severity"),
        ("status_id", "status"),
    ):
        assert enumerated("compliance_finding", number)[str(event[number])] == event[caption]


def test_a_failed_judgement() -> None:
    event = finding(full_judgement())
    assert (event["class_uid"], event["category_uid"], event["type_uid"], event["activity_id"]) == (2003, 2, 200301, 1)
    assert (event["severity_id"], event["severity"]) == (5, "Critical")
    assert (event["status"], event["status_code"]) == ("New", "FAIL")
    assert event["time"] == 1772600767891
    assert event["metadata"]["version"] == "1.8.0"
    assert event["metadata"]["product"] == {
        "name": "cspmd",
        "vendor_name": "cspmd",
        "uid": "cspmd",
        "version": "1.2.3",
    }
    assert event["compliance"]["status_id"] == 3
    assert event["compliance"]["status"] == "Fail"
    assert event["compliance"]["control"] == "ISO/IEC 27001:2022 A.5.23"
    assert event["compliance"]["standards"] == ["ISO/IEC 27001:2022"]
    assert event["compliance"]["requirements"] == ["ISO/IEC 27001:2022 A.5.23", "ISO/IEC 27001:2022 A.8.3"]
    assert event["compliance"]["checks"][0]["uid"] == "storage.public_access"
    assert event["resources"][0]["uid"] == "arn:aws:s3:::b"
    assert event["cloud"]["account"] == {"uid": "123456789012", "type_id": 10, "type": "AWS Account"}
    assert event["remediation"]["desc"].startswith("Switch it off.")
    assert event["evidences"][0]["data"]["found"]["via"] == "bucket policy"
    assert event["evidences"][0]["data"]["violates"] is True
    assert event["evidences"][3]["data"]["violates"] is False
    assert event["finding_info"]["uid"] == finding_id("storage.public_access", "arn:aws:s3:::b")
    assert event["unmapped"]["unread"][0]["permission"] == "s3:GetBucketAcl"


@pytest.mark.parametrize(
    ("verdict", "severity", "status", "compliance"),
    [
        (Verdict.PASS, "Informational", "Resolved", (1, "Pass")),
        (Verdict.UNKNOWN, "Critical", "New", (2, "Warning")),
        (Verdict.FAIL, "Critical", "New", (3, "Fail")),
    ],
)
def test_verdicts(verdict: Verdict, severity: str, status: str, compliance: tuple[int, str]) -> None:
    event = finding(full_judgement(verdict))
    assert (event["severity"], event["status"]) == (severity, status)
    assert (event["compliance"]["status_id"], event["compliance"]["status"]) == compliance


def test_the_finding_keeps_its_id_and_the_event_does_not() -> None:
    first, second = finding(full_judgement()), json.loads(encode(ocsf(full_judgement(), AT.replace(year=2027))))
    assert first["finding_info"]["uid"] == second["finding_info"]["uid"]
    assert first["metadata"]["uid"] != second["metadata"]["uid"]


@pytest.mark.parametrize("ip", ["203.0.113.7", "AWS Internal", "s3.amazonaws.com", ""])
@pytest.mark.parametrize("severity", Severity)
def test_detections_are_as_ocsf_has_them(ip: str, severity: Severity) -> None:
    event = msgspec.structs.replace(EVENT, actor=msgspec.structs.replace(ACTOR, ip=ip))
    match = msgspec.structs.replace(MATCH, severity=severity)
    found = json.loads(encode(detection_finding(match, event, AT, version="1.2.3")))
    assert ocsf_problems(found, "detection_finding") == []
    assert (found["class_uid"], found["type_uid"]) == (2004, 200401)
    assert found["severity"] == severity.value.capitalize()
    assert found["evidences"][0]["data"]["eventName"] == "PutBucketPolicy"
    assert found["evidences"][0]["actor"]["user"]["name"] == "alice"
    assert found["resources"][0]["uid"] == "arn:aws:s3:::b"


def test_the_check_itself_finds_what_is_wrong() -> None:
    event = finding(full_judgement())
    del event["time"]
    event["severity_id"] = 7
    event["made_up"] = 1
    event["resources"] = event["resources"][0]
    assert sorted(ocsf_problems(event, "compliance_finding")) == [
        "made_up is no attribute",
        "resources is not an array",
        "severity_id is 7, which is not in the enumeration",
        "time is missing",
    ]
