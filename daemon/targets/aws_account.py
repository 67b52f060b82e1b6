"""The units of one AWS account: its collectors, those of regional services once for each enabled region."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

from collectors.api import Collector
from collectors.aws.regions import EnabledRegions
from collectors.aws.session import AwsAccount
from collectors.model import GLOBAL, Provider, Scope
from daemon.targets.aws_logs import AwsLogs
from daemon.targets.unit import LogUnit, Unit

AwsCollector: TypeAlias = type[Any]
"""A class of ``collectors.aws.catalogue``: made with an account, it is a Collector."""


class AccountUnits:
    """One watched account. Its regions are what the discovery, itself a unit, found last.

    ``interval`` is how often the account is read, ``discovery_interval`` how often its regions are
    looked for; ``collectors`` are those that read it, ``logs`` what is configured of logs. ``before`` is the
    account as it was configured before: the regions found for it are read on until they are discovered anew.
    Safe for use by many threads.
    """

    def __init__(  # noqa: PLR0913 - what is read, by name
        self,
        account: AwsAccount,
        target: str,
        interval: timedelta,
        discovery_interval: timedelta,
        *,
        collectors: Sequence[AwsCollector],
        logs: AwsLogs,
        before: AccountUnits | None = None,
    ) -> None:
        self.account = account
        self._logs = logs
        self._target = target
        self._interval = interval
        self._lock = threading.Lock()
        self._fixed = tuple(
            self._unit(collector(account), GLOBAL, interval) for collector in collectors if not collector.regional
        )
        self._regional = tuple(collector(account) for collector in collectors if collector.regional)
        self._in_regions: dict[str, tuple[Unit, ...]] = {}
        self._lookups: dict[str, LogUnit] = {}
        self._look_up(account.regions)
        self._discovered = not self._regional
        self._discovery: Unit | None = None
        if self._regional or logs.looked_up:
            self._discovery = self._unit(EnabledRegions(account, self._found), GLOBAL, discovery_interval)
            if before is not None:
                self._go_on(before)

    @property
    def discovery(self) -> Unit | None:
        """The unit that finds the account's regions, None where nothing is read by region."""
        return self._discovery

    @property
    def discovered(self) -> bool:
        """Whether a list of the regions came back whole, so that a region that is not among them is none."""
        return self._discovered

    def units(self) -> tuple[Unit, ...]:
        """Return the units known now, the discovery first."""
        with self._lock:
            regional = tuple(unit for units in self._in_regions.values() for unit in units)
        first = () if self._discovery is None else (self._discovery,)
        return (*first, *self._fixed, *regional)

    def _go_on(self, before: AccountUnits) -> None:
        """Read on in the regions found before that are still configured: all there are, unless more are configured."""
        with before._lock:
            known, whole = tuple(before._in_regions), before._discovered and bool(before._regional)
        bounds, earlier = set(self.account.regions), set(before.account.regions)
        covered = not earlier or (bool(bounds) and bounds <= earlier)
        self._found(tuple(region for region in known if not bounds or region in bounds), whole and covered)

    def lookups(self) -> tuple[LogUnit, ...]:
        """Return the event histories known now, the one with the events of global services first."""
        with self._lock:
            return tuple(self._lookups.values())

    def _look_up(self, regions: Iterable[str]) -> None:
        self._lookups = {
            region: self._lookups.get(region) or unit
            for region, unit in self._logs.lookups(self.account, regions).items()
        }

    def _found(self, regions: tuple[str, ...], complete: bool) -> None:  # noqa: FBT001 - the callback's own shape
        """Read exactly these regions from now on; a list that is not whole adds to what is read until one was."""
        with self._lock:
            if self._discovered and not complete:
                return
            if not complete:
                regions = tuple(dict.fromkeys((*self._in_regions, *regions)))
            self._in_regions = {
                region: self._in_regions.get(region)
                or tuple(self._unit(collector, region, self._interval) for collector in self._regional)
                for region in regions
            }
            self._look_up(regions if complete else (*regions, *self.account.regions))
            self._discovered = self._discovered or complete

    def _unit(self, collector: Collector, region: str, interval: timedelta) -> Unit:
        scope = Scope(
            target=self._target,
            provider=Provider.AWS,
            account=self.account.account_id,
            region=region,
            collector=collector.uid,
        )
        during = nullcontext if region == GLOBAL else partial(self.account.reading, region)
        return Unit(scope=scope, interval=interval, collector=collector, during=during)
