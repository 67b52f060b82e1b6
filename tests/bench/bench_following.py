"""Catching up with a log after an outage: records a second, and memory that stays flat.

    python -m tests.bench.bench_following [records]

First correlating alone, at its worst: one reader reads the same 9,000 objects again and again, one short of what a
rule waits for. Then the whole path runs: decoding, every rule that ships, touches and uses, one transaction for each
delivery of 5,000 records with its position, on an SQLite state on disk.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import ClassVar

from collectors.api import Delivery, Permission
from collectors.model import Provider, Unread
from daemon.exceptions import Exceptions
from daemon.following.detections import Alerting, Detection
from daemon.following.follower import Follower, Matching
from daemon.following.rules import rules_of
from daemon.model import Document
from daemon.state import State
from daemon.targets import LogUnit
from detectors.model import Judgement
from detectors.sigma.correlation import Correlation, CorrelationKind, Correlator, Seen
from tests.bench.cloudtrail_corpus import events
from tests.fakes.followed_logs import LogCounts, Sink

PIECE = 5_000
RECORDS = 200_000
LEAST_CORRELATED = 50_000
"""Matches a CPU second that correlating must manage whatever a group holds."""
OBJECTS = 9_000
PAGE = resource.getpagesize()


class Corpus:
    """A log source that makes its records up as it goes; one in fifty is an anonymous read or a change."""

    uid: ClassVar[str] = "aws.cloudtrail"
    provider: ClassVar[Provider] = Provider.AWS
    permissions: ClassVar[tuple[Permission, ...]] = ()
    position = "bench/aws.cloudtrail"

    def __init__(self, records: int) -> None:
        self.records = records
        self.memory: list[int] = []

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        at = int(cursor or b"0")
        source = events(self.records)
        while piece := tuple(islice(source, PIECE)):
            at += len(piece)
            yield Delivery(records=piece, cursor=str(at).encode())

    def settle(self, delivery: Delivery) -> None:
        assert delivery.records
        self.memory.append(resident())


class Forgetful(Sink):
    """Encodes as the program's own publisher would cost at least, and remembers nothing."""

    def detection(self, detection: Detection, judgement: Judgement, at: datetime) -> Iterable[Document]:
        documents = list(super().detection(detection, judgement, at))
        self.detections.clear()
        return documents


def resident() -> int:
    """Return the process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def replay(records: int, folder: Path) -> dict[str, float]:
    """Follow a corpus from its beginning; return what that cost."""
    state = State.open(f"sqlite:///{folder / 'state.db'}")
    corpus = Corpus(records)
    counts = LogCounts()
    matching = Matching(rules_of(()), Alerting(exceptions=Exceptions(), publisher=Forgetful()))
    follower = Follower(
        state,
        lambda: matching,
        lambda _uids: None,
        tally=counts,
        stopping=threading.Event(),
        clock=lambda: datetime.now(UTC),
    )
    unit = LogUnit(target="bench", account="0", interval=timedelta(minutes=1), source=corpus)
    made = time.process_time()
    for _ in events(records):
        pass
    made = time.process_time() - made
    started = time.process_time()
    follower.follow(unit)
    seconds = time.process_time() - started - made
    state.close()
    warm = corpus.memory[max(len(corpus.memory) // 4 - 1, 0)]
    return {
        "records": counts.told,
        "records_per_cpu_second": round(counts.told / seconds),
        "detections": counts.matched.total(),
        "resident_mib_after_a_quarter": round(warm / 2**20, 1),
        "resident_mib_at_the_end": round(corpus.memory[-1] / 2**20, 1),
        "state_mib": round((folder / "state.db").stat().st_size / 2**20, 1),
    }


def correlate(matches: int) -> dict[str, float]:
    """Take the matches of one busy reader into account; return how many a CPU second."""
    rule = Correlation(
        uid="bench",
        title="bench",
        level="high",
        kind=CorrelationKind.VALUE_COUNT,
        rules=("read",),
        seconds=600,
        op="gt",
        count=OBJECTS,
        field="key",
    )
    began = datetime(2026, 3, 4, tzinfo=UTC)
    seen = [
        Seen(at=began + timedelta(milliseconds=number), rule="read", event=str(number), value=str(number % OBJECTS))
        for number in range(matches)
    ]
    running = Correlator(rule)
    started = time.process_time()
    for one in seen:
        running.observe(("reader",), one)
    return {"correlated_per_cpu_second": round(matches / (time.process_time() - started)), "held": running.held}


def main() -> None:
    """Measure and print JSON; exit 1 where correlating is slower than it must be."""
    correlated = correlate(100_000)
    with tempfile.TemporaryDirectory() as scratch:
        replayed = replay(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS, Path(scratch))
    print(json.dumps({**correlated, **replayed}, indent=2))
    sys.exit(0 if correlated["correlated_per_cpu_second"] >= LEAST_CORRELATED else 1)


if __name__ == "__main__":
    main()
