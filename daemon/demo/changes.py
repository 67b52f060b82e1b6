"""A drift's before and after in a few words: pure, from the documents that the file sink writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LONGEST = 100
MOST = 3

_EXPLAINS = {"policy_silenced": 1, "acl_silenced": 1, "switches": 2}
"""Facts that explain another one: they come after it, and the raw switches only where nothing else is said."""


def change_lines(drift: Mapping[str, Any]) -> list[str]:
    """Return a line for each fact that changed, ``fact: before -> after``, the most telling first and few.

    ``drift`` is ``cspmd.drift`` of a document: ``facts``, ``before`` and ``after``. A fact that was
    not needed before or is not now says nothing about the cloud and is left out.
    """
    before, after = drift.get("before", {}), drift.get("after", {})
    lines: list[str] = []
    for fact in sorted(drift.get("facts", ()), key=lambda fact: _EXPLAINS.get(fact, 0)):
        was, now = before.get(fact), after.get(fact)
        if not (_is_not_needed(was) or _is_not_needed(now) or (fact == "switches" and lines)):
            lines += _fact_lines(str(fact).replace("_", " "), was, now)
    return lines[:MOST]


def _is_not_needed(value: object) -> bool:
    return isinstance(value, Mapping) and value.keys() == {"not_needed"}


def _fact_lines(name: str, before: object, after: object) -> Iterator[str]:
    if _is_switch(before) and _is_switch(after):
        yield f"{name} by: {_words(before)} -> {_words(after)}"
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for path, was, now in _differences(before, after):
            yield f"{name}, {path}: {was} -> {now}"
    else:
        yield f"{name}: {_words(before)} -> {_words(after)}"


def _is_switch(value: object) -> bool:
    return isinstance(value, Mapping) and value.keys() <= {"on", "by"} and "on" in value


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (path, before, after) of each leaf that differs."""
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            for path, old, new in _differences(was, now):
                yield f"{key} {path}", old, new
        elif was != now:
            yield key, _words(was), _words(now)


def _words(value: object) -> str:
    if value is None:
        return "not there"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping) and _is_switch(value):
        return _words(value.get("by", ())).replace("none", "nothing")
    if isinstance(value, Mapping):
        return _shortened(_mapping(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _shortened("; ".join(dict.fromkeys(_words(item) for item in value))) or "none"
    return _shortened(str(value)) or "none"


def _mapping(value: Mapping[str, Any]) -> str:
    if "reach" in value and "via" in value:
        latent = value.get("effective") == {"fact": "known", "value": False}
        return f"{value['via']} lets {value['reach']} {'+'.join(value.get('what', ()))}{' (blocked)' if latent else ''}"
    if "destination" in value:
        places = value.get("places")
        where = places.get("value", "?") if isinstance(places, Mapping) else places
        return f"{value.get('kind', 'copy')} to {value['destination']} ({_words(where)})"
    return ", ".join(f"{key} {_words(item)}" for key, item in sorted(value.items()) if item not in (None, "", [], {}))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
