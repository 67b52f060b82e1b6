"""The field names and types of Elastic's own integrations, as a check on documents of log records."""

from __future__ import annotations

import csv
import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.fakes.schemas import ecs_problems

_DATA = Path(__file__).parents[1] / "data" / "elastic_integration_fields.csv"
OBJECTS = ("aws", "azure", "gcp", "o365")
"""What of a document is the integrations'; the rest is ECS."""

_WHOLE = frozenset({"flattened", "object"})
_EXPECTED_TYPES = {
    "authentication": {"start", "end", "info"},
    "configuration": {"access", "change", "creation", "deletion", "info"},
    "database": {"access", "change", "info", "error"},
    "email": {"info"},
    "file": {"access", "change", "creation", "deletion", "info"},
    "host": {"access", "change", "end", "info", "start"},
    "iam": {"admin", "change", "creation", "deletion", "group", "info", "user"},
    "intrusion_detection": {"allowed", "denied", "info"},
    "network": {"access", "allowed", "connection", "denied", "end", "info", "protocol", "start"},
    "web": {"access", "error", "info"},
}
"""ECS 9.4: the event types expected of each category that is used."""


@cache
def _fields() -> dict[str, str]:
    with _DATA.open(newline="") as file:
        return {row["field"]: row["type"] for row in csv.DictReader(file)}


def log_problems(document: Mapping[str, Any]) -> list[str]:
    """Return what in a log record's document is not as ECS and Elastic's integrations have it."""
    ecs = {name: value for name, value in document.items() if name not in OBJECTS}
    own = {name: value for name, value in document.items() if name in OBJECTS}
    problems = ecs_problems(ecs)
    categories, types = document["event"]["category"], document["event"]["type"]
    expected = set().union(*(_EXPECTED_TYPES[category] for category in categories))
    if not set(types) <= expected:
        problems.append(f"event.type {types} is not expected of {categories}")
    for name in ("kind", "id", "dataset", "module", "original", "outcome"):
        if not document["event"].get(name):
            problems.append(f"event.{name} is missing")
    return [*problems, *_own_problems(own, "")]


def _own_problems(fields: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, value in fields.items():
        where = f"{path}{name}"
        kind = _fields().get(where) or _fields().get(re.sub(r"\.\d+(?=\.|$)", ".*", where))
        if kind is None:
            if isinstance(value, Mapping) and value:
                yield from _own_problems(value, f"{where}.")
            else:
                yield f"{where} is no field of an integration"
        elif kind in _WHOLE:
            members = value if isinstance(value, list) else [value]
            if not members or not all(isinstance(member, Mapping) and member for member in members):
                yield f"{where} is {value!r}, which is no {kind}"
        else:
            for member in value if isinstance(value, list) else [value]:
                if not _fits(kind, member):
                    yield f"{where} is {member!r}, which is no {kind}"


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "keyword":
            return isinstance(value, str) and value != ""
        case "date":
            return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
        case "boolean":
            return isinstance(value, bool)
        case "long":
            return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        case "float":
            return isinstance(value, float)
        case "ip":
            return isinstance(value, str) and bool(ipaddress.ip_address(value))
    return False
