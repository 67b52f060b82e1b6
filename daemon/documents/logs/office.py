"""Microsoft 365 audit records as ECS documents, with the field names of Elastic's Microsoft 365 integration."""

from __future__ import annotations

from typing import Any

from collectors.azure.logs.office import OfficeRecord
from collectors.model.log_records import listing, lowered, mapping
from daemon.documents.logs.categories import Act, act_of, types
from daemon.documents.logs.parts import account, as_text, document, endpoint, flat, present

DATASET = "o365.audit"

_FILES = frozenset({"sharepoint", "onedrive"})
_DIRECTORIES = frozenset({"azureactivedirectory"})
_SIGN_INS = frozenset({"userloggedin", "userloginfailed"})
_ALERTS = frozenset({"alerttriggered", "alertentitygenerated", "alertupdated"})
_NAMED = {
    name: name.lower()
    for name in (
        *("AadAppId", "AlertEntityId", "AlertId", "AlertType", "AppId", "Application", "ApplicationDisplayName"),
        *("ApplicationId", "AzureActiveDirectoryEventType", "Category", "ClientAppId", "ClientApplication"),
        *("ClientIP", "ClientIPAddress", "ClientInfoString", "CmdletVersion", "CorrelationId", "CreationTime"),
        *("DeliveryAction", "Directionality", "EntityType", "EventSource", "GroupName", "Id", "IncidentId"),
        *("InternalLogonType", "InternetMessageId", "InvestigationId", "ItemName", "ItemType", "LogonError"),
        *("LogonType", "MailboxOwnerUPN", "Name", "NetworkMessageId", "NonPIIParameters", "ObjectId"),
        *("ObjectType", "Operation", "OrganizationId", "OrganizationName", "OriginatingServer", "PolicyId"),
        *("RecordType", "ResultStatus", "Sender", "SenderIp", "SessionId", "Severity", "Site", "SiteUrl"),
        *("Source", "SourceFileExtension", "SourceFileName", "SourceRelativeUrl", "Status", "Subject"),
        *("TargetUserOrGroupName", "TargetUserOrGroupType", "TeamName", "UserId", "UserKey", "UserType"),
        *("Version", "Workload"),
    )
}
"""The fields that the documents have as they come, by their name in lower case."""

_PAIRS = {"ExtendedProperties": "extendedproperties", "Parameters": "parameters"}
_NOBODY = frozenset({"not available", "securitycompliancealerts", "threatintel", ""})


def office_document(record: OfficeRecord, original: bytes) -> dict[str, Any]:
    """Return the document of an activity; ``original`` is the record as it came."""
    source = endpoint(record.client_ip)
    name = None if (record.user_id or "").lower() in _NOBODY else record.user_id
    kind, categories, kinds = _classified(record)
    result = "unknown" if record.succeeded is None else "success" if record.succeeded else "failure"
    return document(
        dataset=DATASET,
        time=record.time,
        original=original,
        event={
            "kind": kind,
            "id": record.id,
            "action": record.operation,
            "provider": record.workload,
            "outcome": result,
            "category": categories,
            "type": kinds,
        },
        fields={
            "message": as_text(record.by_name.get("name")) if kind == "alert" else None,
            "user": present({"id": name or record.user_key, **account(name)}),
            "source": source,
            "client": source,
            "user_agent": present({"original": record.user_agent}),
            "cloud": present({"provider": "azure", "service": present({"name": record.workload})}),
            "organization": present({"id": record.organization_id}),
            "o365": present({"audit": _own(record)}),
        },
        users=(name,),
        addresses=(record.client_ip,),
    )


def _classified(record: OfficeRecord) -> tuple[str, list[str], list[str]]:
    operation = (record.operation or "").lower().rstrip(".")
    workload = (record.workload or "").lower()
    if operation in _ALERTS:
        return "alert", ["intrusion_detection"], ["info"]
    if operation in _SIGN_INS:
        return "event", ["authentication"], ["start"]
    act = act_of((record.operation or "").title())
    if workload in _DIRECTORIES:
        return "event", ["iam"], types(("iam",), act)
    if workload == "threatintelligence":
        return "alert", ["email"], ["info"]
    if workload in _FILES:
        return "event", ["file"], types(("file",), Act.READ if "accessed" in operation else act)
    return "event", ["configuration"], types(("configuration",), act)


def _own(record: OfficeRecord) -> dict[str, Any]:
    named = {ours: as_text(record.by_name.get(theirs)) for ours, theirs in _NAMED.items()}
    pairs = {ours: flat(_pairs(record.by_name.get(theirs))) for ours, theirs in _PAIRS.items()}
    data = flat(mapping(record.by_name.get("data")))
    return present({**named, **pairs, "Data": present({"flattened": data})})


def _pairs(value: object) -> dict[str, Any]:
    """Return a list of name and value as one object."""
    found = (lowered(mapping(one)) for one in listing(value))
    return {pair["name"]: as_text(pair.get("value")) for pair in found if isinstance(pair.get("name"), str)}
