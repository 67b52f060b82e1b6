"""Where data lies: in the region, or in what its API tells of outside of it."""

from __future__ import annotations

import pytest

from collectors.aws.places import place_of
from detectors.places import Standing, standing


@pytest.mark.parametrize(
    ("region", "zone", "place"),
    [
        ("eu-central-1", "", "aws:eu-central-1"),
        ("eu-central-1", "eu-central-1a", "aws:eu-central-1"),
        ("eu-central-1", "eu-central-1-ham-1a", "aws:eu-central-1-ham-1"),
        ("us-east-1", "us-east-1-wl1-bos-wlz-1", "aws:us-east-1-wl1-bos-wlz-1"),
        ("us-east-1", "eu-central-1a", "aws:us-east-1"),
        ("us-gov-east-1", "us-gov-east-1c", "aws:us-gov-east-1"),
    ],
)
def test_a_zone_is_its_region_or_a_place_of_its_own(region: str, zone: str, place: str) -> None:
    assert place_of(region, zone=zone) == place


def test_an_outpost_stands_somewhere_that_no_table_knows() -> None:
    place = place_of("eu-central-1", zone="eu-central-1a", outpost="arn:aws:outposts:eu-central-1:1:outpost/op-0a1b")
    assert place == "aws:op-0a1b"
    assert standing(place, ("aws:eu-*",)) is Standing.UNKNOWN
