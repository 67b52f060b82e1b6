"""What reading a trail's files costs, and that memory stays flat: ``python -m tests.bench.bench_log_sources``.

The files are served by a loopback endpoint in this process and read by a child, whose rate and memory count.
``once`` is a day that must be caught up with; ``idle`` is a round in which nothing came.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collectors.api import Delivery
from collectors.aws.logs.sources import CloudTrailBucket
from collectors.aws.session import AwsAccount
from tests.bench.cloudtrail_corpus import events
from tests.fakes.aws_log_cloud import ACCOUNT, LogCloud, log_cloud, trail_key

BUCKET = "trail"
_ROOT = Path(__file__).parents[2]
_KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def seed(cloud: LogCloud, records: int, in_a_file: int) -> None:
    """Put so many records into files of one size, spread over the last half hour."""
    cloud.objects[BUCKET] = {}
    body = b'{"Records":[' + b",".join(events(in_a_file)) + b"]}"
    content = gzip.compress(body, 6)
    now = datetime.now(UTC)
    for number in range(records // in_a_file):
        at = now - timedelta(seconds=1800 * (1 - number * in_a_file / records))
        cloud.put(BUCKET, trail_key(at, f"{number:016}"), content, at.timestamp())


def read_in_a_child(url: str) -> dict[str, Any]:
    """Return what a child measured: records, seconds, and resident memory in MiB before and at most."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_log_sources", "--read", url],
        cwd=_ROOT,
        env=os.environ | _KEYS,
        capture_output=True,
        check=True,
        text=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _read(url: str) -> dict[str, Any]:
    source = CloudTrailBucket(AwsAccount(ACCOUNT, endpoint_url=url), BUCKET)
    reading = source.read(None)
    first = next(reading)
    assert isinstance(first, Delivery)
    before, begun, computed = _peak(), time.perf_counter(), time.process_time()
    records, cursor, most, longest = 0, first.cursor, 0, 0
    for item in reading:
        assert isinstance(item, Delivery), item
        records += len(item.records)
        cursor, most, longest = item.cursor, max(most, len(item.records)), max(longest, sum(map(len, item.records)))
    seconds, cpu, after = time.perf_counter() - begun, time.process_time() - computed, _peak()
    begun = time.perf_counter()
    again = list(source.read(cursor))
    idle = time.perf_counter() - begun
    assert [len(item.records) for item in again if isinstance(item, Delivery)] == [0]
    return {
        "records": records + len(first.records),
        "seconds": seconds,
        "cpu": cpu,
        "rate": records / seconds,
        "before": before,
        "peak": after,
        "idle": idle,
        "cursor": len(cursor),
        "most": most,
        "longest": longest,
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--read", help="the endpoint to read from; for the child alone")
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--in-a-file", type=int, default=1_000)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each answer of S3 takes")
    asked = parser.parse_args()
    if asked.read:
        print(json.dumps(_read(asked.read)))
        return
    with log_cloud() as cloud:
        cloud.latency = asked.latency
        seed(cloud, asked.records, asked.in_a_file)
        found = read_in_a_child(cloud.url)
    print(
        f"{found['records']} records in {found['seconds']:.1f} s ({found['rate']:.0f}/s, {found['cpu']:.1f} s CPU); "
        f"memory {found['before']:.0f} -> {found['peak']:.0f} MiB; nothing new {found['idle'] * 1000:.0f} ms; "
        f"cursor {found['cursor']} bytes"
    )


if __name__ == "__main__":
    main()
