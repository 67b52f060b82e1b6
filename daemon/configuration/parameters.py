"""Detector parameters, typed by the detector that takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, get_args

import msgspec
from msgspec import inspect

from daemon.configuration.duration import EXPECTED, parse_duration
from daemon.configuration.problems import Location

_SEQUENCES = (inspect.ListType, inspect.VarTupleType, inspect.SetType, inspect.FrozenSetType)
_SIMPLE: dict[type[inspect.Type], str] = {
    inspect.TimeDeltaType: EXPECTED,
    inspect.DateType: "a date such as 2027-06-30",
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.NoneType: "nothing",
}


class ParameterError(Exception):
    """Raised when parameters do not fit the detector; ``wrong`` says where and what is expected."""

    def __init__(self, wrong: list[tuple[Location, str]]) -> None:
        super().__init__("; ".join(expected for _, expected in wrong))
        self.wrong = wrong


def parameter_names(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the names of a detector's parameters as they are written in the file."""
    return tuple(field.encode_name for field in msgspec.structs.fields(kind))


def convert(values: Mapping[str, Any], kind: type[msgspec.Struct]) -> msgspec.Struct:
    """Return the detector's parameter struct holding these values.

    Durations are written as ``90d``. Unknown names are the caller's to refuse. Raises
    ParameterError with everything that does not fit, each at the entry that does not.
    """
    wrong: list[tuple[Location, str]] = []
    held: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        if name not in values:
            if field.required:
                wrong.append(((name,), f"required: {describe(field.type)}"))
            continue
        try:
            held[field.name] = _converted(values[name], field.type)
        except ValueError:
            wrong.extend(_misfits(values[name], field.type, (name,)))
    if wrong:
        raise ParameterError(wrong)
    try:
        return kind(**held)
    except (ValueError, TypeError) as error:
        raise ParameterError(list(_refused(kind, held)) or [((), f"expected other values: {error}")]) from None


def _converted(value: Any, annotation: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the value as the annotation wants it; raises ValueError, as msgspec's ValidationError is one."""
    return msgspec.convert(_prepared(value, annotation), annotation, builtin_types=(timedelta,))


def _misfits(value: Any, annotation: Any, at: Location) -> Iterator[tuple[Location, str]]:  # noqa: ANN401 - see _converted
    """Yield where a value that does not fit goes wrong, as deep as that can be told, and what is expected there."""
    inner = _inner(value, annotation)
    found = False
    for step, held in _entries(value) if inner is not None else ():
        try:
            _converted(held, inner)
        except ValueError:
            found = True
            yield from _misfits(held, inner, (*at, step))
    if not found:
        yield at, f"expected {describe(annotation)}"


def _entries(value: Any) -> Iterator[tuple[str | int, Any]]:  # noqa: ANN401 - see _converted
    yield from value.items() if isinstance(value, dict) else enumerate(value)


def _inner(value: Any, annotation: Any) -> Any:  # noqa: ANN401 - see _converted
    """Return what each entry of a list or mapping is to be, None where the annotation takes neither."""
    info = inspect.type_info(annotation)
    if isinstance(info, inspect.UnionType):
        members = (_inner(value, member) for member in get_args(annotation))
        return next((member for member in members if member is not None), None)
    if isinstance(info, _SEQUENCES) and isinstance(value, list):
        return get_args(annotation)[0]
    if isinstance(info, inspect.DictType) and isinstance(value, dict):
        return get_args(annotation)[1]
    return None


def _refused(kind: type[msgspec.Struct], held: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Yield the entries and values that a struct's own check refuses when they stand alone, in the detector's words."""
    for field in msgspec.structs.fields(kind):
        value = held.get(field.name)
        if not isinstance(value, tuple) or not value:
            continue
        for index, entry in enumerate(value):
            try:
                kind(**{**held, field.name: (entry,)})
            except (ValueError, TypeError) as error:
                yield (field.encode_name, index), f"expected another value: {error}"


def _prepared(value: Any, annotation: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the value with every text that stands for a duration turned into one."""
    return _durations(value, inspect.type_info(annotation))


def _durations(value: Any, info: inspect.Type) -> Any:  # noqa: ANN401 - whatever the file holds
    if isinstance(info, inspect.TimeDeltaType):
        # A bare number would be seconds to msgspec; nobody reads it so.
        return parse_duration(value if isinstance(value, str) else "")
    if isinstance(info, inspect.Metadata):
        return _durations(value, info.type)
    if isinstance(info, inspect.UnionType):
        return _durations_in_union(value, info.types)
    if isinstance(info, _SEQUENCES) and isinstance(value, list):
        return [_durations(held, info.item_type) for held in value]
    if isinstance(info, inspect.DictType) and isinstance(value, dict):
        return {key: _durations(held, info.value_type) for key, held in value.items()}
    return value


def _durations_in_union(value: Any, types: tuple[inspect.Type, ...]) -> Any:  # noqa: ANN401 - whatever the file holds
    for member in types:
        try:
            found = _durations(value, member)
        except ValueError:
            continue
        if found is not value:
            return found
    return value


def describe(annotation: Any) -> str:  # noqa: ANN401 - annotations have no common type
    """Return in words what a parameter of this type takes."""
    return " or ".join(dict.fromkeys(_words(inspect.type_info(annotation))))


def _words(info: inspect.Type) -> Iterator[str]:
    if isinstance(info, inspect.Metadata):
        examples = " or ".join((info.extra_json_schema or {}).get("examples", ()))
        for words in _words(info.type):
            yield f"{words} such as {examples}" if examples else words
    elif isinstance(info, inspect.UnionType):
        for member in info.types:
            yield from _words(member)
    elif isinstance(info, _SEQUENCES):
        yield f"a list, each entry {' or '.join(_words(info.item_type))}"
    elif isinstance(info, inspect.DictType):
        yield f"a mapping, each value {' or '.join(_words(info.value_type))}"
    elif isinstance(info, inspect.EnumType):
        yield f"one of {', '.join(str(member.value) for member in info.cls)}"
    elif isinstance(info, inspect.LiteralType):
        yield f"one of {', '.join(str(value) for value in info.values)}"
    elif isinstance(info, inspect.IntType | inspect.FloatType):
        yield _number(info)
    else:
        yield _SIMPLE.get(type(info), "another kind of value")


def _number(info: inspect.IntType | inspect.FloatType) -> str:
    kind = "a whole number" if isinstance(info, inspect.IntType) else "a number"
    named = (("at least", info.ge), ("more than", info.gt), ("at most", info.le), ("less than", info.lt))
    return " ".join([kind, *(f"{word} {bound}" for word, bound in named if bound is not None)])
