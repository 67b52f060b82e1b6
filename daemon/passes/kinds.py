"""Stored resources back as what they were: by kind, typed where they are judged, plain where they are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec

from collectors.model import Resource, encode

Facts = Mapping[str, Any]
"""Encoded facts by name: each a dict tagged ``fact`` with ``known``, ``unread`` or ``not_needed``."""


def decode(kind: str, body: str) -> Resource | None:
    """Return a stored resource, None where this program cannot read it: another release wrote it."""
    decoder = _decoders().get(kind)
    if decoder is None:
        return None
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        return None


def facts(kind: type[Resource], body: str) -> Facts:
    """Return a resource's facts as they are stored, those at their default filled in."""
    stored: dict[str, Any] = msgspec.json.decode(body)
    defaults = _defaults(kind)
    found = {name: stored.get(name, defaults.get(name)) for name in kind.fact_names()}
    return {name: fact for name, fact in found.items() if fact is not None}


@cache
def _decoders() -> Mapping[str, msgspec.json.Decoder[Resource]]:
    return {kind.kind(): msgspec.json.Decoder(kind) for kind in _family(Resource)}


def _family(base: type[Resource]) -> Iterator[type[Resource]]:
    for kind in base.__subclasses__():
        if isinstance(kind.__struct_config__.tag, str):
            yield kind
        yield from _family(kind)


@cache
def _defaults(kind: type[Resource]) -> Facts:
    """Return the facts that an encoding leaves out because they are the kind's defaults."""
    fields = msgspec.structs.fields(kind)
    return {
        field.name: msgspec.json.decode(encode(field.default))
        for field in fields
        if field.default is not msgspec.NODEFAULT and field.name not in Resource.IDENTITY
    }
