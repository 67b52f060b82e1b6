"""Executing one unit of work: from its collector, through a pass, into the state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from collectors.model import Resource, Snapshot, Unread
from daemon.passes import Judging, OnJudgement, PassRunner
from daemon.runtime.call_log import CallLog
from daemon.runtime.drift_watch import DriftWatch
from daemon.state import State
from daemon.targets import Unit


class HandedBackError(Exception):
    """Raised out of a pass that was told to stop: what was brought in stays, nothing counts as gone."""


class PollTally(Protocol):
    """Counts reads: the metrics of the daemon, or the totals of one scan."""

    def polled(self, provider: str, collector: str, seconds: float) -> None:
        """Count one read of a scope."""


class Coordinator:
    """Reads units. Safe for use by many threads; one unit is read by one thread at a time.

    ``calls`` is told of each read. Once ``stopping`` is set every read under way ends with HandedBackError
    at its next resource.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what every read goes through
        self,
        state: State,
        passes: PassRunner,
        watch: DriftWatch,
        tally: PollTally,
        stopping: threading.Event,
        calls: CallLog,
    ) -> None:
        self._state = state
        self._passes = passes
        self._watch = watch
        self._tally = tally
        self._stopping = stopping
        self._calls = calls

    def read(
        self,
        unit: Unit,
        judging: Judging,
        *,
        on_judgement: OnJudgement | None = None,
        on_resource: Callable[[Resource], None] | None = None,
        prompted: bool = False,
    ) -> Snapshot:
        """Read a unit's scope anew and bring it into the state; return how that ended.

        ``on_judgement`` gets every judgement, ``on_resource`` every resource as it is read; ``prompted`` says
        that an event of a log led to this read. Raises HandedBackError, and StateUnavailableError where the state
        cannot be used just now.
        """
        before = self._state.scope(unit.key)
        started = time.monotonic()
        try:
            with unit.during(), self._watch.since(None if before is None else before.last_success):
                stream = self._stream(unit, on_resource)
                return self._passes.run(unit.scope, stream, judging, on_judgement, prompted=prompted)
        finally:
            if not self._stopping.is_set():
                seconds = time.monotonic() - started
                self._tally.polled(unit.scope.provider.value, unit.scope.collector, seconds)
                self._calls.read(unit)

    def _stream(self, unit: Unit, on_resource: Callable[[Resource], None] | None) -> Iterator[Resource | Unread]:
        stream = unit.collector.collect(unit.scope)
        try:
            for item in stream:
                if self._stopping.is_set():
                    raise HandedBackError
                if on_resource is not None and isinstance(item, Resource):
                    on_resource(item)
                yield item
        finally:
            if isinstance(stream, Generator):
                stream.close()
