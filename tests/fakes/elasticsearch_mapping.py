"""How Elasticsearch 8 checks a document against a mapping, for the field types that templates here use.

Sources: Elasticsearch 8 reference, "Mapping" (field data types, ``dynamic``, ``ignore_above``,
``ignore_malformed``); names and words of errors as the server gives them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

IMMENSE = 32766
_DEPTH = 20
_DATE = re.compile(
    r"\d{4}(-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2}([.,]\d{1,9})?)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?)?)?",
)
_KNOWN = {
    "keyword",
    "constant_keyword",
    "wildcard",
    "text",
    "match_only_text",
    "date",
    "long",
    "float",
    "boolean",
    "ip",
    "flattened",
    "object",
}
_MALFORMED_MAY_PASS = {"date", "long", "float", "boolean", "ip"}


class DocumentError(Exception):
    """A document that the mapping refuses: always a 400 for this document alone."""

    def __init__(self, reason: str, kind: str = "document_parsing_exception") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return two mappings or settings merged at every level; the later one wins."""
    result = dict(base)
    for key, value in more.items():
        before = result.get(key)
        result[key] = merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return result


def unknown_types(properties: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the fields of a mapping whose type no handler knows."""
    for name, node in properties.items():
        where = f"{path}{name}"
        kind = node.get("type", "object")
        if kind not in _KNOWN:
            yield f"No handler for type [{kind}] declared on field [{where}]"
        yield from unknown_types(node.get("properties", {}), f"{where}.")
        yield from unknown_types(node.get("fields", {}), f"{where}.")


class IndexMapping:
    """The mapping of one backing index. A constant keyword without a value takes its first document's."""

    def __init__(self, mappings: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        self.root = deepcopy(dict(mappings))
        index = settings.get("index", {})
        self.ignore_malformed = str(index.get("mapping", {}).get("ignore_malformed", False)).lower() == "true"
        self.unmapped: set[str] = set()

    def check(self, document: Mapping[str, Any]) -> None:
        """Raise DocumentError for a document that cannot be indexed."""
        if document.get("@timestamp") is None:
            reason = "data stream timestamp field [@timestamp] is missing"
            raise DocumentError(reason, "illegal_argument_exception")
        self._object(self.root, document, "", self.root.get("dynamic", True))

    def _object(self, node: dict[str, Any], value: Mapping[str, Any], path: str, dynamic: object) -> None:
        for key, member in value.items():
            if not key.strip():
                reason = "field name cannot be an empty string"
                raise DocumentError(reason)
            first, _, rest = key.partition(".")
            self._field(node, first, {rest: member} if rest else member, path, dynamic)

    def _field(self, node: dict[str, Any], name: str, value: Any, path: str, dynamic: object) -> None:
        where = f"{path}{name}"
        child = node.get("properties", {}).get(name)
        if child is None:
            if str(dynamic).lower() == "strict":
                within = path.rstrip(".") or "_doc"
                reason = (
                    f"[1:1] mapping set to strict, dynamic introduction of [{name}] within [{within}] is not allowed"
                )
                raise DocumentError(reason, "strict_dynamic_mapping_exception")
            self.unmapped.add(where)
        elif "properties" in child or child.get("type") == "object":
            for member in _elements(value):
                if not isinstance(member, Mapping):
                    reason = f"[1:1] object mapping for [{where}] tried to parse as object, but found a concrete value"
                    raise DocumentError(reason)
                self._object(child, member, f"{where}.", child.get("dynamic", dynamic))
        else:
            for member in _elements(value):
                self._leaf(child, member, where)

    def _leaf(self, node: dict[str, Any], value: Any, where: str) -> None:
        kind = node["type"]
        problem = _flattened(node, value) if kind == "flattened" else self._scalar(node, value)
        if problem == "immense":
            reason = f"Document contains at least one immense term in field={where!r} (longer than {IMMENSE} bytes)"
            raise DocumentError(reason, "illegal_argument_exception")
        if problem and not (self.ignore_malformed and kind in _MALFORMED_MAY_PASS and not isinstance(value, Mapping)):
            reason = f"[1:1] failed to parse field [{where}] of type [{kind}]: {problem}"
            raise DocumentError(reason)

    def _scalar(self, node: dict[str, Any], value: Any) -> str:
        if isinstance(value, Mapping):
            return "Can't get text on a START_OBJECT"
        kind = node["type"]
        if kind == "constant_keyword":
            return _constant(node, str(value))
        if kind == "keyword":
            text = str(value)
            too_long = "ignore_above" not in node and len(text.encode()) > IMMENSE
            return "immense" if too_long else ""
        return "" if _CHECKS[kind](value) else f"For input string: {value!r}"


def _elements(value: Any) -> Iterator[Any]:
    """Yield the values of a field: an array is its members, at any depth; null is none."""
    if isinstance(value, list):
        for member in value:
            yield from _elements(member)
    elif value is not None:
        yield value


def _constant(node: dict[str, Any], value: str) -> str:
    if "value" not in node:
        node["value"] = value
    if node["value"] == value:
        return ""
    return f"[constant_keyword] field only accepts values that are equal to the value [{node['value']}]"


def _flattened(node: dict[str, Any], value: Any) -> str:
    if not isinstance(value, Mapping):
        return "Failed to parse object: expecting token of type [START_OBJECT]"
    return _within_flattened(node, value, "", 1)


def _within_flattened(node: dict[str, Any], value: Any, path: str, depth: int) -> str:
    if depth > node.get("depth_limit", _DEPTH):
        return f"The provided [flattened] field exceeds the maximum depth limit of [{_DEPTH}]"
    if isinstance(value, Mapping):
        for key, member in value.items():
            if "\x00" in key:
                return "Do not include the null character in keys"
            problem = _within_flattened(node, member, f"{path}.{key}", depth + 1)
            if problem:
                return problem
        return ""
    if isinstance(value, list):
        return next((problem for member in value if (problem := _within_flattened(node, member, path, depth))), "")
    text = "" if value is None else str(value)
    ignored = len(text) > node.get("ignore_above", IMMENSE * 2)
    return "immense" if not ignored and len((path + text).encode()) > IMMENSE else ""


def _is_date(value: Any) -> bool:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return True
    return isinstance(value, str) and (value.lstrip("-").isdigit() or _DATE.fullmatch(value) is not None)


def _is_long(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        return -(2**63) <= int(float(value)) < 2**63
    except (TypeError, ValueError):
        return False


def _is_float(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_ip(value: Any) -> bool:
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        return False
    return "%" not in str(value)


_CHECKS = {
    "date": _is_date,
    "long": _is_long,
    "float": _is_float,
    "boolean": lambda value: value in (True, False, "true", "false", ""),
    "ip": _is_ip,
    "text": lambda _value: True,
    "match_only_text": lambda _value: True,
    "wildcard": lambda _value: True,
}
