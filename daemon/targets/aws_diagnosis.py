"""Trying an AWS target: its credentials, its organization, and each permission in each account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from collectors.aws.operations import GET_CALLER_IDENTITY
from collectors.aws.probe import Probe, probe
from collectors.model import Unread, UnreadReason
from daemon.targets.aws import AwsUnits
from daemon.targets.check import Check, Health

if TYPE_CHECKING:
    from daemon.configuration import AwsTarget
    from daemon.targets.observer import Observer

_REMEDIES = {
    UnreadReason.CREDENTIALS: "give cspmd credentials of this account: a role (role_name), a profile, or the SDK's "
    "own chain; the role must trust the identity that cspmd runs as",
    UnreadReason.UNREACHABLE: "check the network path: egress, proxy, DNS, endpoint_url",
    UnreadReason.THROTTLED: "the cloud asked to be called more slowly; try again later",
}


def diagnose(settings: AwsTarget, observer: Observer) -> Iterator[Check]:
    """Yield what each look at the target came to. Raises TargetError where the SDK is not installed."""
    target = AwsUnits(settings, timedelta(hours=1), timedelta(hours=1), observer)
    if target.discovery is not None:
        area = f"target {settings.name}, organization"
        failures = [
            item for item in target.discovery.collector.collect(target.discovery.scope) if isinstance(item, Unread)
        ]
        permission = target.discovery.collector.permissions[0]
        for failure in failures:
            yield _failed(area, permission.action, permission.why, failure, optional=False)
        if not failures:
            why = f"{permission.why}: {len(target.accounts())} found"
            yield Check(area=area, what=permission.action, health=Health.OK, why=why)
    for account in target.accounts():
        area = f"target {settings.name}, account {account.account_id}"
        for tried in probe(account):
            yield _check(area, tried)


def _check(area: str, tried: Probe) -> Check:
    what = tried.action or ("credentials" if tried.operation == GET_CALLER_IDENTITY.uid else tried.operation)
    if tried.untried:
        return Check(area=area, what=what, health=Health.UNTRIED, why=tried.why, problem=tried.untried)
    if tried.unread is not None:
        return _failed(area, what, tried.why, tried.unread, optional=tried.optional)
    return Check(area=area, what=what, health=Health.OK, why=tried.why)


def _failed(area: str, what: str, why: str, unread: Unread, *, optional: bool) -> Check:
    return Check(
        area=area,
        what=what,
        health=Health.LESSER if optional else Health.MISSING,
        why=why,
        problem=unread.summary,
        remedy=f"grant {unread.permission}" if unread.permission else _REMEDIES.get(unread.reason, ""),
        grant=unread.permission if unread.reason is UnreadReason.DENIED else "",
    )
