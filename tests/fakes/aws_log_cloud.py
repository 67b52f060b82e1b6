"""A loopback endpoint that speaks what log sources ask for, with times that a test decides on.

STS GetCallerIdentity; S3 ListObjectsV2 and GetObject; SQS over its JSON protocol; CloudTrail LookupEvents over
JSON 1.1: newest first, 50 a page, NextToken, both times inclusive and in whole seconds.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

ACCOUNT = "123456789012"


@dataclass
class Queued:
    """A message; hidden until ``visible_at``."""

    id: str
    body: str
    visible_at: float = 0.0
    received: int = 0
    handle: str = ""


@dataclass(repr=False)
class LogCloud:
    """What is in the cloud.

    ``now`` is the clock of the queue; ``denied`` are refused S3 keys, with the words; ``failing`` are operations
    with the status and code they fail with; so many next calls of LookupEvents are ``throttled``;
    each answer of S3 takes ``latency`` seconds.
    """

    url: str = ""
    now: float = 0.0
    page: int = 1000
    objects: dict[str, dict[str, tuple[bytes, float]]] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    failing: dict[str, tuple[int, str]] = field(default_factory=dict)
    throttled: int = 0
    latency: float = 0.0
    messages: list[Queued] = field(default_factory=list)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    read: list[str] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, bucket: str, key: str, content: bytes, modified: float) -> None:
        """Put an object; it bears this date."""
        with self.lock:
            self.objects.setdefault(bucket, {})[key] = (content, modified)

    def send(self, body: str) -> str:
        """Put a message on the queue."""
        with self.lock:
            self.calls["sent"] += 1
            message = Queued(id=f"message-{self.calls['sent']}", body=body)
            self.messages.append(message)
            return message.id

    def happen(self, region: str, event_id: str, at: float, record: str | None = None) -> None:
        """Put an event into a region's history."""
        event = {"EventId": event_id, "EventName": "Some", "EventTime": int(at)}
        if record is not None:
            event["CloudTrailEvent"] = record
        with self.lock:
            self.events.setdefault(region, []).append(event)

    # What follows answers requests.

    def s3(self, path: str, query: dict[str, str]) -> tuple[int, bytes, str]:
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        time.sleep(self.latency)
        with self.lock:
            if bucket not in self.objects:
                return _error(404, "NoSuchBucket")
            if key:
                return self._get(bucket, key)
            self.calls["ListObjectsV2"] += 1
            self.starts.append(query.get("start-after", ""))
            if "ListObjectsV2" in self.failing:
                return _error(*self.failing["ListObjectsV2"])
            return self._list(bucket, query)

    def _get(self, bucket: str, key: str) -> tuple[int, bytes, str]:
        self.calls["GetObject"] += 1
        if "GetObject" in self.failing:
            return _error(*self.failing["GetObject"])
        if key in self.denied:
            return _error(403, "AccessDenied", self.denied[key])
        if key not in self.objects[bucket]:
            return _error(404, "NoSuchKey")
        self.read.append(key)
        return 200, self.objects[bucket][key][0], "binary/octet-stream"

    def _list(self, bucket: str, query: dict[str, str]) -> tuple[int, bytes, str]:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        most = min(self.page, int(query.get("max-keys", "1000")))
        contents: list[str] = []
        folders: list[str] = []
        token = last = ""
        for key in sorted(self.objects[bucket]):
            if not key.startswith(prefix) or key <= after or (folders and key.startswith(folders[-1])):
                continue
            rest = key[len(prefix) :]
            folder = prefix + rest[: rest.index(delimiter) + 1] if delimiter and delimiter in rest else ""
            if folder and after.startswith(folder):
                continue
            if len(contents) + len(folders) == most:
                token = last
                break
            last = folder + "\U0010ffff" if folder else key
            if folder:
                folders.append(folder)
            else:
                contents.append(key)
        entries = "".join(_entry(key, *self.objects[bucket][key]) for key in contents)
        common = "".join(f"<CommonPrefixes><Prefix>{quote(one, safe='/')}</Prefix></CommonPrefixes>" for one in folders)
        more = f"<NextContinuationToken>{escape(token)}</NextContinuationToken>" if token else ""
        text = (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<EncodingType>url</EncodingType><IsTruncated>{'true' if token else 'false'}</IsTruncated>{more}"
            f"{entries}{common}</ListBucketResult>"
        )
        return 200, text.encode(), "application/xml"

    def sqs(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.calls[operation] += 1
            if operation == "ReceiveMessage":
                return self._receive(asked)
            if operation == "GetQueueAttributes":
                return {"Attributes": {}}
            known = {message.handle: message for message in self.messages if message.handle}
            done, failed = [], []
            for entry in asked["Entries"]:
                message = known.get(entry["ReceiptHandle"])
                if message is None:
                    failed.append({"Id": entry["Id"], "Code": "ReceiptHandleIsInvalid", "SenderFault": True})
                    continue
                done.append({"Id": entry["Id"]})
                if operation == "DeleteMessageBatch":
                    self.messages.remove(message)
                else:
                    message.visible_at = self.now + entry["VisibilityTimeout"]
            return {"Successful": done, "Failed": failed}

    def _receive(self, asked: dict[str, Any]) -> dict[str, Any]:
        taken = [message for message in self.messages if message.visible_at <= self.now][: asked["MaxNumberOfMessages"]]
        for message in taken:
            message.received += 1
            message.visible_at = self.now + asked["VisibilityTimeout"]
            message.handle = f"{message.id}/{message.received}"
        return {
            "Messages": [
                {
                    "MessageId": message.id,
                    "ReceiptHandle": message.handle,
                    "Body": message.body,
                    "Attributes": {"ApproximateReceiveCount": str(message.received)},
                }
                for message in taken
            ]
        }

    def lookup(self, region: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.lock:
            self.calls["LookupEvents"] += 1
            if "LookupEvents" in self.failing:
                status, code = self.failing["LookupEvents"]
                return status, {"__type": code, "message": "as planned"}
            if self.throttled:
                self.throttled -= 1
                return 400, {"__type": "ThrottlingException", "message": "Rate exceeded"}
            start, end = asked.get("StartTime", 0), asked.get("EndTime", 2**40)
            found = [event for event in self.events.get(region, ()) if int(start) <= event["EventTime"] <= int(end)]
            found.sort(key=lambda event: -event["EventTime"])
            begin = int(asked.get("NextToken", "0"))
            size = min(50, asked.get("MaxResults", 50))
            answer: dict[str, Any] = {"Events": found[begin : begin + size]}
            if begin + size < len(found):
                answer["NextToken"] = str(begin + size)
            return 200, answer


def _entry(key: str, content: bytes, modified: float) -> str:
    return (
        f"<Contents><Key>{quote(key, safe='/')}</Key><LastModified>{_stamp(modified)}</LastModified>"
        f"<Size>{len(content)}</Size></Contents>"
    )


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _error(status: int, code: str, message: str = "as planned") -> tuple[int, bytes, str]:
    return status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode(), "application/xml"


_IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    f"<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/t</Arn><UserId>t</UserId>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this a small answer waits for the acknowledgement of its headers.
    disable_nagle_algorithm = True
    cloud: LogCloud

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        self._answer(*self.cloud.s3(url.path, query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        target = self.headers.get("X-Amz-Target", "")
        service, _, operation = target.rpartition(".")
        if service == "AmazonSQS":
            answer = self.cloud.sqs(operation, json.loads(body))
            self._answer(200, json.dumps(answer).encode(), "application/x-amz-json-1.0")
        elif operation == "LookupEvents":
            region = self.headers["Authorization"].split("Credential=")[1].split("/")[2]
            status, found = self.cloud.lookup(region, json.loads(body))
            self._answer(status, json.dumps(found).encode(), "application/x-amz-json-1.1")
        else:
            self._answer(200, _IDENTITY.encode(), "text/xml")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def log_cloud() -> Iterator[LogCloud]:
    """Serve an empty cloud on a free port."""
    cloud = LogCloud()
    handler = type("Handler", (_Handler,), {"cloud": cloud})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def trail_file(*ids: str) -> bytes:
    """Return a trail's file with one record for each id."""
    return gzip.compress(json.dumps({"Records": [{"eventVersion": "1.08", "eventID": one} for one in ids]}).encode())


def trail_key(at: datetime, unique: str, *, account: str = ACCOUNT, region: str = "eu-west-1", above: str = "") -> str:
    """Return the key of a trail's file."""
    return (
        f"{above}AWSLogs/{account}/CloudTrail/{region}/{at:%Y/%m/%d}/"
        f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%M}Z_{unique}.json.gz"
    )
