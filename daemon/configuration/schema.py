"""The JSON Schema of the configuration file, for editors and for checks without cspmd."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from pydantic.json_schema import GenerateJsonSchema

from daemon.configuration.duration import PATTERN, format_duration
from daemon.configuration.model import Configuration
from daemon.configuration.values import Listen

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = r"\$\{[^{}]+\}"
_NULL = {"type": "null"}


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12), with a description for every key.

    It says of the file what can be said without reading anything else: whether detectors, files and
    variables exist is for ``cspmd check-config``. Text that is bound to a form may be ``${…}`` too.
    """
    schema = _mapping(Configuration.model_json_schema(by_alias=True, schema_generator=_Generator))
    parameters = schema["$defs"]["PolicySettings"]["properties"]["parameters"]
    parameters["properties"] = _parameters()
    return {"$schema": DIALECT, "title": "cspmd.yaml", **schema}


def encoded() -> str:
    """Return the schema as indented JSON that ends with a line break."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"


def _plain(node: object) -> object:
    if isinstance(node, list):
        return [_plain(member) for member in node]
    return _mapping(node) if isinstance(node, dict) else node


def _mapping(node: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without what pydantic adds for itself, and with ``${…}`` wherever text is bound to a form."""
    plain: dict[str, Any] = {
        # Inside these a "title" or "default" is the name of a property.
        key: {name: _plain(inner) for name, inner in value.items()} if key in {"properties", "$defs"} else _plain(value)
        for key, value in node.items()
        if key not in {"title", "discriminator"}
    }
    if isinstance(plain.get("default"), dict) or plain.get("default", "") is None:
        del plain["default"]
    if "description" in plain and isinstance(plain["description"], str):
        plain["description"] = " ".join(plain["description"].split())
    if "patternProperties" in plain:
        plain["additionalProperties"] = False
    if isinstance(plain.get("anyOf"), list) and _NULL in plain["anyOf"]:
        # A key that may be left out is left out; that null means the same is only for hand-written files.
        (written,) = (member for member in plain.pop("anyOf") if member != _NULL)
        return {**written, **plain}
    return _or_reference(plain)


def _or_reference(leaf: dict[str, Any]) -> dict[str, Any]:
    """Allow ``${…}`` where text is bound to a form."""
    if leaf.get("type") == "boolean":
        return {**leaf, "type": ["boolean", "string"], "pattern": f"^(?:true|false)$|{_REFERENCE}"}
    if leaf.get("type") == "string" and "pattern" in leaf:
        return {**leaf, "pattern": f"{leaf['pattern']}|{_REFERENCE}"}
    if "enum" in leaf:
        other = {key: value for key, value in leaf.items() if key != "enum"}
        return {**other, "anyOf": [{"enum": leaf["enum"]}, {"type": "string", "pattern": _REFERENCE}]}
    return leaf


class _Generator(GenerateJsonSchema):
    """Writes defaults as an operator would."""

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
        """Return a default as it stands in a file."""
        if isinstance(dft, timedelta):
            return format_duration(dft)
        return str(dft) if isinstance(dft, Listen) else super().encode_default(dft)


def _parameters() -> dict[str, Any]:
    """Return a schema for the parameters of every detector that takes some."""
    from detectors.catalogue import catalogue

    return {
        uid: {**_mapping(_struct_schema(detector.parameters)), "description": f"Parameters of {uid}: {detector.title}."}
        for uid, detector in catalogue().items()
        if detector.parameters is not None
    }


def _struct_schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return a struct's schema on its own, without references, durations as they are written here."""
    (root,), definitions = msgspec.json.schema_components([kind], ref_template="{name}")
    return {**_inlined_mapping(root, definitions), "additionalProperties": False}


def _inlined(node: object, definitions: dict[str, Any]) -> object:
    if isinstance(node, list):
        return [_inlined(member, definitions) for member in node]
    return _inlined_mapping(node, definitions) if isinstance(node, dict) else node


def _inlined_mapping(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return _inlined_mapping({**definitions[node["$ref"]], **beside}, definitions)
    if node.get("format") == "duration":
        return {"type": "string", "pattern": PATTERN}
    return {key: _inlined(value, definitions) for key, value in node.items() if key != "title"}
