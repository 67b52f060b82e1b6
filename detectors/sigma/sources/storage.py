"""Azure Storage's resource logs."""

from __future__ import annotations

import re

from detectors.sigma.source import AnyRecord, LogSource
from detectors.sigma.sources.names import as_written_or_camel, canonical

_DIRECT = {
    "operationName": "operation_name",
    "authenticationType": "authentication_type",
    "category": "category",
    "accountName": "account_name",
    "callerIpAddress": "caller_ip_address",
    "statusText": "status_text",
    "uri": "uri",
    "objectKey": "object_key",
    "userAgentHeader": "user_agent",
    "tlsVersion": "tls_version",
    "requesterObjectId": "requester_object_id",
    "requesterTenantId": "requester_tenant_id",
    "requesterUpn": "requester_upn",
}

_WITH_PORT = re.compile(r"(\d+(?:\.\d+){3}|\[[0-9a-fA-F:]+\]):\d+")


def _address(record: AnyRecord) -> str | None:
    """Return the caller's address without the port, which differs with each connection."""
    told = record.caller_ip_address
    with_port = _WITH_PORT.fullmatch(told or "")
    return with_port[1] if with_port else told


STORAGE = LogSource(
    name="azure.storage",
    matches=frozenset({("azure", "storage"), ("azure", "storagebloblogs")}),
    keys=("operationName", "authenticationType", "category"),
    direct=_DIRECT,
    wrappers=("azure.platformlogs.properties.", "azure.platformlogs.", "properties."),
    aliases={
        **canonical(_DIRECT),
        "identity.type": ("authenticationType",),
        "identity.requester.objectid": ("requesterObjectId",),
        "identity.requester.tenantid": ("requesterTenantId",),
        "identity.requester.upn": ("requesterUpn",),
        "event.action": ("operationName",),
        "source.ip": ("callerIpAddress",),
        "source.address": ("~address",),
        "user_agent.original": ("userAgentHeader",),
        "user_agent": ("userAgentHeader",),
        "useragent": ("userAgentHeader",),
    },
    unnamed=as_written_or_camel,
    derived={"~address": _address},
)
