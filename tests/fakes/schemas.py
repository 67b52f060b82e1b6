"""Published schemas as checks: the field list of ECS 9.4, and the classes of OCSF 1.8 that are used here."""

from __future__ import annotations

import csv
import ipaddress
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

_DATA = Path(__file__).parents[1] / "data"

BEYOND_ECS = (
    "cspmd.",
    "resource.",
    "result.",
    "rule.benchmark.",
    "rule.rationale",
    "rule.references",
    "rule.remediation",
    "rule.section",
    "rule.tags",
)
"""Names that ECS does not have and these documents use on purpose."""


class EcsField(msgspec.Struct, frozen=True):
    type: str
    array: bool
    allowed: tuple[str, ...]


@cache
def ecs_fields() -> dict[str, EcsField]:
    with (_DATA / "ecs_9.4_fields.csv").open(newline="") as file:
        return {
            row["field"]: EcsField(row["type"], row["array"] == "yes", tuple(row["allowed"].split()))
            for row in csv.DictReader(file)
        }


def leaves(document: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, value) of every field; a list is a value."""
    for name, value in document.items():
        where = f"{path}{name}"
        if isinstance(value, Mapping):
            yield from leaves(value, f"{where}.")
        else:
            yield where, value


def ecs_problems(document: Mapping[str, Any]) -> list[str]:
    """Return what in a document is not as ECS has it."""
    problems = []
    fields = ecs_fields()
    for path, value in leaves(document):
        if path.startswith(BEYOND_ECS):
            continue
        field = fields.get(path)
        if field is None:
            problems.append(f"{path} is no ECS field")
            continue
        if field.array != isinstance(value, list):
            problems.append(f"{path} is {'not ' if field.array else ''}an array")
        for member in value if isinstance(value, list) else [value]:
            if not _has_type(field.type, member):
                problems.append(f"{path} is {member!r}, which is no {field.type}")
            if field.allowed and member not in field.allowed:
                problems.append(f"{path} is {member!r}, which is not allowed")
    present = dict(leaves(document))
    return problems + [f"{name} is missing" for name in ("@timestamp", "ecs.version") if name not in present]


def _has_type(kind: str, value: Any) -> bool:
    if kind in {"keyword", "constant_keyword", "match_only_text", "wildcard"}:
        return isinstance(value, str)
    if kind == "date":
        return isinstance(value, str) and value.endswith("Z")
    if kind == "long":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return isinstance(value, float)
    if kind == "ip":
        return ipaddress.ip_address(value).version in {4, 6}
    return False


@cache
def _ocsf() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_DATA / "ocsf_1.8.json").read_text())
    return found


def ocsf_problems(event: Mapping[str, Any], class_name: str) -> list[str]:
    """Return what in an event is not as OCSF has it: unknown, missing, of another type, off the enumeration."""
    profiles = set(event.get("metadata", {}).get("profiles", []))
    return list(_object_problems(event, _ocsf()["classes"][class_name], profiles, ""))


def _object_problems(
    value: Mapping[str, Any], shape: Mapping[str, Any], profiles: set[str], path: str
) -> Iterator[str]:
    attributes: Mapping[str, Any] = shape["attributes"]
    for name, attribute in attributes.items():
        applies = not attribute.get("profiles") or profiles & set(attribute["profiles"])
        if attribute.get("required") and applies and name not in value:
            yield f"{path}{name} is missing"
    for name, member in value.items():
        known = attributes.get(name)
        if known is None:
            yield f"{path}{name} is no attribute"
        elif known.get("profiles") and not profiles & set(known["profiles"]):
            yield f"{path}{name} belongs to a profile that is not applied"
        elif known.get("deprecated"):
            yield f"{path}{name} is deprecated"
        else:
            yield from _attribute_problems(member, known, profiles, f"{path}{name}")
    one_of = shape.get("constraints", {}).get("at_least_one", [])
    if one_of and not any(name in value for name in one_of):
        yield f"{path}: none of {one_of}"


def _attribute_problems(value: Any, shape: Mapping[str, Any], profiles: set[str], path: str) -> Iterator[str]:
    if shape.get("array") != (True if isinstance(value, list) else None) and shape["type"] != "json_t":
        yield f"{path} is {'not ' if shape.get('array') else ''}an array"
        return
    for member in value if shape.get("array") else [value]:
        if shape["type"] == "object_t":
            if not isinstance(member, Mapping):
                yield f"{path} is no object"
            elif shape["object"] != "object":
                yield from _object_problems(member, _ocsf()["objects"][shape["object"]], profiles, f"{path}.")
        elif not _has_ocsf_type(shape["type"], member):
            yield f"{path} is {member!r}, which is no {shape['type']}"
        elif "enum" in shape and str(member) not in shape["enum"]:
            yield f"{path} is {member!r}, which is not in the enumeration"


def _has_ocsf_type(kind: str, value: Any) -> bool:
    if kind in {"integer_t", "long_t", "timestamp_t"}:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "boolean_t":
        return isinstance(value, bool)
    if kind == "json_t":
        return True
    if kind == "ip_t":
        return bool(ipaddress.ip_address(value))
    if kind == "url_t":
        return isinstance(value, str) and value.startswith("https://")
    return kind in {"string_t", "resource_uid_t", "username_t"} and isinstance(value, str) and value != ""


def enumerated(class_name: str, attribute: str) -> dict[str, str]:
    """Return an enumeration of a class: number to caption."""
    found: dict[str, str] = _ocsf()["classes"][class_name]["attributes"][attribute]["enum"]
    return found
