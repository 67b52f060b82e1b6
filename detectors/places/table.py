"""The dated tables of known places, one file a cloud beside this module.

A place is ``provider:location`` in the provider's own words, in lower case: a region
(``aws:eu-west-1``) or a set of regions that a provider gives one name (``gcp:eu``). The tables are
data and never computed: a location that is not in them is unknown, whatever its name suggests.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """One region: ``uid`` is the place, ``country`` its ISO 3166-1 alpha-2 code.

    ``jurisdictions`` are the communities of states its country belongs to (``EU``, ``EEA``).
    """

    uid: str
    name: str
    country: str
    jurisdictions: tuple[str, ...] = ()


class _RegionRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    country: str


class _SetRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    members: tuple[str, ...]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    as_of: str
    source: str
    regions: dict[str, _RegionRow]
    sets: dict[str, _SetRow]


class _Jurisdictions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    as_of: str
    source: str
    members: dict[str, tuple[str, ...]]


_PROVIDERS = ("aws", "azure", "gcp")


def _read(name: str) -> bytes:
    return files("detectors.places").joinpath(f"{name}.json").read_bytes()


@cache
def _table(provider: str) -> _Table:
    return msgspec.json.decode(_read(provider), type=_Table)


@cache
def known_places() -> Mapping[str, tuple[Region, ...]]:
    """Return every known place with the regions it stands for: a region for itself, a set for all its members."""
    communities = msgspec.json.decode(_read("jurisdictions"), type=_Jurisdictions).members
    places: dict[str, tuple[Region, ...]] = {}
    for provider in _PROVIDERS:
        table = _table(provider)
        for location, row in table.regions.items():
            uid = f"{provider}:{location}"
            member_of = tuple(name for name, countries in communities.items() if row.country in countries)
            region = Region(uid=uid, name=row.name, country=row.country, jurisdictions=member_of)
            places[uid] = (region,)
        for location, group in table.sets.items():
            members = tuple(places[f"{provider}:{member}"][0] for member in group.members)
            places[f"{provider}:{location}"] = members
    return places


def regions_of(place: str) -> tuple[Region, ...]:
    """Return the regions a place stands for, letter case aside; none where the place is not known."""
    return known_places().get(place.lower(), ())


def as_of(provider: str) -> str:
    """Return the date (ISO 8601) at which a provider's table was last checked; empty for no known provider."""
    return _table(provider).as_of if provider in _PROVIDERS else ""
