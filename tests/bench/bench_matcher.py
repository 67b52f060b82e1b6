"""What matching CloudTrail events costs: ``python -m tests.bench.bench_matcher --rules DIRECTORY``.

Each figure is a ratio to ``orjson.loads`` of the same lines in the same run, on one core: 1.0 means that
decoding and matching together take as long as making plain Python objects of the lines alone. The events
are measured in parts of 10,000; on each part the cases take turns for some rounds, and of each case the
fastest round counts, so that what else the machine does weighs on all alike. ``--rules`` is a directory of
Sigma rules (SigmaHQ's for AWS, from its ``rules/cloud/aws``); without it only the program's own are loaded.

orjson is no part of the program: ``pip install orjson`` first.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from collectors.aws.logs.cloudtrail import decode_file, decode_record
from collectors.aws.logs.events import cloudtrail_event, of_consequence
from collectors.framing import json_records
from collectors.unpacking import chunks
from daemon.own_rules import own_rules
from detectors.sigma.matcher import Matcher
from detectors.sigma.rules import Rule, load_directories, load_rules
from detectors.sigma.sources import CLOUDTRAIL
from tests.bench.cloudtrail_corpus import OPERATIONS, events

IN_A_PART = 10_000
IN_A_FILE = 1_000
"""Records of one log file: about what a busy account's trail delivers every five minutes."""


class Target(NamedTuple):
    """What a case may cost at most: a least ratio to ``orjson.loads``, or a most of extra time over another case."""

    least: float | None = None
    over: str = ""
    most: float = 0.0


class Part(NamedTuple):
    """Some of the events, as lines and as files of a trail."""

    lines: Sequence[bytes]
    files: Sequence[Path]


class Case(NamedTuple):
    """One row: what is done with events, and what it may cost."""

    name: str
    rules: int
    run: Callable[[Part], object]
    target: Target


_SHAPES = (
    "{'requestParameters.name': 'x-NUMBER'}",
    "{'userIdentity.arn|contains': ':user/nobody-NUMBER'}",
    "{'requestParameters|contains': 'needle-NUMBER', errorCode: Client.Error}",
    "{'requestParameters.policyDocument|contains|all': ['Allow-NUMBER', 'Principal'], userAgent|startswith: tool}",
)


def _rule(number: int, source: str, name: str) -> str:
    where = _SHAPES[number // len(OPERATIONS) % len(_SHAPES)].replace("NUMBER", str(number))
    return f"""
title: Generated {number}
id: 00000000-0000-4000-8000-{number:012d}
status: test
logsource: {{product: aws, service: cloudtrail}}
detection:
    selection: {{eventSource: {source}, eventName: {name}}}
    where: {where}
    condition: selection and where
level: low
"""


def absent(count: int) -> tuple[Rule, ...]:
    """Return rules on operations that no event of the corpus has."""
    return _loaded([_rule(number, "absent.amazonaws.com", f"Absent{number % 700}") for number in range(count)])


def present(count: int) -> tuple[Rule, ...]:
    """Return rules on the operations of the corpus, evenly; each looks into the request and at who asked."""
    chance = random.Random(3)
    operations = list(OPERATIONS)
    chance.shuffle(operations)
    return _loaded([_rule(10_000 + number, *operations[number % len(operations)]) for number in range(count)])


def _loaded(texts: Sequence[str]) -> tuple[Rule, ...]:
    loaded = load_rules([(f"{number}.yml", text) for number, text in enumerate(texts)])
    if loaded.refused:
        sys.exit(loaded.refused[0].reason)
    return loaded.rules


def _files(lines: Sequence[bytes], folder: Path) -> list[Path]:
    """Write the events as a trail delivers them."""
    files = []
    for start in range(0, len(lines), IN_A_FILE):
        path = folder / f"{start}.json.gz"
        path.write_bytes(gzip.compress(b'{"Records":[' + b",".join(lines[start : start + IN_A_FILE]) + b"]}", 6))
        files.append(path)
    return files


def _matching(rules: Sequence[Rule]) -> Callable[[Part], int]:
    match = Matcher(CLOUDTRAIL, rules).match

    def run(part: Part) -> int:
        hits = 0
        for line in part.lines:
            hits += len(match(decode_record(line)))
        return hits

    return run


def _following(rules: Sequence[Rule]) -> Callable[[Part], int]:
    """Do what following a trail needs besides: an event of whatever matches or may have effects."""
    match = Matcher(CLOUDTRAIL, rules).match

    def run(part: Part) -> int:
        made = 0
        for line in part.lines:
            record = decode_record(line)
            if match(record) or of_consequence(record):
                made += cloudtrail_event(record, line).uid != ""
        return made

    return run


def _from_files(rules: Sequence[Rule]) -> Callable[[Part], int]:
    match = Matcher(CLOUDTRAIL, rules).match

    def run(part: Part) -> int:
        hits = 0
        for path in part.files:
            with path.open("rb") as file:
                for record in decode_file(chunks(file)):
                    hits += len(match(record))
        return hits

    return run


def _from_deliveries(rules: Sequence[Rule]) -> Callable[[Part], int]:
    """Do as following a bucket does: unpack bit by bit, cut into records that are kept as they came, decode, match."""
    match = Matcher(CLOUDTRAIL, rules).match

    def run(part: Part) -> int:
        hits = 0
        for path in part.files:
            with path.open("rb") as file:
                for line in json_records(chunks(file)):
                    hits += len(match(decode_record(line)))  # type: ignore[arg-type]  # the files are sound
        return hits

    return run


def _decoding(part: Part) -> None:
    for line in part.lines:
        decode_record(line)


def _loading(loads: Callable[[bytes], Any]) -> Callable[[Part], None]:
    def run(part: Part) -> None:
        for line in part.lines:
            loads(line)

    return run


def _fastest(runs: Sequence[Callable[[Part], object]], part: Part, rounds: int) -> list[float]:
    """Return the least CPU seconds that each takes for a part, all taking turns."""
    least = [float("inf")] * len(runs)
    for _ in range(rounds):
        for position, run in enumerate(runs):
            started = time.process_time()
            run(part)
            least[position] = min(least[position], time.process_time() - started)
    return least


def _measured(runs: Sequence[Callable[[Part], object]], count: int, rounds: int) -> tuple[list[float], int]:
    """Return the seconds of each for so many events, part by part, and the events' bytes."""
    total, size = [0.0] * len(runs), 0
    source = events(count)
    with tempfile.TemporaryDirectory(prefix="cspmd-bench-") as name:
        while lines := list(islice(source, IN_A_PART)):
            size += sum(map(len, lines))
            part = Part(lines, _files(lines, Path(name)))
            for position, seconds in enumerate(_fastest(runs, part, rounds)):
                total[position] += seconds
    return total, size


def _row(case: Case, seconds: float, base: float, others: dict[str, float], events_: int) -> tuple[str, bool]:
    """Return a row of the table, and whether the target is met."""
    ratio = base / seconds
    verdict, met = "", True
    if case.target.least is not None:
        met = ratio >= case.target.least
        verdict = f"at least {case.target.least:.1f}x"
    extra = ""
    if case.target.over:
        more = seconds / others[case.target.over] - 1
        met = more <= case.target.most
        extra = f"{more:+.0%}"
        verdict = f"at most +{case.target.most:.0%}"
    cells = (
        case.name,
        f"{case.rules:,}" if case.rules else "",
        f"{seconds / events_ * 1e6:.2f}",
        f"{events_ / seconds:,.0f}",
        f"{ratio:.2f}x",
        extra,
        verdict + ("" if met else " **missed**"),
    )
    return f"| {' | '.join(cells)} |", met


def _cases(rules: tuple[Rule, ...]) -> list[Case]:
    count = len(rules)
    known = "decode and match"
    few, many = 3_000 - count, 1_000
    return [
        Case("decode, typed", 0, _decoding, Target()),
        Case(known, count, _matching(rules), Target(least=1.0)),
        Case("decode and match, from gzip files", count, _from_files(rules), Target(least=0.7)),
        Case("the same, each record also kept as it came", count, _from_deliveries(rules), Target()),
        Case(
            "decode and match, more rules on absent operations",
            count + few,
            _matching(rules + absent(few)),
            Target(over=known, most=0.1),
        ),
        Case(
            "decode and match, more rules on operations in the traffic",
            count + many,
            _matching(rules + present(many)),
            Target(over=known, most=0.5),
        ),
        Case("decode, match, and who did what to which resource", count, _following(rules), Target()),
    ]


def main() -> None:
    """Measure and print a Markdown table; exit 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=Path, help="directory of Sigma rules; default: the program's own alone")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    try:
        loads = importlib.import_module("orjson").loads
    except ModuleNotFoundError:
        sys.exit("orjson, which everything is compared to, is not installed: pip install orjson")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rules = load_directories([options.rules or own_rules()]).rules
    rules = tuple(rule for rule in rules if CLOUDTRAIL.accepts(rule.product, rule.service))
    cases = _cases(rules)
    runs = [_loading(loads), *(case.run for case in cases)]
    (base, *seconds), size = _measured(runs, options.events, options.rounds)
    others = {case.name: spent for case, spent in zip(cases, seconds, strict=True)}
    count = options.events
    print(f"{count:,} events of {size / count:,.0f} bytes on average; the least of {options.rounds} rounds\n")
    print("| what | rules | µs an event | events a second | to `orjson.loads` | more time | target |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    print(f"| `orjson.loads` | | {base / count * 1e6:.2f} | {count / base:,.0f} | 1.00x | | |")
    rows = [_row(case, spent, base, others, count) for case, spent in zip(cases, seconds, strict=True)]
    print("\n".join(row for row, _ in rows))
    sys.exit(0 if all(met for _, met in rows) else 1)


if __name__ == "__main__":
    main()
