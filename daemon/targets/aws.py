"""AWS targets: which accounts, reached how, read by which collectors."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import structlog

from collectors.api import Collector
from collectors.aws.catalogue import COLLECTORS
from collectors.aws.session import AwsAccount
from collectors.model import GLOBAL, Provider, Scope
from daemon.targets.aws_account import AccountUnits, AwsCollector
from daemon.targets.aws_logs import AwsLogs
from daemon.targets.aws_organization import ORGANIZATION, OrganizationAccounts
from daemon.targets.observer import Observer
from daemon.targets.unit import LogUnit, TargetError, Unit
from detectors.asking import Asked

if TYPE_CHECKING:
    from daemon.configuration import AwsTarget, Schedule

log = structlog.get_logger(__name__)

_ALL = Asked()

LONGEST_BETWEEN_DISCOVERIES = timedelta(minutes=15)
"""Accounts and regions are few calls. Within what the README's alert takes for not having looked, and one miss more."""


class AwsUnits:
    """The units of one configured AWS target. Sends nothing by itself.

    With ``organization`` the accounts are those that the discovery, itself a unit, found last; an
    account's regions are found in the same way. ``asked`` says which kinds and facts anything judges:
    what nobody judges is not read. ``before`` is the target of this name as it was configured before: what
    it discovered counts until a discovery says otherwise. Raises TargetError where the SDK is not installed.
    """

    def __init__(
        self,
        settings: AwsTarget,
        times: Schedule,
        observer: Observer,
        asked: Asked = _ALL,
        before: AwsUnits | None = None,
    ) -> None:
        if find_spec("boto3") is None:
            message = f"target {settings.name!r}: reading AWS needs boto3; install it with: pip install 'cspmd[aws]'"
            raise TargetError(message)
        self._settings = settings
        self._interval = times.config
        self._between_discoveries = min(times.reconcile, LONGEST_BETWEEN_DISCOVERIES)
        self._observer = observer
        self._asked = asked
        self._collectors = collectors_of(asked)
        self._own = self._own_account()
        self._lock = threading.Lock()
        self._accounts: dict[str, AccountUnits] = {}
        self._earlier = {} if before is None else {known.account.account_id: known for known in before._known()}  # noqa: SLF001 - its own kind
        self._discovered = False
        self._logs = AwsLogs(settings, times.logs)
        self._discovery: Unit | None = None
        if settings.organization:
            own = self._own
            collector = OrganizationAccounts(own, self._found)
            self._discovery = self._unit(collector, ORGANIZATION, self._between_discoveries)
            self._files = self._logs.files(own, ORGANIZATION)
            if before is not None and before._found_by(settings):  # noqa: SLF001 - its own kind
                self._watch(self._earlier)
        else:
            self._found(settings.accounts)
            first = settings.accounts[0]
            self._files = self._logs.files(self._accounts[first].account, first)

    @property
    def discovery(self) -> Unit | None:
        """The unit that finds the target's accounts, None where they are configured."""
        return self._discovery

    def discoveries(self) -> tuple[Unit, ...]:
        """Return the units that find more units: the accounts', then each known account's regions'."""
        return tuple(self._first(unit for account in self._known() for unit in [account.discovery] if unit is not None))

    def undecided(self, scope: Scope) -> bool:
        """Whether it is not known if this scope of the target is still there to be read."""
        with self._lock:
            if not self._discovered:
                return True
            account = self._accounts.get(scope.account)
        return account is not None and scope.region != GLOBAL and not account.discovered

    def units(self) -> tuple[Unit, ...]:
        """Return the units known now, the discovery of accounts first."""
        return tuple(self._first(unit for account in self._known() for unit in account.units()))

    def log_sources(self) -> tuple[LogUnit, ...]:
        """Return the logs known now; the same units as before where nothing changed.

        Logs in buckets are read by the first account that is configured (a log archive is best a target of its
        own), or by an organization's own credentials, before any role is assumed.
        """
        return (*self._files, *(unit for account in self._known() for unit in account.lookups()))

    def accounts(self) -> tuple[AwsAccount, ...]:
        """Return the accounts known now, by their ids."""
        return tuple(known.account for known in self._known())

    def _known(self) -> tuple[AccountUnits, ...]:
        with self._lock:
            return tuple(self._accounts.values())

    def _first(self, others: Iterator[Unit]) -> Iterator[Unit]:
        if self._discovery is not None:
            yield self._discovery
        yield from others

    def _found(self, accounts: Sequence[str]) -> None:
        """Watch exactly these accounts from now on; one that is watched already keeps its connection."""
        with self._lock:
            before, told = self._accounts, self._discovered
            self._watch(accounts)
        if self._discovery is not None:
            self._tell(joined=sorted(self._accounts.keys() - before.keys()), first=not told)
            self._tell_left(sorted(before.keys() - self._accounts.keys()))

    def _watch(self, accounts: Iterable[str]) -> None:
        before = self._accounts
        self._accounts = {account: before.get(account) or self._watched(account) for account in sorted(accounts)}
        self._discovered = True
        self._earlier = {}

    def _found_by(self, settings: AwsTarget) -> bool:
        """Whether the accounts were discovered, and those of the same organization as these settings speak of."""
        mine = self._settings
        same = (mine.profile, mine.endpoint_url) == (settings.profile, settings.endpoint_url)
        return self._discovery is not None and self._discovered and same

    def _tell(self, *, joined: Sequence[str], first: bool) -> None:
        if first:
            log.info("accounts of the organization are watched", target=self._settings.name, accounts=len(joined))
        elif joined:
            log.info("accounts joined the organization and are watched", target=self._settings.name, accounts=joined)

    def _tell_left(self, left: Sequence[str]) -> None:
        if left:
            log.warning(
                "accounts left the organization or are closed or suspended: they are watched no more, and their "
                "open findings end",
                target=self._settings.name,
                accounts=left,
            )

    def _watched(self, account_id: str) -> AccountUnits:
        return AccountUnits(
            self._account(account_id),
            self._settings.name,
            self._interval,
            self._between_discoveries,
            collectors=self._collectors,
            logs=self._logs,
            before=self._earlier.get(account_id),
        )

    def _unit(self, collector: Collector, account_id: str, interval: timedelta) -> Unit:
        scope = Scope(
            target=self._settings.name,
            provider=Provider.AWS,
            account=account_id,
            region=GLOBAL,
            collector=collector.uid,
        )
        return Unit(scope=scope, interval=interval, collector=collector)

    def _account(self, account_id: str) -> AwsAccount:
        settings = self._settings
        return AwsAccount(
            account_id,
            profile=settings.profile,
            role_name=settings.role_name,
            external_id=settings.external_id,
            regions=() if settings.regions == "all" else settings.regions,
            endpoint_url=settings.endpoint_url,
            observer=self._observer.calls(Provider.AWS, account_id),
            on_disagreement=self._observer.disagreements(Provider.AWS, account_id),
            asked=self._asked,
            organization=self._own if settings.organization else None,
        )

    def _own_account(self) -> AwsAccount:
        """Return whatever account the target's credentials belong to, before any role is assumed."""
        settings = self._settings
        return AwsAccount(
            "",
            profile=settings.profile,
            regions=() if settings.regions == "all" else settings.regions,
            endpoint_url=settings.endpoint_url,
            observer=self._observer.calls(Provider.AWS, ORGANIZATION),
        )


def collectors_of(asked: Asked) -> tuple[AwsCollector, ...]:
    """Return the collectors that read something of what is asked."""
    return tuple(collector for collector in COLLECTORS if asked.any_of(collector.kinds))
