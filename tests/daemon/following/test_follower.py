"""Following a log: everything it tells has its effect once, with the position that is reached."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from collectors.model import Unread, UnreadReason
from daemon.exceptions import Exceptions
from daemon.following.detections import STANDS, quieten
from daemon.model import FindingStatus
from daemon.state import State, touches, uses
from daemon.targets import LogUnit
from detectors.model import Severity
from tests.fakes.followed_logs import AGAIN, WRITTEN, FileLog, Followed, event, read_of
from tests.fakes.posture import ACCOUNT, START, Clock, rule

MINUTE = timedelta(minutes=1)


@pytest.fixture
def source(tmp_path: Path) -> FileLog:
    return FileLog(tmp_path / "log.jsonl")


def test_a_match_is_queued_shown_and_told_once_however_often_it_is_delivered(state: State, source: FileLog) -> None:
    followed = Followed(state, source)
    source.write(event(1), event(1), event(2, "GetBucketPolicy", readOnly=True))
    followed.round()
    [document] = followed.queued()
    [finding] = state.findings(FindingStatus.OPEN)
    assert finding.judgement.detector == f"event.sigma.{WRITTEN}"
    assert finding.judgement.resource.uid == "arn:aws:s3:::b"
    assert finding.actor is not None
    assert (finding.actor.user_name, finding.actor.ip) == ("alice", "198.51.100.7")
    assert followed.counts.told == 3
    assert followed.wanted == ["arn:aws:s3:::b"]
    state.outbox.delivered(state.outbox.claim("test", 10, followed.clock.now))
    source.write(event(1))
    Followed(state, source).round()
    other = Followed(state, FileLog(source.path, position="another/aws.cloudtrail"))
    other.round()
    assert other.queued() == []
    assert other.counts.told == 4
    assert document


def test_the_position_advances_with_the_effects_and_the_cloud_is_told_after(state: State, source: FileLog) -> None:
    source.piece = 2
    source.write(*(event(number) for number in range(5)))
    followed = Followed(state, source)
    done = followed.round()
    assert done.records == 5
    assert state.cursors.get(followed.unit.key) == b"5"
    assert source.settled == [b"2", b"4", b"5"]
    assert len(followed.queued()) == 5


def test_a_quiet_log_writes_nothing(state: State, source: FileLog) -> None:
    source.write(event(1))
    followed = Followed(state, source)
    followed.round()
    written = []
    with state.read() as connection:
        before = connection.exec_driver_sql("SELECT read_at FROM logs").scalar()
    followed.clock.forward(minutes=1)
    followed.round()
    with state.read() as connection:
        written.append(connection.exec_driver_sql("SELECT read_at FROM logs").scalar())
    assert written == [before]
    assert followed.follower.statuses[followed.unit.key].read_at == followed.clock.now
    followed.clock.forward(minutes=11)
    followed.round()
    with state.read() as connection:
        assert connection.exec_driver_sql("SELECT read_at FROM logs").scalar() != before


def test_a_failed_call_touches_nothing_and_still_matches(state: State, source: FileLog) -> None:
    source.write(event(1, errorCode="AccessDenied"))
    followed = Followed(state, source)
    followed.round()
    with state.read() as connection:
        assert touches.pending_uids(connection) == []
    assert followed.counts.detected == {f"event.sigma.{WRITTEN}"}


def test_what_cannot_be_read_is_told_and_what_cannot_be_decoded_costs_itself(state: State, source: FileLog) -> None:
    with source.path.open("ab") as file:
        file.write(b"no json\n")
    source.write(event(1))
    followed = Followed(state, source)
    followed.round()
    assert (followed.counts.told, followed.counts.undecodable) == (2, 1)
    assert len(followed.queued()) == 1
    source.unread = Unread(reason=UnreadReason.DENIED, operation="s3:GetObject", permission="s3:GetObject")
    assert followed.round().unread == (source.unread,)


def test_a_correlation_survives_a_restart_and_is_told_once(state: State, source: FileLog) -> None:
    refused = {"errorCode": "AccessDenied"}
    source.write(event(1, "DeleteBucket", **refused), event(2, "DeleteBucket", at=START + MINUTE, **refused))
    Followed(state, source).round()
    source.write(event(3, "DeleteBucket", at=START + 2 * MINUTE, user="bob", **refused))
    source.write(event(2, "DeleteBucket", at=START + MINUTE, **refused))
    Followed(state, source).round()
    assert Followed(state, source).queued() == []
    source.write(event(4, "DeleteBucket", at=START + 3 * MINUTE, **refused))
    followed = Followed(state, source)
    followed.round()
    assert [one.rule for one in followed.sink.detections] == [AGAIN]
    source.write(event(5, "DeleteBucket", at=START + 4 * MINUTE, **refused))
    Followed(state, source).round()
    assert len(followed.queued()) == 1


def test_what_lies_outside_a_correlations_time_span_is_forgotten(state: State, source: FileLog) -> None:
    refused = {"errorCode": "AccessDenied"}
    source.write(*(event(number, "DeleteBucket", at=START + 20 * number * MINUTE, **refused) for number in range(40)))
    followed = Followed(state, source)
    followed.round()
    assert followed.queued() == []
    with state.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sightings").scalar() == 4


def test_an_accepted_detection_is_told_to_nobody(state: State, source: FileLog) -> None:
    source.write(event(1))
    followed = Followed(state, source, exceptions=Exceptions([rule("arn:aws:s3:::b")]))
    followed.round()
    assert followed.queued() == []
    assert [one.status for one in state.findings()] == [FindingStatus.EXCEPTED]


def test_a_rule_is_disabled_and_weighed_as_a_detector_is(state: State, source: FileLog) -> None:
    source.write(event(1, errorCode="AccessDenied"))
    refused = "event.sigma.11111111-0000-0000-0000-000000000002"
    followed = Followed(
        state,
        source,
        disabled=frozenset({refused}),
        severities={f"event.sigma.{WRITTEN}": Severity.CRITICAL},
    )
    followed.round()
    [finding] = state.findings()
    assert (finding.judgement.detector, finding.judgement.severity) == (f"event.sigma.{WRITTEN}", Severity.CRITICAL)
    assert len(followed.queued()) == 1


def test_a_detection_stands_for_a_day_and_begins_anew(state: State, source: FileLog) -> None:
    clock = Clock()
    source.write(event(1))
    followed = Followed(state, source, clock=clock)
    followed.round()
    clock.now += STANDS + MINUTE
    with state.write() as connection:
        assert quieten(connection, clock.now) == 1
        assert quieten(connection, clock.now) == 0
    assert [one.status for one in state.findings()] == [FindingStatus.RESOLVED]
    source.write(event(2, at=clock.now))
    followed.round()
    [finding] = state.findings(FindingStatus.OPEN)
    assert (finding.first_seen, finding.since, finding.last_seen) == (START, clock.now, clock.now)


def test_uses_are_counted_and_news_of_them_come_in_steps(state: State, source: FileLog) -> None:
    followed = Followed(state, source)
    source.write(read_of(1))
    followed.round()
    assert followed.wanted == ["arn:aws:s3:::b"]
    source.write(*(read_of(number, at=START + number * MINUTE) for number in range(1, 9)))
    followed.round()
    assert followed.wanted == ["arn:aws:s3:::b"]
    source.write(*(read_of(number, at=START - MINUTE, ip="203.0.113.10") for number in range(9, 12)))
    followed.round()
    assert followed.wanted == ["arn:aws:s3:::b"] * 2
    with state.read() as connection:
        [row] = uses.load(connection, ["arn:aws:s3:::b"])
    assert (row.count, row.first, row.last) == (11, START - MINUTE, START + 8 * MINUTE)
    assert '"203.0.113.9","count":8' in row.readers
    assert row.reach == "anonymous-internet"


def test_a_round_ends_at_the_next_delivery_once_the_daemon_stops(state: State, source: FileLog) -> None:
    source.piece = 1
    source.write(event(1), event(2))
    followed = Followed(state, source)
    followed.stopping.set()
    assert followed.round().handed_back
    assert state.cursors.get(followed.unit.key) is None


def test_two_logs_that_tell_the_same_at_once_have_one_effect(state: State, source: FileLog) -> None:
    source.piece = 10
    source.write(*(one for number in range(60) for one in (event(number), read_of(1000 + number))))
    followed = Followed(state, source)
    other = FileLog(source.path, 10, position="another/aws.cloudtrail")
    units = [followed.unit, LogUnit(target="prod", account=ACCOUNT, interval=MINUTE, source=other)]
    with ThreadPoolExecutor(2) as pool:
        assert [done.records for done in pool.map(followed.follower.follow, units)] == [120, 120]
    assert len(followed.sink.detections) == 60
    with state.read() as connection:
        [row] = uses.load(connection, ["arn:aws:s3:::b"])
    assert row.count == 60
