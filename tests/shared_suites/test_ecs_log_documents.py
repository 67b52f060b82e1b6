"""Documents of log records, held against the whole field list of the Elastic Common Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from daemon.logs.formats import log_format
from tests.fakes.elastic_fields import OBJECTS
from tests.fakes.log_events import S3_LINE, storage_lines
from tests.fakes.sigma_samples import samples


@pytest.fixture(scope="module")
def schema(shared: Path) -> Mapping[str, Mapping[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    fields: dict[str, Mapping[str, Any]] = yaml.load((shared / "ecs" / "ecs_flat.yml").read_bytes(), loader)  # noqa: S506 - a safe loader
    return fields


@pytest.fixture(scope="module")
def documents(shared: Path) -> list[dict[str, Any]]:
    raw = [(one.source, one.line) for one in samples()]
    raw += [("azure.storage", line) for line in storage_lines()]
    raw += [("aws.s3access", S3_LINE.encode())]
    raw += [
        ("aws.cloudtrail", line) for line in (shared / "events" / "aws.cloudtrail.otrf.jsonl").read_bytes().splitlines()
    ]
    found = []
    for source, line in raw:
        known = log_format(source)
        record = known.decode(line)
        found.append(known.kind(record).document(record, line))
    return found


def leaves(fields: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def test_every_field_outside_the_integrations_is_one_of_ecs(
    schema: Mapping[str, Any], documents: list[dict[str, Any]]
) -> None:
    names = {name for one in documents for name, _ in leaves(one) if not name.startswith(OBJECTS)}
    assert "event.original" in names
    assert sorted(names - schema.keys()) == []


def test_arrays_are_where_ecs_has_them_and_words_are_allowed_ones(
    schema: Mapping[str, Any], documents: list[dict[str, Any]]
) -> None:
    wrong = set()
    for one in documents:
        for name, value in leaves(one):
            if name.startswith(OBJECTS):
                continue
            field = schema[name]
            allowed = {entry["name"] for entry in field.get("allowed_values", ())}
            if ("array" in field["normalize"]) != isinstance(value, list):
                wrong.add(name)
            if allowed and not set(value if isinstance(value, list) else [value]) <= allowed:
                wrong.add(f"{name}={value}")
    assert wrong == set()


def test_event_types_are_those_expected_of_the_categories(
    schema: Mapping[str, Any], documents: list[dict[str, Any]]
) -> None:
    expected = {
        entry["name"]: set(entry["expected_event_types"]) for entry in schema["event.category"]["allowed_values"]
    }
    for one in documents:
        allowed = set().union(*(expected[category] for category in one["event"]["category"]))
        assert set(one["event"]["type"]) <= allowed


def test_the_version_named_is_the_one_checked(shared: Path, documents: list[dict[str, Any]]) -> None:
    version = (shared / "ecs" / "fields.csv").read_text().splitlines()[1].partition(",")[0]
    assert {one["ecs"]["version"] for one in documents} == {version}
