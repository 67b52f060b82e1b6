"""Counting drift as it is told, and how long it may have stood before it was seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Protocol

from daemon.model import FindPath, Transition, TransitionKind


class DriftTally(Protocol):
    """Counts drift: the metrics of the daemon."""

    def drifted(self, provider: str, account: str, detector: str, kind: TransitionKind) -> None:
        """Count a transition, if it is a drift."""

    def detected(self, provider: str, path: FindPath, seconds: float) -> None:
        """Take note of how long a violation may have stood unseen."""


class DriftWatch:
    """Is told of each committed transition by the pass that made it, on that pass's own thread."""

    def __init__(self, tally: DriftTally) -> None:
        self._tally = tally
        self._read_before: ContextVar[datetime | None] = ContextVar("read_before", default=None)

    @contextmanager
    def since(self, read_before: datetime | None) -> Iterator[None]:
        """Say when the scope that is read in this block was last read whole; None where never."""
        token = self._read_before.set(read_before)
        try:
            yield
        finally:
            self._read_before.reset(token)

    def __call__(self, transition: Transition) -> None:
        """Count one transition.

        A violation that a poll found came some time after the read before: that is the longest it
        can have stood. One that an event led to came when the event says. Where neither is known,
        as at the very first read, there is no latency to tell.
        """
        judgement = transition.judgement
        provider = judgement.provider.value
        self._tally.drifted(provider, judgement.account, judgement.detector, transition.kind)
        if transition.kind not in {TransitionKind.OPENED, TransitionKind.REGRESSED}:
            return
        since = self._read_before.get()
        if transition.path is FindPath.EVENT:
            since = None if transition.actor is None else transition.actor.at
        if since is not None:
            self._tally.detected(provider, transition.path, (transition.at - since).total_seconds())
