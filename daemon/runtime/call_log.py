"""Telling what a pass over an account cost: how often which of its APIs was called."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from collectors.model import Provider
from daemon.targets import Unit
from daemon.targets.call_counts import CallCounts

log = structlog.get_logger(__name__)

_OK = "ok"


@dataclass
class _Pass:
    """A pass under way: the scopes not read since it began, and when it did."""

    pending: set[str]
    began: float


class CallLog:
    """Logs an account's calls at the end of each pass over it. Safe for use by many threads.

    A pass ends when all of the account's scopes were read, or when one is read again in its turn: some
    are read more rarely than others, and some are retried. ``units`` returns those that are watched now.
    """

    def __init__(
        self,
        counts: CallCounts,
        units: Callable[[], Iterable[Unit]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counts = counts
        self._units = units
        self._clock = clock
        self._lock = threading.Lock()
        self._passes: dict[tuple[Provider, str], _Pass] = {}

    def read(self, unit: Unit) -> None:
        """Take note that a unit was read, or could not be."""
        account = (unit.scope.provider, unit.scope.account)
        if not unit.collector.kinds:
            # A discovery is part of the pass that it makes possible, if it is one over the same account.
            if not self._keys(account):
                self._tell(account, 0.0)
            return
        with self._lock:
            now = self._clock()
            under_way = self._passes.get(account)
            if under_way is None:
                under_way = self._passes[account] = _Pass(self._keys(account), now)
            again = unit.key not in under_way.pending and now - under_way.began >= unit.interval.total_seconds()
            under_way.pending.discard(unit.key)
            if under_way.pending and not again:
                return
            del self._passes[account]
        self._tell(account, now - under_way.began)

    def _keys(self, account: tuple[Provider, str]) -> set[str]:
        return {
            unit.key
            for unit in self._units()
            if unit.collector.kinds and (unit.scope.provider, unit.scope.account) == account
        }

    def _tell(self, account: tuple[Provider, str], seconds: float) -> None:
        calls = self._counts.take(*account)
        if not calls:
            return
        services: Counter[str] = Counter()
        failed: Counter[str] = Counter()
        for (service, outcome), number in calls.items():
            services[service] += number
            if outcome != _OK:
                failed[outcome] += number
        log.info(
            "account was read",
            provider=account[0].value,
            account=account[1],
            calls=services.total(),
            by_service=dict(sorted(services.items())),
            failed=dict(sorted(failed.items())),
            seconds=round(seconds, 1),
        )
