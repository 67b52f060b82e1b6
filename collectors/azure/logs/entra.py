"""Records of Entra ID: sign-ins, directory changes and risk detections, in whichever form they come.

Sources of the forms: the Microsoft Graph resource types ``signIn``, ``directoryAudit`` and
``riskDetection`` (which is what a diagnostic setting writes under ``properties``), and the tables
``SigninLogs``, ``AuditLogs`` and ``AADUserRiskEvents`` (with their siblings) of Azure Monitor Logs.
One Event Hub or workspace usually carries all of them, so a record says by itself which it is.
"""

from __future__ import annotations

from typing import Any

import msgspec

from collectors.azure.logs.forms import first, tenant_of
from collectors.model.log_records import compact, listing, lowered, mapping, opened, rfc3339, whole_number

_COLUMNS = {
    "IPAddress": "ipAddress",
    "LocationDetails": "location",
    "RiskEventTypes_V2": "riskEventTypes_v2",
    "AADOperationType": "operationType",
    "AADTenantId": "tenantId",
    "ConditionalAccessPolicies": "appliedConditionalAccessPolicies",
}
"""Columns whose name is not that of the Graph property with a capital."""

_OF_THE_TABLE = frozenset({"Location", "TenantId", "SourceSystem", "Type", "TimeGenerated", "MG"})
"""Columns that say something of the workspace, or repeat another column."""


class EntraRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What all of Entra's records share. Attributes are None (or empty) where absent.

    ``properties`` is the record as Microsoft Graph has it, whatever form it came in; ``by_name`` the
    same by name in lower case, ``top`` the envelope's fields by name in lower case; ``fields`` is the
    record as it came.
    """

    time: str
    operation_name: str | None
    category: str | None
    level: str | None
    correlation_id: str | None
    id: str | None
    identity: str | None
    tenant_id: str | None
    resource_id: str | None
    result_type: str | None
    result_signature: str | None
    result_description: str | None
    caller_ip_address: str | None
    duration_ms: int | None
    properties: dict[str, Any]
    by_name: dict[str, Any]
    top: dict[str, Any]
    fields: dict[str, Any]

    def text(self, *names: str) -> str | None:
        """Return the first of the named properties (lower case) that has a text."""
        return first(self.by_name, *names)

    def inner(self, name: str) -> dict[str, Any]:
        """Return a property (lower case) that is an object, its members by name in lower case."""
        return lowered(mapping(self.by_name.get(name)))

    def members(self, name: str) -> list[Any]:
        """Return a property (lower case) that is a list."""
        return listing(self.by_name.get(name))

    def tree(self, head: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
        """Return a field by its name in the diagnostic form or in Graph, or else as the record has it."""
        name = head.lower()
        if name == "properties":
            return self.properties or None
        attribute = _HEADS.get(name)
        if attribute is not None:
            value = getattr(self, attribute)
            if value is not None:
                return value
        value = self.by_name.get(name)
        return self.top.get(name) if value is None else value

    def whole(self) -> str:
        """Return the record as compact JSON text."""
        return compact(self.fields)


_HEADS = {
    "operationname": "operation_name",
    "category": "category",
    "resulttype": "result_type",
    "resultsignature": "result_signature",
    "resultdescription": "result_description",
    "calleripaddress": "caller_ip_address",
    "correlationid": "correlation_id",
    "identity": "identity",
    "level": "level",
    "time": "time",
    "id": "id",
    "tenantid": "tenant_id",
}


class SignInRecord(EntraRecord, frozen=True, kw_only=True):
    """A sign-in; ``result_type`` is the error code as text, ``0`` where it succeeded."""


class AuditRecord(EntraRecord, frozen=True, kw_only=True):
    """A change in the directory. ``category`` is the activity's own (``UserManagement``)."""

    result: str | None
    initiated_by: dict[str, Any]
    target_resources: list[Any]


class RiskRecord(EntraRecord, frozen=True, kw_only=True):
    """A risk that Identity Protection detected, or an alert of Privileged Identity Management."""


def shared_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of :class:`EntraRecord` for a decoded record of any form."""
    top = lowered(fields)
    properties = content_of(fields, top)
    by_name = lowered(properties)
    status = lowered(mapping(by_name.get("status")))
    resource_id = first(top, "resourceid")
    table = "timegenerated" in top
    result_type = first(top, "resulttype") or first(status, "errorcode")
    return {
        "time": _time(top, by_name),
        "operation_name": first(top, "operationname") or first(by_name, "activitydisplayname"),
        "category": first(top, "category"),
        "level": first(top, "level"),
        "correlation_id": first(by_name, "correlationid") or first(top, "correlationid"),
        "id": first(by_name, "id"),
        "identity": first(top, "identity"),
        "tenant_id": _tenant(top, by_name, resource_id, table=table),
        "resource_id": resource_id if table or "properties" in top else None,
        "result_type": result_type,
        "result_signature": first(top, "resultsignature"),
        "result_description": first(top, "resultdescription") or first(status, "failurereason"),
        "caller_ip_address": first(top, "calleripaddress") or first(by_name, "ipaddress"),
        "duration_ms": whole_number(top.get("durationms")),
        "properties": properties,
        "by_name": by_name,
        "top": top,
        "fields": fields,
    }


def content_of(fields: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Return what a record says in Graph's names: its properties, its columns renamed, or itself."""
    if "timegenerated" in top:
        return {
            _property(column): opened(value)
            for column, value in fields.items()
            if column not in _OF_THE_TABLE and value is not None
        }
    if "properties" in top:
        return mapping(top["properties"])
    return fields


def _property(column: str) -> str:
    return _COLUMNS.get(column) or column[:1].lower() + column[1:]


def _time(top: dict[str, Any], by_name: dict[str, Any]) -> str:
    for fields in (by_name, top):
        for name in ("createddatetime", "activitydatetime", "detecteddatetime", "time", "timegenerated"):
            found = rfc3339(fields.get(name))
            if found:
                return found
    return ""


def _tenant(top: dict[str, Any], by_name: dict[str, Any], resource_id: str | None, *, table: bool) -> str | None:
    if table:
        return first(top, "aadtenantid") or tenant_of(resource_id)
    return first(top, "tenantid") or tenant_of(resource_id) or first(by_name, "tenantid", "hometenantid")
