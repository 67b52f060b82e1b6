"""What Azure's logs have in common in whichever form they come.

One record of a log looks different by the way it was fetched: a diagnostic setting writes an envelope in
camel case with the content under ``properties`` (to storage and Event Hubs), a Log Analytics workspace
flattens that into columns in Pascal case, and a REST interface gives the content alone. Sources: "Azure
Monitor resource log schema", "Azure Activity Log event schema" and the table reference of Azure Monitor.
"""

from __future__ import annotations

import re
from typing import Any

from collectors.model.log_records import mapping, plain

_RESOURCE_GROUP = re.compile(r"/resourcegroups/([^/]+)", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"^/?subscriptions/([^/]+)", re.IGNORECASE)
_TENANT = re.compile(r"^/?tenants/([^/]+)", re.IGNORECASE)
_PROVIDER = re.compile(r"/providers/([^/]+)", re.IGNORECASE)


def word(value: Any) -> str | None:  # noqa: ANN401 - decoded JSON of any shape
    """Return a scalar as text; of an object with a value and its translation, the value."""
    return plain(mapping(value).get("value")) if isinstance(value, dict) else plain(value)


def first(fields: dict[str, Any], *names: str) -> str | None:
    """Return the first of the named fields (lower case) that has a text."""
    for name in names:
        found = word(fields.get(name))
        if found is not None:
            return found
    return None


def subscription_of(resource_id: str | None) -> str | None:
    """Return the subscription in a resource id."""
    return _part(_SUBSCRIPTION, resource_id)


def tenant_of(resource_id: str | None) -> str | None:
    """Return the tenant in a resource id (Entra's logs have the tenant for a resource)."""
    return _part(_TENANT, resource_id)


def resource_group_of(resource_id: str | None) -> str | None:
    """Return the resource group in a resource id."""
    return _part(_RESOURCE_GROUP, resource_id)


def resource_provider_of(resource_id: str | None) -> str | None:
    """Return the namespace of the last resource provider in a resource id."""
    found = _PROVIDER.findall(resource_id or "")
    return found[-1] if found else None


def _part(pattern: re.Pattern[str], text: str | None) -> str | None:
    match = pattern.search(text or "")
    return match[1] if match else None
