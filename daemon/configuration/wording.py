"""What pydantic finds wrong, in the operator's words and at the operator's places."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from daemon.configuration.document import Document
from daemon.configuration.expansion import is_reference
from daemon.configuration.model import Configuration
from daemon.configuration.outline import keys_of, secret_at, sections_at
from daemon.configuration.problems import Location, Problem, dotted

_LONGEST = 80
_CREDENTIALS = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*://)[\s\S]*|[^@]*:[\s\S]*)@")
"""What stands before the last @ of a URL, also of one that lacks its scheme, and may hold a password."""
_HIDDEN = "(hidden)"
_TAGS = frozenset({"aws", "azure", "gcp", "aws.cloudtrail", "aws.s3access"})


def closest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean …?`` for the known word nearest to this one, or else the known ones."""
    known = list(known)
    plain = {name.lower().replace("-", "_"): name for name in known}
    found = difflib.get_close_matches(word.lower().replace("-", "_"), plain, n=1, cutoff=0.6)
    return f'did you mean "{plain[found[0]]}"?' if found else f"known are {', '.join(sorted(known))}"


def shown(document: Document, location: Location) -> str:
    """Return what stands at a location as it is written, without ever showing a secret."""
    entry = document.entries.get(location)
    if entry is None:
        return ""
    if entry.written is None:
        data = document.at(location)
        kind = "list" if isinstance(data, list) else "mapping"
        return f"a {kind}" if data else f"an empty {kind}"
    if not entry.written and not entry.quoted:
        return "nothing"
    if secret_at(Configuration, document.data, location) and not is_reference(entry.written):
        return _HIDDEN
    text = _CREDENTIALS.sub(r"\1***@", entry.written)
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    plain = text.isprintable() and not entry.quoted
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())


def problem_at(document: Document, location: Location, expected: str, *, value: str | None = None) -> Problem:
    """Return a problem at a place of the document, showing what stands there unless told otherwise."""
    return Problem(
        file=document.file,
        path=dotted(location),
        value=shown(document, location) if value is None else value,
        expected=expected,
        line=document.line_of(location),
    )


def problems_of(error: ValidationError, document: Document) -> Iterator[Problem]:
    """Yield every error of a validation as a problem; those said already or only consequent are left out."""
    found = [(_location(details["loc"]), details) for details in error.errors(include_input=False)]
    for location, details in found:
        below = (other for other, _ in found if len(other) > len(location) and other[: len(location)] == location)
        consequent = details["type"] == "too_short" and any(below)
        if location not in document.unexpanded and not consequent:
            yield _problem(document, location, details)


def _location(loc: tuple[int | str, ...]) -> Location:
    """Return an error's location without what pydantic adds to it: which member of a union it chose."""
    location: Location = ()
    skip = False
    for step in loc:
        tag = isinstance(step, str) and (step.startswith("<") or (skip and step in _TAGS))
        if not tag:
            skip = isinstance(step, int) and location[-1:] in {("targets",), ("logs",)}
            location = (*location, step)
        else:
            skip = False
    return location


def _problem(document: Document, location: Location, details: ErrorDetails) -> Problem:
    kind = details["type"]
    context = details.get("ctx", {})
    if location[-1:] == ("[key]",):
        key = location[:-1]
        return problem_at(document, key, f"expected as key {context.get('what', 'another word')}", value="")
    if kind == "extra_forbidden":
        return _unknown_key(document, location)
    if kind == "missing":
        return problem_at(document, location, f"required: {_described(document, location)}", value="")
    if kind == "union_tag_not_found":
        location = (*location, context["discriminator"].strip("'"))
        return problem_at(document, location, f"required: {_described(document, location)}", value="")
    if kind == "union_tag_invalid":
        location = (*location, context["discriminator"].strip("'"))
        return problem_at(document, location, f"expected one of {context['expected_tags'].replace(chr(39), '')}")
    # What is wrong with a mapping as a whole is no one value's fault.
    whole = kind == "expected" and isinstance(document.at(location), dict | list)
    return problem_at(document, location, _expected(document, location, kind, context), value="" if whole else None)


def _expected(document: Document, location: Location, kind: str, context: dict[str, Any]) -> str:
    if kind == "expected":
        return f"expected {context['what']}"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        sections = sections_at(Configuration, document.data, location)
        keys = sorted(set.intersection(*(set(keys_of(section)) for section in sections))) if sections else ()
        return f"expected a mapping with keys such as {', '.join(keys)}" if keys else "expected a mapping"
    if kind == "tuple_type":
        return "expected a list"
    if kind == "too_short":
        return "expected a list of at least one entry"
    if kind in {"enum", "literal_error"}:
        return f"expected one of {context['expected'].replace(chr(39), '').replace(' or ', ', ')}"
    return "expected another kind of value"


def _unknown_key(document: Document, location: Location) -> Problem:
    known = {key for section in sections_at(Configuration, document.data, location[:-1]) for key in keys_of(section)}
    expected = f"unknown key: {closest(str(location[-1]), known)}"
    return problem_at(document, location, expected, value="")


def _described(document: Document, location: Location) -> str:
    for section in sections_at(Configuration, document.data, location[:-1]):
        described = keys_of(section).get(str(location[-1]))
        if described:
            return described
    return "a value"
