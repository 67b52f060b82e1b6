from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from daemon.configuration.schema import encoded, json_schema

BAD = Path(__file__).parent / "bad"
CONFIG = Path(__file__).parents[3] / "config"

# These are no YAML, or say what YAML's data does not show.
NO_DATA = frozenset({"latin1"}) | {path.stem for path in BAD.glob("yaml_*.yaml")} - {"yaml_list", "yaml_text"}


class _Loader(yaml.SafeLoader):
    """Reads dates as text, as JSON has it."""


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node.value)


def _objects(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from _objects(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _objects(value, f"{path}/{index}")


def test_the_published_schema_is_the_generated_one() -> None:
    published = (CONFIG / "cspmd.schema.json").read_text()

    assert published == encoded(), "write it anew: cspmd check-config --schema > config/cspmd.schema.json"


def test_every_key_is_described() -> None:
    schema = json_schema()
    undescribed = []
    for path, node in _objects(schema):
        for name, held in node.get("properties", {}).items() if "/oneOf" not in path else ():
            target = held if "$ref" not in held else schema["$defs"][held["$ref"].rpartition("/")[2]] | held
            if "/parameters/" not in path and not target.get("description"):
                undescribed.append(f"{path}/{name}")

    assert undescribed == []
    assert schema["properties"]["targets"]["description"] == "What is watched."


def test_unknown_keys_are_refused_everywhere() -> None:
    open_objects = [
        path
        for path, node in _objects(json_schema())
        if node.get("type") == "object" and "properties" in node and node.get("additionalProperties") is not False
    ]

    assert open_objects == []


def test_every_reference_leads_somewhere() -> None:
    schema = json_schema()
    names = {node["$ref"] for _, node in _objects(schema) if "$ref" in node}

    assert names <= {f"#/$defs/{name}" for name in schema["$defs"]}
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_defaults_are_written_as_in_a_file() -> None:
    schema = json_schema()

    assert schema["$defs"]["StateSettings"]["properties"]["retention"]["default"] == "400d"
    assert schema["$defs"]["HttpSettings"]["properties"]["listen"]["default"] == "127.0.0.1:9464"
    assert schema["$defs"]["AwsTarget"]["properties"]["regions"]["default"] == "all"


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", ["cspmd.yaml", "cspmd.minimal.yaml"])
def test_good_files_are_accepted(validator: Any, name: str) -> None:
    data = yaml.load((CONFIG / name).read_text(), _Loader)  # noqa: S506 - a safe loader

    assert [error.message for error in validator.iter_errors(data)] == []


@pytest.mark.parametrize("name", sorted({path.stem for path in BAD.glob("*.yaml")} - NO_DATA))
def test_bad_files_are_refused(validator: Any, name: str) -> None:
    data = yaml.load((BAD / f"{name}.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader

    assert list(validator.iter_errors(data))
