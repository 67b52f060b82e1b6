"""The tables of places, and what patterns say of a place."""

from __future__ import annotations

import re
from datetime import date

import pytest

from detectors.places import Standing, as_of, known_places, matching, regions_of, standing

ALLOWED, REFUSED, UNKNOWN = Standing.ALLOWED, Standing.REFUSED, Standing.UNKNOWN


@pytest.mark.parametrize(
    ("place", "patterns", "expected"),
    [
        ("aws:eu-west-1", ("aws:eu-*",), ALLOWED),
        ("aws:eu-west-1", ("aws:eu-west-1",), ALLOWED),
        ("aws:eu-west-1", ("aws:eu-west-?",), ALLOWED),
        ("AWS:EU-WEST-1", ("aws:eu-*",), ALLOWED),
        ("aws:eu-west-1", ("AWS:EU-*",), ALLOWED),
        ("aws:us-east-1", ("aws:eu-*",), REFUSED),
        ("aws:us-east-1", ("aws:eu-*", "aws:us-east-1"), ALLOWED),
        ("azure:westeurope", ("aws:eu-*",), REFUSED),
        ("azure:westeurope", ("azure:westeurope",), ALLOWED),
        ("aws:eu-west-1", (), REFUSED),
        ("aws:eu-west-1", ("eu-west-1",), REFUSED),
        # What is in no table is unknown, whatever its name looks like.
        ("aws:eu-nowhere-9", ("aws:eu-*",), UNKNOWN),
        ("aws:eu-nowhere-9", ("aws:us-*",), UNKNOWN),
        ("aws:eu-nowhere-9", (), UNKNOWN),
        ("aws:", ("aws:eu-*",), UNKNOWN),
        ("", ("aws:eu-*",), UNKNOWN),
        ("oracle:eu-frankfurt-1", ("aws:eu-*",), UNKNOWN),
        # Unless the operator names it outright, or asks nothing of its provider.
        ("aws:eu-nowhere-9", ("aws:eu-nowhere-9",), ALLOWED),
        ("aws:eu-nowhere-9", ("aws:*",), ALLOWED),
        ("aws:eu-nowhere-9", ("*",), ALLOWED),
        ("aws:eu-nowhere-9", ("azure:*",), UNKNOWN),
        # A set lies in all its regions.
        ("gcp:eu", ("gcp:europe-*",), ALLOWED),
        ("GCP:EU", ("gcp:europe-*",), ALLOWED),
        ("gcp:eu", ("gcp:europe-west3",), REFUSED),
        ("gcp:eu", ("gcp:eu",), ALLOWED),
        ("gcp:eu", ("gcp:asia-*",), REFUSED),
        ("gcp:us", ("gcp:europe-*",), REFUSED),
        ("gcp:eur4", ("gcp:europe-north1", "gcp:europe-west4"), ALLOWED),
        ("gcp:eur4", ("gcp:europe-north1",), REFUSED),
        # A set that is allowed allows its members, and a set within it, and nothing else.
        ("gcp:europe-west3", ("gcp:eu",), ALLOWED),
        ("gcp:eur4", ("gcp:eu",), ALLOWED),
        ("gcp:europe-west2", ("gcp:eu",), REFUSED),
        ("gcp:eur5", ("gcp:eu",), REFUSED),
        ("gcp:europe-west6", ("gcp:eu",), REFUSED),
    ],
)
def test_standing(place: str, patterns: tuple[str, ...], expected: Standing) -> None:
    assert standing(place, patterns) is expected


def test_the_tables_are_dated_and_whole() -> None:
    for provider in ("aws", "azure", "gcp"):
        assert date.fromisoformat(as_of(provider)).year >= 2026
        assert sum(place.startswith(f"{provider}:") for place in known_places()) > 30
    assert as_of("oracle") == ""
    for place, regions in known_places().items():
        assert place == place.lower()
        assert regions
        for region in regions:
            assert re.fullmatch(r"[A-Z]{2}", region.country)
            assert region.name


@pytest.mark.parametrize(
    ("place", "country", "jurisdictions"),
    [
        ("aws:eu-central-1", "DE", ("EU", "EEA")),
        ("aws:eu-central-2", "CH", ()),
        ("aws:eu-west-2", "GB", ()),
        ("aws:us-east-1", "US", ()),
        ("azure:westeurope", "NL", ("EU", "EEA")),
        ("azure:northeurope", "IE", ("EU", "EEA")),
        ("azure:norwayeast", "NO", ("EEA",)),
        ("azure:southeastasia", "SG", ()),
        ("gcp:europe-west3", "DE", ("EU", "EEA")),
        ("gcp:europe-west6", "CH", ()),
    ],
)
def test_a_region_lies_in_a_country_and_its_jurisdictions(
    place: str, country: str, jurisdictions: tuple[str, ...]
) -> None:
    (region,) = regions_of(place)
    assert (region.country, region.jurisdictions) == (country, jurisdictions)


def test_the_european_union_multi_region_holds_no_region_outside_of_it() -> None:
    regions = regions_of("gcp:eu")
    assert {"gcp:europe-west3", "gcp:europe-north1"} <= {region.uid for region in regions}
    assert all("EU" in region.jurisdictions for region in regions)


def test_matching_finds_the_known_places_of_a_pattern() -> None:
    assert "aws:eu-west-1" in set(matching("AWS:eu-*"))
    assert "aws:us-east-1" not in set(matching("aws:eu-*"))
    assert list(matching("aws:mars-*")) == []
