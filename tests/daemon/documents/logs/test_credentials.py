"""No signature and no session token that a log recorded goes out in a document."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.aws.logs.cloudtrail import decode_record
from collectors.aws.logs.events import cloudtrail_event, s3access_event
from collectors.aws.logs.s3access import decode_line
from daemon.documents.credentials import text_without_credentials
from daemon.documents.detection import Match, detection_finding
from daemon.logs.formats import log_format
from daemon.redaction import HIDDEN
from detectors.model import Severity
from tests.fakes.log_events import S3_LINE, storage_diagnostic
from tests.fakes.sigma_samples import samples

SIGNATURE = "c0ffee11deadbeef"
TOKEN = "FwoGZXIvYXdzEBYaDTOKEN"
PRESIGNED = (
    f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260304T081500Z&X-Amz-Security-Token={TOKEN}%2F%2F&"
    f"X-Amz-SignedHeaders=host&x-amz-signature={SIGNATURE}"
)
OLD = f"AWSAccessKeyId=AKIAEXAMPLE&Expires=1772612100&Signature={SIGNATURE}%3D"
MATCH = Match(uid="d", rule="r", title="t", severity=Severity.HIGH)


def said(source: str, raw: bytes) -> dict[str, Any]:
    known = log_format(source)
    record = known.decode(raw)
    return known.kind(record).document(record, raw)


def access_line(query: str) -> bytes:
    return S3_LINE.replace("?versionId=v1", f"?versionId=v1&{query}").encode()


def cloudtrail(**change: Any) -> bytes:
    event = next(one.event for one in samples() if one.source == "aws.cloudtrail")
    return json.dumps({**event, **change}).encode()


@pytest.mark.parametrize("query", [PRESIGNED, OLD])
def test_a_presigned_request_to_a_bucket(query: str) -> None:
    document = said("aws.s3access", access_line(query))
    text = json.dumps(document)
    assert SIGNATURE not in text
    assert TOKEN not in text
    for told in (document["url"]["query"], document["url"]["original"], document["event"]["original"]):
        assert told.count(HIDDEN) == query.count(SIGNATURE) + query.count(TOKEN)
        assert "versionId=v1" in told
    assert 'HTTP/1.1" 200 - 2326' in document["event"]["original"]
    assert document["aws"]["s3access"]["object_size"] == 2326


def test_a_presigned_referrer() -> None:
    line = S3_LINE.replace("https://portal.example.com/", f"https://b.s3.amazonaws.com/k?{PRESIGNED}").encode()
    assert SIGNATURE not in json.dumps(said("aws.s3access", line))


@pytest.mark.parametrize("separator", ["&", "\\u0026"])
def test_a_shared_access_signature(separator: str) -> None:
    event = storage_diagnostic()
    event["uri"] += f"?sv=2024-11-04&se=2026-03-05&sig={SIGNATURE}%3D&sp=r"
    document = said("azure.storage", json.dumps(event).replace("&", separator).encode())
    assert SIGNATURE not in json.dumps(document)
    assert document["url"]["query"] == f"sv=2024-11-04&se=2026-03-05&sig={HIDDEN}&sp=r"


def test_what_cloudtrail_holds() -> None:
    raw = cloudtrail(
        requestParameters={"X-Amz-Signature": SIGNATURE, "X-Amz-Expires": "3600", "bucketName": "b"},
        responseElements={"credentials": {"accessKeyId": "ASIAEXAMPLE", "sessionToken": TOKEN}},
        userAgent=f"[curl https://b/k?{PRESIGNED}]",
    )
    document = said("aws.cloudtrail", raw)
    text = json.dumps(document)
    assert SIGNATURE not in text
    assert TOKEN not in text
    flattened = document["aws"]["cloudtrail"]["flattened"]
    assert flattened["request_parameters"] == {"X-Amz-Signature": HIDDEN, "X-Amz-Expires": "3600", "bucketName": "b"}
    assert json.loads(document["event"]["original"])["responseElements"]["credentials"] == {
        "accessKeyId": "ASIAEXAMPLE",
        "sessionToken": HIDDEN,
    }


def test_the_evidence_of_a_detection() -> None:
    line = access_line(PRESIGNED)
    raw = cloudtrail(responseElements={"credentials": {"sessionToken": TOKEN}})
    for event in (s3access_event(decode_line(line), line), cloudtrail_event(decode_record(raw), raw)):
        text = json.dumps(detection_finding(MATCH, event, datetime(2026, 3, 4, tzinfo=UTC), version="1"))
        assert HIDDEN in text
        assert SIGNATURE not in text
        assert TOKEN not in text


@pytest.mark.parametrize(
    "text",
    [
        '{"design=x": "sig", "signatureVersion": "SigV4", "SignatureVersion":"SigV4"}',
        "GET /?mysig=1&design=2&X-Amz-SignedHeaders=host",
        '"signature": "of a contract"',
        "",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert text_without_credentials(text) == text
