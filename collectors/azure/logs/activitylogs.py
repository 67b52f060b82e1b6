"""Records of the Azure activity log.

Source of the forms: "Azure Activity Log event schema" (diagnostic settings and REST) and the
``AzureActivity`` table of Azure Monitor Logs.
"""

from __future__ import annotations

from typing import Any

import msgspec

from collectors.azure.logs.forms import first, resource_group_of, resource_provider_of, subscription_of
from collectors.model.log_records import (
    UndecodableRecordError,
    compact,
    decode_object,
    lowered,
    mapping,
    plain,
    rfc3339,
    whole_number,
)

_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_IDENTITY = "http://schemas.microsoft.com/identity/claims/"
_VERBS = frozenset({"write", "delete", "action", "read"})
"""What the oldest form writes as a category: the operation's kind, not the event's."""


class ActivityRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the activity log, from any of its forms. Attributes are None (or empty) where absent.

    ``operation_name`` is the operation's id (``Microsoft.Compute/virtualMachines/write``, in whichever
    letter case it came), ``operation_display`` its words; ``category`` is the event's
    (``Administrative``); ``result_type`` the status and ``result_signature`` its sub-status; ``caller``
    a user principal name or an object id. ``claims``, ``authorization`` and ``properties`` are decoded
    also where the form has them as text. ``fields`` is the record as it came.
    """

    time: str
    operation_name: str | None
    operation_display: str | None
    category: str | None
    level: str | None
    result_type: str | None
    result_signature: str | None
    result_description: str | None
    caller: str | None
    caller_ip_address: str | None
    correlation_id: str | None
    event_id: str | None
    tenant_id: str | None
    subscription_id: str | None
    resource_id: str | None
    resource_group: str | None
    resource_provider: str | None
    location: str | None
    duration_ms: int | None
    claims: dict[str, Any]
    authorization: dict[str, Any]
    properties: dict[str, Any]
    fields: dict[str, Any]
    by_name: dict[str, Any]

    @property
    def user_principal_name(self) -> str | None:
        """The name a user signed in with, by the token's claims."""
        return self._claim(f"{_CLAIMS}upn", f"{_CLAIMS}name", f"{_CLAIMS}emailaddress", "upn")

    @property
    def full_name(self) -> str | None:
        """The display name, by the token's claims."""
        return self._claim("name")

    @property
    def object_id(self) -> str | None:
        """The directory's id of the user or service principal, by the token's claims."""
        return self._claim(f"{_IDENTITY}objectidentifier", "oid")

    @property
    def app_id(self) -> str | None:
        """The application that asked, by the token's claims."""
        return self._claim("appid")

    def _claim(self, *names: str) -> str | None:
        return next((value for name in names if (value := plain(self.claims.get(name))) is not None), None)

    def tree(self, head: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
        """Return a field by its name in the diagnostic form, or else as the record has it."""
        name = head.lower()
        attribute = _HEADS.get(name)
        if attribute is not None:
            value = getattr(self, attribute)
            if value not in (None, {}):
                return value
        if name == "identity":
            return {"authorization": self.authorization, "claims": self.claims}
        return self.by_name.get(name)

    def whole(self) -> str:
        """Return the record as compact JSON text."""
        return compact(self.fields)


_HEADS = {
    "operationname": "operation_name",
    "category": "category",
    "level": "level",
    "resulttype": "result_type",
    "resultsignature": "result_signature",
    "resultdescription": "result_description",
    "caller": "caller",
    "calleripaddress": "caller_ip_address",
    "correlationid": "correlation_id",
    "eventdataid": "event_id",
    "tenantid": "tenant_id",
    "subscriptionid": "subscription_id",
    "resourceid": "resource_id",
    "resourcegroup": "resource_group",
    "resourceprovider": "resource_provider",
    "location": "location",
    "claims": "claims",
    "authorization": "authorization",
    "properties": "properties",
    "time": "time",
}

_MARKS = frozenset(
    {
        *("operationname", "operationnamevalue", "resourceid", "calleripaddress", "caller", "correlationid"),
        *("categoryvalue", "activitystatusvalue", "eventdataid", "properties", "resultsignature"),
    }
)


def decode_record(line: bytes) -> ActivityRecord:
    """Decode one record; raise UndecodableRecordError for what is no JSON object or no such record."""
    fields = decode_object(line)
    top = lowered(fields)
    if not _MARKS & top.keys():
        reason = "not an event of the Azure activity log: it has none of its fields, such as operationName"
        raise UndecodableRecordError(reason)
    identity = mapping(top.get("identity"))
    claims = mapping(identity.get("claims")) or mapping(top.get("claims_d")) or mapping(top.get("claims"))
    authorization = (
        mapping(identity.get("authorization"))
        or mapping(top.get("authorization_d"))
        or mapping(top.get("authorization"))
    )
    properties = mapping(top.get("properties_d")) or mapping(top.get("properties"))
    table = "operationnamevalue" in top or "timegenerated" in top
    resource_id = first(top, "_resourceid", "resourceid") or first(lowered(authorization), "scope")
    named = first(top, "operationnamevalue") or first(top, "operationname")
    record = ActivityRecord(
        time=_time(top),
        operation_name=named,
        operation_display=_display(top, table=table),
        category=_category(top, properties),
        level=first(top, "level"),
        result_type=first(top, "activitystatusvalue", "resulttype", "status", "activitystatus"),
        result_signature=first(top, "activitysubstatusvalue", "resultsignature", "substatus"),
        result_description=first(top, "resultdescription") or first(lowered(properties), "statusmessage"),
        caller=first(top, "caller"),
        caller_ip_address=first(top, "calleripaddress")
        or first(lowered(mapping(top.get("httprequest"))), "clientipaddress"),
        correlation_id=first(top, "correlationid"),
        event_id=first(top, "eventdataid") or first(lowered(properties), "eventdataid"),
        tenant_id=_tenant(top, claims, table=table),
        subscription_id=first(top, "subscriptionid") or subscription_of(resource_id),
        resource_id=resource_id,
        resource_group=first(top, "resourcegroupname", "resourcegroup") or resource_group_of(resource_id),
        resource_provider=_provider(top, named, resource_id),
        location=first(top, "location"),
        duration_ms=whole_number(top.get("durationms")),
        claims=claims,
        authorization=authorization,
        properties=properties,
        fields=fields,
        by_name=top,
    )
    if record.caller is None:
        claimed = record.user_principal_name or record.object_id or record.app_id
        return msgspec.structs.replace(record, caller=claimed)
    return record


def _time(top: dict[str, Any]) -> str:
    for name in ("time", "timegenerated", "eventtimestamp", "eventsubmissiontimestamp", "submissiontimestamp"):
        found = rfc3339(top.get(name))
        if found:
            return found
    return ""


def _display(top: dict[str, Any], *, table: bool) -> str | None:
    if table:
        return first(top, "operationname")
    operation = top.get("operationname")
    return first(lowered(operation), "localizedvalue") if isinstance(operation, dict) else None


def _category(top: dict[str, Any], properties: dict[str, Any]) -> str | None:
    """Return the event's category; the oldest form has it in the properties, or leaves it out."""
    found = first(top, "categoryvalue", "category")
    if found is not None and found.lower() not in _VERBS:
        return found
    inner = first(lowered(properties), "eventcategory")
    return inner or (None if found is None else "Administrative")


def _provider(top: dict[str, Any], operation: str | None, resource_id: str | None) -> str | None:
    named = first(top, "resourceprovidervalue", "resourceprovidername", "resourceprovider")
    if named is not None:
        return named
    return operation.partition("/")[0] if operation and "/" in operation else resource_provider_of(resource_id)


def _tenant(top: dict[str, Any], claims: dict[str, Any], *, table: bool) -> str | None:
    """Return the directory; in a table ``TenantId`` is the workspace's."""
    claimed = first(claims, f"{_IDENTITY}tenantid")
    return claimed or (None if table else first(top, "tenantid"))
