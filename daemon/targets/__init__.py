"""Targets: from what the operator configured to units of work, one module a provider."""

from daemon.targets.check import Check, Health
from daemon.targets.observer import Observer, Tally
from daemon.targets.registry import Targets, diagnose, not_collected
from daemon.targets.unit import LogUnit, TargetError, Unit

__all__ = [
    "Check",
    "Health",
    "LogUnit",
    "Observer",
    "Tally",
    "TargetError",
    "Targets",
    "Unit",
    "diagnose",
    "not_collected",
]
