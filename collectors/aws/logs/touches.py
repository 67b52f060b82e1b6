"""Which resources a CloudTrail event may have changed. Pure: the record alone is looked at.

Nothing is touched by a call that failed, that only reads, or that works on data (objects, items). What
an organization's policies change in other accounts is not told in those accounts' events.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors.aws.logs.cloudtrail import CloudTrailRecord
from collectors.aws.logs.families import Family, Place, partition_of
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
    return tuple(dict.fromkeys(uid for where in told for uid in _uids(where, record, place)))


def _uids(where: Where, record: CloudTrailRecord, place: Place) -> Iterator[str]:
    """Yield what the first of the places that names anything names, or else what stands for the unnamed."""
    if where.unless and any(_named(record, path) for path in where.unless):
        return
    if where.only_if and not any(str(value).lower() == "true" for value in _values(record, where.only_if)):
        return
    for path in where.paths:
        found = [uid for value in _named(record, path) for uid in _formed(where.family, value, place)]
        if found:
            yield from found
            return
    if where.always:
        yield from _formed(where.family, where.always, place)
    if where.every:
        yield where.family.every(place)


def _formed(family: Family, value: str, place: Place) -> Iterator[str]:
    uid = family.uid(value, place)
    if uid is not None:
        yield uid


def _named(record: CloudTrailRecord, path: str) -> list[str]:
    """Return the texts that stand at a path of a record, without the empty ones."""
    if path == "caller":
        return _caller(record)
    return [value for value in _values(record, path) if isinstance(value, str) and value]


def _caller(record: CloudTrailRecord) -> list[str]:
    """Return the ARN of the user or the root that called: who works on himself is not named in the request."""
    identity = record.user_identity
    return [identity.arn] if identity.arn and identity.type in {"IAMUser", "Root"} else []


def _values(record: CloudTrailRecord, path: str) -> Iterator[Any]:
    head, *segments = path.split(".")
    return _leaves(record.tree(head), segments)


def _leaves(node: Any, segments: list[str]) -> Iterator[Any]:  # noqa: ANN401 - decoded JSON
    """Yield what stands below a node, through lists; services differ in how they write one name."""
    if isinstance(node, list):
        for member in node:
            yield from _leaves(member, segments)
    elif not segments:
        yield node
    elif isinstance(node, dict):
        child = node.get(segments[0])
        if child is None:
            wanted = segments[0].lower()
            child = next((value for name, value in node.items() if name.lower() == wanted), None)
        if child is not None:
            yield from _leaves(child, segments[1:])
