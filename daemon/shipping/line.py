"""One sink's line: what is due goes out, what comes back is settled, and trouble sets the pace."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

import msgspec
import structlog

from daemon.shipping.backoff import Pace
from daemon.shipping.sinks.base import Delivered, Rejected, Retry, Sink
from daemon.state import Outbox, OutboxItem, StateUnavailableError

BATCH = 500
SMALLEST_BATCH = 25
"""After failures a batch shrinks to this: one document that a sink chokes on then holds up few others."""

_MOST_REASONS = 5

log = structlog.get_logger(__name__)


class Deliveries(Protocol):
    """Is told how documents fared (``daemon.web.metrics.Metrics``)."""

    def shipped(self, sink: str, outcome: str, documents: int = 1) -> None:
        """Count documents; ``outcome`` is ``delivered``, ``retried`` or ``rejected``."""


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """How draining one sink ended: what went, what it refused or put off, and why it stopped early."""

    sink: str
    delivered: int = 0
    rejected: int = 0
    put_off: int = 0
    failure: str = ""


class _Stage(Enum):
    """Where trouble was met, and so what proves that it is over."""

    PREPARING = auto()
    OUTBOX = auto()
    SENDING = auto()
    CRASH = auto()


class _Settled(msgspec.Struct, frozen=True, kw_only=True):
    delivered: int
    rejected: int
    put_off: int
    failure: str
    pause: float


class Line:
    """One sink with its own pace and its own trouble; a failure is logged once and its end once."""

    def __init__(
        self,
        outbox: Outbox,
        sink: Sink,
        clock: Callable[[], datetime],
        *,
        metrics: Deliveries | None,
        pace: Pace,
    ) -> None:
        self._outbox = outbox
        self._sink = sink
        self._clock = clock
        self._metrics = metrics
        self._pace = pace
        self._random = random.Random()  # noqa: S311 - jitter needs no secrecy
        self._awake = threading.Event()
        self._failures = 0
        self._stage: _Stage | None = None
        self._reasons: set[str] = set()
        self._down_since: datetime | None = None

    def wake(self) -> None:
        """Look into the outbox now."""
        self._awake.set()

    def close(self) -> None:
        """Close the sink."""
        self._sink.close()

    def run(self, stop: threading.Event) -> None:
        """Ship until ``stop`` is set."""
        if self._stage is _Stage.CRASH:
            stop.wait(self._wait(None))
        while not stop.is_set():
            self._awake.clear()
            pause = self._round(stop)
            if stop.is_set() or not pause:
                continue
            # A sink in trouble is left alone however much is queued for it meanwhile.
            (stop if self._failures else self._awake).wait(pause)

    def drain(self, stop: threading.Event) -> Drained:
        """Ship what is due until nothing is, the sink fails, or ``stop`` is set."""
        refusal = self._sink.prepare()
        if refusal is not None:
            self._stumbled(_Stage.PREPARING, refusal.reason)
            return Drained(sink=self._sink.name, failure=refusal.reason)
        delivered = rejected = put_off = 0
        failure = ""
        while not failure and not stop.is_set() and (batch := self._claim()):
            settled = self._ship(batch)
            delivered += settled.delivered
            rejected += settled.rejected
            put_off += settled.put_off
            failure = settled.failure
        return Drained(sink=self._sink.name, delivered=delivered, rejected=rejected, put_off=put_off, failure=failure)

    def crashed(self, error: BaseException | None) -> None:
        """Take note of a mistake of ours that ended this line's thread."""
        self._failures += 1
        self._stage = _Stage.CRASH
        log.error(
            "shipping to a sink crashed and starts again; its documents stay queued",
            sink=self._sink.name,
            exc_info=error,
        )

    def _round(self, stop: threading.Event) -> float:
        """Ship one batch; return how many seconds to pause before the next."""
        try:
            refusal = self._sink.prepare()
            if refusal is not None:
                self._stumbled(_Stage.PREPARING, refusal.reason)
                return self._wait(refusal.after)
            self._over(_Stage.PREPARING)
            batch = self._claim()
            self._over(_Stage.OUTBOX)
            if not batch:
                return self._pace.idle
            if stop.is_set():
                self._outbox.release(batch)
                return 0.0
            return self._ship(batch).pause
        except StateUnavailableError as error:
            self._stumbled(_Stage.OUTBOX, str(error))
            return self._wait(None)

    def _claim(self) -> list[OutboxItem]:
        limit = max(BATCH >> min(self._failures, 10), SMALLEST_BATCH)
        return self._outbox.claim(self._sink.name, limit, self._clock())

    def _ship(self, batch: Sequence[OutboxItem]) -> _Settled:
        taken: list[OutboxItem] = []
        refused: defaultdict[str, list[OutboxItem]] = defaultdict(list)
        put_off: list[tuple[OutboxItem, Retry]] = []
        for item, outcome in zip(batch, self._sink.send(batch), strict=True):
            match outcome:
                case Delivered():
                    taken.append(item)
                case Rejected():
                    refused[outcome.reason].append(item)
                case Retry():
                    put_off.append((item, outcome))
        rejected = sum(map(len, refused.values()))
        self._outbox.delivered(taken)
        for reason, items in refused.items():
            self._bury(items, reason)
        self._count(delivered=len(taken), rejected=rejected, retried=len(put_off))
        if put_off:
            failure, pause = self._put_back(put_off, whole=len(put_off) == len(batch))
        else:
            failure, pause = "", 0.0
            self._over(_Stage.SENDING, _Stage.CRASH)
        return _Settled(delivered=len(taken), rejected=rejected, put_off=len(put_off), failure=failure, pause=pause)

    def _bury(self, items: Sequence[OutboxItem], reason: str) -> None:
        self._outbox.dead(items, reason, self._clock())
        log.error(
            "a sink refused documents for good; they are kept as dead letters and not tried again",
            sink=self._sink.name,
            documents=len(items),
            first=items[0].uid,
            reason=reason,
        )

    def _put_back(self, put_off: Sequence[tuple[OutboxItem, Retry]], *, whole: bool) -> tuple[str, float]:
        """Queue documents again; return (why the sink as a whole fails or nothing, seconds to pause)."""
        now = self._clock()
        first = put_off[0][1]
        asked = max((retry.after for _, retry in put_off if retry.after is not None), default=None)
        if whole:
            # The pause is the sink's, not the documents': whoever ships next may try them at once.
            self._stumbled(_Stage.SENDING, first.reason)
            self._outbox.retry([item for item, _ in put_off], now, first.reason)
            return first.reason, self._wait(asked)
        self._failures = 0
        self._stumbled(_Stage.SENDING, first.reason, "a sink puts some documents off; they stay queued")
        alike: defaultdict[tuple[int, str, float | None], list[OutboxItem]] = defaultdict(list)
        for item, retry in put_off:
            alike[item.attempts, retry.reason, retry.after].append(item)
        for (attempts, reason, after), items in alike.items():
            wait = self._pace.put_off.wait(attempts + 1, after, self._random)
            self._outbox.retry(items, now + timedelta(seconds=wait), reason)
        return "", self._wait(asked)

    def _wait(self, asked: float | None) -> float:
        return self._pace.backoff.wait(max(self._failures, 1), asked, self._random)

    def _count(self, **outcomes: int) -> None:
        if self._metrics is None:
            return
        for outcome, documents in outcomes.items():
            if documents:
                self._metrics.shipped(self._sink.name, outcome, documents)

    def _stumbled(
        self, stage: _Stage, reason: str, event: str = "a sink takes no documents now; they stay queued"
    ) -> None:
        self._failures += 1
        self._stage = stage
        if self._down_since is None:
            self._down_since = self._clock()
        if reason in self._reasons or len(self._reasons) >= _MOST_REASONS:
            return
        self._reasons.add(reason)
        log.warning(event, sink=self._sink.name, reason=reason)

    def _over(self, *stages: _Stage) -> None:
        if self._stage not in stages:
            return
        since = self._down_since
        log.info(
            "a sink takes documents again",
            sink=self._sink.name,
            down_for_seconds=None if since is None else round((self._clock() - since).total_seconds(), 1),
            failed_attempts=self._failures,
        )
        self._failures = 0
        self._stage = None
        self._reasons.clear()
        self._down_since = None
