"""Elasticsearch over real HTTP as far as shipping needs it, strict where the real one is strict.

It checks media types, NDJSON framing, credentials and privileges, takes only ``create`` into data
streams, makes those from index templates, and judges each document by the mapping that the installed
templates give. Ids are unique within one backing index only. Faults are injected through
:attr:`ElasticsearchServer.faults`. Run it alone with ``python -m tests.fakes.elasticsearch_server``.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.fakes.elasticsearch_api import COMPATIBLE_JSON, COMPATIBLE_NDJSON, Call, Fault, Seen
from tests.fakes.elasticsearch_store import RequestError, Store

__all__ = ["COMPATIBLE_NDJSON", "ElasticsearchServer", "Fault"]


class ElasticsearchServer:
    """A cluster of one node. ``stop`` and ``start`` again keep what it holds, at the same address."""

    def __init__(
        self,
        port: int = 0,
        *,
        api_key: str = "",
        username: str = "",
        password: str = "",
        denied: tuple[str, ...] = (),
        largest_body: int = 100 * 1024 * 1024,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        self.store = Store()
        self.faults: list[Fault] = []
        self.requests: list[Seen] = []
        self.violations: list[str] = []
        self.denied = set(denied)
        self.largest_body = largest_body
        self.credentials = _expected(api_key, username, password)
        self.tls = tls
        self._port = port
        self._http: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        if self._http is None:
            self.reserve_address()
        assert self._http is not None
        self._http.server_activate()
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._http is None:
            return
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        self._http.cut_connections()
        self._http = self._thread = None

    def reserve_address(self) -> None:
        """Take the address without listening: clients can be given it, and are refused until the start."""
        self._http = _Server(("127.0.0.1", self._port), self)
        self._port = self._http.server_address[1]

    def documents(self, stream: str = "*") -> list[tuple[str, str, dict[str, Any]]]:
        """Return (index, id, source) of everything stored, found by a search already or not."""
        with self.store.lock:
            return [
                (index.name, uid, stored.source)
                for one in self.store.matching(stream)
                for index in one.indices
                for uid, stored in index.documents.items()
            ]

    def ids(self, stream: str = "*") -> list[str]:
        return [uid for _, uid, _ in self.documents(stream)]

    def paths(self, part: str) -> list[Seen]:
        return [seen for seen in self.requests if part in seen.path]

    def take_fault(self, path: str) -> Fault | None:
        with self.store.lock:
            for fault in self.faults:
                if fault.path in path and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], cluster: ElasticsearchServer) -> None:
        super().__init__(address, _Handler, bind_and_activate=False)
        self.server_bind()
        if cluster.tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*cluster.tls)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.cluster = cluster
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that clients or faults cut are no errors of the server."""

    def cut_connections(self) -> None:
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        cluster = self.server.cluster
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, len(body))
        cluster.requests.append(seen)
        fault = cluster.take_fault(self.path)
        if fault is not None and fault.reset == "before":
            self._cut()
            return
        status, answer, extra = self._answer(seen, body, fault)
        if fault is not None:
            if fault.then is not None:
                fault.then()
            time.sleep(fault.delay)
            if fault.reset == "after":
                self._cut()
                return
        self._send(status, answer, extra)

    def _answer(self, seen: Seen, body: bytes, fault: Fault | None) -> tuple[int, Any, Mapping[str, str]]:
        try:
            return 200, Call(self.server.cluster, seen, body, fault).answer(), {}
        except RequestError as error:
            cause = {"type": error.kind, "reason": error.reason}
            return error.status, {"error": {"root_cause": [cause], **cause}, "status": error.status}, error.headers

    do_GET = do_HEAD = do_POST = do_PUT = _handle  # noqa: N815 - the names http.server looks for

    def _send(self, status: int, answer: Any, headers: Mapping[str, str]) -> None:
        text = b"" if self.command == "HEAD" else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", COMPATIBLE_JSON.replace(" ", ""))
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def _cut(self) -> None:
        """Reset the connection instead of closing it in order."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


def _expected(api_key: str, username: str, password: str) -> set[str]:
    found = set()
    if api_key:
        found.add(f"ApiKey {api_key}")
    if username:
        found.add("Basic " + base64.b64encode(f"{username}:{password}".encode()).decode())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Elasticsearch for demonstrations: keeps everything in memory.")
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--api-key", default="")
    parser.add_argument("--username", default="")
    parser.add_argument("--password", default="")
    options = parser.parse_args()
    server = ElasticsearchServer(
        options.port, api_key=options.api_key, username=options.username, password=options.password
    )
    with server:
        print(server.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
