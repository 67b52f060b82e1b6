from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.logs.evaluation import Evaluation
from daemon.logs.formats import SOURCE_NAMES, UnknownSourceError, log_format
from detectors.sigma.rules import RuleSet, load_rules
from tests.fakes.log_events import S3_LINE, bare_lines

NOW = datetime(2026, 3, 4, 8, 15, 30, 250_000, tzinfo=UTC)


def rule(uid: int, selection: dict[str, Any], **more: Any) -> str:
    return json.dumps(
        {
            "title": f"rule {uid}",
            "id": f"00000000-0000-4000-8000-{uid:012d}",
            "name": f"rule_{uid}",
            "level": "high",
            "logsource": {"product": "aws", "service": "cloudtrail"},
            "detection": {"selection": selection, "condition": "selection"},
            **more,
        }
    )


def loaded(*documents: str) -> RuleSet:
    rules = load_rules((f"{number}.yml", document) for number, document in enumerate(documents))
    assert rules.refused == ()
    return rules


def evaluated(content: bytes, *documents: str, source: str = "aws.cloudtrail") -> list[dict[str, Any]]:
    evaluation = Evaluation(log_format(source), loaded(*documents), clock=lambda: NOW)
    stream = io.BufferedReader(io.BytesIO(content))  # type: ignore[type-var]
    return [told for told, _ in evaluation.lines(stream)]


def event(number: int, minute: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "eventName": "ConsoleLogin",
        "eventSource": "signin.amazonaws.com",
        "eventID": f"e-{number}",
        "eventTime": f"2026-03-04T08:{minute:02d}:00Z",
        "sourceIPAddress": "198.51.100.24",
        "userIdentity": {"type": "IAMUser", "userName": "j.keller"},
        **more,
    }


def jsonl(*events: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)


def uids(told: dict[str, Any]) -> list[int]:
    return [int(one["rule_id"][-12:]) for one in told["matches"]]


def test_a_record_and_the_rules_it_matches_in_their_order() -> None:
    rules = (
        rule(3, {"eventName": "ConsoleLogin"}),
        rule(1, {"userIdentity.type": "IAMUser"}),
        rule(2, {"eventName": "x"}),
    )
    (told,) = evaluated(jsonl(event(1)), *rules)
    assert told["event"]["event"]["id"] == "e-1"
    assert told["matches"] == [
        {"rule_id": "00000000-0000-4000-8000-000000000003", "title": "rule 3", "level": "high"},
        {"rule_id": "00000000-0000-4000-8000-000000000001", "title": "rule 1", "level": "high"},
    ]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", ["lines", "array", "records"])
def test_every_form_of_a_file(form: str, packed: bool) -> None:
    events = [event(number) for number in range(3)]
    content = {
        "lines": jsonl(*events),
        "array": json.dumps(events).encode(),
        "records": json.dumps({"Records": events}).encode(),
    }[form]
    told = evaluated(gzip.compress(content) if packed else content)
    assert [one["event"]["event"]["id"] for one in told] == ["e-0", "e-1", "e-2"]


def test_gzip_members_one_after_another() -> None:
    content = gzip.compress(jsonl(event(1))) + gzip.compress(jsonl(event(2)))
    assert [one["event"]["event"]["id"] for one in evaluated(content)] == ["e-1", "e-2"]


def test_an_undecodable_record_stands_in_its_place() -> None:
    told = evaluated(jsonl(event(1)) + b"{broken}\n" + jsonl(5, {"foo": 1}, event(2)))
    assert ["error" in one for one in told] == [False, True, True, True, False]
    assert set(told[1]) == {"error"}


@pytest.mark.parametrize("cut", [5, 40, -8])
def test_a_gzip_stream_that_is_cut_off_says_so(cut: int) -> None:
    packed = gzip.compress(jsonl(*(event(number) for number in range(50))))
    told = evaluated(packed[:cut])
    assert "cut off" in told[-1]["error"]


def test_a_damaged_gzip_stream_says_so() -> None:
    packed = bytearray(gzip.compress(jsonl(*(event(number) for number in range(50)))))
    packed[len(packed) // 2] ^= 0xFF
    told = evaluated(bytes(packed))
    assert "error" in told[-1]


def test_a_record_without_a_time_has_that_of_its_reading() -> None:
    (told,) = evaluated(jsonl({"eventName": "x"}))
    assert told["event"]["@timestamp"] == "2026-03-04T08:15:30.250Z"


def correlation(kind: str, *rules: int, generate: bool = False, **condition: Any) -> str:
    return json.dumps(
        {
            "title": "burst",
            "id": "00000000-0000-4000-8000-000000000099",
            "level": "critical",
            "correlation": {
                "type": kind,
                "rules": [f"rule_{uid}" for uid in rules],
                "group-by": ["userIdentity.userName"],
                "timespan": "10m",
                "generate": generate,
                **condition,
            },
        }
    )


FAILED = {"errorMessage": "Failed authentication"}


def test_a_correlation_is_told_with_the_record_that_fulfils_it() -> None:
    rules = (rule(1, FAILED), correlation("event_count", 1, condition={"gte": 3}))
    told = evaluated(jsonl(*(event(number, number, **FAILED) for number in range(4))), *rules)
    assert [uids(one) for one in told] == [[], [], [99], []]
    assert told[2]["matches"][0]["level"] == "critical"


def test_a_rule_that_generates_is_told_beside_its_correlation() -> None:
    rules = (rule(1, FAILED), correlation("event_count", 1, generate=True, condition={"gte": 2}))
    told = evaluated(jsonl(event(1, 1, **FAILED), event(2, 2, **FAILED)), *rules)
    assert [uids(one) for one in told] == [[1], [1, 99]]


def test_a_correlation_keeps_its_groups_and_its_time_span_apart() -> None:
    other = {"userIdentity": {"type": "IAMUser", "userName": "other"}}
    rules = (rule(1, FAILED), correlation("event_count", 1, condition={"gte": 2}))
    events = [event(1, 0, **FAILED), event(2, 1, **FAILED, **other), event(3, 30, **FAILED), event(4, 31, **FAILED)]
    assert [uids(one) for one in evaluated(jsonl(*events), *rules)] == [[], [], [], [99]]


def test_a_record_without_the_field_to_group_by_is_of_no_group() -> None:
    nameless = {"userIdentity": {"type": "Root"}}
    rules = (rule(1, FAILED), correlation("event_count", 1, condition={"gte": 2}))
    told = evaluated(jsonl(event(1, **FAILED, **nameless), event(2, **FAILED, **nameless)), *rules)
    assert [uids(one) for one in told] == [[], []]


def test_values_are_counted_by_the_rules_own_field() -> None:
    rules = (rule(1, FAILED), correlation("value_count", 1, condition={"field": "source.ip", "gte": 2}))
    events = [event(1, **FAILED), event(2, **FAILED), event(3, **FAILED, sourceIPAddress="203.0.113.66")]
    assert [uids(one) for one in evaluated(jsonl(*events), *rules)] == [[], [], [99]]


def test_rules_in_an_order() -> None:
    rules = (
        rule(1, FAILED),
        rule(2, {"responseElements.ConsoleLogin": "Success"}),
        correlation("temporal_ordered", 1, 2),
    )
    success = {"responseElements": {"ConsoleLogin": "Success"}}
    told = evaluated(jsonl(event(1, 1, **success), event(2, 2, **FAILED), event(3, 3, **success)), *rules)
    assert [uids(one) for one in told] == [[], [], [99]]


def test_every_source_of_the_contract() -> None:
    for name in SOURCE_NAMES:
        raw = S3_LINE.encode() if name == "aws.s3access" else bare_lines()[name]
        (told,) = evaluated(raw + b"\n", source=name)
        assert told["matches"] == []
        assert told["event"]["event"]["original"] == raw.decode()


def test_another_source_is_unknown_and_the_known_ones_are_named() -> None:
    with pytest.raises(UnknownSourceError, match=r"aws\.cloudtrail.*gcp\.audit"):
        log_format("aws.config")


def test_rules_for_other_logs_do_not_count() -> None:
    foreign = rule(1, {"a": 1}, logsource={"product": "okta"})
    everywhere = rule(2, {"a": 1}, logsource={"product": "aws"})
    rules = loaded(foreign, everywhere, rule(3, {"a": 1}))
    assert Evaluation(log_format("aws.cloudtrail"), rules).rules == 2
    assert Evaluation(log_format("gcp.audit"), rules).rules == 0


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=9)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=4)),
    max_leaves=10,
)
KEYS = [
    *("eventName", "userIdentity", "requestParameters", "operationName", "properties", "category", "identity", "time"),
    *(
        "resultType",
        "status",
        "targetResources",
        "initiatedBy",
        "additionalDetails",
        "protoPayload",
        "resource",
        "data",
    ),
    *("Operation", "Workload", "TimeGenerated", "Type", "deviceDetail", "location", "additionalInfo", "claims"),
]
objects = st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=6)), json_values, max_size=6)
ANY_FIELD = [
    *(
        "status",
        "properties.message",
        "Status",
        "riskEventType",
        "target",
        "initiatedby",
        "username",
        "payload",
        "eventName",
    ),
    *("requestParameters", "networkLocationDetails", "failure_status_reason", "new_value", "gcp.audit.method_name"),
]


LOGS = [
    *(("aws", "cloudtrail"), ("aws", "s3access"), ("azure", "activitylogs"), ("azure", "signinlogs")),
    *(("azure", "auditlogs"), ("azure", "storage"), ("gcp", "gcp.audit"), ("m365", "audit")),
]


@cache
def searching_everywhere(name: str) -> Evaluation:
    """Return an evaluation by rules that look at every field that is derived somehow."""
    documents = [
        rule(number * 100 + place, {f"{field}|contains": "a"}, logsource={"product": product, "service": service})
        for number, (product, service) in enumerate(LOGS)
        for place, field in enumerate(ANY_FIELD)
    ]
    return Evaluation(log_format(name), loaded(*documents), clock=lambda: NOW)


@pytest.mark.parametrize("name", SOURCE_NAMES)
@settings(max_examples=80, deadline=None)
@given(events=st.lists(objects, max_size=4))
def test_no_object_whatever_breaks_the_evaluation(name: str, events: list[dict[str, Any]]) -> None:
    stream = io.BufferedReader(io.BytesIO(jsonl(*events)))  # type: ignore[type-var]
    told = [line for line, _ in searching_everywhere(name).lines(stream)]
    assert len(told) == len(events)
    for one in told:
        assert set(one) in ({"error"}, {"event", "matches"})
