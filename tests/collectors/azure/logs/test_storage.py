from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.azure.logs.storage import StorageRecord, decode_record
from collectors.model.log_records import UndecodableRecordError
from tests.fakes.log_events import storage_diagnostic, storage_table


def decode(event: Any) -> StorageRecord:
    return decode_record(json.dumps(event).encode())


@pytest.mark.parametrize("event", [storage_diagnostic(), storage_table()], ids=["diagnostic", "table"])
def test_both_forms_say_the_same(event: dict[str, Any]) -> None:
    record = decode(event)
    assert record.time == "2026-03-04T08:15:30.1234567Z"
    assert (record.operation_name, record.category) == ("GetBlob", "StorageRead")
    assert record.account_name == "stinvoices"
    assert record.authentication_type == "OAuth"
    assert record.anonymous is False
    assert record.caller_ip_address == "198.51.100.24:51442"
    assert (record.status_code, record.status_text) == (200, "Success")
    assert record.uri == "https://stinvoices.blob.core.windows.net/2026/report.pdf"
    assert record.object_key == "/stinvoices/2026/report.pdf"
    assert record.tls_version == "TLS 1.3"
    assert record.user_agent == "azcopy/10.27.1"
    assert (record.response_size, record.duration_ms) == (2326, 12)
    assert record.requester_object_id == "6d5c4b3a-2f1e-4d0c-9b8a-7f6e5d4c3b2a"
    assert record.requester_upn == "j.keller@example.com"
    assert record.subscription_id == "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    assert record.resource_group == "rg-prod"
    assert record.tree("AuthenticationType") == "OAuth"
    assert record.tree("userAgentHeader") == "azcopy/10.27.1"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Anonymous", "Anonymous"),
        ("SAS Key", "SAS"),
        ("SAS", "SAS"),
        ("Account Key", "AccountKey"),
        ("AccountKey", "AccountKey"),
        ("Kerberos", "Kerberos"),
        ("TrustedAccess", "TrustedAccess"),
    ],
)
def test_ways_to_sign_are_called_as_the_tables_call_them(said: str, meant: str) -> None:
    diagnostic = decode({**storage_diagnostic(), "identity": {"type": said}})
    table = decode({**storage_table(), "AuthenticationType": said})
    assert diagnostic.authentication_type == table.authentication_type == meant
    assert diagnostic.anonymous is (meant == "Anonymous")


@pytest.mark.parametrize("content", [{}, {"foo": 1}, []])
def test_what_is_no_record_is_refused(content: Any) -> None:
    with pytest.raises(UndecodableRecordError):
        decode(content)
