"""A unit of work: what one collector reads in one region of one account of one target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from collectors.api import Collector
from collectors.model import Scope


class TargetError(Exception):
    """Raised for a target that this build or this installation cannot read at all; says what to do."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One scope, how often it is read, and the collector that reads it.

    The collector keeps its connections between reads and renews their credentials; an account that
    cannot be reached shows in what it yields.
    """

    scope: Scope
    interval: timedelta
    collector: Collector

    @property
    def key(self) -> str:
        """The scope's key."""
        return self.scope.key
