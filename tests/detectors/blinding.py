"""Taking facts away from a resource: what a denied, throttled or broken read leaves of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from collectors.model import Known, NotNeeded, Resource, Unread, UnreadReason

R = TypeVar("R", bound=Resource)
Path = tuple[str | int, ...]

BLIND = Unread(reason=UnreadReason.DENIED, operation="blind:Read", permission="blind:Read", detail="AccessDenied")


def facts_in(value: object, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every fact that has a value or was not needed, however deep it lies."""
    if isinstance(value, Known | NotNeeded):
        yield path
        if isinstance(value, Known):
            yield from facts_in(value.value, (*path, "value"))
    elif isinstance(value, Unread):
        return
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from facts_in(getattr(value, name), (*path, name))
    elif isinstance(value, tuple):
        for index, member in enumerate(value):
            yield from facts_in(member, (*path, index))


def blinded(resource: R, *paths: Path) -> R:
    """Return the resource with the facts at these paths unread; a path below one already blinded is moot."""
    for path in sorted(paths, key=len, reverse=True):
        resource = _replaced(resource, path)
    return resource


def _replaced(value: Any, path: Path) -> Any:
    if not path:
        return BLIND
    step, *rest = path
    if isinstance(step, int):
        return (*value[:step], _replaced(value[step], tuple(rest)), *value[step + 1 :])
    changed = _replaced(getattr(value, step), tuple(rest))
    return Known(changed) if isinstance(value, Known) else msgspec.structs.replace(value, **{step: changed})
