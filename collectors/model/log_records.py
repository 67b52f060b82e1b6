"""What the records of all logs share: being decoded from JSON, and telling when they happened."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec


class UndecodableRecordError(ValueError):
    """What was read is no record of the log it should be of. The text says why, and quotes none of it."""


_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def decode_json(content: bytes | str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
    """Decode JSON; raise UndecodableRecordError for what is none, or too deep to be any record."""
    try:
        return _decode(content)
    except msgspec.DecodeError as error:
        reason = f"not JSON: {error}"
    except UnicodeDecodeError:
        reason = "not JSON: the text is not UTF-8"
    except RecursionError:
        reason = "not a record: nested too deeply"
    raise UndecodableRecordError(reason)


def decode_object(line: bytes) -> dict[str, Any]:
    """Decode one JSON object; raise UndecodableRecordError for anything else."""
    decoded = decode_json(line)
    if isinstance(decoded, dict):
        return decoded
    reason = "not a record: JSON, but no object"
    raise UndecodableRecordError(reason)


def compact(value: object) -> str:
    """Return a decoded JSON value as compact JSON text."""
    try:
        return _encode(value).decode()
    except OverflowError:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def lowered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by name in lower case; of names that differ in case alone the first with a value counts."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        key = name.lower()
        if found.get(key) is None:
            found[key] = value
    return found


def opened(value: Any) -> Any:  # noqa: ANN401 - decoded JSON of any shape
    """Return what a text holds where the text is a JSON object or array, else the value itself."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return _decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return value
    return value


def mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 - decoded JSON of any shape
    """Return an object, also one written as JSON text; empty for anything else."""
    inner = opened(value)
    return inner if isinstance(inner, dict) else {}


def listing(value: Any) -> list[Any]:  # noqa: ANN401 - decoded JSON of any shape
    """Return an array, also one written as JSON text; empty for anything else."""
    inner = opened(value)
    return inner if isinstance(inner, list) else []


def plain(value: Any) -> str | None:  # noqa: ANN401 - decoded JSON of any shape
    """Return a scalar as text, None for null, the empty text, and what is no scalar."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return compact(value)
    return None


def whole_number(value: Any) -> int | None:  # noqa: ANN401 - decoded JSON of any shape
    """Return a whole number, also one written as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return None


_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z", re.ASCII)
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+", re.ASCII)
_AMERICAN = re.compile(r"\d{1,2}/\d{1,2}/\d{4},? \d{1,2}:\d\d:\d\d(?:\.\d{1,7})? [AP]M", re.ASCII)
_MILLISECONDS = 100_000_000_000
"""Numbers from here on count milliseconds: as seconds they would lie past the year 5000."""


def rfc3339(value: object) -> str:
    """Return a time of a log record as RFC 3339 in UTC; empty where it cannot be read.

    Read are ISO 8601 with any offset (none means UTC), the month-first twelve-hour form that some Azure
    exports write, and numbers of seconds or milliseconds since 1970.
    """
    try:
        if isinstance(value, str):
            return value if _UTC.fullmatch(value) and _exists(value) else _utc(_read(value.strip()))
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) >= _MILLISECONDS else value
            return _utc(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return ""
    return ""


def _exists(value: str) -> bool:
    """Whether the date is one of the calendar; raises ValueError where it is not."""
    return bool(datetime.fromisoformat(value[:19]))


def _read(value: str) -> datetime:
    if _AMERICAN.fullmatch(value):
        head, _, half = value.replace(",", "").rpartition(" ")
        whole, _, fraction = head.partition(".")
        read = datetime.strptime(f"{whole} {half}", "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)
        return read.replace(microsecond=int(fraction[:6].ljust(6, "0")))
    read = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", value))
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").removesuffix("+00:00") + "Z"
