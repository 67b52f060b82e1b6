"""Targets: from what the operator configured to units of work, one module a provider."""

from daemon.targets.observer import Observer, Tally
from daemon.targets.registry import Targets
from daemon.targets.unit import TargetError, Unit

__all__ = ["Observer", "Tally", "TargetError", "Targets", "Unit"]
