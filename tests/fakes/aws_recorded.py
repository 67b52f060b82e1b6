"""A whole account as moto answers it once and a fast server ever after, to measure cspmd and not moto.

``recording(port)`` is a proxy that keeps the newest answer to each request; ``recorded(file, delay=0.03)`` then gives
them again, each so many seconds late, from one asyncio loop in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.fakes.aws_faults import Faults, operation_of
from tests.fakes.aws_replay import NOT_IMPLEMENTED, Replay, serve, wire

_ROOT = Path(__file__).parents[2]
_KEPT = ("Content-Type", "x-amz-bucket-region")


class Recording:
    """What was asked so far, and what the server behind the proxy at ``url`` answered."""

    def __init__(self, port: int) -> None:
        self.url = ""
        self._upstream = Faults(port)
        self._lock = threading.Lock()
        self._answers: dict[str, dict[str, Any]] = {}

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        """Ask the server behind, keep its answer and return it."""
        status, told, content = self._upstream.forward(method, target, headers, body)
        kept = {name: told[name] for name in _KEPT if told.get(name) is not None}
        answer = {"status": status, "headers": kept, "body": base64.b64encode(content).decode()}
        with self._lock:
            self._answers[_key(method, target, headers, body)] = answer
        return answer

    def answer_instead(self, operation: str, content: bytes) -> None:
        """Give this answer to an operation, where the server has no such operation."""
        with self._lock:
            self._answers[operation] = {"status": 200, "headers": {}, "body": base64.b64encode(content).decode()}

    def instead(self, operation: str) -> dict[str, Any] | None:
        """Return what was given for an operation."""
        with self._lock:
            return self._answers.get(operation)

    def save(self, file: Path) -> None:
        """Write everything down."""
        with self._lock:
            file.write_text(json.dumps(self._answers))


class Account:
    """The recorded answers, as ``aws_replay.serve`` asks for them."""

    def __init__(self, answers: dict[str, dict[str, Any]]) -> None:
        self._answers = {key: wire(answer) for key, answer in answers.items()}

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
        """Return the operation's name and its answer on the wire."""
        operation = operation_of(method, target, _cased(headers), body).operation
        found = self._answers.get(_key(method, target, headers, body)) or self._answers.get(operation)
        return (operation, found) if found is not None else (f"unrecorded {operation}", NOT_IMPLEMENTED)


def _cased(headers: dict[str, str]) -> dict[str, str]:
    names = {"authorization": "Authorization", "x-amz-target": "X-Amz-Target"}
    return {names.get(name, name): value for name, value in headers.items()}


def _key(method: str, target: str, headers: dict[str, str], body: bytes) -> str:
    told = {name.lower(): value for name, value in headers.items()}
    scope = told.get("authorization", "").partition("Credential=")[2].partition(",")[0].split("/")[2:4]
    parts = (method, target, *scope, told.get("x-amz-target", ""), hashlib.sha256(body).hexdigest())
    return " ".join(parts)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recording: Recording

    def log_message(self, *_: object) -> None:
        pass

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers)
        operation = operation_of(self.command, self.path, headers, body).operation
        answer = self.recording.instead(operation) or self.recording.answer(self.command, self.path, headers, body)
        content = base64.b64decode(answer["body"])
        self.send_response(answer["status"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0" if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = _handle  # noqa: N815 - http.server's own names


@contextmanager
def recording(port: int) -> Iterator[Recording]:
    """Record what passes to the server on a port."""
    made = Recording(port)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"recording": made}))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def recorded(file: Path, *, delay: float = 0.0) -> Iterator[Replay]:
    """Serve a recording from a process that ends with the block."""
    command = [sys.executable, "-m", "tests.fakes.aws_recorded", str(file), "--delay", str(delay)]
    process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Replay(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    options = parser.parse_args()
    asyncio.run(serve(Account(json.loads(options.file.read_text())), options.delay))


if __name__ == "__main__":
    _main()
