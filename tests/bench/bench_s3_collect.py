"""What reading S3 costs without judging or storing it: ``python -m tests.bench.bench_s3_collect``.

Each case reads a replayed estate in a process of its own and prints a row of a Markdown table. ``SDK``
is the CPU that plain boto3 takes for the same calls in the same minute, one after the other: what is
left above it is ours.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.measure import Cost, run
from tests.fakes.aws_replay import Replay, replay

ACCOUNT = "123456789012"

COLUMNS = (
    "buckets",
    "ms a call",
    "calls a bucket",
    "wall s",
    "CPU s",
    "CPU ms a call",
    "SDK",
    "peak MB",
    "first call s",
)


class Case(NamedTuple):
    """One estate: how many buckets, and by how many milliseconds each answer is delayed."""

    buckets: int
    delay: int


CASES = (Case(1000, 0), Case(500, 30), Case(10_000, 0))


def collect(endpoint: str) -> int:
    """Read everything at an endpoint; return how many buckets there were."""
    from collectors.aws.s3 import S3Collector
    from collectors.aws.session import AwsAccount
    from collectors.model import Bucket, Provider, Scope

    scope = Scope(target="bench", provider=Provider.AWS, account=ACCOUNT, region="global", collector=S3Collector.uid)
    account = AwsAccount(ACCOUNT, endpoint_url=endpoint)
    return sum(isinstance(item, Bucket) for item in S3Collector(account).collect(scope))


def plain(endpoint: str, buckets: int) -> float:
    """Return the CPU seconds a call that plain boto3 takes for the reads of so many buckets."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    from tests.fakes.aws_estate import name_of

    client = boto3.Session().client(
        "s3", region_name="us-east-1", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"})
    )
    reads = (
        client.get_bucket_location,
        client.get_public_access_block,
        client.get_bucket_policy,
        client.get_bucket_acl,
        client.get_bucket_encryption,
        client.get_bucket_versioning,
        client.get_bucket_logging,
        client.get_bucket_replication,
        client.get_bucket_tagging,
    )
    started = time.process_time()
    for number in range(buckets):
        for read in reads:
            try:
                read(Bucket=name_of(number))
            except ClientError:
                continue
    return (time.process_time() - started) / (buckets * len(reads))


def _measured(case: Case, *, regions_listed: bool) -> str:
    with (
        replay(buckets=case.buckets, delay=case.delay / 1000, regions_listed=regions_listed) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        cost = _child(server, Path(folder))
        stats = server.stats(reset=True)
        sdk = plain(server.url, 100) if case.delay == 0 else 0.0
    calls = sum(stats["calls"].values())
    cells = (
        f"{case.buckets:,}",
        str(case.delay),
        f"{sum(stats['buckets'].values()) / case.buckets:.1f}",
        f"{cost.wall:.1f}",
        f"{cost.cpu:.1f}",
        f"{cost.cpu / calls * 1000:.2f}",
        f"{sdk * 1000:.2f}" if sdk else "",
        f"{cost.peak / 1_000_000:.0f}",
        f"{stats['first_call_at'] - cost.started:.2f}",
    )
    return _row(cells)


def _child(server: Replay, folder: Path) -> Cost:
    command = (sys.executable, "-m", "tests.bench.bench_s3_collect", "--endpoint", server.url)
    cost = run(command, environment=dict(os.environ), out=folder / "out", log=folder / "log")
    if cost.code != 0:
        sys.exit((folder / "log").read_text())
    return cost


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run the cases, or the one that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--buckets", type=int, help="only an estate of so many buckets")
    parser.add_argument("--delay", type=int, default=0, help="with --buckets: milliseconds added to each answer")
    parser.add_argument("--regions-listed", action="store_true", help="let the listing say regions, as S3 does")
    parser.add_argument("--endpoint", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "bench")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "bench")
    if options.endpoint:
        print(collect(options.endpoint))
        return
    cases = CASES if options.buckets is None else (Case(options.buckets, options.delay),)
    print(_row(COLUMNS))
    print(_row(["---"] * len(COLUMNS)))
    for case in cases:
        print(_measured(case, regions_listed=options.regions_listed), flush=True)


if __name__ == "__main__":
    main()
