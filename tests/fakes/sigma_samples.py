"""Events made for Sigma rules: for each one that matches and one that nearly does, in every form its log comes in."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

_DATA = Path(__file__).parents[1] / "data" / "sigma"
_ABSENT = "(absent)"


class Sample(msgspec.Struct, frozen=True):
    """A raw record and the rule it was made for; ``matches`` says whether the rule must match it."""

    rule: str
    source: str
    form: str
    matches: bool
    event: dict[str, Any]

    @property
    def line(self) -> bytes:
        return json.dumps(self.event).encode()


@cache
def samples() -> tuple[Sample, ...]:
    return tuple(sample for path in sorted(_DATA.glob("*.yml")) for sample in _of_file(path))


def _of_file(path: Path) -> Iterator[Sample]:
    content = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    forms = FORMS.get(path.stem, {"raw": dict})
    matching: dict[str, dict[str, Any]] = {}
    for rule, case in content["cases"].items():
        base = matching[case["over"]] if "over" in case else content["base"]
        matching[rule] = laid_over(base, case["match"])
        near_miss = laid_over(matching[rule], case["miss"])
        for form, rewrite in forms.items():
            yield Sample(rule, content["source"], form, True, rewrite(_completed(path.stem, matching[rule])))
            yield Sample(rule, content["source"], form, False, rewrite(_completed(path.stem, near_miss)))


def laid_over(base: Any, change: Any) -> Any:
    """Return the base with a change laid over it, object by object."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return copy.deepcopy(change)
    merged = {name: copy.deepcopy(value) for name, value in base.items() if change.get(name) != _ABSENT}
    for name, value in change.items():
        if value != _ABSENT:
            merged[name] = laid_over(merged.get(name), value)
    return merged


def _completed(file: str, event: dict[str, Any]) -> dict[str, Any]:
    if file == "azure.auditlogs":
        event["properties"].setdefault("activityDisplayName", event["operationName"])
    return event


def activity_table(event: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite an activity log event as a row of AzureActivity, its objects as text."""
    identity = event["identity"]
    return {
        "TenantId": "11111111-2222-3333-4444-555555555555",
        "SourceSystem": "Azure",
        "Type": "AzureActivity",
        "TimeGenerated": event["time"],
        "Level": "Informational",
        "OperationNameValue": event["operationName"],
        "OperationName": "Words for the operation",
        "CategoryValue": event["category"],
        "Category": event["category"],
        "ResourceProviderValue": event["operationName"].partition("/")[0],
        "ResourceGroup": "rg-prod",
        "SubscriptionId": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
        "ActivityStatusValue": event["resultType"],
        "ActivitySubstatusValue": event["resultSignature"],
        "Caller": identity["claims"]["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"],
        "CallerIpAddress": event["callerIpAddress"],
        "Claims": json.dumps(identity["claims"]),
        "Authorization": json.dumps(identity["authorization"]),
        "Properties": json.dumps(event["properties"]),
        "CorrelationId": event["correlationId"],
        "EventDataId": "e1",
        "ResourceId": event["resourceId"],
        "_ResourceId": event["resourceId"].lower(),
    }


def activity_rest(event: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite an activity log event as the REST interface gives it: names with their translation."""
    identity = event["identity"]
    return {
        "authorization": identity["authorization"],
        "caller": identity["claims"]["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"],
        "claims": identity["claims"],
        "category": {"value": event["category"], "localizedValue": event["category"]},
        "correlationId": event["correlationId"],
        "eventDataId": "e1",
        "eventTimestamp": event["time"],
        "httpRequest": {"clientIpAddress": event["callerIpAddress"], "method": "PUT"},
        "level": "Informational",
        "operationName": {"value": event["operationName"], "localizedValue": "Words for the operation"},
        "properties": event["properties"],
        "resourceGroupName": "rg-prod",
        "resourceId": event["resourceId"],
        "resourceProviderName": {"value": event["operationName"].partition("/")[0], "localizedValue": "Words"},
        "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
        "subStatus": {"value": "Created", "localizedValue": "Created (HTTP Status Code: 201)"},
        "subscriptionId": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
        "tenantId": event["tenantId"],
    }


_COLUMNS = {
    "ipAddress": "IPAddress",
    "location": "LocationDetails",
    "riskEventTypes_v2": "RiskEventTypes_V2",
    "operationType": "AADOperationType",
    "tenantId": "AADTenantId",
    "appliedConditionalAccessPolicies": "ConditionalAccessPolicies",
}
_TABLES = {"SignInLogs": "SigninLogs", "AuditLogs": "AuditLogs", "UserRiskEvents": "AADUserRiskEvents"}


def entra_table(event: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite a record of Entra ID as a row of its table, lists and objects as text as a query returns them."""
    row = {
        "TenantId": "11111111-2222-3333-4444-555555555555",
        "SourceSystem": "Azure AD",
        "TimeGenerated": event["time"],
        "Type": _TABLES[event["category"]],
        "AADTenantId": event["tenantId"],
        "Category": event["category"],
    }
    for name in ("OperationName", "ResultType", "ResultDescription", "ResultSignature", "Identity", "Location"):
        value = event.get(name[:1].lower() + name[1:])
        if value is not None:
            row[name] = value
    for name, value in event["properties"].items():
        column = _COLUMNS.get(name) or name[:1].upper() + name[1:]
        row[column] = json.dumps(value) if isinstance(value, dict | list) else value
    return row


def entra_graph(event: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite a record of Entra ID as Microsoft Graph gives it."""
    return copy.deepcopy(event["properties"])


FORMS: Mapping[str, Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "azure.activitylogs": {"diagnostic": dict, "table": activity_table, "rest": activity_rest},
    "azure.signinlogs": {"diagnostic": dict, "table": entra_table, "graph": entra_graph},
    "azure.auditlogs": {"diagnostic": dict, "table": entra_table, "graph": entra_graph},
    "azure.riskdetections": {"diagnostic": dict, "table": entra_table, "graph": entra_graph},
}
"""The forms each file's events are rewritten to."""
