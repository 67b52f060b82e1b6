"""What a pass costs in this layer: CPU for a thousand resources, memory for ten thousand."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from collectors.model import Bucket, Known
from daemon.passes import PassRunner
from daemon.state import State
from tests.fakes.posture import OFF, SCOPE, Clock, Publisher, bucket, detector, grant, judging, not_versioned

RULES = [detector(f"storage.test_rule{number}", (not_versioned,)) for number in range(9)]

MEMORY = """
import resource, sys
from tests.daemon.passes.test_cost import pass_over
pass_over(sys.argv[1], 400)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
pass_over(sys.argv[1], 10_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def estate(count: int) -> Iterator[Bucket]:
    for number in range(count):
        own = {"versioning": OFF} if number % 3 == 0 else {}
        yield bucket(f"b{number}", policy_grants=Known((grant("*"),)), **own)


def pass_over(url: str, count: int) -> int:
    """Let two passes read an estate; return how many transitions there were."""
    state = State.open(url)
    told: list[object] = []
    runner = PassRunner(state, Publisher(), Clock(), lambda _one: told.append(None))
    for _ in range(2):
        runner.run(SCOPE, estate(count), judging(detectors=RULES[:3]))
    state.close()
    return len(told)


def test_a_thousand_resources_with_nine_judgements_each_cost_little(state: State) -> None:
    found = list(estate(1000))
    judge = judging(detectors=RULES)
    runner = PassRunner(state, Publisher(), Clock())
    begin = time.process_time()
    runner.run(SCOPE, iter(found), judge)
    first = time.process_time() - begin
    begin = time.process_time()
    runner.run(SCOPE, iter(found), judge)
    second = time.process_time() - begin
    print(f"first pass {first:.2f} s CPU, second {second:.3f} s")
    assert sum(one.count for one in state.judgement_counts()) == 9000
    assert first < 1.5
    assert second < 0.3


def test_memory_does_not_grow_with_the_estate(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    ran = subprocess.run(
        [sys.executable, "-c", MEMORY, url], check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3]
    )
    assert int(ran.stdout) < 40 * 1024, "kilobytes more for ten thousand than for four hundred"
