"""What an Elasticsearch cluster keeps: templates, policies, and data streams with their backing indices."""

from __future__ import annotations

import fnmatch
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.elasticsearch_mapping import DocumentError, IndexMapping, merged, unknown_types

# The stack's own template, which takes every log stream that no other template takes first.
BUILT_IN = {
    "index_patterns": ["logs-*-*"],
    "priority": 100,
    "data_stream": {},
    "composed_of": [],
    "template": {"mappings": {"dynamic": True, "properties": {"@timestamp": {"type": "date"}}}},
    "version": 14,
}


class RequestError(Exception):
    """A request that is refused as a whole."""

    def __init__(self, status: int, kind: str, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.headers = dict(headers or {})


@dataclass
class Stored:
    source: dict[str, Any]
    visible_at: float


@dataclass
class BackingIndex:
    name: str
    mapping: IndexMapping
    refresh_interval: float
    documents: dict[str, Stored] = field(default_factory=dict)


@dataclass
class DataStream:
    name: str
    template: str
    indices: list[BackingIndex]

    @property
    def write_index(self) -> BackingIndex:
        return self.indices[-1]


class Store:
    """Thread-safe. Times are monotonic seconds: a document is found once its index was refreshed."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.components: dict[str, dict[str, Any]] = {}
        self.templates: dict[str, dict[str, Any]] = {"logs": dict(BUILT_IN)}
        self.policies: dict[str, dict[str, Any]] = {}
        self.streams: dict[str, DataStream] = {}

    def put_component(self, name: str, definition: dict[str, Any]) -> None:
        template = definition.get("template")
        if not isinstance(template, dict):
            raise RequestError(400, "x_content_parse_exception", "Required [template]")
        problems = list(unknown_types(template.get("mappings", {}).get("properties", {})))
        if problems:
            raise RequestError(400, "mapper_parsing_exception", problems[0])
        self.components[name] = definition

    def put_template(self, name: str, definition: dict[str, Any]) -> None:
        optional = set(definition.get("ignore_missing_component_templates", []))
        absent = [
            one for one in definition.get("composed_of", []) if one not in self.components and one not in optional
        ]
        if absent:
            reason = f"index template [{name}] specifies component templates {absent} that do not exist"
            raise RequestError(400, "invalid_index_template_exception", reason)
        for other, known in self.templates.items():
            same_place = set(known["index_patterns"]) & set(definition["index_patterns"])
            if other != name and same_place and known.get("priority", 0) == definition.get("priority", 0):
                reason = f"index template [{name}] has index patterns {same_place} matching [{other}] of equal priority"
                raise RequestError(400, "illegal_argument_exception", reason)
        self.templates[name] = definition

    def rollover(self, name: str) -> dict[str, Any]:
        stream = self._stream(name)
        old = stream.write_index.name
        stream.indices.append(self._backing_index(name, len(stream.indices) + 1, stream.template))
        return {"acknowledged": True, "rolled_over": True, "old_index": old, "new_index": stream.write_index.name}

    def create(self, target: str, uid: str | None, operation: str, document: dict[str, Any]) -> dict[str, Any]:
        """Carry out one item of a bulk request; return its answer."""
        try:
            index = self._stream_to_write(target).write_index
            if operation == "create":
                index.mapping.check(document)
        except RequestError as error:
            return _refused(target, uid, error.status, error.kind, error.reason)
        except DocumentError as error:
            return _refused(target, uid, 400, error.kind, error.reason)
        if operation != "create":
            reason = "only write ops with an op_type of create are allowed in data streams"
            return _refused(target, uid, 400, "illegal_argument_exception", reason)
        if uid in index.documents:
            reason = f"[{uid}]: version conflict, document already exists (current version [1])"
            return _refused(target, uid, 409, "version_conflict_engine_exception", reason)
        uid = uid or f"auto-{time.monotonic_ns()}"
        index.documents[uid] = Stored(document, time.monotonic() + index.refresh_interval)
        return {"_index": index.name, "_id": uid, "_version": 1, "result": "created", "status": 201}

    def refresh(self, target: str) -> int:
        indices = [index for stream in self.matching(target) for index in stream.indices]
        for index in indices:
            for stored in index.documents.values():
                stored.visible_at = 0.0
        return len(indices)

    def visible(self, target: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield (index, id, source) of what a search can find now."""
        now = time.monotonic()
        for stream in self.matching(target):
            for index in stream.indices:
                for uid, stored in index.documents.items():
                    if stored.visible_at <= now:
                        yield index.name, uid, stored.source

    def matching(self, target: str) -> list[DataStream]:
        return [stream for name, stream in self.streams.items() if _matches(name, target.split(","))]

    def template_for(self, name: str) -> str | None:
        found = [key for key, value in self.templates.items() if _matches(name, value["index_patterns"])]
        return max(found, key=lambda key: self.templates[key].get("priority", 0), default=None)

    def composed(self, template: str) -> dict[str, Any]:
        definition = self.templates[template]
        result: dict[str, Any] = {}
        for component in definition.get("composed_of", []):
            result = merged(result, self.components.get(component, {}).get("template", {}))
        return merged(result, definition.get("template", {}))

    def _stream(self, name: str) -> DataStream:
        if name not in self.streams:
            raise RequestError(404, "index_not_found_exception", f"no such index [{name}]")
        return self.streams[name]

    def _stream_to_write(self, name: str) -> DataStream:
        if name in self.streams:
            return self.streams[name]
        template = self.template_for(name)
        if template is None or "data_stream" not in self.templates[template]:
            reason = f"no such index [{name}] and no matching index template with a data stream"
            raise RequestError(404, "index_not_found_exception", reason)
        self.streams[name] = DataStream(name, template, [self._backing_index(name, 1, template)])
        return self.streams[name]

    def _backing_index(self, name: str, generation: int, template: str) -> BackingIndex:
        composed = self.composed(self.template_for(name) or template)
        settings = composed.get("settings", {})
        interval = str(settings.get("index", {}).get("refresh_interval", "1s"))
        return BackingIndex(
            name=f".ds-{name}-2026.01.01-{generation:06d}",
            mapping=IndexMapping(composed.get("mappings", {}), settings),
            refresh_interval=float(interval.removesuffix("s")),
        )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _refused(target: str, uid: str | None, status: int, kind: str, reason: str) -> dict[str, Any]:
    return {"_index": target, "_id": uid, "status": status, "error": {"type": kind, "reason": reason}}
