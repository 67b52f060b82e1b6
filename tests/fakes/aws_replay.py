"""A fast server that replays what moto answered once, to measure cspmd and not moto.

``python -m tests.fakes.aws_replay record FILE`` seeds a moto server with one bucket of each shape and
writes down its answers as they came over the wire. ``replay(buckets=1000, delay=0.03)`` then serves an
estate of any size from them: a bucket's name says its shape, and its own name takes the place of the
recorded one. The server is one asyncio loop in a process of its own; an answer costs it about 0.05 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

from tests.fakes.aws_estate import MIX, NAME, name_of, put_bucket, region_of, shape_of

RECORDING = Path(__file__).with_name("aws_replay_recording.json")

_ROOT = Path(__file__).parents[2]

SUBRESOURCES = (
    "acl",
    "encryption",
    "location",
    "logging",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "tagging",
    "versioning",
    "website",
)

_ACCOUNT_CALLS: dict[str, tuple[str, str, str, dict[str, str], str]] = {
    "ListBuckets": ("s3", "GET", "/", {}, ""),
    "GetPublicAccessBlock": ("s3", "GET", "/v20180820/configuration/publicAccessBlock", {}, ""),
    "ListAccessPoints": ("s3", "GET", "/v20180820/accesspoint", {}, ""),
    "ListMultiRegionAccessPoints": ("s3", "GET", "/v20180820/mrap/instances", {}, ""),
    "GetCallerIdentity": ("sts", "POST", "/", {}, "Action=GetCallerIdentity&Version=2011-06-15"),
    **{
        action: ("ec2", "POST", "/", {}, f"Action={action}&Version=2016-11-15")
        for action in ("DescribeRegions", "DescribeSecurityGroups", "DescribeNetworkInterfaces")
    },
    "DescribeOrganization": (
        "organizations",
        "POST",
        "/",
        {
            "X-Amz-Target": "AWSOrganizationsV20161128.DescribeOrganization",
            "Content-Type": "application/x-amz-json-1.1",
        },
        "{}",
    ),
}


def record(port: int, client_in: Any) -> dict[str, Any]:
    """Seed the moto server on ``port`` and return its answers: per account call, and per shape and subresource."""
    names = {shape: NAME.format(shape=shape, number=0) for shape in sorted(set(MIX))}
    for shape, name in names.items():
        put_bucket(client_in, name, shape)
    account = {
        operation: _ask(port, service, method, path, body=body, **headers)
        for operation, (service, method, path, headers, body) in _ACCOUNT_CALLS.items()
    }
    buckets = {
        str(shape): {
            "HEAD": _ask(port, "s3", "HEAD", f"/{name}"),
            **{sub: _ask(port, "s3", "GET", f"/{name}?{sub}") for sub in SUBRESOURCES},
        }
        for shape, name in names.items()
    }
    return {"source": "moto server", "account": account, "buckets": buckets}


def _ask(port: int, service: str, method: str, path: str, *, body: str = "", **headers: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    scope = (
        f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body.startswith("Action=") else {}
    account = {"x-amz-account-id": "123456789012"}
    connection.request(method, path, body=body, headers={"Authorization": scope, **form, **account, **headers})
    answer = connection.getresponse()
    kept = {name: value for name, value in answer.getheaders() if name.lower() in _KEPT}
    content = base64.b64encode(answer.read()).decode()
    connection.close()
    return {"status": answer.status, "headers": kept, "body": content}


_KEPT = frozenset({"content-type", "x-amz-bucket-region", "x-amz-request-id", "x-amzn-requestid"})


class Answers(Protocol):
    """What there is to be asked."""

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
        """Return the operation's name and its answer on the wire."""


class Estate:
    """The answers for ``buckets`` buckets. With ``regions_listed`` the listing says regions, as S3 does."""

    def __init__(self, recording: dict[str, Any], *, buckets: int, regions_listed: bool) -> None:
        self._account = {name: wire(answer) for name, answer in recording["account"].items()}
        listing = recording["account"]["ListBuckets"]
        self._account["ListBuckets"] = wire(listing, _listing(listing, buckets, regions_listed=regions_listed))
        self._shapes = {
            shape: {sub: wire(answer) for sub, answer in answers.items()}
            for shape, answers in recording["buckets"].items()
        }
        self._known = {name_of(number) for number in range(buckets)}

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
        """Return the operation's name and its answer on the wire."""
        path, _, query = target.partition("?")
        if method == "POST":
            name = headers.get("x-amz-target", "").rpartition(".")[2] or dict(parse_qsl(body.decode())).get(
                "Action", ""
            )
            return name, self._account.get(name, NOT_IMPLEMENTED)
        if path == "/":
            return "ListBuckets", self._account["ListBuckets"]
        if path.startswith("/v20180820/"):
            name = {
                "configuration/publicAccessBlock": "GetPublicAccessBlock",
                "accesspoint": "ListAccessPoints",
                "mrap/instances": "ListMultiRegionAccessPoints",
            }.get(path.removeprefix("/v20180820/"), path)
            return name, self._account.get(name, NOT_IMPLEMENTED)
        bucket = path.lstrip("/").rstrip("/")
        sub = "HEAD" if method == "HEAD" else query.partition("&")[0].partition("=")[0]
        if bucket not in self._known:
            return sub, _NO_BUCKET
        shape = str(shape_of(bucket))
        recorded = NAME.format(shape=shape, number=0).encode()
        return sub, self._shapes[shape].get(sub, NOT_IMPLEMENTED).replace(recorded, bucket.encode())


def _listing(answer: dict[str, Any], buckets: int, *, regions_listed: bool) -> bytes:
    text = base64.b64decode(answer["body"]).decode()
    first, last = text.index("<Bucket>"), text.rindex("</Bucket>") + len("</Bucket>")
    entry = text[first : text.index("</Bucket>") + len("</Bucket>")]
    recorded = entry[entry.index("<Name>") + 6 : entry.index("</Name>")]
    entries = []
    for number in range(buckets):
        name = name_of(number)
        region = f"<BucketRegion>{region_of(shape_of(name))}</BucketRegion>" if regions_listed else ""
        entries.append(entry.replace(recorded, name).replace("</Bucket>", f"{region}</Bucket>"))
    return (text[:first] + "".join(entries) + text[last:]).encode()


def wire(answer: dict[str, Any], body: bytes | None = None) -> bytes:
    """Return a recorded answer as it goes over the wire, with another body where one is given."""
    content = base64.b64decode(answer["body"]) if body is None else body
    status = http.client.responses.get(answer["status"], "")
    lines = [
        f"HTTP/1.1 {answer['status']} {status}",
        *(f"{name}: {value}" for name, value in answer["headers"].items()),
    ]
    lines += [f"Content-Length: {len(content)}", "Date: Thu, 01 Jan 2026 00:00:00 GMT", "Server: replay"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _error(status: int, code: str) -> bytes:
    body = base64.b64encode(f"<Error><Code>{code}</Code><Message>replayed</Message></Error>".encode()).decode()
    return wire({"status": status, "headers": {"Content-Type": "application/xml"}, "body": body})


NOT_IMPLEMENTED = _error(501, "NotImplemented")
_NO_BUCKET = _error(404, "NoSuchBucket")


class _Connection(asyncio.Protocol):
    def __init__(self, server: _Server) -> None:
        self._server = server
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            first, *rest = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            method, target, _ = first.split(" ", 2)
            answer = self._server.take(method, target, headers, body)
            if self._server.delay:
                asyncio.get_running_loop().call_later(self._server.delay, self._transport.write, answer)
            else:
                self._transport.write(answer)


class _Server:
    def __init__(self, estate: Answers, delay: float) -> None:
        self.delay = delay
        self._estate = estate
        self._calls: Counter[str] = Counter()
        self._buckets: Counter[str] = Counter()
        self._first: float | None = None

    def take(self, method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
        if target == "/replay/stats":
            told = {"calls": self._calls, "buckets": self._buckets, "first_call_at": self._first}
            content = json.dumps(told).encode()
            if method == "DELETE":
                self._calls.clear()
                self._buckets.clear()
                self._first = None
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content
        if self._first is None:
            self._first = time.time()
        operation, answer = self._estate.answer(method, target, headers, body)
        self._calls[operation] += 1
        bucket = target.partition("?")[0].strip("/")
        if bucket.startswith("estate-"):
            self._buckets[bucket] += 1
        return answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else answer


class Replay:
    """A running replay server: ``url`` for ``endpoint_url``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def stats(self, *, reset: bool = False) -> dict[str, Any]:
        """Return calls by operation and by bucket, and the Unix time of the first; begin anew if told to."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("DELETE" if reset else "GET", "/replay/stats")
        stats: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return stats


@contextmanager
def replay(
    *, buckets: int, delay: float = 0.0, regions_listed: bool = False, recording: Path = RECORDING
) -> Iterator[Replay]:
    """Serve an estate, each answer ``delay`` seconds late, from a process that ends with the block."""
    command = [sys.executable, "-m", "tests.fakes.aws_replay", "serve", str(recording)]
    command += ["--buckets", str(buckets), "--delay", str(delay)]
    if regions_listed:
        command.append("--regions-listed")
    process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Replay(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


async def serve(estate: Answers, delay: float) -> None:
    """Print the port and answer until stdin ends."""
    state = _Server(estate, delay)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(state), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("record", "serve"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--buckets", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--regions-listed", action="store_true")
    options = parser.parse_args()
    if options.command == "record":
        from tests.fakes.aws_moto import moto_server

        with moto_server() as moto:
            recording = record(moto.port, lambda region: moto.client("s3", region=region))
        options.file.write_text(json.dumps(recording, indent=1) + "\n")
        return
    estate = Estate(
        json.loads(options.file.read_text()), buckets=options.buckets, regions_listed=options.regions_listed
    )
    asyncio.run(serve(estate, options.delay))


if __name__ == "__main__":
    _main()
