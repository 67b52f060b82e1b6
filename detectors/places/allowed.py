"""Whether a place is allowed by patterns such as ``aws:eu-*`` (the verdict rules of data residency)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache

from detectors.places.table import Region, known_places, regions_of


class Standing(StrEnum):
    """What a rule says of a place."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@lru_cache(maxsize=4096)
def standing(place: str, patterns: tuple[str, ...]) -> Standing:
    """Return what patterns say of a place, letter case aside.

    ``*`` and ``?`` stand for any letters. A set of regions is allowed if every one of them is, or if
    the set is named outright; its members are then allowed too. A place in no table is unknown,
    however its name looks: it is allowed only if it is named outright, or if its provider, or
    anything at all, is allowed without limit.
    """
    asked = place.lower()
    wanted = tuple(pattern.lower() for pattern in patterns)
    provider = asked.partition(":")[0]
    if asked in wanted or "*" in wanted or f"{provider}:*" in wanted:
        return Standing.ALLOWED
    regions = regions_of(asked)
    if not regions:
        return Standing.UNKNOWN
    return Standing.ALLOWED if all(_allowed(region, wanted) for region in regions) else Standing.REFUSED


def _allowed(region: Region, patterns: tuple[str, ...]) -> bool:
    return any(
        fnmatchcase(region.uid, pattern) or any(region == member for member in regions_of(pattern))
        for pattern in patterns
    )


def matching(pattern: str) -> Iterator[str]:
    """Yield the known places that a pattern fits, letter case aside."""
    wanted = pattern.lower()
    for place in known_places():
        if fnmatchcase(place, wanted):
            yield place
