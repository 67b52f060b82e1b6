"""A unit of work: what one collector reads in one region of one account of one target, or one log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

from collectors.api import Collector, LogSource
from collectors.model import Scope


class TargetError(Exception):
    """Raised for a target that this build or this installation cannot read at all; says what to do."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One scope, how often it is read, and the collector that reads it.

    The collector keeps its connections between reads and renews their credentials; an account that
    cannot be reached shows in what it yields. Each read happens within ``during``, which lets go afterwards
    what only that read needed.
    """

    scope: Scope
    interval: timedelta
    collector: Collector
    during: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def key(self) -> str:
        """The scope's key."""
        return self.scope.key


@dataclass(frozen=True, kw_only=True)
class LogUnit:
    """One log of one target: whose account it is read with, how often it is looked at, and the source.

    ``account`` is an account's id, or ``organization`` where the target's own credentials read it. Its
    cursor is kept under the source's ``position``, which is unique among all units.
    """

    target: str
    account: str
    interval: timedelta
    source: LogSource

    @property
    def key(self) -> str:
        """The source's position."""
        return self.source.position
