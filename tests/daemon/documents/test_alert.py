"""Detections as documents: ECS as it stands, who did what, and one id for one match."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest

from collectors.model import encode
from daemon.documents.ecs import ECS_VERSION
from daemon.documents.publisher import Audience, EcsPublisher
from daemon.documents.wording import evidence_summary
from daemon.following.detections import Detection
from daemon.following.reading import Reader
from daemon.logs.formats import log_format
from daemon.own_rules import own_rules
from daemon.shipping.sinks.installation import component_templates
from detectors.catalogue import catalogue
from detectors.sigma.rules import load_directories
from tests.bench.cloudtrail_corpus import events
from tests.fakes.elasticsearch_mapping import IndexMapping, merged
from tests.fakes.followed_logs import WRITTEN, event, read_of, rules
from tests.fakes.log_events import S3_LINE
from tests.fakes.posture import ACCOUNT, START
from tests.fakes.schemas import ecs_problems

PUBLISHER = EcsPublisher(
    [Audience(sink="file", posture=False), Audience(sink="elasticsearch", posture=True)],
    version="1.2.3",
    catalogue=catalogue(),
    namespace="prod",
)


NAMES = ("logs-cspmd@mappings", "logs-cspmd.findings@mappings")
MAPPING = IndexMapping(
    reduce(
        merged,
        [one.definition["template"]["mappings"] for name in NAMES for one in component_templates() if one.name == name],
    ),
    {},
)


def alert(raw: bytes, source: str = "aws.cloudtrail") -> dict[str, Any]:
    """Return the document of an event, whatever it is, as if the test's rule matched it."""
    format_ = log_format(source)
    record = format_.decode(raw)
    kind = format_.kind(record)
    assert kind.telling is not None
    found = Detection(
        uid="f00",
        rule=WRITTEN,
        title="A policy was written",
        severity=rules().rules[0].severity,
        event=kind.telling.event(record, raw, lambda _: ACCOUNT),
        document=kind.document(record, raw),
        description="Somebody wrote a bucket's policy.",
        references=("https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html",),
    )
    documents = list(PUBLISHER.detection(found, found.judgement("bucket"), START))
    assert [(one.sink, one.uid, one.dataset.value) for one in documents] == [
        ("file", "f00", "findings"),
        ("elasticsearch", "f00", "findings"),
    ]
    body: dict[str, Any] = json.loads(documents[0].body)
    return body


def raw_events() -> Iterator[tuple[str, bytes]]:
    for one in events(60):
        yield "aws.cloudtrail", one
    yield "aws.cloudtrail", encode(event(1, errorCode="AccessDenied", errorMessage="no"))
    yield "aws.cloudtrail", encode(read_of(1))
    yield "aws.s3access", S3_LINE.encode()


@pytest.mark.parametrize(("source", "raw"), list(raw_events()))
def test_alerts_are_as_ecs_has_them(source: str, raw: bytes) -> None:
    document = alert(raw, source)
    assert ecs_problems(document) == []
    MAPPING.check(document)


def test_an_alert_tells_who_did_what_to_which_bucket_and_by_which_rule_it_was_found() -> None:
    document = alert(encode(event(7)))
    assert document["ecs"] == {"version": ECS_VERSION}
    assert document["data_stream"] == {"type": "logs", "dataset": "cspmd.findings", "namespace": "prod"}
    assert document["@timestamp"] == "2026-03-01T12:00:00Z"
    assert document["message"] == (
        f"A policy was written: by alice (PutBucketPolicy) from 198.51.100.7, in {ACCOUNT}, eu-central-1."
    )
    told = document["event"]
    assert (told["kind"], told["id"], told["severity"]) == ("alert", "f00", 73)
    assert (told["action"], told["outcome"]) == ("PutBucketPolicy", "success")
    assert document["rule"]["id"] == f"event.sigma.{WRITTEN}"
    assert document["rule"]["name"] == "A policy was written"
    assert document["user"]["name"] == "alice"
    assert document["source"]["ip"] == "198.51.100.7"
    assert document["resource"] == {
        "id": "arn:aws:s3:::b",
        "name": "b",
        "type": "cloud-storage",
        "sub_type": "aws-s3",
    }
    assert document["cloud"]["account"] == {"id": ACCOUNT}
    assert document["cspmd"]["actor"]["event_id"] == "event-7"
    assert document["result"]["evidence"]["record"]["requestParameters"] == {"bucketName": "b"}
    assert "aws" not in document
    assert "original" not in document["event"]


def test_a_line_that_is_no_object_is_evidence_as_text() -> None:
    document = alert(S3_LINE.encode(), "aws.s3access")
    assert document["result"]["evidence"]["record"] == {"line": S3_LINE}


def test_the_rules_that_ship_match_and_each_match_is_known_by_event_and_rule() -> None:
    reader = Reader(log_format("aws.cloudtrail"), load_directories([own_rules()]))
    batch = reader.read(list(events(3000)), lambda _: ACCOUNT)
    assert batch.records == 3000
    assert batch.undecodable == 0
    assert [one for one in batch.told if one.hits]
    assert [one.event.time for one in batch.told] == sorted(one.event.time for one in batch.told)


@pytest.mark.parametrize(("more", "told"), [({}, ""), ({"errorCode": "AccessDenied"}, ", which failed")])
def test_a_detection_is_told_in_few_words(more: dict[str, str], told: str) -> None:
    raw = encode(event(1, **more))
    format_ = log_format("aws.cloudtrail")
    record = format_.decode(raw)
    telling = format_.kind(record).telling
    assert telling is not None
    found = Detection(
        uid="f00",
        rule=WRITTEN,
        title="A policy was written",
        severity=rules().rules[0].severity,
        event=telling.event(record, raw, lambda _: ACCOUNT),
        document={},
    )
    assert evidence_summary(found.judgement("bucket")) == f"A policy was written (PutBucketPolicy{told})"
