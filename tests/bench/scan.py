"""What ``cspmd scan`` costs: ``python -m tests.bench.scan [--only PART]… [--buckets N]``.

Each case runs twice on a new state: a first pass that writes everything and a second one in which
nothing has changed. Prints a Markdown table. Cases named ``moto`` run against a moto server, which
is itself most of their wall time; those named ``replay`` against recorded answers, each delayed by
the milliseconds named.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from detectors.catalogue import catalogue
from tests.bench.measure import Cost, run
from tests.bench.state_rows import rows
from tests.fakes.aws_moto import ACCOUNT, moto_server
from tests.fakes.aws_replay import Replay, replay

CONFIGURATION = """\
version: 1
state: {{url: "sqlite:///{folder}/state.db"}}
targets:
  - name: estate
    provider: aws
    accounts: ["{account}"]
    regions: [us-east-1, eu-west-1]
    endpoint_url: {endpoint}
detectors: {{disable: {others}}}
sinks: {{file: {{path: "{folder}/documents.jsonl", posture: {posture}}}}}
"""

COLUMNS = (
    "case",
    "pass",
    "calls per bucket",
    "wall s",
    "CPU s",
    "peak RSS MB",
    "first call after s",
    "state rows written",
    "documents shipped",
)


class Case(NamedTuple):
    """One estate to scan.

    ``delay`` in milliseconds, None for a moto server; ``posture`` ships what passes too, as to Elasticsearch.
    """

    buckets: int
    delay: int | None
    posture: bool = False

    @property
    def name(self) -> str:
        """How the table calls it."""
        where = "moto" if self.delay is None else f"replay, {self.delay} ms a call"
        return f"{self.buckets:,} buckets, {where}{', posture shipped' if self.posture else ''}"


CASES = (
    Case(1000, None),
    Case(1000, 0),
    Case(1000, 0, posture=True),
    Case(1000, 30),
    Case(500, 30),
    Case(10_000, 0),
)


@contextmanager
def serving(case: Case) -> Iterator[tuple[str, Replay | None]]:
    """Yield the endpoint of the case's estate, and the replay server where it is one."""
    if case.delay is None:
        with moto_server() as moto:
            subprocess.run([sys.executable, "-m", "tests.bench.seed", str(moto.port), str(case.buckets)], check=True)
            yield moto.url, None
    else:
        with replay(buckets=case.buckets, delay=case.delay / 1000, regions_listed=True) as server:
            yield server.url, server


def environment() -> dict[str, str]:
    """Return this process's environment without anything that could aim a call at a real account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CSPMD_"))}
    fake = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **fake, **files}


def lines(path: Path) -> int:
    """Return how many lines a file has; none where there is no file."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def passes(case: Case) -> Iterator[tuple[str, ...]]:
    """Run a case and yield the table's row of each of its passes."""
    with tempfile.TemporaryDirectory(prefix="cspmd-bench-") as name, serving(case) as (endpoint, server):
        folder = Path(name)
        configuration = folder / "cspmd.yaml"
        configuration.write_text(
            CONFIGURATION.format(
                folder=folder,
                account=ACCOUNT,
                endpoint=endpoint,
                posture="true" if case.posture else "false",
                others=[uid for uid in catalogue() if not uid.startswith(("storage.", "coverage."))],
            )
        )
        program = Path(sys.executable).with_name("cspmd")
        command = [program, "scan", "--config", configuration, "--format", "jsonl"]
        for number in ("first", "second"):
            before, shipped = rows(folder / "state.db"), lines(folder / "documents.jsonl")
            if server is not None:
                server.stats(reset=True)
            cost = run(command, environment=environment(), out=folder / "out", log=folder / "log")
            if cost.code != 0:
                sys.exit(f"{case.name}: cspmd scan ended with {cost.code}:\n{(folder / 'log').read_text()[-2000:]}")
            written = len(rows(folder / "state.db") - before)
            calls, first = calls_of(server, cost, case)
            yield (
                case.name,
                number,
                calls,
                f"{cost.wall:.1f}",
                f"{cost.cpu:.1f}",
                f"{cost.peak / 1e6:.0f}",
                first,
                f"{written:,}",
                f"{lines(folder / 'documents.jsonl') - shipped:,}",
            )


def calls_of(server: Replay | None, cost: Cost, case: Case) -> tuple[str, str]:
    """Return the calls per bucket and the seconds from start to first call; only a replay server counts them."""
    if server is None:
        return "", ""
    stats = server.stats()
    return f"{sum(stats['calls'].values()) / case.buckets:.2f}", f"{stats['first_call_at'] - cost.started:.1f}"


def main(arguments: Sequence[str]) -> None:
    """Run the cases asked for and print the table as it grows."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scan", description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="cases whose name holds this (moto, 30 ms)")
    parser.add_argument("--buckets", type=int, help="this many buckets in every case, for a quick look")
    options = parser.parse_args(arguments)
    cases = (
        CASES
        if options.buckets is None
        else tuple(dict.fromkeys(case._replace(buckets=options.buckets) for case in CASES))
    )
    print("|", " | ".join(COLUMNS), "|")
    print("|", " | ".join(["---", "---", *["---:"] * (len(COLUMNS) - 2)]), "|")
    for case in cases:
        if options.only and not any(part in case.name for part in options.only):
            continue
        for row in passes(case):
            print("|", " | ".join(row), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
