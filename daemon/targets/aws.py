"""AWS targets: which accounts, reached how, read by which collectors."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

from collectors.api import Collector, Permission
from collectors.aws.catalogue import COLLECTORS
from collectors.aws.permissions import policy_json, policy_terraform
from collectors.aws.regions import EnabledRegions
from collectors.aws.session import AwsAccount
from collectors.model import GLOBAL, Provider, Scope
from daemon.targets.aws_account import AccountUnits
from daemon.targets.aws_organization import ORGANIZATION, OrganizationAccounts
from daemon.targets.observer import Observer
from daemon.targets.unit import LogUnit, TargetError, Unit
from detectors.asking import Asked

if TYPE_CHECKING:
    from daemon.configuration import AwsTarget

_ALL = Asked()

LONGEST_BETWEEN_DISCOVERIES = timedelta(hours=1)


class AwsUnits:
    """The units of one configured AWS target. Sends nothing by itself.

    With ``organization`` the accounts are those that the discovery, itself a unit, found last; an
    account's regions are found in the same way. ``asked`` says which kinds and facts anything judges:
    what nobody judges is not read. Raises TargetError where the SDK is not installed.
    """

    def __init__(
        self,
        settings: AwsTarget,
        interval: timedelta,
        reconcile: timedelta,
        observer: Observer,
        asked: Asked = _ALL,
    ) -> None:
        if find_spec("boto3") is None:
            message = f"target {settings.name!r}: reading AWS needs boto3; install it with: pip install 'cspmd[aws]'"
            raise TargetError(message)
        self._settings = settings
        self._interval = interval
        self._between_discoveries = min(reconcile, LONGEST_BETWEEN_DISCOVERIES)
        self._observer = observer
        self._asked = asked
        self._collectors = tuple(collector for collector in COLLECTORS if asked.any_of(collector.kinds))
        self._lock = threading.Lock()
        self._accounts: dict[str, AccountUnits] = {}
        self._discovered = False
        self._logs: list[LogUnit] = []
        self._discovery: Unit | None = None
        if settings.organization:
            self._discovery = self._discover(self._between_discoveries)
        else:
            self._found(settings.accounts)

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
        """Return the logs known now; the same units as before where nothing changed."""
        return tuple(self._logs)

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
            self._accounts = {
                account: self._accounts.get(account) or self._watched(account) for account in sorted(accounts)
            }
            self._discovered = True

    def _watched(self, account_id: str) -> AccountUnits:
        return AccountUnits(
            self._account(account_id),
            self._settings.name,
            self._interval,
            self._between_discoveries,
            collectors=self._collectors,
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
            observer=self._observer.calls(Provider.AWS),
            on_disagreement=self._observer.disagreements(Provider.AWS, account_id),
            asked=self._asked,
        )

    def _discover(self, interval: timedelta) -> Unit:
        settings = self._settings
        account = AwsAccount(
            "",
            profile=settings.profile,
            regions=() if settings.regions == "all" else settings.regions,
            endpoint_url=settings.endpoint_url,
            observer=self._observer.calls(Provider.AWS),
        )
        return self._unit(OrganizationAccounts(account, self._found), ORGANIZATION, interval)


def permissions(*, organization: bool) -> tuple[Permission, ...]:
    """Return what every enabled collector needs, and the discovery where accounts are discovered."""
    found = {permission for collector in COLLECTORS for permission in collector.permissions}
    if any(collector.regional for collector in COLLECTORS):
        found.update(EnabledRegions.permissions)
    if organization:
        found.update(OrganizationAccounts.permissions)
    return tuple(sorted(found))


def policy(*, terraform: bool, organization: bool) -> str:
    """Return the least-privilege policy as JSON, or as Terraform with a role to attach it to."""
    needed = permissions(organization=organization)
    return policy_terraform(needed) if terraform else policy_json(needed)
