"""Recorded answers of a real AWS, put back on the wire: the collector reads them, the detectors judge them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import pytest

from collectors.aws.s3 import S3Collector
from collectors.aws.session import AwsAccount
from collectors.model import Bucket, Known, Provider, Scope, Switch, Unread, UnreadReason
from detectors.catalogue import catalogue
from detectors.engine import judge
from detectors.model import Judgement, Policy, Verdict

ACCOUNT = "644160558196"
SCOPE = Scope(target="recorded", provider=Provider.AWS, account=ACCOUNT, region="global", collector="aws.s3")
DENIED = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    f"<Arn>arn:aws:iam::{ACCOUNT}:user/auditor</Arn><UserId>AIDAEXAMPLE</UserId><Account>{ACCOUNT}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
ROOTS = {"ListBuckets": "ListAllMyBucketsResult", "GetBucketAcl": "AccessControlPolicy"}
SUBRESOURCES = {
    "acl": "GetBucketAcl",
    "ownershipControls": "GetBucketOwnershipControls",
    "publicAccessBlock": "GetPublicAccessBlock",
}
ACCOUNT_BLOCK = "v20180820/configuration/publicAccessBlock"
NOT_CONFIGURED = {
    "GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "GetBucketOwnershipControls": "OwnershipControlsNotFoundError",
}
"""What is answered where nothing was recorded; everything else is denied, as to an auditor of few rights."""


class Recording:
    """The answers of one recording: by operation, for each bucket the one that was recorded for it in turn."""

    def __init__(self, path: Path) -> None:
        responses = [entry for entry in json.loads(path.read_text())["responses"] if entry["status"] != 204]
        self.answers: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        for entry in sorted(responses, key=lambda entry: entry["call"]):
            operation = entry["operation"].partition(".")[2]
            self.answers.setdefault(operation, []).append((entry["status"], entry["data"]))
        self.buckets = [bucket["Name"] for bucket in self.answers["ListBuckets"][0][1]["Buckets"]]

    def answer(self, method: str, target: str) -> tuple[int, str]:
        """Return status and body for a request."""
        split = urlsplit(target)
        if method == "POST":
            return 200, IDENTITY
        name = split.path.strip("/")
        if name == ACCOUNT_BLOCK:
            return 404, f"<Error><Code>{NOT_CONFIGURED['GetPublicAccessBlock']}</Code></Error>"
        operation = "ListBuckets" if not name else SUBRESOURCES.get(split.query.partition("&")[0].rstrip("="), "")
        recorded = self.answers.get(operation, [])
        turn = self.buckets.index(name) if name in self.buckets else 0
        status, data = recorded[turn] if turn < len(recorded) else unrecorded(operation)
        if "Error" in data:
            return status, f"<Error>{xml(data['Error'])}</Error>"
        root = ROOTS.get(operation)
        body = {key: value for key, value in data.items() if key != "ResponseMetadata"}
        return status, f"<{root}>{xml(body)}</{root}>" if root else xml(body)


def unrecorded(operation: str) -> tuple[int, Mapping[str, Any]]:
    code = NOT_CONFIGURED.get(operation)
    return (403, DENIED) if code is None else (404, {"Error": {"Code": code}})


def xml(value: Any) -> str:
    """Write what boto3 parsed back as the XML it came from: lists wrap their members in the singular."""
    if isinstance(value, Mapping) and value.get("__class__") == "datetime":
        parts = (value[part] for part in ("year", "month", "day", "hour", "minute", "second"))
        return datetime(*parts).isoformat() + ".000Z"  # noqa: DTZ001 - S3 writes the Z itself
    if isinstance(value, Mapping):
        return "".join(element(key, item) for key, item in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))


def element(name: str, value: Any) -> str:
    if isinstance(value, list):
        if name == "Grants":
            return f"<AccessControlList>{''.join(element('Grant', item) for item in value)}</AccessControlList>"
        return f"<{name}>{''.join(element(name.removesuffix('s'), item) for item in value)}</{name}>"
    if name == "Grantee":
        kind = f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="{value["Type"]}"'
        return f"<Grantee {kind}>{xml({key: item for key, item in value.items() if key != 'Type'})}</Grantee>"
    return f"<{name}>{xml(value)}</{name}>"


@contextmanager
def replayed(recording: Recording) -> Iterator[str]:
    """Serve a recording and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, text = recording.answer(self.command, self.path)
            body = b"" if self.command == "HEAD" else text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_HEAD = do_POST = _answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def read(path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Bucket]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with replayed(Recording(path)) as url:
        account = AwsAccount.connect(ACCOUNT, endpoint_url=url, regions=["us-east-1"])
        streamed = list(S3Collector(account).collect(SCOPE))
    buckets = [item for item in streamed if isinstance(item, Bucket)]
    assert len(buckets) == len(streamed), streamed
    return {bucket.name: bucket for bucket in buckets}


def judged(bucket: Bucket, uid: str) -> Judgement:
    judgement = judge(catalogue()[uid], bucket, Policy(), datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    assert judgement is not None
    return judgement


def test_a_block_that_is_set_absent_or_refused(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buckets = read(shared / "recordings" / "aws" / "test_s3_check_public_block.json", monkeypatch)
    absent, refused, set_ = (
        buckets[name]
        for name in ("644160558196-us-east-1-s3-logs", "my-locked-down-bucket", "644160558196-us-east-2-s3-logs")
    )
    assert isinstance(refused.switches, Unread)
    assert refused.switches.reason is UnreadReason.DENIED
    assert refused.switches.permission == "s3:GetBucketPublicAccessBlock"
    assert set_.policy_silenced == Known(Switch(on=True, by=("bucket RestrictPublicBuckets",)))
    assert set_.acl_silenced == absent.policy_silenced == Known(Switch(on=False))
    for bucket in buckets.values():
        assert judged(bucket, "storage.public_access").verdict is Verdict.UNKNOWN


def test_an_acl_that_lets_everyone_write_is_proof_enough(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bucket,) = read(shared / "recordings" / "aws" / "test_s3_grants.json", monkeypatch).values()
    judgement = judged(bucket, "storage.public_access")
    assert judgement.verdict is Verdict.FAIL
    assert "anonymous-internet" in json.dumps([evidence.data for evidence in judgement.evidence], default=str)
