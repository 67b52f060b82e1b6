"""What an Elasticsearch answers to one request: credentials, media types, privilege, then the work."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
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


class Cluster(Protocol):
    """What a call needs to know of its cluster."""

    store: Store
    credentials: set[str]
    denied: set[str]
    violations: list[str]
    largest_body: int


class Call:
    """One request on its way through: credentials, media types, privilege, then the work."""

    def __init__(self, cluster: Cluster, request: Seen, body: bytes, fault: Fault | None) -> None:
        self.cluster = cluster
        self.store = cluster.store
        self.method = request.method
        parts = urlsplit(request.path)
        self.segments = [unquote(part) for part in parts.path.split("/") if part]
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.headers = request.headers
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
        if expected and self.headers.get("authorization", "") not in expected:
            reason = "unable to authenticate with provided credentials and anonymous access is not allowed"
            raise RequestError(401, "security_exception", reason, {"WWW-Authenticate": "ApiKey"})

    def _check_media_types(self, api: str) -> None:
        if self.method == "GET" and not self.body:
            return
        wanted = [("Accept", COMPATIBLE_JSON)] if self.method != "HEAD" else []
        if self.body:
            wanted.append(("Content-Type", COMPATIBLE_NDJSON if api == "_bulk" else COMPATIBLE_JSON))
        for header, expected in wanted:
            given = self.headers.get(header.lower(), "")
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
