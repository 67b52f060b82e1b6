"""What the daemon does besides reading: verdicts that time changes, posture, retention."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from daemon.passes import Judging, PassRunner
from daemon.runtime.schedule import Schedule
from daemon.state import State, StateUnavailableError

log = structlog.get_logger(__name__)

JUDGE_EVERY = timedelta(seconds=5)
POSTURE_EVERY = timedelta(minutes=1)
POSTURE_PAGES = 20
"""Pages of posture documents that one turn queues at most: other upkeep waits meanwhile."""
PRUNE_EVERY = timedelta(hours=24)
PRUNE_FIRST = timedelta(minutes=10)


class Upkeep:
    """The pieces of upkeep, each done regularly on the schedule's upkeep thread.

    ``wake`` is called when something was queued for the sinks. While the state is out of reach each
    piece waits for its next turn; that is logged once, and its end once.
    """

    def __init__(self, state: State, passes: PassRunner, wake: Callable[[], None]) -> None:
        self._state = state
        self._passes = passes
        self._wake = wake
        self._trouble: set[str] = set()

    def put_on(self, schedule: Schedule, judging: Callable[[], Judging], retention: Callable[[], timedelta]) -> None:
        """Put every piece on the schedule."""

        def judge() -> None:
            self._tended("judge what is due", lambda: self._judge(judging()))

        def posture() -> None:
            self._tended("send posture again", self._posture)

        def prune() -> None:
            self._tended("prune", lambda: self._prune(retention()))

        schedule.upkeep("judge what is due", JUDGE_EVERY, judge)
        schedule.upkeep("send posture again", POSTURE_EVERY, posture)
        schedule.upkeep("prune", PRUNE_EVERY, prune, first=PRUNE_FIRST)

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

    def _tended(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except StateUnavailableError as error:
            if name not in self._trouble:
                self._trouble.add(name)
                log.error("upkeep waits: the state cannot be used", job=name, error=str(error))  # noqa: TRY400 - no traceback wanted
        else:
            if name in self._trouble:
                self._trouble.discard(name)
                log.info("upkeep goes on", job=name)
