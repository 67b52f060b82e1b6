"""Requests to Azure Storage as ECS documents, with the field names of Elastic's Azure integration."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from collectors.azure.logs.storage import StorageRecord
from daemon.documents.logs.azure import shared
from daemon.documents.logs.categories import Act, act_of, types
from daemon.documents.logs.parts import NANOSECONDS, account, document, endpoint, flat, present

DATASET = "azure.storage"

_ACTS = {"storageread": Act.READ, "storagedelete": Act.DELETE}
_FIRST_ERROR = 400


def storage_document(record: StorageRecord, original: bytes) -> dict[str, Any]:
    """Return the document of one request; ``original`` is the record as it came."""
    source = endpoint(record.caller_ip_address)
    failed = record.status_code is not None and record.status_code >= _FIRST_ERROR
    agent = record.user_agent
    return document(
        dataset=DATASET,
        time=record.time,
        original=original,
        event={
            "id": record.correlation_id,
            "action": record.operation_name,
            "provider": "Microsoft.Storage",
            "outcome": _outcome(record, failed=failed),
            "category": ["web", "file"],
            "type": ["access", "error"] if failed else types(("file",), _act(record)),
            "duration": None if record.duration_ms is None else record.duration_ms * NANOSECONDS,
        },
        fields={
            "user": present({"id": record.requester_object_id, **account(record.requester_upn)}),
            "source": source,
            "client": source,
            "user_agent": present({"original": agent}),
            "cloud": present(
                {
                    "provider": "azure",
                    "account": present({"id": record.subscription_id}),
                    "region": record.location,
                    "service": {"name": "storage"},
                }
            ),
            "error": present({"code": record.status_text} if failed else {}),
            "file": present({"path": record.object_key}),
            "http": _http(record),
            "url": _url(record.uri),
            "tls": _tls(record.tls_version),
            "azure": shared(
                log="platformlogs",
                own=_own(record),
                tenant=record.requester_tenant_id,
                correlation=record.correlation_id,
                subscription=record.subscription_id,
                resource=record.resource_id,
                group=record.resource_group,
                provider="Microsoft.Storage",
            ),
        },
        users=(record.requester_upn, record.requester_object_id),
        addresses=(record.caller_ip_address,),
        hosts=(_url(record.uri).get("domain"),),
    )


def _outcome(record: StorageRecord, *, failed: bool) -> str:
    if failed:
        return "failure"
    return "unknown" if record.status_code is None else "success"


def _act(record: StorageRecord) -> Act:
    known = _ACTS.get((record.category or "").lower())
    if known is not None:
        return known
    act = act_of(record.operation_name or "")
    return Act.CREATE if (record.operation_name or "").startswith("Put") else act


def _http(record: StorageRecord) -> dict[str, Any]:
    response = {"status_code": record.status_code, "body": present({"bytes": record.response_size})}
    return present(
        {
            "request": present({"referrer": record.referrer, "body": present({"bytes": record.request_size})}),
            "response": present(response),
        }
    )


def _url(uri: str | None) -> dict[str, Any]:
    if uri is None:
        return {}
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return {"original": uri}
    return present(
        {
            "original": uri,
            "scheme": parts.scheme,
            "domain": parts.hostname,
            "port": port,
            "path": parts.path,
            "query": parts.query,
        }
    )


def _tls(version: str | None) -> dict[str, Any]:
    protocol, _, number = (version or "").replace("v", " ").partition(" ")
    return present({"version": number, "version_protocol": protocol.lower() if number else None})


def _own(record: StorageRecord) -> dict[str, Any]:
    properties = {
        **record.properties,
        "accountName": record.account_name,
        "authenticationType": record.authentication_type,
        "objectKey": record.object_key,
        "requesterAppId": record.requester_app_id,
        "requesterObjectId": record.requester_object_id,
        "requesterTenantId": record.requester_tenant_id,
        "requesterUpn": record.requester_upn,
        "serviceType": record.service_type,
    }
    return {
        "operation_name": record.operation_name,
        "category": record.category,
        "status": record.status_text,
        "result_type": None if record.status_code is None else str(record.status_code),
        "properties": flat({name: value for name, value in properties.items() if value not in (None, "")}),
    }
