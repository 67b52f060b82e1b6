"""What logs tell of the use of a bucket becomes part of it: in steps, and never zero where nothing was told."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.model import AccessLogging, Bucket, Capability, Known, NotNeeded, Unread
from collectors.model.use import LOGGING_OFF, NOT_DELIVERED, NOT_FOLLOWED
from daemon.following.folding import Folding
from daemon.passes import PassRunner
from daemon.state import State
from daemon.targets import LogUnit
from tests.fakes.followed_logs import FileLog, Followed, event, read_of
from tests.fakes.posture import ACCOUNT, SCOPE, START, Clock, Publisher, bucket, judging

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
UNLOGGED = Known(AccessLogging(enabled=False))


class AccessLog(FileLog):
    uid = "aws.s3access"


class Scene:
    """A bucket, a log that tells of it, and what is made of both."""

    def __init__(self, state: State, path: Path) -> None:
        self.state = state
        self.clock = Clock()
        self.source = FileLog(path / "log.jsonl")
        self.followed = Followed(state, self.source)
        self.units: list[LogUnit] = [self.followed.unit]
        self.fold = Folding(state, lambda: self.units, self.clock)

    def tell(self, *events: dict[str, Any]) -> None:
        self.source.write(*events)
        self.followed.round()

    def bucket(self, **facts: Any) -> Any:
        """Return the use of the bucket, as judging is given it."""
        [found] = self.fold(SCOPE, [bucket("b", **facts)])
        assert isinstance(found, Bucket)
        return found.use


@pytest.fixture
def scene(state: State, tmp_path: Path) -> Scene:
    return Scene(state, tmp_path)


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def own_read(number: int) -> dict[str, Any]:
    one = read_of(number)
    return {**one, "userIdentity": event(number)["userIdentity"]}


def foreign_read(number: int, account: str, ip: str = "198.51.100.1") -> dict[str, Any]:
    identity = {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": account}
    return {**read_of(number, ip=ip), "userIdentity": identity}


def test_without_a_log_nothing_is_said_of_use(scene: Scene) -> None:
    scene.units = []
    assert scene.bucket() == NotNeeded(NOT_FOLLOWED)
    scene.units = [LogUnit(target="other", account="999999999999", interval=MINUTE, source=scene.source)]
    assert scene.bucket() == NotNeeded(NOT_FOLLOWED)


def test_a_trail_that_never_told_of_data_says_nothing_of_its_use(scene: Scene) -> None:
    scene.tell(event(1))
    assert scene.bucket() == NotNeeded(NOT_FOLLOWED)


def test_an_access_log_that_is_off_or_has_told_nothing_yet_is_no_proof_of_no_use(scene: Scene) -> None:
    log = AccessLog(scene.source.path)
    scene.units = [LogUnit(target="prod", account=ACCOUNT, interval=MINUTE, source=log)]
    off, late = scene.bucket(access_logging=UNLOGGED), scene.bucket()
    assert isinstance(off, Unread)
    assert isinstance(late, Unread)
    assert (off.detail, late.detail) == (LOGGING_OFF, NOT_DELIVERED)
    assert not off.failed


def test_what_only_its_owner_used_was_not_used_from_outside(scene: Scene) -> None:
    scene.tell(own_read(1))
    assert scene.followed.wanted == ["arn:aws:s3:::b"]
    assert scene.bucket().value.accesses == ()
    assert scene.bucket().value.logs == ("aws.cloudtrail",)
    scene.tell(own_read(2))
    assert scene.followed.wanted == ["arn:aws:s3:::b"]


def test_a_log_of_writes_alone_is_no_proof_of_no_reads(scene: Scene) -> None:
    write = {"eventName": "PutObject", "readOnly": False}
    scene.tell({**own_read(1), **write})
    assert scene.bucket() == NotNeeded(NOT_FOLLOWED)
    scene.tell({**read_of(2), **write})
    assert [one.capability for one in scene.bucket().value.accesses] == [Capability.WRITE]
    assert scene.bucket().value.told_until is None


def test_it_is_said_up_to_when_a_log_told_and_that_it_has_been_silent(scene: Scene) -> None:
    scene.tell(own_read(1))
    first = scene.bucket().value
    assert (first.told_until, first.silent) == (START, False)
    scene.tell({**own_read(2), "eventTime": at(START + 5 * MINUTE)})
    assert scene.bucket().value == first
    scene.tell({**own_read(4), "eventTime": at(START + DAY)}, {**own_read(3), "eventTime": at(START - DAY)})
    assert (scene.bucket().value.told_until, scene.bucket().value.silent) == (START + DAY, False)
    scene.clock.forward(days=8, minutes=1)
    assert (scene.bucket().value.told_until, scene.bucket().value.silent) == (START + DAY, True)
    scene.tell({**own_read(5), "eventTime": at(scene.clock.now)})
    assert not scene.bucket().value.silent
    assert scene.followed.wanted == ["arn:aws:s3:::b"]


def test_uses_are_told_in_powers_of_ten(scene: Scene) -> None:
    told = []
    for number in range(1, 31):
        scene.tell(read_of(number, at=START + number * MINUTE))
        told.append(scene.bucket())
    assert [one.value.accesses[0].count for one in told] == [1] * 9 + [10] * 21
    assert told[0] == told[8]
    assert told[9] == told[29]
    [accesses] = told[29].value.accesses
    assert (accesses.first, accesses.last) == (START + MINUTE, START + 10 * MINUTE)
    assert scene.followed.wanted == ["arn:aws:s3:::b"] * 2


def test_a_new_address_is_told_at_once_while_there_are_few(scene: Scene) -> None:
    for number in range(1, 31):
        scene.tell(read_of(number, ip=f"203.0.113.{number}"))
        [accesses] = scene.bucket().value.accesses
        assert len(accesses.readers) == min(number, 20)
    assert scene.followed.wanted == ["arn:aws:s3:::b"] * 20


def test_a_new_account_is_told_at_once_however_many_addresses_there_are(scene: Scene) -> None:
    for number in range(1, 26):
        scene.tell(foreign_read(number, "111111111111", ip=f"203.0.113.{number}"))
    for number, account in enumerate(("222222222222", "333333333333")):
        scene.tell(foreign_read(100 + number, account))
        [accesses] = scene.bucket().value.accesses
        assert account in {one.account for one in accesses.readers}
    assert {one.account for one in accesses.readers} == {"111111111111", "222222222222", "333333333333"}
    assert len(scene.followed.wanted) == 22


def test_a_day_with_a_use_is_told_and_its_time_with_it(scene: Scene) -> None:
    scene.tell(read_of(1), read_of(2, at=START + MINUTE))
    scene.tell(read_of(3, at=START + DAY))
    [accesses] = scene.bucket().value.accesses
    assert (accesses.first, accesses.last) == (START, START + DAY)
    scene.tell(read_of(4, at=START + DAY + MINUTE))
    assert scene.bucket().value.accesses == (accesses,)
    scene.tell(read_of(5, at=START - DAY))
    assert scene.bucket().value.accesses[0].first == START - DAY
    assert scene.followed.wanted == ["arn:aws:s3:::b"] * 3


def test_a_use_makes_a_pass_write_once_and_not_for_each_read(scene: Scene) -> None:
    clock = Clock()
    runner = PassRunner(scene.state, Publisher(), clock, fold=scene.fold)
    hashes = []
    for number in range(1, 15):
        scene.tell(read_of(number))
        clock.forward(minutes=5)
        runner.run(SCOPE, [bucket("b")], judging())
        with scene.state.read() as connection:
            hashes.append(connection.exec_driver_sql("SELECT hash FROM resources WHERE kind = 'bucket'").scalar())
    assert len(set(hashes)) == 2
