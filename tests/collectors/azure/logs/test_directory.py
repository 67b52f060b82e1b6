from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.azure.logs.directory import decode_audit, decode_sign_in
from collectors.azure.logs.entra import AuditRecord, RiskRecord, SignInRecord
from collectors.azure.logs.office import OfficeRecord
from collectors.model.log_records import UndecodableRecordError
from tests.fakes.sigma_samples import entra_graph, entra_table, samples


def diagnostic(marker: str) -> dict[str, Any]:
    return next(one.event for one in samples() if one.form == "diagnostic" and one.event.get("category") == marker)


SIGN_IN, AUDIT, RISK = diagnostic("SignInLogs"), diagnostic("AuditLogs"), diagnostic("UserRiskEvents")
DECODERS = [decode_sign_in, decode_audit]


def raw(event: Any) -> bytes:
    return json.dumps(event).encode()


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("rewrite", [dict, entra_table, entra_graph])
def test_a_sign_in_in_every_form_and_from_either_stream(decode: Any, rewrite: Any) -> None:
    record = decode(raw(rewrite(SIGN_IN)))
    assert type(record) is SignInRecord
    assert record.time.startswith("2026-03-04T08:15:29.987")
    assert record.operation_name == "Sign-in activity"
    assert record.result_type == SIGN_IN["resultType"]
    assert record.caller_ip_address == "198.51.100.24"
    assert record.id == SIGN_IN["properties"]["id"]
    assert record.text("userprincipalname") == "j.keller@example.com"
    assert record.inner("devicedetail")["trusttype"] == "Azure AD joined"
    assert record.inner("location")["countryorregion"] == "DE"
    assert record.members("appliedconditionalaccesspolicies")[0]["result"] == "success"
    assert record.tree("properties")["userId"] == SIGN_IN["properties"]["userId"]
    assert record.tree("DeviceDetail")["isManaged"] is True


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("rewrite", [dict, entra_table, entra_graph])
def test_an_audit_record_in_every_form_and_from_either_stream(decode: Any, rewrite: Any) -> None:
    record = decode(raw(rewrite(AUDIT)))
    assert type(record) is AuditRecord
    assert record.operation_name == AUDIT["operationName"]
    assert record.category == AUDIT["properties"]["category"]
    assert record.result == "success"
    assert record.initiated_by["user"]["userPrincipalName"] == "j.keller@example.com"
    assert record.target_resources[0]["displayName"] == "Sales"
    assert record.members("additionaldetails")[0]["key"] == "User-Agent"


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("rewrite", [dict, entra_table, entra_graph])
def test_a_risk_detection_in_every_form_and_from_either_stream(decode: Any, rewrite: Any) -> None:
    record = decode(raw(rewrite(RISK)))
    assert type(record) is RiskRecord
    assert record.tree("riskEventType") == RISK["properties"]["riskEventType"]
    assert record.text("userprincipalname") == "j.keller@example.com"
    assert record.caller_ip_address == "203.0.113.66"


@pytest.mark.parametrize(
    "category",
    ["NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs", "ADFSSignInLogs"],
)
def test_every_kind_of_sign_in(category: str) -> None:
    assert type(decode_audit(raw({**SIGN_IN, "category": category}))) is SignInRecord


def test_an_alert_as_graph_gives_it_is_a_risk() -> None:
    alert = {"@odata.type": "#microsoft.graph.staleSignInAlertIncident", "id": "1", "roleTemplateId": "x"}
    assert type(decode_audit(raw(alert))) is RiskRecord


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"Operation": "FileDownloaded", "Workload": "OneDrive", "RecordType": 6}, OfficeRecord),
        ({"Type": "OfficeActivity", "Operation": "FileDownloaded", "OfficeWorkload": "OneDrive"}, OfficeRecord),
        ({"eventSource": "Exchange", "eventName": "Set-Mailbox", "status": "success"}, OfficeRecord),
    ],
)
def test_microsoft_365(event: dict[str, Any], kind: type) -> None:
    record = decode_audit(raw(event))
    assert type(record) is kind
    assert isinstance(record, OfficeRecord)
    assert record.operation
    assert record.workload


@pytest.mark.parametrize(
    ("status", "operation", "succeeded"),
    [
        ("Succeeded", "x", True),
        ("True", "x", True),
        ("Failed", "x", False),
        ("False", "x", False),
        (None, "x", None),
        (None, "AlertTriggered", True),
    ],
)
def test_whether_an_activity_of_microsoft_365_succeeded(
    status: str | None, operation: str, succeeded: bool | None
) -> None:
    record = decode_audit(raw({"Operation": operation, "Workload": "Exchange", "ResultStatus": status}))
    assert isinstance(record, OfficeRecord)
    assert record.succeeded is succeeded


def test_pairs_of_name_and_value_are_found_by_name() -> None:
    event = {
        "Operation": "UserLoggedIn",
        "Workload": "AzureActiveDirectory",
        "ExtendedProperties": [
            {"Name": "UserAgent", "Value": "Mozilla/5.0"},
            {"Name": "RequestType", "Value": "Cmsi:Cmsi"},
        ],
        "Parameters": "-Identity x",
    }
    record = decode_audit(raw(event))
    assert isinstance(record, OfficeRecord)
    assert record.named() == {"UserAgent": "Mozilla/5.0", "RequestType": "Cmsi:Cmsi"}
    assert record.user_agent == "Mozilla/5.0"


def test_a_record_that_does_not_say_what_it_is_is_what_the_stream_carries() -> None:
    event = {"operationName": "Add service principal", "time": "2026-03-04T08:15:30Z"}
    assert type(decode_audit(raw(event))) is AuditRecord
    assert type(decode_sign_in(raw({"resultType": "50126"}))) is SignInRecord


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("content", [{}, {"foo": 1}, [], "x"])
def test_what_is_no_record_is_refused(decode: Any, content: Any) -> None:
    with pytest.raises(UndecodableRecordError):
        decode(raw(content))
