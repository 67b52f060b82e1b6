"""What reading and judging identities costs: ``python -m tests.bench.bench_identity``.

Each case reads a replayed account in a process of its own and prints a row of a Markdown table: as many roles as users,
each under its own, its group's and customer managed policies.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.bench.measure import run
from tests.fakes.aws_identities import ACCOUNT, identities

COLUMNS = ("users", "roles", "ms a call", "calls", "of them pages", "wall s", "CPU s", "peak MB", "judgements")
LISTING = "GetAccountAuthorizationDetails"
MOST_SECONDS = 3.0
"""What 500 users at 30 ms a call may take."""


class Case(NamedTuple):
    """One account: how many users, and by how many milliseconds each answer is delayed."""

    users: int
    delay: int


CASES = (Case(500, 0), Case(500, 30), Case(5000, 30))


def collect(endpoint: str) -> int:
    """Read and judge everything at an endpoint; return how many judgements were made."""
    from datetime import UTC, datetime

    from collectors.aws.iam import IamCollector
    from collectors.aws.session import AwsAccount
    from collectors.model import Provider, Scope, Unread
    from detectors.asking import asked
    from detectors.catalogue import catalogue, detectors_for
    from detectors.engine import judge
    from detectors.model import Policy

    scope = Scope(target="bench", provider=Provider.AWS, account=ACCOUNT, region="global", collector=IamCollector.uid)
    policy, now, made = Policy(), datetime.now(UTC), 0
    account = AwsAccount(ACCOUNT, endpoint_url=endpoint, asked=asked(tuple(catalogue().values()), policy))
    for item in IamCollector(account).collect(scope):
        if isinstance(item, Unread):
            sys.exit(item.summary)
        made += sum(judge(detector, item, policy, now) is not None for detector in detectors_for(type(item)))
    return made


def measured(case: Case) -> tuple[str, ...]:
    """Run one case and return its row."""
    with (
        identities(users=case.users, delay=case.delay / 1000) as server,
        tempfile.TemporaryDirectory(prefix="cspmd-bench-") as name,
    ):
        folder = Path(name)
        command = (sys.executable, "-m", "tests.bench.bench_identity", "--endpoint", server.url)
        cost = run(command, environment=dict(os.environ), out=folder / "out", log=folder / "log")
        if cost.code != 0:
            sys.exit((folder / "log").read_text())
        calls = server.stats(reset=True)["calls"]
        judgements = (folder / "out").read_text().strip()
    if case.users == 500 and cost.wall > MOST_SECONDS:
        print(f"{case.users} users took {cost.wall:.1f} s, more than {MOST_SECONDS} s", file=sys.stderr)
    pages = calls.pop(LISTING)
    return (
        f"{case.users:,}",
        f"{case.users:,}",
        str(case.delay),
        str(sum(calls.values()) + pages),
        str(pages),
        f"{cost.wall:.2f}",
        f"{cost.cpu:.2f}",
        f"{cost.peak / 1e6:.0f}",
        f"{int(judgements):,}",
    )


def main() -> None:
    """Run the cases, or the one that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, help="only an account of so many users")
    parser.add_argument("--delay", type=int, default=30, help="with --users: milliseconds added to each answer")
    parser.add_argument("--endpoint", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "bench")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "bench")
    if options.endpoint:
        print(collect(options.endpoint))
        return
    cases = CASES if options.users is None else (Case(options.users, options.delay),)
    print("|", " | ".join(COLUMNS), "|")
    print("|", " | ".join(["---:"] * len(COLUMNS)), "|")
    for case in cases:
        print("|", " | ".join(measured(case)), "|", flush=True)


if __name__ == "__main__":
    main()
