"""Every configured target as units of work, whatever its provider."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Protocol

from collectors.model import Scope
from daemon.targets.check import Check, Health
from daemon.targets.observer import Observer
from daemon.targets.unit import LogUnit, TargetError, Unit
from detectors.asking import Asked, asked

if TYPE_CHECKING:
    from daemon.configuration import AwsTarget, AzureTarget, Configuration, GcpTarget, Schedule


_ALL = Asked()


class UnitsOfTarget(Protocol):
    """One target of any provider."""

    def discoveries(self) -> tuple[Unit, ...]:
        """Return the units known now that find more units: accounts, regions."""

    def undecided(self, scope: Scope) -> bool:
        """Whether it is not known if this scope of the target is still there to be read."""

    def units(self) -> tuple[Unit, ...]:
        """Return the units known now, the discovery first."""

    def log_sources(self) -> tuple[LogUnit, ...]:
        """Return the logs known now; the same units as before where nothing changed."""


class Targets:
    """The targets of a configuration, or those of them that ``names`` lists (empty: all).

    ``detectors`` are the uids that are to judge (empty: all that are enabled); kinds that none of them
    judges are not read, nor are facts that no enabled one looks at. ``previous`` are the targets of the
    configuration before: one that is configured as it was keeps its connections; any other goes on with the
    accounts and regions it discovered, as far as they still count. Raises TargetError for a name that is
    not configured, and for a target that this build or this installation cannot read.
    """

    def __init__(
        self,
        configuration: Configuration,
        observer: Observer,
        names: Collection[str] = (),
        previous: Targets | None = None,
        detectors: Collection[str] = (),
    ) -> None:
        known = {target.name: target for target in configuration.targets}
        unknown = sorted(set(names) - known.keys())
        if unknown:
            message = f"no target {', '.join(unknown)} in {configuration.file}; it has {', '.join(known)}"
            raise TargetError(message)
        demand = asked(configuration.enabled_detectors(), configuration.policy(), detectors)
        self._targets: dict[str, UnitsOfTarget] = {}
        self._configured: dict[str, tuple[object, ...]] = {}
        for name, target in known.items():
            if names and name not in names:
                continue
            times = configuration.schedule_of(target)
            self._configured[name] = (target, times, demand)
            if previous is not None and previous._configured.get(name) == (target, times, demand):  # noqa: SLF001 - its own kind
                self._targets[name] = previous._targets[name]  # noqa: SLF001 - its own kind
            else:
                before = None if previous is None else previous._targets.get(name)  # noqa: SLF001 - its own kind
                self._targets[name] = _units_of(target, times, observer, demand, before)

    def discoveries(self) -> tuple[Unit, ...]:
        """Return the units that find accounts and regions; more units, such units too, may be known after each."""
        return tuple(unit for target in self._targets.values() for unit in target.discoveries())

    def undecided(self, scope: Scope) -> bool:
        """Whether it is not known if this scope is still to be read: its account or region was not discovered yet."""
        target = self._targets.get(scope.target)
        return target is not None and target.undecided(scope)

    def units(self) -> tuple[Unit, ...]:
        """Return every unit known now."""
        return tuple(unit for target in self._targets.values() for unit in target.units())

    def log_sources(self) -> tuple[LogUnit, ...]:
        """Return every log known now: those of the configuration, and of the accounts and regions discovered so far.

        Like :meth:`units` it may have more to tell after each discovery, and keeps what it told before.
        """
        return tuple(unit for target in self._targets.values() for unit in target.log_sources())


def _units_of(
    target: AwsTarget | AzureTarget | GcpTarget,
    times: Schedule,
    observer: Observer,
    demand: Asked,
    before: UnitsOfTarget | None,
) -> UnitsOfTarget:
    if target.provider == "aws":
        from daemon.targets.aws import AwsUnits

        return AwsUnits(target, times, observer, demand, before if isinstance(before, AwsUnits) else None)
    raise TargetError(_not_collected(target))


def diagnose(target: AwsTarget | AzureTarget | GcpTarget, observer: Observer, demand: Asked = _ALL) -> Iterator[Check]:
    """Yield what trying a target came to: credentials, and each permission that reading what is asked needs."""
    if target.provider == "aws":
        from daemon.targets import aws_diagnosis

        yield from aws_diagnosis.diagnose(target, observer, demand)
        return
    area = f"target {target.name}"
    yield Check(area=area, what="collectors", health=Health.MISSING, problem=_not_collected(target))


def not_collected(configuration: Configuration) -> tuple[str, ...]:
    """Return a sentence for each target that this build cannot read: what it is, and what to do."""
    return tuple(_not_collected(target) for target in configuration.targets if target.provider != "aws")


def _not_collected(target: AzureTarget | GcpTarget) -> str:
    return (
        f"target {target.name!r}: this build of cspmd reads AWS only, no {target.provider} target. "
        "Take it out of the configuration, or name the others with --target when scanning"
    )
