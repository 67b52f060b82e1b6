"""How well logs are read, as scopes like any other: in coverage metrics, findings and the health of units."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence

from collectors.model import GLOBAL, Scope, Snapshot, Unread
from daemon.passes import Judging, PassRunner
from daemon.targets import LogUnit

PREFIX = "logs."
"""How the collector of a log's scope begins; the name of the source follows."""


def scope_of(unit: LogUnit) -> Scope:
    """Return the scope that stands for the logs of one source that are read with one account of a target."""
    return Scope(
        target=unit.target,
        provider=unit.source.provider,
        account=unit.account,
        region=GLOBAL,
        collector=f"{PREFIX}{unit.source.uid}",
    )


class Coverage:
    """Gathers how each log was read; a scope is read whole where every log of it was. Safe for many threads."""

    def __init__(self, passes: PassRunner) -> None:
        self._passes = passes
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._logs: dict[Scope, dict[str, tuple[Unread, ...] | None]] = {}

    def watch(self, units: Iterable[LogUnit]) -> None:
        """Take these for the logs there are."""
        with self._lock:
            wanted: dict[Scope, dict[str, tuple[Unread, ...] | None]] = {}
            for unit in units:
                scope = scope_of(unit)
                wanted.setdefault(scope, {})[unit.key] = self._logs.get(scope, {}).get(unit.key)
            self._logs = wanted

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes of the logs there are."""
        with self._lock:
            return tuple(self._logs)

    def untried(self) -> tuple[str, ...]:
        """Return the logs that were not read yet, by their positions."""
        with self._lock:
            return tuple(key for logs in self._logs.values() for key, unread in logs.items() if unread is None)

    def read(self, unit: LogUnit, unread: Sequence[Unread], judging: Judging) -> Snapshot | None:
        """Take note of how a log was read and bring its scope into the state.

        None until every log of the scope was read once, and for a log that is followed no more.
        """
        scope = scope_of(unit)
        with self._writing:
            with self._lock:
                logs = self._logs.get(scope, {})
                if unit.key in logs:
                    logs[unit.key] = tuple(unread)
                known = list(logs.values())
            if not known or any(one is None for one in known):
                return None
            return self._passes.run(scope, _failures(known), judging)


def _failures(known: Iterable[tuple[Unread, ...] | None]) -> Iterator[Unread]:
    for unread in known:
        yield from dict.fromkeys(unread or ())
