"""A proxy in front of moto that makes chosen operations fail as AWS and the network fail."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.aws_moto import ACCOUNT

_SUBRESOURCES = {
    "acl": "GetBucketAcl",
    "encryption": "GetBucketEncryption",
    "location": "GetBucketLocation",
    "logging": "GetBucketLogging",
    "object-lock": "GetObjectLockConfiguration",
    "ownershipControls": "GetBucketOwnershipControls",
    "policy": "GetBucketPolicy",
    "policyStatus": "GetBucketPolicyStatus",
    "publicAccessBlock": "GetPublicAccessBlock",
    "replication": "GetBucketReplication",
    "requestPayment": "GetBucketRequestPayment",
    "tagging": "GetBucketTagging",
    "versioning": "GetBucketVersioning",
    "website": "GetBucketWebsite",
}


_CLIENTS = {"elasticfilesystem": "efs", "tagging": "resourcegroupstaggingapi"}
"""What the SDK calls the client of a service that signs by another name."""

_FILE_SYSTEMS = {
    "file-systems": "DescribeFileSystems",
    "file-systems/replication-configurations": "DescribeReplicationConfigurations",
}


@dataclass(frozen=True)
class Call:
    """One request as it came: ``operation`` is ``service:Operation``, ``form`` its parameters that are plain.

    ``account`` is the one whose credentials signed it, as far as the proxy saw them issued.
    """

    operation: str
    bucket: str
    headers: dict[str, str] = field(hash=False)
    form: dict[str, str] = field(hash=False, default_factory=dict)
    query: dict[str, str] = field(hash=False, default_factory=dict)
    region: str = ""
    account: str = ""


@dataclass(frozen=True)
class Fault:
    """How a request fails. A ``body`` without a ``code`` is an answer of success that makes no sense.

    ``rewrite`` changes the true answer's body; ``silent`` leaves out where the bucket lies.
    """

    status: int = 200
    code: str = ""
    body: bytes | None = None
    reset: bool = False
    seconds: float = 0.0
    rewrite: Callable[[bytes], bytes] | None = None
    silent: bool = False


ANY = "*"
"""Every operation, where a plan is made for one."""

_ACCESS_KEY = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")

DENIED = Fault(status=403, code="AccessDenied")
SLOW_DOWN = Fault(status=503, code="SlowDown")
EXPIRED = Fault(status=400, code="ExpiredToken")
UNKNOWN_KEY = Fault(status=403, code="InvalidClientTokenId")
RESET = Fault(reset=True)
GARBAGE = Fault(body=b"\x00<<<< not xml, not json")
GATEWAY_PAGE = Fault(body=b"<html><head><title>Sign in</title></head><body>Welcome</body></html>")


def slow(seconds: float) -> Fault:
    """Answer truthfully, but so much later."""
    return Fault(seconds=seconds)


class Faults:
    """A running proxy: ``url`` for ``endpoint_url``, ``calls`` as they came."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._lock = threading.Lock()
        self._planned: dict[str, list[tuple[Fault, int | None, Callable[[Call], bool]]]] = {}
        self._allowed: frozenset[str] | None = None
        self._issued: dict[str, str] = {}
        self.calls: list[Call] = []
        self.url = ""

    def plan(
        self,
        operation: str,
        fault: Fault,
        *,
        times: int | None = None,
        when: Callable[[Call], bool] = lambda _: True,
    ) -> None:
        """Make an operation fail: always, or so many ``times``; every request, or those that ``when`` picks.

        A plan with ``times`` leaves room for the next one of the same operation; one without replaces all.
        ``ANY`` stands for the operations that have no plan.
        """
        with self._lock:
            planned = self._planned.setdefault(operation, [])
            if times is None:
                planned.clear()
            planned.append((fault, times, when))

    def allow_only(self, operations: frozenset[str]) -> None:
        """Deny every operation that is not one of these."""
        self._allowed = operations

    def clear(self) -> None:
        """Fail nothing more, and forget the calls."""
        with self._lock:
            self._planned.clear()
            self.calls.clear()
            self._allowed = None

    def count(self, operation: str, bucket: str | None = None) -> int:
        """Return how often an operation was called."""
        return sum(call.operation == operation and bucket in (None, call.bucket) for call in list(self.calls))

    def take(self, call: Call) -> Fault | None:
        """Note a request and return how it is to fail."""
        with self._lock:
            self.calls.append(call)
            if self._allowed is not None and call.operation not in self._allowed:
                return DENIED
            planned = self._planned.get(call.operation) or self._planned.get(ANY, [])
            for place, (fault, times, when) in enumerate(planned):
                if times == 0 or not when(call):
                    continue
                if times is not None:
                    planned[place] = (fault, times - 1, when)
                return fault
            return None

    def account_of(self, headers: dict[str, str]) -> str:
        """Return the account whose credentials signed a request."""
        key = headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        with self._lock:
            return self._issued.get(key, ACCOUNT)

    def issued(self, call: Call, answer: bytes) -> None:
        """Remember whose credentials an answer to ``sts:AssumeRole`` holds."""
        role, key = call.form.get("RoleArn", ""), _ACCESS_KEY.search(answer)
        if role and key is not None:
            with self._lock:
                self._issued[key[1].decode()] = role.split(":")[4]

    def forward(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, Any, bytes]:
        """Ask moto; return its status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self._upstream, timeout=30)
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content


def operation_of(method: str, target: str, headers: dict[str, str], body: bytes) -> Call:
    """Say which operation of which service a request is, and on which bucket."""
    url = urlsplit(target)
    query = parse_qs(url.query, keep_blank_values=True)
    region, service = _signed_for(headers)
    if service == "efs":
        name = _FILE_SYSTEMS.get(url.path.removeprefix("/2015-02-01/"), url.path)
        asked = {name: values[0] for name, values in query.items()}
        return Call(f"efs:{name}", "", headers, asked, region=region)
    if service == "backup":
        return Call(f"backup:{_backup(url.path)}", "", headers, {"Path": url.path}, region=region)
    if method == "POST":
        if "X-Amz-Target" in headers:
            name = headers["X-Amz-Target"].rpartition(".")[2]
            return Call(f"{service or 'organizations'}:{name}", "", headers, _plain(body), region=region)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        return Call(f"{service or 'sts'}:{form.get('Action', '?')}", "", headers, form, region=region)
    if url.path.startswith("/v20180820/"):
        return Call(f"s3control:{_control(url.path.removeprefix('/v20180820/'))}", "", headers)
    bucket = url.path.strip("/")
    if not bucket:
        return Call("s3:ListBuckets", "", headers, query={name: values[0] for name, values in query.items()})
    if method == "HEAD":
        return Call("s3:HeadBucket", bucket, headers)
    bucket, _, key = bucket.partition("/")
    name = "GetObject" if key else "ListObjectsV2" if "list-type" in query else "ListObjects"
    name = next((name for sub, name in _SUBRESOURCES.items() if sub in query), name)
    return Call(f"s3:{name}", bucket, headers)


def _signed_for(headers: dict[str, str]) -> tuple[str, str]:
    """Return region and service of a signature's scope, ``…Credential=KEY/DATE/REGION/SERVICE/aws4_request, …``."""
    scope = headers.get("Authorization", "").partition("Credential=")[2].partition(",")[0].split("/")
    return (scope[2], _CLIENTS.get(scope[3], scope[3])) if len(scope) == 5 else ("", "")


def _plain(body: bytes) -> dict[str, str]:
    return {name: value for name, value in json.loads(body or b"{}").items() if isinstance(value, str)}


def _backup(path: str) -> str:
    match path.strip("/").split("/"):
        case ["backup-vaults"]:
            return "ListBackupVaults"
        case ["backup", "plans"]:
            return "ListBackupPlans"
        case ["backup", "plans", _]:
            return "GetBackupPlan"
        case ["tags", _]:
            return "ListTags"
    return path


def _control(path: str) -> str:
    match path.split("/"):
        case ["configuration", "publicAccessBlock"]:
            return "GetPublicAccessBlock"
        case ["accesspoint"]:
            return "ListAccessPoints"
        case ["accesspoint", _]:
            return "GetAccessPoint"
        case ["accesspoint", _, "policy"]:
            return "GetAccessPointPolicy"
        case ["mrap", "instances"]:
            return "ListMultiRegionAccessPoints"
        case ["mrap", "instances", _, "policy"]:
            return "GetMultiRegionAccessPointPolicy"
    return path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out one after the other: without this the second waits 40 ms for the first's receipt.
    disable_nagle_algorithm = True
    faults: Faults

    def log_message(self, *_: object) -> None:
        pass

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers_sent = dict(self.headers)
        call = replace(
            operation_of(self.command, self.path, headers_sent, body), account=self.faults.account_of(headers_sent)
        )
        fault = self.faults.take(call)
        if fault is not None and fault.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        if fault is not None and fault.seconds:
            time.sleep(fault.seconds)
        status, headers, content = self.faults.forward(self.command, self.path, headers_sent, body)
        self.faults.issued(call, content)
        if fault is not None and (fault.code or fault.body is not None):
            status, content = fault.status, fault.body if fault.body is not None else _error(call, fault.code)
        if fault is not None and fault.rewrite is not None:
            content = fault.rewrite(content)
        self.send_response(status)
        # S3 says where a bucket lies even to those it refuses.
        for name in ("Content-Type", "x-amz-bucket-region"):
            if headers.get(name) is not None and not (fault is not None and fault.silent):
                self.send_header(name, headers[name])
        self.send_header("Content-Length", "0" if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - http.server's own names


def _error(call: Call, code: str) -> bytes:
    message = "refused; request id 00000000-dead-beef-0000-000000000000, key AKIAFAKEFAKEFAKEFAKE"
    if "X-Amz-Target" in call.headers or call.operation.startswith(("efs:", "backup:")):
        return json.dumps({"__type": code, "Message": message}).encode()
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if call.operation.startswith("ec2:"):
        return f"<Response><Errors>{error}</Errors><RequestID>0</RequestID></Response>".encode()
    return (error if call.operation.startswith("s3:") else f"<ErrorResponse>{error}</ErrorResponse>").encode()


class _ProxyServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that gave up waiting, which is what some faults are for."""
        if not isinstance(sys.exc_info()[1], ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


@contextmanager
def fault_proxy(upstream: int, *, tls: ssl.SSLContext | None = None) -> Iterator[Faults]:
    """Start a proxy in front of the server on port ``upstream``; with ``tls`` it speaks https."""
    faults = Faults(upstream)
    handler = type("Handler", (_Handler,), {"faults": faults})
    server = _ProxyServer(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    faults.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield faults
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
