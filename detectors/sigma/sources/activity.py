"""The Azure activity log."""

from __future__ import annotations

from collectors.model.log_records import opened
from detectors.sigma.source import AnyRecord, LogSource
from detectors.sigma.sources.names import as_written_or_camel, canonical, texts_of

_DIRECT = {
    "operationName": "operation_name",
    "operationDisplay": "operation_display",
    "category": "category",
    "resultType": "result_type",
    "resultDescription": "result_description",
    "caller": "caller",
    "callerIpAddress": "caller_ip_address",
    "level": "level",
    "resourceId": "resource_id",
    "resourceGroup": "resource_group",
    "resourceProvider": "resource_provider",
    "subscriptionId": "subscription_id",
    "location": "location",
}
_OPERATION = ("operationName", "operationDisplay")

_STATUSES = {
    "success": ("Succeeded",),
    "succeeded": ("Success",),
    "failure": ("Failed",),
    "failed": ("Failure",),
    "start": ("Started",),
    "started": ("Start",),
    "accept": ("Accepted",),
    "accepted": ("Accept",),
}
"""One status as the diagnostic form writes it and as tables and REST do."""


def _status(record: AnyRecord) -> list[str]:
    return texts_of((record.result_type,), _STATUSES)


def _category_as_it_came(record: AnyRecord) -> object:
    return record.by_name.get("category")


_NOWHERE = frozenset({"", "global"})


def _region(record: AnyRecord) -> str | None:
    """Return where the resource lies: what the event says itself, or else what was asked for or answered."""
    told = [record.location]
    for name in ("requestbody", "responseBody"):
        body = opened(record.properties.get(name))
        told.append(body.get("location") if isinstance(body, dict) else None)
    names = (one.replace(" ", "").lower() for one in told if isinstance(one, str))
    return next((name for name in names if name not in _NOWHERE), None)


ACTIVITY = LogSource(
    name="azure.activitylogs",
    matches=frozenset({("azure", "activitylogs")}),
    keys=("operationName", "operationDisplay", "category"),
    direct=_DIRECT,
    wrappers=("azure.activitylogs.",),
    aliases={
        **canonical(_DIRECT),
        "operationname": _OPERATION,
        "operation_name": _OPERATION,
        "operationname.value": ("operationName",),
        "operationnamevalue": ("operationName",),
        "operationname.localizedvalue": ("operationDisplay",),
        "event.action": ("operationName",),
        "category": ("category", "~category"),
        "categoryvalue": ("category",),
        "event_category": ("category",),
        "resourceprovidervalue": ("resourceProvider",),
        "resourceprovidername": ("resourceProvider",),
        "_resourceid": ("resourceId",),
        "resource_id": ("resourceId",),
        "resourcegroupname": ("resourceGroup",),
        "activitystatus": ("~status",),
        "activitystatusvalue": ("~status",),
        "event.outcome": ("~status",),
        "result_type": ("~status",),
        "resulttype": ("~status",),
        "status": ("~status",),
        "status.value": ("~status",),
        "activitysubstatusvalue": ("resultSignature",),
        "result_signature": ("resultSignature",),
        "substatus": ("resultSignature",),
        "httprequest.clientipaddress": ("callerIpAddress",),
        "source.ip": ("callerIpAddress",),
        "cloud.account.id": ("subscriptionId",),
        "cloud.region": ("~region",),
        "user.name": ("caller",),
        "user.email": ("caller",),
        "message": ("properties.message", "operationDisplay", "resultDescription"),
        "properties.message": ("properties.message", "operationDisplay", "resultDescription"),
        "properties_d.*": ("properties",),
        "claims_d.*": ("claims",),
        "authorization_d.*": ("authorization",),
        "identity.claims.*": ("claims",),
        "identity.authorization.*": ("authorization",),
    },
    unnamed=as_written_or_camel,
    derived={"~status": _status, "~category": _category_as_it_came, "~region": _region},
)
