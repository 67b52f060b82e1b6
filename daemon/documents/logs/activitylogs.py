"""Events of the Azure activity log as ECS documents."""

from __future__ import annotations

from typing import Any

from collectors.azure.logs.activitylogs import ActivityRecord
from collectors.model.log_records import mapping, plain
from daemon.documents.logs.azure import level, outcome, shared
from daemon.documents.logs.categories import (
    CONFIGURATION,
    DATABASE,
    HOST,
    IAM,
    NETWORK,
    Act,
    types,
)
from daemon.documents.logs.parts import NANOSECONDS, account, as_text, document, endpoint, flat, present

DATASET = "azure.activitylogs"

_PROVIDERS = {
    **dict.fromkeys(("microsoft.authorization", "microsoft.managedidentity", "microsoft.aad"), IAM),
    **dict.fromkeys(("microsoft.network", "microsoft.cdn", "microsoft.hybridnetwork"), NETWORK),
    **dict.fromkeys(
        (
            *("microsoft.sql", "microsoft.documentdb", "microsoft.dbforpostgresql", "microsoft.dbformysql"),
            *("microsoft.dbformariadb", "microsoft.cache", "microsoft.synapse"),
        ),
        DATABASE,
    ),
}
_SCHEMA = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_READING = ("list", "get", "read", "query", "search", "check", "validate", "fetch", "export")
_EVIDENCE = {
    "role": "role",
    "roleAssignmentScope": "role_assignment_scope",
    "roleDefinitionId": "role_definition_id",
    "roleAssignmentId": "role_assignment_id",
    "principalId": "principal_id",
    "principalType": "principal_type",
}
_PROPERTIES = {"serviceRequestId": "service_request_id", "statusCode": "status_code", "statusMessage": "status_message"}


def activity_document(record: ActivityRecord, original: bytes) -> dict[str, Any]:
    """Return the document of an event; ``original`` is the record as it came."""
    category, act = _classified(record)
    source = endpoint(record.caller_ip_address)
    failed = outcome(record.result_type) == "failure"
    name = record.user_principal_name or record.caller
    return document(
        dataset=DATASET,
        time=record.time,
        original=original,
        event={
            "id": record.event_id,
            "action": record.operation_name,
            "provider": record.resource_provider,
            "outcome": outcome(record.result_type),
            "category": list(category),
            "type": types(category, act),
            "duration": None if record.duration_ms is None else record.duration_ms * NANOSECONDS,
        },
        fields={
            "message": record.operation_display,
            "user": present({"id": record.object_id, **account(name), "full_name": record.full_name}),
            "source": source,
            "client": source,
            "cloud": present(
                {
                    "provider": "azure",
                    "account": present({"id": record.subscription_id}),
                    "region": None if record.location == "global" else record.location,
                    "service": present({"name": record.resource_provider}),
                }
            ),
            "error": present({"code": record.result_signature, "message": record.result_description} if failed else {}),
            "log": level(record.level),
            "azure": shared(
                log="activitylogs",
                own=_own(record),
                tenant=record.tenant_id,
                correlation=record.correlation_id,
                subscription=record.subscription_id,
                resource=record.resource_id,
                group=record.resource_group,
                provider=record.resource_provider,
            ),
        },
        users=(name, record.caller, record.object_id),
        addresses=(record.caller_ip_address,),
    )


def _classified(record: ActivityRecord) -> tuple[tuple[str, ...], Act]:
    """Return the categories by the resource provider, and the act by how the operation's name ends."""
    operation = (record.operation_name or "").lower()
    provider, _, rest = operation.partition("/")
    category: tuple[str, ...] = _PROVIDERS.get(provider, CONFIGURATION)
    if provider == "microsoft.compute" and rest.startswith(("virtualmachines/", "virtualmachinescalesets/")):
        category = HOST
    kind = operation.rpartition("/")[2]
    if kind == "delete":
        return category, Act.DELETE
    if kind == "read":
        return category, Act.READ
    if kind == "write":
        status = (record.result_signature or "").lower(), str(record.properties.get("statusCode", "")).lower()
        created = any("created" in said for said in status)
        return category, Act.CREATE if created and category != HOST else Act.CHANGE
    named = operation.split("/")[-2] if operation.count("/") > 1 else ""
    return category, Act.READ if kind == "action" and named.startswith(_READING) else Act.CHANGE


def _own(record: ActivityRecord) -> dict[str, Any]:
    properties = {_PROPERTIES.get(name, name): value for name, value in record.properties.items()}
    return {
        "operation_name": record.operation_name,
        "category": plain(record.by_name.get("category")) or record.category,
        "event_category": record.category,
        "result_type": record.result_type,
        "result_signature": record.result_signature,
        "identity": _identity(record),
        "properties": flat(properties),
    }


def _identity(record: ActivityRecord) -> dict[str, Any]:
    evidence = mapping(record.authorization.get("evidence"))
    name = record.user_principal_name
    return present(
        {
            "claims_initiated_by_user": present(
                {
                    "name": name,
                    "fullname": record.full_name,
                    "givenname": plain(record.claims.get(f"{_SCHEMA}/givenname")),
                    "surname": plain(record.claims.get(f"{_SCHEMA}/surname")),
                    "schema": _SCHEMA if name else None,
                }
            ),
            "claims": present({name.replace(".", "_"): as_text(value) for name, value in record.claims.items()}),
            "authorization": present(
                {
                    "scope": plain(record.authorization.get("scope")),
                    "action": plain(record.authorization.get("action")),
                    "evidence": present({ours: as_text(evidence.get(theirs)) for theirs, ours in _EVIDENCE.items()}),
                }
            ),
        }
    )
