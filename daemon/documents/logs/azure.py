"""What the documents of Azure's and Entra ID's logs share, with the field names of Elastic's Azure integration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.documents.logs.parts import present

_LEVELS = {"1": "Critical", "2": "Error", "3": "Warning", "4": "Informational", "5": "Verbose"}
_GOOD = frozenset({"success", "succeeded", "0"})
_BAD = frozenset({"failure", "failed", "timeout", "clienterror", "servererror", "error", "interrupted"})


def level(said: str | None) -> dict[str, Any]:
    """Return ``log.level``; some forms write a number for it."""
    return present({"level": None if said is None else _LEVELS.get(said, said)})


def outcome(said: str | None) -> str:
    """Return ``event.outcome`` for a result; what has only been started or accepted is unknown."""
    word = (said or "").lower()
    if word in _GOOD:
        return "success"
    return "failure" if word in _BAD else "unknown"


def shared(  # noqa: PLR0913 - one argument for each field
    *,
    log: str,
    own: Mapping[str, Any],
    tenant: str | None,
    correlation: str | None,
    subscription: str | None = None,
    resource: str | None = None,
    group: str | None = None,
    provider: str | None = None,
) -> dict[str, Any]:
    """Return ``azure.*``: what all logs have, and a log's own fields under its name."""
    return present(
        {
            "tenant_id": tenant,
            "correlation_id": correlation,
            "subscription_id": subscription,
            "resource": present(
                {"id": resource, "group": group, "provider": provider, "name": resource.rpartition("/")[2]}
                if resource
                else {"group": group, "provider": provider}
            ),
            log: present(own),
        }
    )
