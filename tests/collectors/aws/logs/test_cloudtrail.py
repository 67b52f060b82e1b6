from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.aws.logs.cloudtrail import CloudTrailRecord, decode_file, decode_record
from collectors.model.log_records import UndecodableRecordError

REAL = Path(__file__).parents[3] / "data" / "events" / "aws.cloudtrail.otrf.jsonl"

EVENT: dict[str, Any] = {
    "eventVersion": "1.10",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:j.keller",
        "arn": "arn:aws:sts::111122223333:assumed-role/deploy/j.keller",
        "accountId": "111122223333",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "userName": "deploy"},
            "attributes": {"mfaAuthenticated": "true", "creationDate": "2026-03-04T08:00:00Z"},
        },
    },
    "eventTime": "2026-03-04T08:15:30Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "PutBucketPolicy",
    "requestParameters": {"bucketName": "b", "bucketPolicy": {"Statement": []}},
    "responseElements": None,
    "eventID": "e-1",
    "readOnly": False,
}


def decode(event: Any) -> CloudTrailRecord:
    return decode_record(json.dumps(event).encode())


def test_an_event() -> None:
    record = decode(EVENT)
    assert (record.event_name, record.event_id, record.time) == ("PutBucketPolicy", "e-1", "2026-03-04T08:15:30Z")
    assert record.user_identity.session_context.session_issuer.user_name == "deploy"
    assert record.tree("requestparameters") == EVENT["requestParameters"]
    assert record.tree("responseElements") is None
    assert record.tree("unheardOf") is None
    assert record.tree_all() == {name: value for name, value in EVENT.items() if value is not None}
    assert json.loads(record.whole()) == record.tree_all()


def test_real_events_lose_nothing() -> None:
    events = [json.loads(line) for line in REAL.read_bytes().splitlines()]
    assert len(events) > 100
    for event in events:
        record = decode(event)
        read = record.tree_all()
        for name, value in event.items():
            if name != "userIdentity" and value is not None:
                assert read[name] == value
        assert record.user_identity.type == event["userIdentity"]["type"]
        assert record.time


def test_an_element_that_is_not_documented_is_kept() -> None:
    record = decode({**EVENT, "brandNew": {"a": [1]}, "userIdentity": {**EVENT["userIdentity"], "soNew": 1}})
    assert record.tree("brandNew") == record.tree("BRANDNEW") == {"a": [1]}
    assert record.tree("userIdentity")["soNew"] == 1
    assert record.user_identity.type == "AssumedRole"
    assert '"soNew":1' in record.whole()


def test_what_breaks_the_documented_types_is_taken_for_what_it_means() -> None:
    record = decode(
        {
            "eventName": None,
            "eventSource": 5,
            "readOnly": "true",
            "recipientAccountId": 111122223333,
            "userIdentity": {"type": "IAMUser", "sessionContext": {"attributes": {"mfaAuthenticated": True}}},
            "requestParameters": "text",
        }
    )
    assert record.event_name is None
    assert record.event_source == "5"
    assert record.recipient_account_id == "111122223333"
    assert record.tree("requestParameters") == "text"
    assert record.tree("userIdentity")["type"] == "IAMUser"
    assert decode({"eventName": "x", "userIdentity": "root"}).tree("userIdentity") == "root"


@pytest.mark.parametrize(
    "envelope",
    [
        {"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.s3", "detail": EVENT},
        {"EventId": "e-1", "EventName": "PutBucketPolicy", "CloudTrailEvent": json.dumps(EVENT)},
    ],
    ids=["EventBridge", "LookupEvents"],
)
def test_an_envelope_is_opened(envelope: dict[str, Any]) -> None:
    assert decode(envelope).tree_all() == decode(EVENT).tree_all()


@pytest.mark.parametrize("content", [{}, {"foo": 1}, [], 1, "x", None])
def test_what_is_no_event_is_refused(content: Any) -> None:
    with pytest.raises(UndecodableRecordError):
        decode(content)


@pytest.mark.parametrize(
    "line", [b"", b"{", b'{"eventName":"\xff"}', b'{"eventName":"x","requestParameters":' + b"[" * 60_000]
)
def test_what_is_no_json_is_refused(line: bytes) -> None:
    with pytest.raises(UndecodableRecordError):
        decode_record(line)


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({}, False),
        ({"errorCode": "AccessDenied"}, True),
        ({"errorCode": "Success"}, False),
        ({"errorMessage": "Failed authentication"}, True),
        ({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}, True),
        ({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Success"}}, False),
    ],
)
def test_failure(change: dict[str, Any], failed: bool) -> None:
    assert decode({**EVENT, **change}).failed is failed


def test_a_delivered_file() -> None:
    content = json.dumps({"Records": [EVENT, {**EVENT, "eventID": "e-2"}]}).encode()
    assert [record.event_id for record in decode_file([content])] == ["e-1", "e-2"]


def test_a_broken_record_costs_a_file_only_itself() -> None:
    content = json.dumps({"Records": [EVENT, 5, {**EVENT, "eventID": None, "new": 1}]}).encode()
    refused: list[UndecodableRecordError] = []
    assert [record.event_id for record in decode_file([content], refused.append)] == ["e-1", None]
    assert len(refused) == 1
    with pytest.raises(UndecodableRecordError):
        list(decode_file([content]))


@pytest.mark.parametrize("content", [b"{}", b"[]", b"{", b'{"digestStartTime":"2026-03-04T08:00:00Z","logFiles":[]}'])
def test_what_is_no_log_file_is_refused(content: bytes) -> None:
    with pytest.raises(UndecodableRecordError, match="not a CloudTrail log file"):
        list(decode_file([content]))


@pytest.mark.parametrize("size", [1, 100, 5_000, 200_000, 10**8])
@pytest.mark.parametrize("separators", [(",", ":"), None])
def test_a_file_decodes_the_same_whatever_its_pieces(size: int, separators: tuple[str, str] | None) -> None:
    nested = {**EVENT, "requestParameters": {"events": [{"a": 1}, {"eventVersion": "1"}, {"eventVersion": "2"}]}}
    long = {**EVENT, "requestParameters": {"text": '},{"eventVersion":' * 4_000}}
    events = [nested if number % 50 == 7 else EVENT | {"eventID": f"e-{number}"} for number in range(300)]
    events[150] = long
    content = json.dumps({"Records": events}, separators=separators).encode()
    step = size if len(content) / size < 5_000 else len(content) // 500
    pieces = [content[at : at + step] for at in range(0, len(content), step)]
    decoded = list(decode_file(pieces))
    assert [record.event_id for record in decoded] == [event["eventID"] for event in events]
    assert [record.tree_all() for record in decoded] == [decode(event).tree_all() for event in events]


def test_a_broken_record_in_the_middle_of_a_long_file_costs_only_itself() -> None:
    events: list[Any] = [EVENT | {"eventID": f"e-{number}"} for number in range(200)]
    events[100] = {"eventVersion": "1", "eventID": 5}
    events[150] = "nonsense"
    content = json.dumps({"Records": events}, separators=(",", ":")).encode()
    refused: list[UndecodableRecordError] = []
    decoded = list(decode_file([content[:50_000], content[50_000:]], refused.append))
    assert len(decoded) == 199
    assert len(refused) == 1
    assert decoded[100].event_id == "5"
