"""Whose a bucket is that an access log tells of: one log may be of many accounts, and a line names none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from collectors.model import Bucket, Reach
from daemon.following.folding import Folding
from daemon.state import State, uses
from daemon.targets import LogUnit
from tests.fakes.followed_logs import FileLog, Followed
from tests.fakes.posture import ACCOUNT, SCOPE, World, bucket

SECOND = "222222222222"


class AccessLog(FileLog):
    uid = "aws.s3access"

    def tell(self, of: str, requester: str, request: int = 1) -> None:
        with self.path.open("a") as file:
            file.write(
                f"79a59df9 {of} [01/Mar/2026:12:00:38 +0000] 192.0.2.3 {requester} REQUEST{request} REST.GET.OBJECT "
                'a.txt "GET /a.txt HTTP/1.1" 200 - 113 113 7 6 "-" "curl" - host SigV4 cipher AuthHeader '
                f"{of}.s3.eu-central-1.amazonaws.com TLSv1.3 - -\n"
            )


@pytest.fixture
def source(tmp_path: Path) -> AccessLog:
    return AccessLog(tmp_path / "log")


def role_of(account: str) -> str:
    return f"arn:aws:sts::{account}:assumed-role/app/i-1"


@pytest.mark.parametrize("read_by", ["organization", ACCOUNT, SECOND])
def test_an_owners_own_reads_are_its_own_whoever_reads_the_log(
    state: State, source: AccessLog, read_by: str, world: World
) -> None:
    mine, second = bucket("mine"), msgspec.structs.replace(bucket("second"), account=SECOND)
    world.read(mine)
    world.runner.run(msgspec.structs.replace(SCOPE, account=SECOND), [second], world.judging)
    for of in ("mine", "second"):
        for number, account in enumerate((ACCOUNT, SECOND)):
            source.tell(of, role_of(account), number + 10 * (of == "mine"))
    followed = Followed(state, source)
    followed.unit = LogUnit(target="prod", account=read_by, interval=timedelta(minutes=1), source=source)
    followed.round()
    with state.read() as connection:
        rows = uses.load(connection, [mine.uid, second.uid])
    counted = [row for row in rows if row.reach != Reach.PRIVATE]
    assert [(row.resource_uid, row.reach, row.count) for row in counted] == [
        (mine.uid, Reach.NAMED_EXTERNAL, 1),
        (second.uid, Reach.NAMED_EXTERNAL, 1),
    ]
    assert SECOND in counted[0].readers
    assert ACCOUNT in counted[1].readers


def test_a_read_told_before_the_bucket_was_found_is_its_owners_once_it_is(state: State, source: AccessLog) -> None:
    source.tell("mine", role_of(ACCOUNT))
    followed = Followed(state, source)
    followed.round()
    fold = Folding(state, lambda: [followed.unit])
    [own] = fold(SCOPE, [bucket("mine")])
    [others] = fold(SCOPE, [msgspec.structs.replace(bucket("mine"), account=SECOND)])
    assert isinstance(own, Bucket)
    assert isinstance(others, Bucket)
    assert own.use.value.accesses == ()
    assert [one.reach for one in others.use.value.accesses] == [Reach.UNKNOWN]
