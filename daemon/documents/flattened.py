"""Making any data fit Elasticsearch's ``flattened`` field, so that no provider's data is ever refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from collectors.model import encode

DEEPEST = 16
"""Levels kept as objects: below the field type's ``depth_limit`` of 20."""

_NUL = "\x00"
_REPLACEMENT = "�"


def flattened(entries: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return named values as one object; values of one name become a list, in order.

    Structs become objects. A level deeper than :data:`DEEPEST` becomes JSON text, and NUL is
    replaced in keys: Elasticsearch refuses both (reference of the ``flattened`` field type).
    """
    found: dict[str, list[Any]] = {}
    for name, value in entries:
        found.setdefault(_key(name), []).append(_fitted(msgspec.to_builtins(value), 1))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _fitted(value: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        if depth >= DEEPEST:
            return encode(value).decode()
        return {_key(str(name)): _fitted(member, depth + 1) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fitted(member, depth + 1) for member in value]
    return value


def _key(name: str) -> str:
    return name.replace(_NUL, _REPLACEMENT)
