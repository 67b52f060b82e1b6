"""What the daemon does besides reading: verdicts that time changes, posture, retention."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

import structlog

from collectors.model import Scope
from daemon.model import Transition
from daemon.passes import Judging, PassRunner
from daemon.runtime.schedule import Schedule
from daemon.state import State, StateUnavailableError
from daemon.targets import Unit

log = structlog.get_logger(__name__)

JUDGE_EVERY = timedelta(seconds=5)
POSTURE_EVERY = timedelta(minutes=1)
LOGS_EVERY = timedelta(minutes=1)
POSTURE_PAGES = 20
"""Pages of posture documents that one turn queues at most: other upkeep waits meanwhile."""
RETRY_AFTER = timedelta(seconds=30)
PRUNE_EVERY = timedelta(hours=24)
PRUNE_FIRST = timedelta(minutes=10)


class Upkeep:
    """The pieces of upkeep, each done regularly or when asked for, on the schedule's upkeep thread.

    ``wake`` is called when something was queued for the sinks. While the state is out of reach each
    piece waits for its next turn; that is logged once, and its end once.
    """

    def __init__(self, state: State, passes: PassRunner, schedule: Schedule[Unit], wake: Callable[[], None]) -> None:
        self._state = state
        self._passes = passes
        self._schedule = schedule
        self._wake = wake
        self._trouble: set[str] = set()

    def begin(
        self, judging: Callable[[], Judging], retention: Callable[[], timedelta], *, logs: Callable[[], None]
    ) -> None:
        """Put what is done regularly on the schedule; the first two are asked anew at each turn."""
        self._regularly("tend to logs", LOGS_EVERY, logs)
        self._regularly("judge what is due", JUDGE_EVERY, lambda: self._judge(judging()))
        self._regularly("send posture again", POSTURE_EVERY, self._posture)
        self._regularly("prune", PRUNE_EVERY, lambda: self._prune(retention()), first=PRUNE_FIRST)

    def settle(self, judging: Callable[[], Judging]) -> None:
        """Judge soon, from what is stored, what was judged in another way."""
        self._soon("judge what the configuration changed", lambda: self._passes.rejudge(judging()))

    def retire(self, active: Callable[[], Collection[Scope]]) -> None:
        """End soon what lies in scopes that are watched no more."""
        self._soon("end what is watched no more", lambda: self._passes.retire(active()))

    def _judge(self, judging: Judging) -> None:
        if self._passes.judge_due(datetime.now(UTC), judging):
            self._wake()

    def _posture(self) -> None:
        for _ in range(POSTURE_PAGES):
            if not self._passes.posture_due(datetime.now(UTC)):
                return
            self._wake()

    def _prune(self, retention: timedelta) -> None:
        done = self._state.prune(datetime.now(UTC), retention)
        if any(done):
            log.info("forgot what ended long ago", **done._asdict())

    def _regularly(
        self, name: str, every: timedelta, work: Callable[[], None], *, first: timedelta | None = None
    ) -> None:
        def turn() -> None:
            self._tended(name, work)

        self._schedule.upkeep(name, every, turn, first=first)

    def _soon(self, name: str, work: Callable[[], tuple[Transition, ...]], after: timedelta = timedelta()) -> None:
        def turn() -> None:
            if not self._tended(name, told):
                self._soon(name, work, RETRY_AFTER)

        def told() -> None:
            if work():
                self._wake()

        self._schedule.once(name, turn, after=after)

    def _tended(self, name: str, work: Callable[[], None]) -> bool:
        """Do it; return False where the state could not be used."""
        try:
            work()
        except StateUnavailableError as error:
            if name not in self._trouble:
                self._trouble.add(name)
                log.error("upkeep waits: the state cannot be used", job=name, error=str(error))  # noqa: TRY400 - no traceback wanted
            return False
        if name in self._trouble:
            self._trouble.discard(name)
            log.info("upkeep goes on", job=name)
        return True
