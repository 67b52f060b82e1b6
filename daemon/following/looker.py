"""Looking again at once, ahead of everything that is read by the clock: threads of its own, and an agenda."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from daemon.following.agenda import Agenda
from daemon.following.crashes import Crashes
from daemon.following.look import Look, Looked, Outcome
from daemon.state import State, StateUnavailableError, touches

log = structlog.get_logger(__name__)

WORKERS = 4
"""Looks at once."""

ONCE_MORE = 15.0
"""Seconds after which what had not changed is looked at once more: some clouds show a change only after a while."""

FRESH = timedelta(minutes=2)
"""How young an event is whose change may not show yet."""

FIRST_RETRY = 10.0
LONGEST_RETRY = 900.0


class LookTally(Protocol):
    """Counts looks: the metrics of the daemon."""

    def looked(self, outcome: str) -> None:
        """Count one look by what it came to, an :class:`Outcome`."""


class Looker:
    """Looks at what events touched, soon after, each thing by one thread at a time.

    ``wake`` is called when something was queued for the sinks.
    """

    def __init__(self, state: State, look: Look, tally: LookTally, wake: Callable[[], None]) -> None:
        self._state = state
        self._look = look
        self._tally = tally
        self._wake = wake
        self._agenda = Agenda(time.monotonic)
        self._changed = threading.Condition()
        self._stopping = False
        self._busy = 0
        self._once_more: set[str] = set()
        self._failures: dict[str, int] = {}
        self._down = False
        self._crashes = Crashes()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="look")
        self._thread = threading.Thread(target=self._dispatch, name="looker", daemon=True)

    def start(self) -> None:
        """Begin to look, with what an earlier process left to be looked at."""
        try:
            with self._state.read() as connection:
                left = touches.pending_uids(connection)
        except StateUnavailableError as error:
            log.warning("what was left to be looked at could not be read; the ordinary reads see it", error=str(error))
            left = []
        self.want(left)
        self._thread.start()

    def want(self, uids: Collection[str]) -> None:
        """Look at these soon."""
        with self._changed:
            for uid in uids:
                self._agenda.want(uid)
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many looks wait or are under way."""
        with self._changed:
            return len(self._agenda)

    def ask_to_stop(self) -> None:
        """Begin no look any more; what is left to be looked at is in the state."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def stop(self, seconds: float) -> bool:
        """Stop; return whether every look under way ended within these seconds."""
        self.ask_to_stop()
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, seconds)

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                uid = None
                while not self._stopping:
                    uid = self._agenda.next() if self._busy < WORKERS else None
                    if uid is not None:
                        break
                    self._changed.wait(self._agenda.wait() if self._busy < WORKERS else None)
                if uid is None:
                    return
                self._busy += 1
                future = self._pool.submit(self._look.at, uid)
            future.add_done_callback(lambda done, uid=uid: self._ended(uid, done))  # type: ignore[misc]  # mypy cannot infer a lambda with a default

    def _ended(self, uid: str, done: Future[Looked]) -> None:
        with self._changed:
            self._busy -= 1
            self._agenda.ended(uid)
            if not done.cancelled():
                self._settle(uid, done)
            self._changed.notify_all()

    def _settle(self, uid: str, done: Future[Looked]) -> None:
        error = done.exception()
        if error is not None:
            self._failed(uid, error)
            return
        if self._down:
            self._down = False
            log.info("what events touched is looked at again")
        outcome, newest = done.result()
        self._tally.looked(outcome.value)
        if outcome in {Outcome.CHANGED, Outcome.UNREAD}:
            self._wake()
        if outcome is Outcome.UNREAD:
            if self._retry(uid) == 1:
                log.warning("what an event touched could not be read; it is tried again", resource=uid)
            return
        if self._failures.pop(uid, 0):
            log.info("what an event touched was read", resource=uid)
        fresh = newest is not None and datetime.now(UTC) - newest < FRESH
        if outcome is Outcome.UNCHANGED and fresh and uid not in self._once_more:
            self._once_more.add(uid)
            self._agenda.want(uid, ONCE_MORE)
        else:
            self._once_more.discard(uid)

    def _failed(self, uid: str, error: BaseException) -> None:
        self._retry(uid)
        if not isinstance(error, StateUnavailableError):
            self._crashes.tell(
                "looking at what an event touched crashed; this is a defect of the program. It is tried again",
                error,
                datetime.now(UTC),
                resource=uid,
            )
        elif not self._down:
            self._down = True
            log.error("what events touched cannot be looked at: the state cannot be used", error=str(error))

    def _retry(self, uid: str) -> int:
        """Put off the next look, longer each time; return how often it failed."""
        failures = self._failures[uid] = self._failures.get(uid, 0) + 1
        self._agenda.want(uid, min(FIRST_RETRY * 2.0 ** min(failures - 1, 10), LONGEST_RETRY))
        return failures
