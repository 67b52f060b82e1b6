"""What the model says about a place in the file: its keys, its description, whether it is secret."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr

from daemon.configuration.problems import Location
from daemon.configuration.section import Section


def _options(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - annotations have no common type
    """Yield the alternatives of an annotation: members of a union, without markers and None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _options(get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for member in get_args(annotation):
            yield from _options(member)
    elif annotation is not type(None):
        yield annotation


def keys_of(section: type[Section]) -> dict[str, str]:
    """Return the keys of a section as they are written, with their descriptions."""
    return {field.alias or name: field.description or "" for name, field in section.model_fields.items()}


def _fits(section: type[Section], data: object) -> bool:
    """Whether this member of a union is the one that the data means, by its provider or source."""
    if not isinstance(data, Mapping):
        return True
    for name in ("provider", "source"):
        field = section.model_fields.get(name)
        if field is not None and get_origin(field.annotation) is Literal:
            return data.get(name) in get_args(field.annotation)
    return True


def _sections(options: list[Any], data: object) -> list[type[Section]]:
    """Return the sections among the options that the data means; where it means none, any of them."""
    sections = [option for option in options if isinstance(option, type) and issubclass(option, Section)]
    return [section for section in sections if _fits(section, data)] or sections


def _step(annotation: Any, data: object, step: str | int) -> Iterator[Any]:  # noqa: ANN401 - annotations have no common type
    options = list(_options(annotation))
    for section in _sections(options, data):
        for name, field in section.model_fields.items():
            if (field.alias or name) == step:
                yield field.annotation
    for option in options:
        origin = get_origin(option)
        if origin is tuple and isinstance(step, int):
            yield get_args(option)[0]
        elif origin is dict and isinstance(step, str):
            yield get_args(option)[1]
        elif option is object:
            # A detector's parameter: whatever its type, it has no secrets in it.
            yield option


def _inside(data: object, step: str | int) -> object:
    """Return what data holds at a step, None where it holds nothing there."""
    if isinstance(data, dict):
        return data.get(step)
    return data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None


def _at(root: type[Section], data: object, location: Location) -> tuple[list[Any], object]:
    """Return the alternatives that may stand at a location, and what does stand there."""
    found: list[Any] = [root]
    for step in location:
        found = [inner for annotation in found for inner in _step(annotation, data, step)]
        data = _inside(data, step)
    return [option for annotation in found for option in _options(annotation)], data


def sections_at(root: type[Section], data: object, location: Location) -> list[type[Section]]:
    """Return the sections that may stand at a location, given the data of the whole file."""
    return _sections(*_at(root, data, location))


def _holds_secret(annotation: Any) -> bool:  # noqa: ANN401 - annotations have no common type
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, Section):
            if any(_holds_secret(field.annotation) for field in option.model_fields.values()):
                return True
        elif option is SecretStr or any(_holds_secret(inner) for inner in get_args(option) if inner is not Ellipsis):
            return True
    return False


def secret_at(root: type[Section], data: object, location: Location) -> bool:
    """Whether text at this location may be a secret: it should be one, or a section that holds one.

    A key the model does not know counts as secret: it may be a misspelt one.
    """
    found, _ = _at(root, data, location)
    return not found or any(_holds_secret(annotation) for annotation in found)
