"""Which management events a trail's event selectors take, in their basic and their advanced form. Pure.

Source: CloudTrail User Guide, "Logging management events", and the API reference of EventSelector and
AdvancedFieldSelector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from collectors.aws.answers import Answer, MalformedAnswerError, member
from collectors.model import ManagementEvents

_READS = {"All": True, "ReadOnly": True, "WriteOnly": False}
_WRITES = {"All": True, "ReadOnly": False, "WriteOnly": True}
_CATEGORY, _READ_ONLY, _SOURCE = "eventCategory", "readOnly", "eventSource"
_MANAGEMENT = "Management"
_OPERATORS = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")
# A trail that was never given selectors takes them all.
_EVERYTHING = ManagementEvents(read=True, write=True)


class _Taken(msgspec.Struct, frozen=True):
    """What one selector takes: reads, writes, and what of these it leaves out.

    ``only`` are the event sources that alone it takes, where nothing else narrows it.
    """

    read: bool
    write: bool
    left_out: frozenset[str] = frozenset()
    narrowed_by: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()


def management_events(answer: Answer) -> ManagementEvents:
    """Return which management events the trail of a ``GetEventSelectors`` answer records.

    Several selectors add up: a source is left out where each that narrows nothing else leaves it out. Of those that
    are narrowed by other fields nothing is taken for recorded that may not be.
    """
    member(answer, "TrailARN")
    basic, advanced = answer.get("EventSelectors") or (), answer.get("AdvancedEventSelectors") or ()
    if not basic and not advanced:
        return _EVERYTHING
    taken = [*_basic(basic), *_advanced(advanced)]
    reading = _together([one for one in taken if one.read])
    writing = _together([one for one in taken if one.write])
    gaps = [one for one in (reading, writing) if one is not None]
    return ManagementEvents(
        read=reading is not None,
        write=writing is not None,
        left_out=tuple(sorted({source for one in gaps for source in one.left_out})),
        narrowed_by=tuple(sorted({field for one in gaps for field in one.narrowed_by})),
    )


def _together(selectors: list[_Taken]) -> _Taken | None:
    """Return what the selectors of one kind of event leave out together; None where there is none."""
    if not selectors:
        return None
    whole = [one for one in selectors if not one.narrowed_by]
    filled = frozenset[str]().union(*(one.only for one in selectors))
    if whole:
        return _Taken(read=True, write=True, left_out=frozenset.intersection(*(one.left_out for one in whole)) - filled)
    best = min(selectors, key=lambda one: (len(one.narrowed_by), len(one.left_out)))
    return msgspec.structs.replace(best, left_out=best.left_out - filled)


def _basic(selectors: tuple[Answer, ...] | list[Answer]) -> Iterator[_Taken]:
    for one in selectors:
        if not one.get("IncludeManagementEvents", True):
            continue
        kind = str(one.get("ReadWriteType") or "All")
        if kind not in _READS:
            message = f"ReadWriteType {kind}"
            raise MalformedAnswerError(message)
        excluded = frozenset(str(source) for source in one.get("ExcludeManagementEventSources") or ())
        yield _Taken(_READS[kind], _WRITES[kind], excluded)


def _advanced(selectors: tuple[Answer, ...] | list[Answer]) -> Iterator[_Taken]:
    for one in selectors:
        fields = [(str(member(field, "Field")), field) for field in member(one, "FieldSelectors")]
        categories = [field.get("Equals") or () for name, field in fields if name == _CATEGORY]
        if categories and all(_MANAGEMENT in each for each in categories):
            yield _of_fields([(name, field) for name, field in fields if name != _CATEGORY])


def _of_fields(fields: Sequence[tuple[str, Answer]]) -> _Taken:
    """Return what is taken where all fields must fit, also where one is named more than once."""
    read = write = True
    left_out: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    narrowed: set[str] = set()
    for name, field in fields:
        used = {operator: frozenset(map(str, field[operator])) for operator in _OPERATORS if field.get(operator)}
        if name == _READ_ONLY and set(used) == {"Equals"}:
            read = read and "true" in used["Equals"]
            write = write and "false" in used["Equals"]
        elif name == _SOURCE and set(used) <= {"Equals", "NotEquals"}:
            left_out |= used.get("NotEquals", frozenset())
            if "Equals" in used:
                only = used["Equals"] if only is None else only & used["Equals"]
        elif used:
            narrowed.add(name)
    if only is None:
        return _Taken(read, write, left_out, frozenset(narrowed))
    return _Taken(
        read, write, frozenset(), frozenset(narrowed | {_SOURCE}), frozenset() if narrowed else only - left_out
    )
