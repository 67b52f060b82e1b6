"""Entra ID audit logs as ECS documents."""

from __future__ import annotations

from typing import Any

from collectors.azure.logs.entra import AuditRecord
from collectors.azure.logs.forms import first
from collectors.model.log_records import listing, lowered, mapping, plain, rfc3339
from daemon.documents.logs.azure import level, outcome, shared
from daemon.documents.logs.categories import IAM, Act, act_of, types
from daemon.documents.logs.parts import NANOSECONDS, account, as_text, document, endpoint, present

DATASET = "azure.auditlogs"

_ACTS = {"add": Act.CREATE, "delete": Act.DELETE, "update": Act.CHANGE, "assign": Act.CHANGE, "unassign": Act.CHANGE}
_ABOUT = {
    "usermanagement": "user",
    "groupmanagement": "group",
    "rolemanagement": "admin",
    "kerberosdomain": "admin",
    "administrativeunit": "admin",
}
_POLICIES = frozenset({"policy", "directorymanagement", "authorization", "device", "deviceconfiguration"})
_TARGET = {"display_name": "displayname", "id": "id", "type": "type", "ip_address": "ipaddress"}


def audit_document(record: AuditRecord, original: bytes) -> dict[str, Any]:
    """Return the document of a change in the directory; ``original`` is the record as it came."""
    user = lowered(mapping(record.initiated_by.get("user")))
    app = lowered(mapping(record.initiated_by.get("app")))
    details = _details(record)
    address = first(user, "ipaddress") or first(details, "ipaddr") or record.caller_ip_address
    source = endpoint(address)
    name = first(user, "userprincipalname") or first(app, "displayname") or record.identity
    targets = [lowered(one) for one in record.target_resources if isinstance(one, dict)]
    categories, kinds = _classified(record)
    agent = first(details, "user-agent", "useragent") or record.text("useragent")
    failed = outcome(record.result) == "failure"
    return document(
        dataset=DATASET,
        time=record.time,
        original=original,
        event={
            "id": record.id,
            "action": record.operation_name,
            "provider": record.text("loggedbyservice") or "Microsoft.aadiam",
            "outcome": outcome(record.result),
            "category": categories,
            "type": kinds,
            "duration": None if record.duration_ms is None else record.duration_ms * NANOSECONDS,
        },
        fields={
            "message": record.text("resultreason") or record.result_description,
            "user": present(
                {
                    "id": first(user, "id") or first(app, "serviceprincipalid", "appid"),
                    **account(name),
                    "full_name": first(user, "displayname"),
                    "target": _target_user(targets),
                }
            ),
            "group": _target_group(targets),
            "source": source,
            "client": source,
            "user_agent": present({"original": agent}),
            "cloud": present({"provider": "azure", "service": present({"name": record.text("loggedbyservice")})}),
            "error": present({"message": record.text("resultreason") or record.result_description} if failed else {}),
            "log": level(record.level),
            "azure": shared(
                log="auditlogs",
                own=_own(record, user, app, targets, agent),
                tenant=record.tenant_id,
                correlation=record.correlation_id,
                resource=record.resource_id,
                provider="Microsoft.aadiam",
            ),
        },
        users=(name, first(user, "id"), *(first(one, "userprincipalname") for one in targets)),
        addresses=(address, record.caller_ip_address, *(first(one, "ipaddress") for one in targets)),
    )


def _classified(record: AuditRecord) -> tuple[list[str], list[str]]:
    act = _ACTS.get((record.text("operationtype", "aadoperationtype") or "").lower())
    if act is None:
        act = act_of((record.operation_name or "").title())
    about = (record.category or "").lower()
    categories = ["iam", "configuration"] if about in _POLICIES else ["iam"]
    return categories, [*types(IAM, act), *([_ABOUT[about]] if about in _ABOUT else [])]


def _details(record: AuditRecord) -> dict[str, Any]:
    pairs = (lowered(mapping(one)) for one in record.members("additionaldetails"))
    return {key.lower(): pair.get("value") for pair in pairs if (key := first(pair, "key")) is not None}


def _target_user(targets: list[dict[str, Any]]) -> dict[str, Any]:
    for one in targets:
        if (first(one, "type") or "").lower() == "user":
            name = first(one, "userprincipalname") or first(one, "displayname")
            return present({"id": first(one, "id"), **account(name)})
    return {}


def _target_group(targets: list[dict[str, Any]]) -> dict[str, Any]:
    for one in targets:
        if (first(one, "type") or "").lower() == "group":
            return present({"id": first(one, "id"), "name": first(one, "displayname")})
    return {}


def _own(
    record: AuditRecord,
    user: dict[str, Any],
    app: dict[str, Any],
    targets: list[dict[str, Any]],
    agent: str | None,
) -> dict[str, Any]:
    return {
        "category": plain(record.top.get("category")),
        "operation_name": record.operation_name,
        "operation_version": plain(record.top.get("operationversion")),
        "identity": record.identity,
        "result_signature": record.result_signature,
        "result_description": record.result_description,
        "properties": present(
            {
                "id": record.id,
                "category": record.category,
                "result": record.result,
                "result_reason": record.text("resultreason"),
                "activity_display_name": record.text("activitydisplayname"),
                "activity_datetime": rfc3339(record.by_name.get("activitydatetime")),
                "correlation_id": record.text("correlationid"),
                "logged_by_service": record.text("loggedbyservice"),
                "operation_type": record.text("operationtype"),
                "target_resources": present({str(index): _target(one) for index, one in enumerate(targets)}),
                "initiated_by": present(
                    {
                        "user": present(
                            {
                                "id": first(user, "id"),
                                "displayName": first(user, "displayname"),
                                "userPrincipalName": first(user, "userprincipalname"),
                                "ipAddress": first(user, "ipaddress"),
                                "roles": [one for one in map(as_text, listing(user.get("roles"))) if one],
                            }
                        ),
                        "app": present(
                            {
                                "appId": first(app, "appid"),
                                "displayName": first(app, "displayname"),
                                "servicePrincipalId": first(app, "serviceprincipalid"),
                                "servicePrincipalName": first(app, "serviceprincipalname"),
                            }
                        ),
                    }
                ),
                "additional_details": _additional(record, agent),
            }
        ),
    }


def _target(one: dict[str, Any]) -> dict[str, Any]:
    changes = [lowered(change) for change in listing(one.get("modifiedproperties")) if isinstance(change, dict)]
    return present(
        {
            **{ours: first(one, theirs) for ours, theirs in _TARGET.items()},
            "user_principal_name": first(one, "userprincipalname"),
            "modified_properties": present({str(index): _change(change) for index, change in enumerate(changes)}),
        }
    )


def _change(change: dict[str, Any]) -> dict[str, Any]:
    return present(
        {
            "display_name": first(change, "displayname"),
            "old_value": as_text(change.get("oldvalue")),
            "new_value": as_text(change.get("newvalue")),
        }
    )


def _additional(record: AuditRecord, agent: str | None) -> dict[str, Any]:
    pairs = [lowered(mapping(one)) for one in record.members("additionaldetails")]
    return present(
        {
            "key": [key for pair in pairs if (key := first(pair, "key")) is not None],
            "value": [value for pair in pairs if (value := as_text(pair.get("value"))) is not None],
            "user_agent": agent,
        }
    )
