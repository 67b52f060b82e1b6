"""Every document that is shipped, held against the whole field list of the Elastic Common Schema."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from collectors.model import Actor, Resource
from daemon.documents.publisher import Audience, EcsPublisher
from daemon.model import Cause, Dataset, Document, FactChange, FindPath, Transition, TransitionKind
from detectors.catalogue import catalogue
from detectors.engine import judge
from detectors.model import Detector, Judgement, Verdict

OURS = ("cspmd", "resource", "result")
"""Objects that are not of ECS: our own, and those that Elastic's posture integration added beside it."""

POSTURE_RULE = (
    "rule.benchmark.",
    "rule.impact",
    "rule.rationale",
    "rule.references",
    "rule.remediation",
    "rule.section",
    "rule.tags",
)
"""What the posture integration puts into ``rule`` beyond ECS."""

ACTED = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
ACTOR = Actor(
    user_id="AIDAEXAMPLE",
    user_name="j.keller",
    ip="198.51.100.7",
    user_agent="aws-cli/2.15",
    operation="PutBucketPolicy",
    event_id="6f3c3a5e-0000-4000-8000-3f4c2a1b0c9d",
    at=ACTED,
)


def examples() -> Iterator[tuple[Detector, Resource]]:
    for detector in catalogue().values():
        for resource in (*detector.bad, *detector.good):
            yield detector, resource


def judgements() -> Iterator[Judgement]:
    for detector, resource in examples():
        judgement = judge(detector, resource, detector.example_policy, detector.example_now)
        if judgement is not None:
            yield judgement


def transitions(judgement: Judgement) -> Iterator[Transition]:
    changes = tuple(FactChange(fact=item.name, before=None, after=item.data) for item in judgement.evidence)
    for kind in TransitionKind:
        for cause in Cause:
            for actor in (None, ACTOR):
                yield Transition(
                    uid="0" * 32,
                    kind=kind,
                    cause=cause,
                    at=ACTED + timedelta(seconds=1),
                    path=FindPath.EVENT if actor else FindPath.POLL,
                    judgement=judgement,
                    previous_severity=judgement.severity,
                    changes=changes,
                    first_seen=ACTED,
                    actor=actor,
                )


def documents() -> Iterator[Document]:
    publisher = EcsPublisher([Audience(sink="es", posture=True)], version="1.2.3", catalogue=catalogue())
    at = datetime.fromisoformat("2026-01-02T03:04:05+00:00")
    for judgement in judgements():
        yield from publisher.posture(judgement, at)
        if judgement.verdict is Verdict.FAIL:
            for transition in transitions(judgement):
                yield from publisher.transition(transition, "f" * 32)


@pytest.fixture(scope="module")
def schema(shared: Path) -> Mapping[str, Mapping[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    fields: dict[str, Mapping[str, Any]] = yaml.load((shared / "ecs" / "ecs_flat.yml").read_bytes(), loader)  # noqa: S506 - a safe loader
    return fields


@pytest.fixture(scope="module")
def shipped() -> list[tuple[Dataset, dict[str, Any]]]:
    found = [(document.dataset, msgspec.json.decode(document.body)) for document in documents()]
    assert {dataset for dataset, _ in found} == set(Dataset)
    return found


def leaves(fields: Mapping[str, Any], schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each leaf with its dotted name; what ECS itself calls an object or a flattened field is a leaf."""
    for name, value in fields.items():
        full = f"{path}{name}"
        if full in OURS:
            continue
        whole = schema.get(full, {}).get("type") in {"object", "flattened", "nested"}
        if isinstance(value, Mapping) and not whole:
            yield from leaves(value, schema, f"{full}.")
        else:
            yield full, value


def is_posture_rule(name: str) -> bool:
    return any(name == known or (known.endswith(".") and name.startswith(known)) for known in POSTURE_RULE)


def is_date(value: object) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


def is_address(value: object) -> bool:
    return isinstance(value, str) and bool(ipaddress.ip_address(value))


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_composite(value: object) -> bool:
    return isinstance(value, (Mapping, list))


FITS: Mapping[str, Callable[[object], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "date": is_date,
    "double": is_number,
    "flattened": is_composite,
    "float": is_number,
    "integer": is_whole,
    "ip": is_address,
    "long": is_whole,
    "nested": is_composite,
    "object": is_composite,
    "scaled_float": is_number,
}


def test_every_field_is_one_that_ecs_knows(
    schema: Mapping[str, Any], shipped: list[tuple[Dataset, dict[str, Any]]]
) -> None:
    names = {name for _, document in shipped for name, _ in leaves(document, schema)}
    assert "event.kind" in names
    assert sorted(name for name in names if name not in schema and not is_posture_rule(name)) == []


def test_every_value_is_of_its_fields_type(
    schema: Mapping[str, Any], shipped: list[tuple[Dataset, dict[str, Any]]]
) -> None:
    wrong = set()
    for _, document in shipped:
        for name, value in leaves(document, schema):
            field = schema.get(name)
            if field is None:
                continue
            is_array = "array" in field["normalize"]
            values = value if isinstance(value, list) else [value]
            if is_array != isinstance(value, list) or not all(
                FITS.get(field["type"], is_text)(item) for item in values
            ):
                wrong.add((name, field["type"], repr(value)[:80]))
    assert wrong == set()


def test_categorisation_uses_the_allowed_words(
    schema: Mapping[str, Any], shipped: list[tuple[Dataset, dict[str, Any]]]
) -> None:
    checked = 0
    for _, document in shipped:
        for name, value in leaves(document, schema):
            allowed = {entry["name"] for entry in schema.get(name, {}).get("allowed_values", ())}
            if allowed:
                checked += 1
                assert set(value if isinstance(value, list) else [value]) <= allowed, name
    assert checked


def test_event_types_are_those_expected_of_the_categories(
    schema: Mapping[str, Any], shipped: list[tuple[Dataset, dict[str, Any]]]
) -> None:
    expected = {
        entry["name"]: set(entry["expected_event_types"]) for entry in schema["event.category"]["allowed_values"]
    }
    for _, document in shipped:
        allowed = set().union(*(expected[category] for category in document["event"]["category"]))
        assert set(document["event"]["type"]) <= allowed


def test_the_version_named_is_the_one_checked(shared: Path, shipped: list[tuple[Dataset, dict[str, Any]]]) -> None:
    version = (shared / "ecs" / "fields.csv").read_text().splitlines()[1].partition(",")[0]
    assert {document["ecs"]["version"] for _, document in shipped} == {version}
