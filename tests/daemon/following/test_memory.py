"""A log that is caught up with after an outage takes no more memory the longer it is."""

from __future__ import annotations

from pathlib import Path

from tests.bench.bench_following import replay

RECORDS = 40_000


def test_memory_stays_flat_while_a_log_is_replayed(tmp_path: Path) -> None:
    cost = replay(RECORDS, tmp_path)
    assert cost["records"] == RECORDS
    assert cost["detections"] > 100
    assert cost["resident_mib_at_the_end"] - cost["resident_mib_after_a_quarter"] < 16
