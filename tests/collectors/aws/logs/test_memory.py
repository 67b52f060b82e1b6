from __future__ import annotations

from tests.bench.bench_log_sources import read_in_a_child, seed
from tests.fakes.aws_log_cloud import log_cloud

RECORDS = 200_000


def test_a_backlog_is_read_in_flat_memory() -> None:
    with log_cloud() as cloud:
        seed(cloud, RECORDS, in_a_file=5_000)
        found = read_in_a_child(cloud.url)
    assert found["records"] == RECORDS
    assert found["most"] <= 5_000
    assert found["longest"] <= 8 * 1024 * 1024
    # After the first piece, the other quarter of a gigabyte needs no more than a few pieces on their way.
    assert found["peak"] - found["before"] < 48
    assert found["cursor"] < 2_000
