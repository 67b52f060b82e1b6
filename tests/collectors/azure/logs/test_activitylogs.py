from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.azure.logs.activitylogs import ActivityRecord, decode_record
from collectors.model.log_records import UndecodableRecordError
from tests.fakes.sigma_samples import Sample, activity_rest, activity_table, samples

DIAGNOSTIC: dict[str, Any] = next(one.event for one in samples() if one.source == "azure.activitylogs")


def decode(event: Any) -> ActivityRecord:
    return decode_record(json.dumps(event).encode())


@pytest.mark.parametrize("rewrite", [dict, activity_table, activity_rest])
def test_every_form_says_the_same(rewrite: Any) -> None:
    record = decode(rewrite(DIAGNOSTIC))
    assert record.time == DIAGNOSTIC["time"]
    assert record.operation_name == DIAGNOSTIC["operationName"]
    assert record.category == "Administrative"
    assert record.caller == record.user_principal_name == "j.keller@example.com"
    assert record.full_name == "Jana Keller"
    assert record.object_id == "6d5c4b3a-2f1e-4d0c-9b8a-7f6e5d4c3b2a"
    assert record.app_id == "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
    assert record.caller_ip_address == "198.51.100.24"
    assert record.tenant_id == "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"
    assert record.result_type in {"Success", "Succeeded"}
    assert record.resource_provider is not None
    assert record.authorization["evidence"]["role"] == "Owner"
    assert record.properties["statusCode"] == "Created"
    assert (record.resource_id or "").lower() == DIAGNOSTIC["resourceId"].lower()


def test_the_resource_id_tells_subscription_and_group() -> None:
    record = decode({"operationName": "X/Y/READ", "resourceId": "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/RG/PROVIDERS/X/Y/Z"})
    assert (record.subscription_id, record.resource_group, record.resource_provider) == ("S-1", "RG", "X")


@pytest.mark.parametrize(
    ("event", "category"),
    [
        ({"category": "Action"}, "Administrative"),
        ({"category": "Write", "properties": {"eventCategory": "Policy"}}, "Policy"),
        ({"category": "ServiceHealth"}, "ServiceHealth"),
        ({"category": {"value": "Security", "localizedValue": "Sicherheit"}}, "Security"),
        ({}, None),
    ],
)
def test_the_category_is_the_events_own(event: dict[str, Any], category: str | None) -> None:
    assert decode({"operationName": "A/B/ACTION", **event}).category == category


def test_a_field_is_found_by_its_name_in_any_form() -> None:
    table = decode(activity_table(DIAGNOSTIC))
    assert table.tree("OperationNameValue") == table.tree("operationName") == DIAGNOSTIC["operationName"]
    assert table.tree("identity")["claims"]["name"] == "Jana Keller"
    assert table.tree("Properties")["statusCode"] == "Created"
    assert table.tree("SourceSystem") == "Azure"
    assert table.tree("nothing") is None


def test_objects_that_are_no_objects_cost_only_themselves() -> None:
    record = decode({"operationName": "A/B/ACTION", "identity": "x", "properties": "not {json", "claims": []})
    assert record.claims == record.authorization == record.properties == {}
    assert record.caller is None


@pytest.mark.parametrize("content", [{}, {"foo": 1}, [], 1])
def test_what_is_no_event_is_refused(content: Any) -> None:
    with pytest.raises(UndecodableRecordError):
        decode(content)


def test_whole_text_holds_what_the_record_holds() -> None:
    sample: Sample = next(one for one in samples() if one.source == "azure.activitylogs")
    assert json.loads(decode_record(sample.line).whole()) == sample.event
