"""Cloud Audit Logs of Google Cloud and, where they are shared with it, of Google Workspace.

Sources of the format: the Cloud Logging ``LogEntry`` and the ``AuditLog`` message it carries as
``protoPayload``; "Google Workspace audit logs" for what stands under its ``metadata``. A log sink may
wrap an entry: Pub/Sub puts it, base64-encoded, into a message; Eventarc and some collectors put it under
``data``; an export to BigQuery renames the payload.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from collectors.model.log_records import (
    UndecodableRecordError,
    compact,
    decode_object,
    listing,
    lowered,
    mapping,
    plain,
    rfc3339,
    whole_number,
)

_PAYLOADS = ("protopayload", "protopayload_auditlog")
_DEEPEST_ENVELOPE = 4


class AuditLogRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One audit log entry. Attributes are None (or empty) where absent.

    ``log`` is the last part of the log's name (``activity``, ``data_access``, ``system_event``,
    ``policy``). ``status_code`` is a ``google.rpc.Code``, 0 or None where the call succeeded. ``payload``
    is the ``AuditLog`` message and ``entry`` the whole ``LogEntry``, out of any envelope.
    """

    time: str
    insert_id: str | None
    log_name: str | None
    log: str | None
    severity: str | None
    service_name: str | None
    method_name: str | None
    resource_name: str | None
    principal_email: str | None
    principal_subject: str | None
    caller_ip: str | None
    user_agent: str | None
    status_code: int | None
    status_message: str | None
    resource_type: str | None
    resource_labels: dict[str, Any]
    payload: dict[str, Any]
    entry: dict[str, Any]
    by_name: dict[str, Any]

    @property
    def authorization_info(self) -> list[dict[str, Any]]:
        """The permissions that were asked for; one that was not granted may lack ``granted``."""
        return [info for info in listing(self.payload.get("authorizationInfo")) if isinstance(info, dict)]

    @property
    def denied(self) -> bool:
        """Whether no permission that was asked for was granted."""
        asked = self.authorization_info
        return bool(asked) and not any(info.get("granted") is True for info in asked)

    def workspace_events(self) -> list[dict[str, Any]]:
        """Return the events that a Google Workspace audit log carries in its metadata."""
        return [one for one in listing(mapping(self.payload.get("metadata")).get("event")) if isinstance(one, dict)]

    def tree(self, head: str) -> Any:  # noqa: ANN401 - decoded JSON of any shape
        """Return a top-level field of the entry."""
        name = head.lower()
        if name == "protopayload":
            return self.payload
        return self.by_name.get(name)

    def whole(self) -> str:
        """Return the entry as compact JSON text."""
        return compact(self.entry)


def decode_entry(line: bytes) -> AuditLogRecord:
    """Decode one entry, bare or in an envelope.

    Raises UndecodableRecordError for what is no JSON object and for an entry that is no audit log.
    """
    entry = decode_object(line)
    by_name = lowered(entry)
    for _ in range(_DEEPEST_ENVELOPE):
        inner = _inner(by_name)
        if inner is None:
            break
        entry, by_name = inner, lowered(inner)
    payload = next((found for name in _PAYLOADS if (found := mapping(by_name.get(name)))), None)
    if payload is None:
        reason = "not a Cloud Audit Logs entry: it has no protoPayload"
        raise UndecodableRecordError(reason)
    return _record(entry, by_name, payload)


def _record(entry: dict[str, Any], by_name: dict[str, Any], payload: dict[str, Any]) -> AuditLogRecord:
    who = mapping(payload.get("authenticationInfo"))
    request = mapping(payload.get("requestMetadata"))
    status = mapping(payload.get("status"))
    resource = mapping(by_name.get("resource"))
    log_name = plain(by_name.get("logname"))
    return AuditLogRecord(
        time=rfc3339(by_name.get("timestamp")) or rfc3339(by_name.get("receivetimestamp")),
        insert_id=plain(by_name.get("insertid")),
        log_name=log_name,
        log=None if log_name is None else log_name.replace("%2F", "/").replace("%2f", "/").rpartition("/")[2],
        severity=plain(by_name.get("severity")),
        service_name=plain(payload.get("serviceName")),
        method_name=plain(payload.get("methodName")),
        resource_name=plain(payload.get("resourceName")),
        principal_email=plain(who.get("principalEmail")),
        principal_subject=plain(who.get("principalSubject")),
        caller_ip=plain(request.get("callerIp")),
        user_agent=plain(request.get("callerSuppliedUserAgent")),
        status_code=whole_number(status.get("code")),
        status_message=plain(status.get("message")),
        resource_type=plain(resource.get("type")),
        resource_labels=mapping(resource.get("labels")),
        payload=payload,
        entry=entry,
        by_name=by_name,
    )


def _inner(by_name: dict[str, Any]) -> dict[str, Any] | None:
    """Return what an envelope holds; None for what is no envelope."""
    if any(name in by_name for name in _PAYLOADS):
        return None
    message = by_name.get("message")
    if isinstance(message, dict):
        return message
    data = by_name.get("data")
    if isinstance(data, dict):
        return data
    if isinstance(data, str):
        return _unpacked(data)
    return None


def _unpacked(data: str) -> dict[str, Any] | None:
    if data[:1] == "{":
        return decode_object(data.encode())
    try:
        content = base64.b64decode(data, validate=True)
    except ValueError:
        return None
    return decode_object(content)
