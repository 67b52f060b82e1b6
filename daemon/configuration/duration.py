"""Durations as operators write them: ``5m``, ``24h``, ``400d``, ``1h30m``."""

from __future__ import annotations

import re
from datetime import timedelta

EXPECTED = "a duration such as 5m, 24h or 400d"

PATTERN = r"^(?=[0-9])(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m(?!s))?(?:[0-9]+s)?(?:[0-9]+ms)?$"
"""What a duration looks like, largest unit first, each unit at most once (also used in the JSON Schema)."""

_WHOLE = re.compile(PATTERN)
_PART = re.compile(r"([0-9]+)(ms|[wdhms])")
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_LONGEST = timedelta(days=36_500)


def parse_duration(text: str) -> timedelta:
    """Return the duration that ``text`` names; raise ValueError for anything else.

    Units are w, d, h, m, s and ms, largest first, each at most once. Nothing longer than 36,500
    days is taken: it is a slip, and dates reckoned with it would overflow.
    """
    if _WHOLE.fullmatch(text) is None:
        message = f"not {EXPECTED}"
        raise ValueError(message)
    try:
        total = sum((int(number) * _UNITS[unit] for number, unit in _PART.findall(text)), timedelta())
    except (OverflowError, ValueError):
        total = timedelta.max
    if total > _LONGEST:
        message = "longer than 36500d"
        raise ValueError(message)
    return total


def format_duration(duration: timedelta) -> str:
    """Return the shortest text that :func:`parse_duration` reads back as this duration (whole milliseconds)."""
    left = duration // _UNITS["ms"]
    if left < 0:
        message = "durations are never negative"
        raise ValueError(message)
    parts: list[str] = []
    for unit in ("d", "h", "m", "s", "ms"):
        number, left = divmod(left, _UNITS[unit] // _UNITS["ms"])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"
