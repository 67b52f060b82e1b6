"""Fills a moto server with every family: ``python -m tests.bench.seed_families PORT RESOURCES REGION…``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.fakes.aws_families import Families
from tests.fakes.aws_moto import Moto


def seed(moto: Moto, resources: int, regions: Sequence[str]) -> None:
    """Make so many resources of each regional family in each region, and so many buckets and identities in all."""
    for region in regions:
        for number in range(resources):
            made = Families(moto, f"{region}-{number}", region=region)
            made.regional()
            if region == regions[0]:
                made.buckets()
                made.identities()
            if region == regions[0] and number == 0:
                made.trail()


if __name__ == "__main__":
    seed(Moto(int(sys.argv[1])), int(sys.argv[2]), sys.argv[3:])
