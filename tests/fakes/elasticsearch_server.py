"""Elasticsearch over real HTTP as far as shipping needs it, strict where the real one is strict.

It checks media types, NDJSON framing, credentials and privileges, takes only ``create`` into data
streams, makes those from index templates, and judges each document by the mapping that the installed
templates give. Ids are unique within one backing index only. Faults are injected through
:attr:`ElasticsearchServer.faults`. Run it alone with ``python -m tests.fakes.elasticsearch_server``.
"""

from __future__ import annotations

import argparse
import base64
import fnmatch
import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.elasticsearch_store import RequestError, Store

COMPATIBLE_JSON = "application/vnd.elasticsearch+json; compatible-with=8"
COMPATIBLE_NDJSON = "application/vnd.elasticsearch+x-ndjson; compatible-with=8"

# Which privilege each kind of request needs, as the reference of security privileges says.
_PRIVILEGES = {
    ("PUT", "_component_template"): "manage_index_templates",
    ("PUT", "_index_template"): "manage_index_templates",
    ("GET", "_component_template"): "monitor",
    ("GET", "_index_template"): "monitor",
    ("PUT", "_ilm"): "manage_ilm",
    ("GET", "_ilm"): "read_ilm",
    ("POST", "_rollover"): "manage",
    ("POST", "_refresh"): "maintenance",
    ("GET", "_data_stream"): "view_index_metadata",
    ("HEAD", ""): "view_index_metadata",
    ("POST", "_search"): "read",
    ("GET", "_search"): "read",
    ("PUT", "_bulk"): "create_doc",
    ("POST", "_bulk"): "create_doc",
}


@dataclass
class Fault:
    """What goes wrong with the next ``times`` requests whose path contains ``path``.

    ``status`` answers so without doing anything; ``reset`` cuts the connection ``before`` or
    ``after`` the request was carried out; ``delay`` answers late (seconds), the work being done;
    ``then`` is called once the request was carried out; ``items`` gives each document of a bulk
    request this status.
    """

    path: str = "_bulk"
    times: int = 1
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: str = ""
    delay: float = 0.0
    then: Callable[[], object] | None = None
    items: Callable[[str], int] | None = None
    error: tuple[str, str] = ("es_rejected_execution_exception", "rejected execution of coordinating operation")


@dataclass
class Seen:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    size: int


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
        cluster.requests.append(
            Seen(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, len(body))
        )
        fault = cluster.take_fault(self.path)
        if fault is not None and fault.reset == "before":
            self._cut()
            return
        status, answer, headers = self._answer(body, fault)
        if fault is not None:
            if fault.then is not None:
                fault.then()
            time.sleep(fault.delay)
            if fault.reset == "after":
                self._cut()
                return
        self._send(status, answer, headers)

    def _answer(self, body: bytes, fault: Fault | None) -> tuple[int, Any, Mapping[str, str]]:
        try:
            return 200, _Request(self, body, fault).answer(), {}
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


class _Request:
    """One request on its way through: credentials, media types, privilege, then the work."""

    def __init__(self, handler: _Handler, body: bytes, fault: Fault | None) -> None:
        self.cluster = handler.server.cluster
        self.store = self.cluster.store
        self.method = handler.command
        parts = urlsplit(handler.path)
        self.segments = [unquote(part) for part in parts.path.split("/") if part]
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.headers = handler.headers
        self.body = body
        self.fault = fault

    def answer(self) -> Any:
        if self.fault is not None and self.fault.status:
            raise RequestError(self.fault.status, *self.fault.error, self.fault.headers)
        api = next((part for part in self.segments if part.startswith("_")), "")
        self._check_credentials()
        self._check_media_types(api)
        if len(self.body) > self.cluster.largest_body:
            raise RequestError(413, "content_too_long_exception", "entity content is too long")
        privilege = _PRIVILEGES.get((self.method, api))
        if privilege in self.cluster.denied:
            reason = f"action is unauthorized for user, this action is granted by the privileges [{privilege}]"
            raise RequestError(403, "security_exception", reason)
        work = getattr(self, f"_do{api}", None) if api else self._do_index
        if work is None:
            reason = f"no handler found for uri [/{'/'.join(self.segments)}] and method [{self.method}]"
            raise RequestError(400, "illegal_argument_exception", reason)
        with self.store.lock:
            found = work()
        wanted = self.query.get("filter_path")
        return _filtered(found, [path.split(".") for path in wanted.split(",")]) if wanted else found

    def _check_credentials(self) -> None:
        expected = self.cluster.credentials
        if expected and self.headers.get("Authorization", "") not in expected:
            reason = "unable to authenticate with provided credentials and anonymous access is not allowed"
            raise RequestError(401, "security_exception", reason, {"WWW-Authenticate": "ApiKey"})

    def _check_media_types(self, api: str) -> None:
        if self.method == "GET" and not self.body:
            return
        wanted = [("Accept", COMPATIBLE_JSON)] if self.method != "HEAD" else []
        if self.body:
            wanted.append(("Content-Type", COMPATIBLE_NDJSON if api == "_bulk" else COMPATIBLE_JSON))
        for header, expected in wanted:
            given = self.headers.get(header, "")
            if given.replace(" ", "") != expected.replace(" ", ""):
                self.cluster.violations.append(f"{self.method} /{'/'.join(self.segments)}: {header}: {given}")
                raise RequestError(400, "media_type_header_exception", f"Invalid media-type value on header [{header}]")

    def _json(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.body or b"{}")
        except ValueError:
            raise RequestError(400, "parse_exception", "request body is not valid JSON") from None
        return found

    def _do_index(self) -> Any:
        if not self.segments:
            return {"name": "fake", "version": {"number": "8.19.3"}, "tagline": "You Know, for Search"}
        if not self.store.matching(self.segments[0]):
            raise RequestError(404, "index_not_found_exception", f"no such index [{self.segments[0]}]")
        return {}

    def _do_component_template(self) -> Any:
        return self._template(self.store.components, self.store.put_component, "component_template")

    def _do_index_template(self) -> Any:
        return self._template(self.store.templates, self.store.put_template, "index_template")

    def _template(self, held: dict[str, Any], put: Callable[[str, dict[str, Any]], None], noun: str) -> Any:
        name = self.segments[1] if len(self.segments) > 1 else "*"
        if self.method == "PUT":
            put(name, self._json())
            return {"acknowledged": True}
        found = [{"name": one, noun: held[one]} for one in sorted(held) if fnmatch.fnmatchcase(one, name)]
        if not found and "*" not in name:
            raise RequestError(404, "resource_not_found_exception", f"{noun} matching [{name}] not found")
        return {f"{noun}s": found}

    def _do_ilm(self) -> Any:
        name = self.segments[2]
        if self.method == "PUT":
            policy = self._json().get("policy")
            if not isinstance(policy, dict) or "phases" not in policy:
                raise RequestError(400, "x_content_parse_exception", "Required [policy.phases]")
            self.store.policies[name] = policy
            return {"acknowledged": True}
        if name not in self.store.policies:
            raise RequestError(404, "resource_not_found_exception", f"Lifecycle policy not found: [{name}]")
        return {name: {"version": 1, "policy": self.store.policies[name]}}

    def _do_data_stream(self) -> Any:
        name = self.segments[1] if len(self.segments) > 1 else "*"
        found = self.store.matching(name)
        if not found and "*" not in name:
            raise RequestError(404, "index_not_found_exception", f"no such index [{name}]")
        return {
            "data_streams": [
                {
                    "name": stream.name,
                    "template": stream.template,
                    "generation": len(stream.indices),
                    "indices": [{"index_name": index.name} for index in stream.indices],
                }
                for stream in found
            ]
        }

    def _do_rollover(self) -> Any:
        return self.store.rollover(self.segments[0])

    def _do_refresh(self) -> Any:
        return {"_shards": {"total": self.store.refresh(self._target()), "failed": 0}}

    def _do_search(self) -> Any:
        request = self._json()
        size = int(request.get("size", 10))
        hits = [
            {"_index": index, "_id": uid, **({} if request.get("_source") is False else {"_source": source})}
            for index, uid, source in self.store.visible(self._target())
            if _wanted(uid, source, request.get("query", {"match_all": {}}))
        ]
        return {"timed_out": False, "hits": {"total": {"value": len(hits), "relation": "eq"}, "hits": hits[:size]}}

    def _do_count(self) -> Any:
        return {"count": sum(1 for _ in self.store.visible(self._target()))}

    def _do_security(self) -> Any:
        request = self._json()
        index = {
            name: {privilege: privilege not in self.cluster.denied for privilege in entry["privileges"]}
            for entry in request.get("index", [])
            for name in entry["names"]
        }
        cluster = {privilege: privilege not in self.cluster.denied for privilege in request.get("cluster", [])}
        return {"username": "cspmd", "has_all_requested": not self.cluster.denied, "cluster": cluster, "index": index}

    def _do_bulk(self) -> Any:
        if not self.body.endswith(b"\n"):
            self.cluster.violations.append("bulk request without a final newline")
            raise RequestError(
                400, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]"
            )
        target = self.segments[0] if self.segments[0] != "_bulk" else ""
        items = [self._item(*entry, target) for entry in _actions(self.body)]
        return {
            "took": 1,
            "errors": any(item["status"] >= 300 for one in items for item in one.values()),
            "items": items,
        }

    def _item(self, operation: str, meta: dict[str, Any], document: dict[str, Any], target: str) -> dict[str, Any]:
        uid = meta.get("_id")
        status = self.fault.items(str(uid)) if self.fault is not None and self.fault.items is not None else 0
        if status:
            kind, reason = self.fault.error if self.fault is not None else ("", "")
            return {operation: {"_id": uid, "status": status, "error": {"type": kind, "reason": reason}}}
        return {operation: self.store.create(meta.get("_index", target), uid, operation, document)}

    def _target(self) -> str:
        return "*" if self.segments[0].startswith("_") else self.segments[0]


def _actions(body: bytes) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    lines = iter(body.split(b"\n")[:-1])
    for number, line in enumerate(lines, start=1):
        try:
            [(operation, meta)] = json.loads(line).items()
            document = json.loads(next(lines))
        except (ValueError, AttributeError, StopIteration):
            reason = f"Malformed action/metadata line [{number}], expected START_OBJECT"
            raise RequestError(400, "illegal_argument_exception", reason) from None
        yield operation, meta, document


def _wanted(uid: str, source: dict[str, Any], query: Mapping[str, Any]) -> bool:
    [(kind, how)] = query.items()
    if kind == "match_all":
        return True
    if kind == "ids":
        return uid in how["values"]
    if kind == "terms" and "_id" in how:
        return uid in how["_id"]
    if kind == "term":
        [(path, value)] = how.items()
        found: Any = source
        for part in path.split("."):
            found = found.get(part, {}) if isinstance(found, dict) else {}
        wanted = value["value"] if isinstance(value, dict) else value
        return bool(found == wanted or (isinstance(found, list) and wanted in found))
    raise RequestError(400, "parsing_exception", f"unknown query [{kind}]")


def _filtered(value: Any, paths: list[list[str]]) -> Any:
    """Keep what ``filter_path`` names; arrays are looked into, ``*`` is any name."""
    if isinstance(value, list):
        return [kept for member in value if (kept := _filtered(member, paths)) not in ({}, [])]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for name, member in value.items():
        rest = [path[1:] for path in paths if path and fnmatch.fnmatchcase(name, path[0])]
        if any(not path for path in rest):
            result[name] = member
        elif rest and (kept := _filtered(member, rest)) not in ({}, []) and isinstance(member, (dict, list)):
            result[name] = kept
    return result


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
