"""Fills a moto server with an estate, in a process of its own: ``python -m tests.bench.seed PORT BUCKETS``."""

from __future__ import annotations

import sys
from functools import cache

from tests.fakes.aws_estate import name_of, put_bucket, shape_of
from tests.fakes.aws_moto import Moto


def seed(moto: Moto, buckets: int) -> None:
    """Create the estate's first buckets."""

    @cache
    def client_in(region: str) -> object:
        return moto.client("s3", region=region)

    for number in range(buckets):
        name = name_of(number)
        put_bucket(client_in, name, shape_of(name))


if __name__ == "__main__":
    seed(Moto(int(sys.argv[1])), int(sys.argv[2]))
