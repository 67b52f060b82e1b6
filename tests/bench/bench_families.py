"""What reading each family of one account costs: ``python -m tests.bench.bench_families [--only FAMILY]…``.

Seeds 17 regions of a moto server with so many resources of each family in each, records its answers once, and reads one
family after another in a process of its own against a fast server that gives them again, at once and then 30 ms late.
Prints a Markdown table; ``everything`` is ``cspmd scan`` of all families on a new state. S3 at scale has a benchmark of
its own (``tests.bench.scan``), and so have identities (``tests.bench.bench_identity``).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.measure import Cost, run
from tests.bench.scan import environment
from tests.fakes.aws_families import NOT_IN_MOTO
from tests.fakes.aws_moto import ACCOUNT, moto_server
from tests.fakes.aws_recorded import recorded, recording

REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
    *("eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1"),
    *("ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
)
ALLOWED = "aws:eu-*"
DELAYS = (0, 30)
EVERYTHING = "everything"
COLUMNS = ("family", "resources", "calls", "wall s, 0 ms", "wall s, 30 ms", "CPU s", "peak RSS MB")

_AT_ONCE = 4
"""Regions read side by side, as a scan does."""


class Read(NamedTuple):
    """One reading: what it cost, how many resources it found, and how many calls it took."""

    cost: Cost
    resources: int
    calls: int


def configuration(folder: Path, endpoint: str) -> Path:
    """Write a configuration in which everything is judged, and return its path."""
    settings: Mapping[str, Any] = {
        "version": 1,
        "state": {"url": f"sqlite:///{folder}/state.db"},
        "targets": [
            {"name": "estate", "provider": "aws", "accounts": [ACCOUNT], "regions": REGIONS, "endpoint_url": endpoint}
        ],
        "policy": {"residency": {"default": {"allow": [ALLOWED]}}},
        "sinks": {"file": {"path": f"{folder}/documents.jsonl"}},
    }
    path = folder / "cspmd.yaml"
    # JSON is YAML, and needs no library that this process would have to carry.
    path.write_text(json.dumps(settings))
    return path


def command(family: str, endpoint: str, folder: Path) -> Sequence[str | Path]:
    """Return the command that reads a family, or everything."""
    if family == EVERYTHING:
        program = Path(sys.executable).with_name("cspmd")
        return [program, "scan", "--config", configuration(folder, endpoint), "--format", "jsonl", "--show", "all"]
    return [sys.executable, "-m", "tests.bench.bench_families", "--endpoint", endpoint, "--only", family]


def read(family: str, endpoint: str) -> tuple[Cost, int]:
    """Read a family in a process of its own; return what it cost and how many resources were judged."""
    with tempfile.TemporaryDirectory(prefix="cspmd-bench-") as name:
        folder = Path(name)
        cost = run(command(family, endpoint, folder), environment=environment(), out=folder / "out", log=folder / "log")
        if cost.code != 0:
            sys.exit(f"reading {family} ended with {cost.code}:\n{(folder / 'log').read_text()[-3000:]}")
        lines = [json.loads(line) for line in (folder / "out").read_text().splitlines()]
        return cost, len({line["resource"]["uid"] for line in lines if not line["detector"].startswith("coverage.")})


def judged(endpoint: str, family: str) -> None:
    """Read one family here, judge it, and print the judgements as ``cspmd scan`` does."""
    from concurrent.futures import ThreadPoolExecutor
    from datetime import UTC, datetime

    from collectors.aws.catalogue import COLLECTORS
    from collectors.aws.session import AwsAccount
    from collectors.model import GLOBAL, Provider, Scope, Unread, encode
    from detectors.catalogue import detectors_for
    from detectors.engine import judge
    from detectors.model import Policy
    from detectors.model.policy import Residency

    policy, now = Policy(residency=Residency(default=(ALLOWED,))), datetime.now(UTC)
    made = next(collector for collector in COLLECTORS if collector.uid == family)
    account = AwsAccount(ACCOUNT, endpoint_url=endpoint, regions=REGIONS)
    collector: Any = made(account)

    def one(region: str) -> list[bytes]:
        lines = []
        scope = Scope(target="bench", provider=Provider.AWS, account=ACCOUNT, region=region, collector=family)
        for item in collector.collect(scope):
            if isinstance(item, Unread):
                sys.exit(item.summary)
            found = (judge(detector, item, policy, now) for detector in detectors_for(type(item)))
            lines += [encode(judgement) for judgement in found if judgement is not None]
        return lines

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for lines in pool.map(one, REGIONS if made.regional else (GLOBAL,)):
            sys.stdout.buffer.writelines(line + b"\n" for line in lines)


def record(resources: int, file: Path) -> None:
    """Seed, and write down everything that any family asks for."""
    with moto_server() as moto, recording(moto.port) as proxy:
        seeding = [sys.executable, "-m", "tests.bench.seed_families", str(moto.port), str(resources), *REGIONS]
        subprocess.run(seeding, check=True)
        for operation, answer in NOT_IN_MOTO.items():
            proxy.answer_instead(operation, json.dumps(answer).encode())
        for family in (EVERYTHING, *families()):
            read(family, proxy.url)
        proxy.save(file)


def families() -> tuple[str, ...]:
    """Return the uids of the collectors, without loading the SDK into this process: a child never seems smaller."""
    printing = "from collectors.aws.catalogue import COLLECTORS; print(*(one.uid for one in COLLECTORS))"
    done = subprocess.run([sys.executable, "-c", printing], check=True, capture_output=True, text=True)
    return tuple(done.stdout.split())


def measured(file: Path, family: str, delay: int) -> Read:
    """Read the recorded account once."""
    with recorded(file, delay=delay / 1000) as server:
        cost, resources = read(family, server.url)
        calls = server.stats()["calls"]
    unrecorded = [operation for operation in calls if operation.startswith("unrecorded")]
    if unrecorded:
        sys.exit(f"asked for what was not recorded: {', '.join(unrecorded)}")
    return Read(cost, resources, sum(calls.values()))


def row(family: str, file: Path) -> tuple[str, ...]:
    """Measure one family and return its row: CPU is of the reading without delay, memory of the larger of the two."""
    quick, slow = (measured(file, family, delay) for delay in DELAYS)
    return (
        family,
        f"{quick.resources:,}",
        f"{quick.calls:,}",
        f"{quick.cost.wall:.1f}",
        f"{slow.cost.wall:.1f}",
        f"{quick.cost.cpu:.1f}",
        f"{max(quick.cost.peak, slow.cost.peak) / 1e6:.0f}",
    )


def main() -> None:
    """Measure the families asked for and print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], help="families whose name holds this (rds, everything)")
    parser.add_argument("--resources", type=int, default=5, help="of each family in each region (5)")
    parser.add_argument("--recording", type=Path, help="a file to keep the recording in, and to take it from again")
    parser.add_argument("--endpoint", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.endpoint:
        judged(options.endpoint, options.only[0])
        return
    with tempfile.TemporaryDirectory(prefix="cspmd-bench-") as name:
        file = options.recording or Path(name) / "recording.json"
        if not file.exists():
            record(options.resources, file)
        print("|", " | ".join(COLUMNS), "|")
        print("|", " | ".join(["---", *["---:"] * (len(COLUMNS) - 1)]), "|")
        for family in (*families(), EVERYTHING):
            if not options.only or any(part in family for part in options.only):
                print("|", " | ".join(row(family, file)), "|", flush=True)


if __name__ == "__main__":
    main()
