"""Which unit reads what an event names: by the names that each cloud gives its resources."""

from __future__ import annotations

from collections.abc import Iterable

from collectors.model import GLOBAL, Provider
from daemon.targets.unit import Unit

_SERVICES = {"elasticfilesystem": "efs"}
"""Services that ARNs call otherwise than the collectors that read them."""

_ARN_PARTS = 6


def readers(units: Iterable[Unit], uid: str, account: str) -> tuple[Unit, ...]:
    """Return the units of an account that may read a resource of this name, or of a name that begins so.

    For what is not known yet: asked for a resource of another kind, a unit finds none. Source of the rule for AWS:
    "Amazon Resource Names", AWS General Reference (``arn:partition:service:region:account:resource``).
    """
    return tuple(unit for unit in units if unit.collector.kinds and unit.scope.account == account and _fits(unit, uid))


def _fits(unit: Unit, uid: str) -> bool:
    if unit.scope.provider is not Provider.AWS:
        return False
    parts = uid.rstrip("*").split(":", _ARN_PARTS - 1)
    if parts[0] != "arn" or len(parts) < _ARN_PARTS:
        return False
    service, region = parts[2], parts[3]
    family = unit.scope.collector.split(".")[1]
    if _SERVICES.get(service, service) != family:
        return False
    return not region or unit.scope.region in {region, GLOBAL}
