"""Records of the Microsoft 365 audit log.

Sources of the forms: "Office 365 Management Activity API schema" and the table ``OfficeActivity`` of
Azure Monitor Logs.
"""

from __future__ import annotations

from typing import Any

import msgspec

from collectors.azure.logs.forms import first
from collectors.model.log_records import compact, listing, lowered, mapping, rfc3339

_RENAMED = {
    "officeworkload": "workload",
    "officeid": "objectid",
    "officeobjectid": "objectid",
    "officetenantid": "organizationid",
    "eventname": "operation",
    "eventsource": "workload",
    "status": "resultstatus",
}
"""Other names of the API's fields: the table's, and those of Defender for Cloud Apps."""

_SUCCESSES = frozenset({"success", "succeeded", "true", "partiallysucceeded"})
_FAILURES = frozenset({"failed", "failure", "false", "error"})


class OfficeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One audited activity of Microsoft 365. Attributes are None where absent.

    ``succeeded`` is None where the record does not say. ``by_name`` holds the fields by name in lower
    case, ``fields`` the record as it came.
    """

    time: str
    operation: str | None
    workload: str | None
    record_type: str | None
    user_id: str | None
    user_key: str | None
    client_ip: str | None
    user_agent: str | None
    object_id: str | None
    organization_id: str | None
    id: str | None
    result_status: str | None
    succeeded: bool | None
    by_name: dict[str, Any]
    fields: dict[str, Any]

    def named(self) -> dict[str, Any]:
        """Return what stands in lists of name and value (extended properties, parameters), by name."""
        found: dict[str, Any] = {}
        for name in ("extendedproperties", "parameters", "deviceproperties"):
            for member in listing(self.by_name.get(name)):
                pair = lowered(mapping(member))
                key = first(pair, "name")
                if key is not None:
                    found.setdefault(key, pair.get("value"))
        return found

    def tree(self, head: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
        """Return a field by its name in the management API, or as the table has it."""
        return self.by_name.get(head.lower())

    def whole(self) -> str:
        """Return the record as compact JSON text."""
        return compact(self.fields)


def is_office(top: dict[str, Any]) -> bool:
    """Whether a record (names in lower case) is one of Microsoft 365's audit log."""
    if first(top, "type") == "OfficeActivity" or "officeworkload" in top or {"eventname", "eventsource"} <= top.keys():
        return True
    return "operation" in top and bool({"workload", "recordtype", "userkey", "organizationid"} & top.keys())


def office_record(fields: dict[str, Any], top: dict[str, Any]) -> OfficeRecord:
    """Return the record for decoded fields that :func:`is_office` accepts."""
    by_name = dict(top)
    for column, name in _RENAMED.items():
        if by_name.get(name) is None and column in by_name:
            by_name[name] = by_name[column]
    record = OfficeRecord(
        time=rfc3339(by_name.get("creationtime")) or rfc3339(by_name.get("timegenerated")),
        operation=first(by_name, "operation"),
        workload=first(by_name, "workload"),
        record_type=first(by_name, "recordtype"),
        user_id=first(by_name, "userid"),
        user_key=first(by_name, "userkey"),
        client_ip=first(by_name, "clientip", "clientipaddress", "actoripaddress", "senderip"),
        user_agent=first(by_name, "useragent", "clientinfostring"),
        object_id=first(by_name, "objectid"),
        organization_id=first(by_name, "organizationid"),
        id=first(by_name, "id"),
        result_status=first(by_name, "resultstatus"),
        succeeded=None,
        by_name=by_name,
        fields=fields,
    )
    named = lowered(record.named())
    return msgspec.structs.replace(
        record,
        user_agent=record.user_agent or first(named, "useragent"),
        succeeded=_succeeded(record),
    )


def _succeeded(record: OfficeRecord) -> bool | None:
    """Return whether the activity succeeded; an alert that was raised did."""
    status = (record.result_status or "").lower().replace(" ", "")
    if status in _SUCCESSES:
        return True
    if status in _FAILURES:
        return False
    return True if record.operation in {"AlertTriggered", "AlertEntityGenerated"} else None
