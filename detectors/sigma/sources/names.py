"""Turning names that other systems give a field into the raw record's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping


def camel(name: str) -> str:
    """Return a dotted name in camel case: of ``request_metadata.caller_ip``, ``requestMetadata.callerIp``."""
    return ".".join(_camel_segment(segment) for segment in name.split("."))


def _camel_segment(segment: str) -> str:
    head, *rest = segment.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def as_written_or_camel(field: str) -> tuple[str, ...]:
    """Return the paths of a field that no alias names: itself, and in camel case where it is in snake case."""
    return (field, camel(field)) if "_" in field else (field,)


def canonical(direct: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return aliases that find a direct path whatever letter case a rule writes it in."""
    return {path.lower(): (path,) for path in direct}


def also_as_written(aliases: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return aliases of derived names that also find a field where a record does have it as the rule writes it."""
    return {
        field: paths if field.endswith(".*") or field in map(str.lower, paths) else (field, *paths)
        for field, paths in aliases.items()
    }


def also_under(prefix: str) -> Callable[[str], tuple[str, ...]]:
    """Return a function that finds unnamed fields as written, in camel case, and below a derived name."""
    return lambda field: (*as_written_or_camel(field), f"{prefix}.{field}")


def texts_of(values: Iterable[str | None], synonyms: Mapping[str, tuple[str, ...]] | None = None) -> list[str]:
    """Return the texts that are there, each once, with their synonyms (keys in lower case)."""
    found: dict[str, None] = {}
    for value in values:
        if value:
            found[value] = None
            for synonym in (synonyms or {}).get(value.strip().lower(), ()):
                found[synonym] = None
    return list(found)
