"""A process that reads a changing estate, ships what comes of it, and is killed at a moment told beforehand."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import Engine, event

from collectors.model import Bucket, Known, Unread
from daemon.state import State
from tests.fakes.posture import DENIED, LIST_DENIED, OFF, START, World, bucket, grant, judging, rule

COUNT = 48
BATCH = 20  # three batches a pass

_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.fakes.killed", "tests.fakes.posture", "psycopg"])


def _name(number: int) -> str:
    return f"b{number:03}"


def step(number: int) -> Iterator[Bucket | Unread]:
    """Yield what the estate looks like in one step of its story."""
    for one in range(COUNT):
        name = _name(one)
        if number == 0:
            yield bucket(name, **({"versioning": OFF} if one % 5 == 0 else {}))
        elif number == 1 and one % 7 == 0:
            yield bucket(name, policy_grants=Known((grant("*"),)))
        elif number == 2 and one % 6 == 0:
            yield bucket(name, versioning=DENIED)
        elif number == 3 and one % 11 == 0:
            continue
        elif number == 4 and one % 7 == 0:
            yield bucket(name, policy_grants=Known((grant("*"), grant("more"))))
        else:
            yield bucket(name)
    if number == 2:
        yield LIST_DENIED


STEPS = 5


def live(url: str, log: str, kill_at: int | None) -> None:
    """Go through the story from the step the log ends with; die at the given event of the database driver."""
    if kill_at is not None:
        _die_at(kill_at)
    path = Path(log)
    begin = _last_step(path)
    state = State.open(url)
    for number in range(begin, STEPS):
        _append(path, f"step {number}")
        world = World(state, batch=BATCH)
        world.clock.now = START + timedelta(minutes=5 * number)
        world.judging = judging(*([rule("*1*")] if number == 4 else []))
        world.runner.rejudge(world.judging)
        world.read(*step(number))
        ship(state, world, path)
    _append(path, "end")
    state.close()


def ship(state: State, world: World, path: Path) -> None:
    """Deliver what waits, ten at a time; a delivery that was not noted is made again.

    Each step of each life ships a day later: what a life before had claimed is free again.
    """
    now = world.clock.now + timedelta(days=len(path.read_text().splitlines()))
    while items := state.outbox.claim(world.publisher.sink, 10, now):
        for item in items:
            _append(path, f"shipped {item.uid}")
        state.outbox.delivered(items)


def events(url: str, log: str) -> int:
    """Go through the whole story and return how many events of the driver there were."""
    counted = [0]
    listeners = _listen(lambda: counted.__setitem__(0, counted[0] + 1))
    try:
        live(url, log, None)
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)
    return counted[0]


def killed(url: str, log: str, kill_at: int) -> bool:
    """Let a process go through the story until it is killed; return whether it was, False if it came to the end."""
    process = _PROCESSES.Process(target=live, args=(url, log, kill_at))
    process.start()
    process.join(60)
    assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
    return process.exitcode != 0


def shipped(log: Path) -> list[str]:
    return [line.removeprefix("shipped ") for line in log.read_text().splitlines() if line.startswith("shipped ")]


def _die_at(count: int) -> None:
    left = [count]

    def tick() -> None:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    _listen(tick)


def _listen(tick: object) -> list[tuple[str, object]]:
    """Call back before and after each statement, and before each commit."""
    assert callable(tick)
    listeners = [
        (name, lambda *_arguments: tick()) for name in ("before_cursor_execute", "after_cursor_execute", "commit")
    ]
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    return listeners


def _last_step(path: Path) -> int:
    if not path.exists():
        return 0
    steps = [int(line.split()[1]) for line in path.read_text().splitlines() if line.startswith("step ")]
    return steps[-1] if steps else 0


def _append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(line + "\n")
