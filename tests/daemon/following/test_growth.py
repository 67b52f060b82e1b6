"""The state grows with what is found and not with what is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.following.follower import Matching
from daemon.state import State
from detectors.sigma.rules import load_rules
from tests.fakes.followed_logs import FileLog, Followed, event, read_of
from tests.fakes.posture import START, Clock

SECOND = timedelta(seconds=1)
READS = 4_000
RULES = """\
title: An object was read
id: 11111111-0000-0000-0000-000000000005
name: object_read
status: test
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: GetObject}
  condition: selection
level: low
---
title: Many objects were read
id: 11111111-0000-0000-0000-000000000006
status: test
correlation:
  type: value_count
  rules: [object_read]
  group-by: [userIdentity.arn]
  timespan: 10m
  condition: {field: requestParameters.key, gte: 100}
level: high
"""


@pytest.fixture
def following(state: State, tmp_path: Path) -> Callable[[], Followed]:
    loaded = load_rules([("rules.yml", RULES)])
    assert loaded.refused == ()
    clock = Clock()

    def begin() -> Followed:
        followed = Followed(state, FileLog(tmp_path / "log.jsonl", piece=1000), clock=clock)
        followed.matching = Matching(loaded, followed.matching.alerting)
        return followed

    return begin


def own_read(number: int, key: int, at: timedelta = timedelta()) -> dict[str, Any]:
    one = read_of(number, at=START + at)
    parameters = {"bucketName": "b", "key": f"k{key}"}
    return {**one, "userIdentity": event(number)["userIdentity"], "requestParameters": parameters}


def rows(state: State, table: str) -> int:
    with state.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() or 0)  # noqa: S608 - our tables


def size(state: State) -> int:
    """Return how many bytes the tables and indexes of what is read take."""
    with state.read() as connection:
        if connection.dialect.name == "sqlite":
            pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            return int(connection.exec_driver_sql(pages).scalar() or 0)
        tables = "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(ARRAY['log_seen', 'sightings', 'uses']) t"
        return int(connection.exec_driver_sql(tables).scalar() or 0)


def test_an_owners_reads_leave_a_row_for_each_object_and_not_for_each_read(
    state: State, following: Callable[[], Followed]
) -> None:
    followed = following()
    followed.source.write(*(own_read(number, number % 50) for number in range(READS)))
    before = size(state)
    followed.round()
    assert (rows(state, "log_seen"), rows(state, "sightings")) == (0, 50)
    assert (size(state) - before) / READS < 32
    assert followed.queued() == []


def test_anonymous_reads_are_known_again_for_a_day(state: State, following: Callable[[], Followed]) -> None:
    followed = following()
    reads = [read_of(number) for number in range(READS)]
    followed.source.write(*reads)
    before = size(state)
    followed.round()
    followed.source.write(*reads)
    followed.round()
    assert rows(state, "log_seen") == READS
    assert (size(state) - before) / READS < 120
    with state.read() as connection:
        assert connection.exec_driver_sql("SELECT sum(count) FROM uses").scalar() == READS
    state.prune(followed.clock.now + timedelta(hours=23), timedelta(days=400))
    assert rows(state, "log_seen") == READS
    state.prune(followed.clock.now + timedelta(hours=25), timedelta(days=400))
    assert rows(state, "log_seen") == 0


def test_a_burst_that_comes_again_is_told_once_over_restarts(following: Callable[[], Followed]) -> None:
    burst = [own_read(number, number, number * SECOND) for number in range(150)]
    first = following()
    first.source.write(*burst[:60], *burst[:60])
    first.round()
    assert first.queued() == []
    second = following()
    second.source.write(*burst[40:], *burst)
    second.round()
    assert len(second.queued()) == 1
    third = following()
    third.source.write(*burst)
    third.round()
    assert len(third.queued()) == 1
    third.source.write(
        *(own_read(200 + number, number, timedelta(minutes=5) + number * SECOND) for number in range(99))
    )
    third.round()
    assert len(third.queued()) == 2


def test_what_is_known_of_an_object_is_its_newest_read(state: State, following: Callable[[], Followed]) -> None:
    followed = following()
    followed.source.write(*(own_read(number, number, timedelta()) for number in range(60)))
    followed.source.write(*(own_read(100 + number, number, timedelta(minutes=9)) for number in range(60)))
    followed.source.write(*(own_read(200 + number, number, timedelta(minutes=4)) for number in range(60)))
    followed.round()
    later = following()
    later.source.write(*(own_read(300 + number, number, timedelta(minutes=15)) for number in range(60, 99)))
    later.round()
    assert later.queued() == []
    later.source.write(own_read(999, 99, timedelta(minutes=15)))
    later.round()
    assert len(later.queued()) == 1
    assert rows(state, "sightings") == 1
