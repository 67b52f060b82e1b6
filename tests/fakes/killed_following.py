"""A process that follows a log and is killed at a moment told beforehand: in the database, or at its source."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event as sql_event

from collectors.api import Delivery
from collectors.model import Known, Resource, Scope, Unread
from daemon.following.look import Look
from daemon.passes import PassRunner
from daemon.state import State, touches
from daemon.targets import Unit
from tests.fakes.followed_logs import FileLog, Followed, event, read_of
from tests.fakes.posture import SCOPE, START, Publisher, bucket, grant, judging
from tests.fakes.units import INTERVAL, Scripted

PIECE = 6
BUCKETS = 4

_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.fakes.killed_following", "psycopg"])


def story() -> list[dict[str, Any]]:
    """Return what the log tells: openings, refusals that correlate, anonymous reads, and all of it late and twice."""
    told: list[dict[str, Any]] = []
    for number in range(24):
        at = START + timedelta(seconds=number)
        name = f"b{number % BUCKETS}"
        told.append(event(number, at=at, bucket=name))
        told.append(event(100 + number, "DeleteBucket", at=at, bucket=name, errorCode="AccessDenied"))
        told.append(read_of(200 + number, at=at, bucket=name))
    return told + told[3:40:2]


class _Estate(Scripted):
    """Buckets that stand open by the time anybody looks at them again."""

    def refresh(self, scope: Scope, uid: str) -> Resource | Unread | None:
        assert scope == SCOPE
        return bucket(uid.rpartition(":")[2], policy_grants=Known((grant("*"),)))


class _Watched(FileLog):
    """Calls back at each delivery and each settlement."""

    def __init__(self, path: Path, tick: Any) -> None:
        super().__init__(path, PIECE)
        self._tick = tick

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        for item in super().read(cursor):
            self._tick()
            yield item
            self._tick()

    def settle(self, delivery: Delivery) -> None:
        self._tick()
        super().settle(delivery)


def live(url: str, path: str, kill_at: int | None) -> int:
    """Follow the log and look at what it touched; die at the given moment. Return how many moments there were."""
    moments = [0]

    def tick(*_: object) -> None:
        moments[0] += 1
        if moments[0] == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    names = ("before_cursor_execute", "after_cursor_execute", "commit")
    for name in names:
        sql_event.listen(Engine, name, tick)
    try:
        _follow(url, _Watched(Path(path), tick))
    finally:
        for name in names:
            sql_event.remove(Engine, name, tick)
    return moments[0]


def _follow(url: str, source: FileLog) -> None:
    state = State.open(url)
    followed = Followed(state, source)
    followed.clock.forward(minutes=1)
    runner = PassRunner(state, Publisher(), followed.clock)
    names = [f"b{number}" for number in range(BUCKETS)]
    unit = Unit(scope=SCOPE, interval=INTERVAL, collector=_Estate(lambda: [bucket(name) for name in names]))
    look = Look(state, runner, units=lambda: [unit], judging=judging, prompt=lambda _unit: None, clock=followed.clock)
    if state.scope(SCOPE.key) is None:
        clock, followed.clock.now = followed.clock.now, START - timedelta(minutes=1)
        runner.run(SCOPE, unit.collector.collect(SCOPE), judging())
        followed.clock.now = clock
    followed.round()
    with state.read() as connection:
        left = touches.pending_uids(connection)
    for uid in left:
        look.at(uid)
    state.close()


def killed(url: str, path: str, kill_at: int) -> bool:
    """Let a process follow until it is killed; return whether it was, False if it came to the end."""
    process = _PROCESSES.Process(target=live, args=(url, path, kill_at))
    process.start()
    process.join(60)
    assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
    return process.exitcode != 0
