from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from collectors.gcp.logs.audit import AuditLogRecord, decode_entry
from collectors.model.log_records import UndecodableRecordError
from tests.fakes.sigma_samples import samples

ENTRY: dict[str, Any] = next(
    one.event for one in samples() if one.event.get("protoPayload", {}).get("methodName") == "storage.buckets.delete"
)
PACKED = base64.b64encode(json.dumps(ENTRY).encode()).decode()


def decode(event: Any) -> AuditLogRecord:
    return decode_entry(json.dumps(event).encode())


@pytest.mark.parametrize(
    "event",
    [
        ENTRY,
        {"data": ENTRY},
        {"data": json.dumps(ENTRY)},
        {"message": {"data": PACKED, "messageId": "1", "attributes": {}}, "subscription": "s"},
        {"ackId": "x", "message": {"data": PACKED}},
        {"specversion": "1.0", "type": "google.cloud.audit.log.v1.written", "data": ENTRY},
        {
            **{key: value for key, value in ENTRY.items() if key != "protoPayload"},
            "protopayload_auditlog": ENTRY["protoPayload"],
        },
    ],
    ids=["bare", "data", "text", "push", "pull", "Eventarc", "BigQuery"],
)
def test_every_form_says_the_same(event: dict[str, Any]) -> None:
    record = decode(event)
    assert record.time == "2026-03-04T08:15:30.123456Z"
    assert record.insert_id == "1q2w3e4r5t"
    assert record.log == "activity"
    assert record.severity == "NOTICE"
    assert record.service_name == "storage.googleapis.com"
    assert record.method_name == "storage.buckets.delete"
    assert record.resource_name == "projects/_/buckets/invoices"
    assert record.principal_email == "j.keller@example.com"
    assert record.caller_ip == "198.51.100.24"
    assert record.user_agent == "google-cloud-sdk gcloud/502.0.0 command/gcloud"
    assert (record.resource_type, record.resource_labels["bucket_name"]) == ("gcs_bucket", "invoices")
    assert record.status_code is None
    assert record.denied is False
    assert record.tree("protoPayload")["methodName"] == "storage.buckets.delete"
    assert record.tree("RESOURCE")["type"] == "gcs_bucket"


def test_a_permission_that_was_not_granted() -> None:
    payload = {
        **ENTRY["protoPayload"],
        "authorizationInfo": [{"permission": "storage.buckets.delete"}],
        "status": {"code": 7},
    }
    record = decode({**ENTRY, "protoPayload": payload})
    assert record.denied is True
    assert record.status_code == 7


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"textPayload": "x"},
        {"protoPayload": None},
        {"data": "not base64!"},
        {"data": "bm90IGpzb24="},
        {"message": {}},
    ],
)
def test_what_is_no_audit_log_is_refused(content: Any) -> None:
    with pytest.raises(UndecodableRecordError):
        decode(content)


def test_envelopes_are_not_opened_for_ever() -> None:
    event: Any = ENTRY
    for _ in range(20):
        event = {"data": event}
    with pytest.raises(UndecodableRecordError):
        decode(event)
