"""Records of Azure Storage's resource logs: who read, wrote or deleted which blob, and how they signed.

Sources of the forms: "Azure Storage analytics: resource log schema" (diagnostic settings) and the tables
``StorageBlobLogs``, ``StorageFileLogs``, ``StorageQueueLogs`` and ``StorageTableLogs``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from collectors.azure.logs.forms import first, resource_group_of, subscription_of
from collectors.model.log_records import (
    UndecodableRecordError,
    compact,
    decode_object,
    lowered,
    mapping,
    rfc3339,
    whole_number,
)

ANONYMOUS = "Anonymous"

_AUTHENTICATION = {
    "anonymous": ANONYMOUS,
    "sas": "SAS",
    "sas key": "SAS",
    "account key": "AccountKey",
    "accountkey": "AccountKey",
    "oauth": "OAuth",
    "kerberos": "Kerberos",
}
"""How both forms write the ways to sign, and how the tables do."""


class StorageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a storage account. Attributes are None where absent.

    ``authentication_type`` is in the tables' words (``Anonymous``, ``SAS``, ``AccountKey``, ``OAuth``)
    whichever form it came in. ``caller_ip_address`` may have a port. ``fields`` is the record as it
    came, ``by_name`` its fields and properties by name in lower case.
    """

    time: str
    operation_name: str | None
    category: str | None
    account_name: str | None
    service_type: str | None
    authentication_type: str | None
    caller_ip_address: str | None
    correlation_id: str | None
    status_code: int | None
    status_text: str | None
    uri: str | None
    object_key: str | None
    protocol: str | None
    tls_version: str | None
    user_agent: str | None
    referrer: str | None
    request_size: int | None
    response_size: int | None
    duration_ms: int | None
    requester_object_id: str | None
    requester_tenant_id: str | None
    requester_app_id: str | None
    requester_upn: str | None
    resource_id: str | None
    subscription_id: str | None
    resource_group: str | None
    location: str | None
    properties: dict[str, Any]
    by_name: dict[str, Any]
    fields: dict[str, Any]

    @property
    def anonymous(self) -> bool:
        """Whether the request came without any authentication."""
        return self.authentication_type == ANONYMOUS

    def tree(self, head: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
        """Return a field by its name in either form."""
        name = head.lower()
        attribute = _HEADS.get(name)
        value = None if attribute is None else getattr(self, attribute)
        return self.by_name.get(name) if value in (None, {}) else value

    def whole(self) -> str:
        """Return the record as compact JSON text."""
        return compact(self.fields)


_HEADS = {
    name.replace("_", ""): name for name in StorageRecord.__struct_fields__ if name not in {"by_name", "fields"}
} | {
    "useragentheader": "user_agent",
    "referrerheader": "referrer",
    "responsebodysize": "response_size",
    "requestbodysize": "request_size",
}
_MARKS = frozenset({"operationname", "authenticationtype", "accountname", "statuscode", "uri", "properties"})


def decode_record(line: bytes) -> StorageRecord:
    """Decode one record; raise UndecodableRecordError for what is no JSON object or no such record."""
    fields = decode_object(line)
    top = lowered(fields)
    if not _MARKS & top.keys():
        reason = "not a record of a storage account's log: it has none of its fields, such as operationName"
        raise UndecodableRecordError(reason)
    properties = mapping(top.get("properties"))
    by_name = lowered(properties) | {name: value for name, value in top.items() if name != "properties"}
    identity = lowered(mapping(top.get("identity")))
    requester = lowered(mapping(identity.get("requester")))
    resource_id = first(top, "_resourceid", "resourceid")
    return StorageRecord(
        time=rfc3339(top.get("time")) or rfc3339(top.get("timegenerated")),
        operation_name=first(by_name, "operationname"),
        category=first(by_name, "category"),
        account_name=first(by_name, "accountname"),
        service_type=first(by_name, "servicetype"),
        authentication_type=_authentication(first(by_name, "authenticationtype") or first(identity, "type")),
        caller_ip_address=first(by_name, "calleripaddress"),
        correlation_id=first(by_name, "correlationid"),
        status_code=whole_number(by_name.get("statuscode")),
        status_text=first(by_name, "statustext"),
        uri=first(by_name, "uri"),
        object_key=first(by_name, "objectkey"),
        protocol=first(by_name, "protocol"),
        tls_version=first(by_name, "tlsversion"),
        user_agent=first(by_name, "useragentheader"),
        referrer=first(by_name, "referrerheader"),
        request_size=whole_number(by_name.get("requestbodysize")),
        response_size=whole_number(by_name.get("responsebodysize")),
        duration_ms=whole_number(by_name.get("durationms")),
        requester_object_id=first(by_name, "requesterobjectid") or first(requester, "objectid"),
        requester_tenant_id=first(by_name, "requestertenantid") or first(requester, "tenantid"),
        requester_app_id=first(by_name, "requesterappid") or first(requester, "appid"),
        requester_upn=first(by_name, "requesterupn") or first(requester, "upn"),
        resource_id=resource_id,
        subscription_id=subscription_of(resource_id),
        resource_group=resource_group_of(resource_id),
        location=first(by_name, "location"),
        properties=properties,
        by_name=by_name,
        fields=fields,
    )


def _authentication(said: str | None) -> str | None:
    return None if said is None else _AUTHENTICATION.get(said.lower(), said)
