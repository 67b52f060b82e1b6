"""Who is told what happens while the clouds are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from collectors.api import CallObserver
from collectors.model import Provider
from daemon.targets.call_counts import CallCounts


class Tally(Protocol):
    """Counts what happens: the metrics of the daemon, or the totals of one scan."""

    def called(self, provider: str, service: str, operation: str, outcome: str) -> None:
        """Count one call of a cloud API."""

    def disagreed(self, provider: str, account: str) -> None:
        """Count one resource on whose exposure the provider and we differ."""


class Observer:
    """Hands each target what its collectors report to; one for the process, it outlives reloads."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self.counts = CallCounts()

    def calls(self, provider: Provider, account: str) -> CallObserver:
        """Return who is told of each call of this provider's APIs that is made for an account."""

        def called(*, service: str, operation: str, outcome: str, seconds: float) -> None:  # noqa: ARG001 - the protocol's
            self._tally.called(provider.value, service, operation, outcome)
            self.counts.count(provider, account, service, outcome)

        return called

    def disagreements(self, provider: Provider, account: str) -> Callable[[str], None]:
        """Return who is told of a resource whose exposure the provider judges otherwise than we do.

        The collector tells it, and logs it, once until both agree again.
        """

        def disagreed(_uid: str) -> None:
            self._tally.disagreed(provider.value, account)

        return disagreed
