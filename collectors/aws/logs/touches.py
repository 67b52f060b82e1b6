"""Which resources a CloudTrail event may have changed. Pure: the record alone is looked at.

Nothing is touched by a call that failed, that only reads, or that works on data (objects, items). What
an organization's policies change in other accounts is not told in those accounts' events.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from collectors.aws.logs.cloudtrail import CloudTrailRecord
from collectors.aws.logs.families import Place, partition_of
from collectors.aws.logs.touches_table import SERVICES, Where

_NO = frozenset({False, "false"})
_YES = frozenset({True, "true"})
_READING = ("Describe", "Get", "List", "Head", "Lookup", "Search", "BatchGet", "Select", "Simulate", "Decrypt")
"""How the names of operations that only read begin; asked where the record does not say whether it reads."""


def may_touch(record: CloudTrailRecord) -> bool:
    """Whether a call could have changed any resource: a look that costs next to nothing."""
    if record.read_only in _YES or record.event_source not in SERVICES:
        return False
    if record.read_only is None and (record.event_name or "").startswith(_READING):
        return False
    return record.management_event not in _NO and record.event_category != "Data" and not record.failed


def touches(record: CloudTrailRecord) -> tuple[str, ...]:
    """Return the uids that a call may have changed, each once, in the convention of ``LogEvent.touches``."""
    if not may_touch(record):
        return ()
    service = SERVICES[record.event_source or ""]
    told = service.operations.get(record.event_name or "", service.otherwise)
    if not told:
        return ()
    place = Place(
        partition=partition_of(record.aws_region),
        region=record.aws_region or "",
        account=record.recipient_account_id or record.user_identity.account_id or "",
    )
    elements = _Elements(record)
    return tuple(dict.fromkeys(uid for where in told for uid in _uids(where, elements, place)))


def _uids(where: Where, elements: _Elements, place: Place) -> Iterator[str]:
    """Yield what the first of the places that names anything names, or else what stands for the unnamed."""
    if where.unless and any(elements.named(path) for path in where.unless):
        return
    if where.only_if and not any(str(value).lower() == "true" for value in elements.values(where.only_if)):
        return
    for path in where.paths:
        found = [uid for value in elements.named(path) if (uid := where.family.uid(value, place)) is not None]
        if found:
            yield from found
            return
    if where.always:
        uid = where.family.uid(where.always, place)
        if uid is not None:
            yield uid
    if where.every:
        yield where.family.every(place)


class _Elements:
    """What stands in an event, by path. Services differ in the letter case of one and the same name."""

    def __init__(self, record: CloudTrailRecord) -> None:
        self._record = record
        self._tops: dict[str, Any] = {}

    def named(self, path: str) -> list[str]:
        """Return the texts at a path, without the empty ones; at ``caller`` the ARN of the user or root that called.

        Who works on himself is not named in the request.
        """
        if path == "caller":
            identity = self._record.user_identity
            return [identity.arn] if identity.arn and identity.type in {"IAMUser", "Root"} else []
        return [value for value in self.values(path) if isinstance(value, str) and value]

    def values(self, path: str) -> list[Any]:
        """Return every value at a path."""
        head, first, rest = _split(path)
        if head not in self._tops:
            self._tops[head] = _lowered(self._record.tree(head))
        top = self._tops[head]
        if isinstance(top, dict):
            child = top.get(first)
            return [] if child is None else list(_leaves(child, rest))
        return list(_leaves(top, (first, *rest)))


@cache
def _split(path: str) -> tuple[str, str, tuple[str, ...]]:
    """Return a path of the table as the element's name and, in lower case, what is below it."""
    head, first, *rest = path.split(".")
    return head, first.lower(), tuple(segment.lower() for segment in rest)


def _lowered(node: Any) -> Any:  # noqa: ANN401 - decoded JSON
    return {name.lower(): value for name, value in node.items()} if isinstance(node, dict) else node


def _leaves(node: Any, segments: tuple[str, ...]) -> Iterator[Any]:  # noqa: ANN401 - decoded JSON
    """Yield what stands below a node, through lists."""
    if isinstance(node, list):
        for member in node:
            yield from _leaves(member, segments)
    elif not segments:
        yield node
    elif isinstance(node, dict):
        for name, child in node.items():
            if name.lower() == segments[0]:
                yield from _leaves(child, segments[1:])
