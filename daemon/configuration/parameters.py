"""Detector parameters, typed by the detector that takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import inspect

from daemon.configuration.duration import EXPECTED, parse_duration
from daemon.configuration.problems import Location

_SEQUENCES = (inspect.ListType, inspect.VarTupleType, inspect.SetType, inspect.FrozenSetType)
_SIMPLE: dict[type[inspect.Type], str] = {
    inspect.TimeDeltaType: EXPECTED,
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
    ParameterError with everything that does not fit, never showing a value.
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
            held[field.name] = msgspec.convert(
                _prepared(values[name], field.type), field.type, builtin_types=(timedelta,)
            )
        except (msgspec.ValidationError, ValueError):
            wrong.append(((name,), f"expected {describe(field.type)}"))
    if wrong:
        raise ParameterError(wrong)
    try:
        return kind(**held)
    except (ValueError, TypeError) as error:
        # A struct's own check speaks of the parameters as a whole, in the detector's words.
        raise ParameterError([((), f"expected other values: {error}")]) from None


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
        yield from _words(info.type)
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
