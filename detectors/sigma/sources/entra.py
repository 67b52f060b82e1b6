"""Entra ID: sign-ins, audit logs, risk detections and alerts of Privileged Identity Management."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from detectors.sigma.source import AnyRecord, LogSource
from detectors.sigma.sources import entra_words as words
from detectors.sigma.sources.names import also_as_written, also_under, as_written_or_camel, canonical, texts_of
from detectors.sigma.values import text

_USER = "UPN"
"""What rules made from Microsoft's guides write where the guide says that a user's principal name stands there."""

_RISKS = frozenset({("azure", "riskdetection"), ("azure", "pim")})
"""Rules on a risk's or an alert's type: each kind of record may name one."""


def _sign_in_status(record: AnyRecord) -> list[object]:
    status = record.by_name.get("status")
    outcome = [] if record.result_type is None else ["Success" if record.result_type == "0" else "Failure"]
    details = [value for value in status.values() if isinstance(value, str)] if isinstance(status, dict) else []
    return [*outcome, *details, status]


def _descriptions(record: AnyRecord) -> list[str]:
    code = record.result_type
    failure = None if code in {None, "0"} else "Failure"
    return texts_of((record.result_description, *words.SIGN_IN_ERRORS.get(code or "", ()), failure))


def _sign_in_messages(record: AnyRecord) -> list[str]:
    said = (record.text("message"), record.text("authenticationprotocol"), record.text("originaltransfermethod"))
    return texts_of((*said, record.result_description), words.PROTOCOLS)


def _clients(record: AnyRecord) -> list[str]:
    return texts_of((record.text("clientappused"),), words.CLIENTS)


def _user(record: AnyRecord) -> list[str]:
    name = record.text("userprincipalname")
    return texts_of((name, record.text("userdisplayname"), record.identity, None if name is None else _USER))


def _networks(record: AnyRecord) -> object:
    """Return the list as one text as well: rules compare it with the empty list."""
    networks = record.by_name.get("networklocationdetails")
    return [text(networks), *networks] if isinstance(networks, list) else networks


def _sign_in_place(record: AnyRecord) -> list[object]:
    return [record.by_name.get("location"), record.top.get("location")]


_SIGN_IN_DIRECT = {
    "resultType": "result_type",
    "category": "category",
    "operationName": "operation_name",
    "callerIpAddress": "caller_ip_address",
}

SIGN_IN = LogSource(
    name="azure.signinlogs",
    matches=frozenset({("azure", "signinlogs"), *_RISKS}),
    keys=("resultType", "category"),
    direct=_SIGN_IN_DIRECT,
    wrappers=("azure.signinlogs.properties.", "azure.signinlogs.", "properties."),
    aliases=also_as_written(
        {
            **canonical(_SIGN_IN_DIRECT),
            "result_type": ("resultType",),
            "errorcode": ("resultType",),
            "status.errorcode": ("resultType",),
            "status.error_code": ("resultType",),
            "status": ("~status",),
            "status.*": ("status",),
            "event.outcome": ("~status",),
            "resultdescription": ("~descriptions",),
            "result_description": ("~descriptions",),
            "failurereason": ("~descriptions",),
            "message": ("~messages",),
            "activitydetails": ("~activity",),
            "client": ("~clients",),
            "clientapp": ("~clients",),
            "clientappused": ("~clients",),
            "client_app_used": ("~clients",),
            "username": ("~user",),
            "user": ("~user",),
            "user.name": ("~user",),
            "user.id": ("userId",),
            "networklocationdetails": ("~networks",),
            "networklocationdetails.*": ("networkLocationDetails",),
            "riskeventtype": ("riskEventTypes_v2", "riskEventTypes", "riskEventType"),
            "riskeventtypes": ("riskEventTypes_v2", "riskEventTypes"),
            "risk_event_types_v2": ("riskEventTypes_v2",),
            "location": ("~place",),
            "locationdetails.*": ("location",),
            "ipaddress": ("callerIpAddress", "ipAddress"),
            "source.ip": ("callerIpAddress", "ipAddress"),
            "user_agent.original": ("userAgent",),
            "event.action": ("operationName",),
            "conditionalaccesspolicies.*": ("appliedConditionalAccessPolicies",),
            "created_at": ("createdDateTime",),
            "risk_level_during_signin": ("riskLevelDuringSignIn",),
        }
    ),
    unnamed=as_written_or_camel,
    derived={
        "~status": _sign_in_status,
        "~descriptions": _descriptions,
        "~messages": _sign_in_messages,
        "~activity": lambda record: texts_of((record.operation_name, "Sign-ins")),
        "~clients": _clients,
        "~user": _user,
        "~networks": _networks,
        "~place": _sign_in_place,
    },
)


def _modified(record: AnyRecord) -> Iterator[tuple[str, object, object]]:
    """Yield name, old and new value of each modified property, as the log writes them."""
    for target in record.target_resources:
        properties = target.get("modifiedProperties") if isinstance(target, dict) else None
        for one in properties if isinstance(properties, list) else ():
            if isinstance(one, dict) and isinstance(one.get("displayName"), str):
                yield one["displayName"], one.get("oldValue"), one.get("newValue")


def _unquoted(value: object) -> object:
    """Return what a modified property's value says: the log writes it as JSON in a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _modified_by_name(record: AnyRecord) -> dict[str, object]:
    return {name: _unquoted(new) for name, _, new in _modified(record)}


def _activities(record: AnyRecord) -> list[str]:
    said = [value.strip() for value in (record.operation_name, record.text("activitydisplayname")) if value]
    found = texts_of(said, words.ACTIVITIES)
    if any(one.lower() in words.KEY_CHANGES for one in said) and any(
        name.lower() in words.KEY_PROPERTIES for name, _, _ in _modified(record)
    ):
        found.append(words.KEY_CHANGE)
    return found


def _audit_messages(record: AnyRecord) -> list[str]:
    """Return what a portal or an agent would write as the record's message: activity, reason, each change."""
    activities = _activities(record)
    message = (record.text("message"), record.text("resultreason"), record.result_description)
    return texts_of((*activities, *message, *_change_texts(record, activities)))


def _change_texts(record: AnyRecord, activities: Iterable[str]) -> Iterator[str]:
    succeeded = (record.result or "").lower() == "success"
    for name, old, new in _modified(record):
        yield text({"displayName": name, "oldValue": old, "newValue": new})[1:-1]
        if succeeded:
            yield from (f"{activity} Sucess- Property Name {name}" for activity in activities)


def _results(record: AnyRecord) -> list[str]:
    return texts_of((record.result, record.text("resultreason"), record.result_description, record.result_type))


def _reasons(record: AnyRecord) -> list[str]:
    """Return every place where the reason of a failure may stand."""
    details = (value for value in _details(record).values() if isinstance(value, str))
    changes = (value for _, _, new in _modified(record) if isinstance(value := _unquoted(new), str))
    said = (record.text("resultreason"), record.result_description)
    return texts_of((*said, *details, *changes), words.CONSENT_REASONS)


def _details(record: AnyRecord) -> dict[str, object]:
    """Return the additional details by key, without the spaces that some keys have."""
    found: dict[str, object] = {}
    for one in record.members("additionaldetails"):
        if isinstance(one, dict) and isinstance(one.get("key"), str):
            found.setdefault(one["key"].replace(" ", ""), one.get("value"))
    return found


def _initiators(record: AnyRecord) -> list[object]:
    user, app = record.initiated_by.get("user"), record.initiated_by.get("app")
    found: list[object] = [record.initiated_by]
    for who in (user, app):
        if isinstance(who, dict):
            found += [value for value in who.values() if isinstance(value, str)]
    if isinstance(user, dict) and user.get("userPrincipalName"):
        found.append(_USER)
    return found


def _targets(record: AnyRecord) -> list[object]:
    found: list[object] = list(record.target_resources)
    if any(isinstance(one, dict) and one.get("userPrincipalName") for one in record.target_resources):
        found.append(_USER)
    return found


def _target_types(record: AnyRecord) -> list[str]:
    types = (one.get("type") for one in record.target_resources if isinstance(one, dict))
    return texts_of((one for one in types if isinstance(one, str)), words.TARGET_TYPES)


def _alerts(record: AnyRecord) -> list[str]:
    """Return the types of the alerts of Privileged Identity Management that a record is or tells of."""
    names = ("@odata.type", "alertdefinitionid", "alertid", "id")
    ids = " ".join(value for name in names if (value := record.text(name)) is not None).lower()
    found = [alert for part, alert in words.ALERTS.items() if part in ids]
    for target in record.members("targetresources"):
        title = target.get("displayName") if isinstance(target, dict) else None
        alert = words.ALERT_TITLES.get(title.strip().rstrip(".").lower()) if isinstance(title, str) else None
        found += [] if alert is None else [alert]
    return [f"{alert}{suffix}" for alert in dict.fromkeys(found) for suffix in words.ALERT_SUFFIXES]


AUDIT = LogSource(
    name="azure.auditlogs",
    matches=frozenset({("azure", "auditlogs"), *_RISKS}),
    wrappers=("azure.auditlogs.properties.", "azure.auditlogs.", "properties."),
    aliases=also_as_written(
        {
            "operationname": ("~activities",),
            "operation_name": ("~activities",),
            "activitydisplayname": ("~activities",),
            "activity_display_name": ("~activities",),
            "activitytype": ("~activities",),
            "activity": ("~activities",),
            "event.action": ("~activities",),
            "message": ("~messages",),
            "category": ("~categories",),
            "result": ("~results",),
            "status": ("~results",),
            "event.outcome": ("~results",),
            "failure_status_reason": ("~reasons",),
            "resultreason": ("~reasons",),
            "initiatedby": ("~initiators",),
            "initiated_by.*": ("initiatedBy",),
            "user.name": ("~initiators",),
            "target": ("~targets",),
            "targetresources.type": ("~target_types",),
            "target_resources.*": ("targetResources",),
            "additionaldetails": ("additionalDetails",),
            "additionaldetails.*": ("additionalDetails", "~details"),
            "additional_details.*": ("additionalDetails", "~details"),
            "useragent": ("userAgent", "~details.User-Agent"),
            "user_agent.original": ("userAgent", "~details.User-Agent"),
            "ipaddress": ("initiatedBy.user.ipAddress", "callerIpAddress", "~details.ipaddr"),
            "source.ip": ("initiatedBy.user.ipAddress", "callerIpAddress", "~details.ipaddr"),
            "riskeventtype": ("riskEventType", "~alerts"),
            "aadoperationtype": ("operationType",),
        }
    ),
    unnamed=also_under("~modified"),
    derived={
        "~activities": _activities,
        "~messages": _audit_messages,
        "~categories": lambda record: texts_of((record.category,), words.CATEGORIES),
        "~results": _results,
        "~reasons": _reasons,
        "~initiators": _initiators,
        "~targets": _targets,
        "~target_types": _target_types,
        "~details": _details,
        "~modified": _modified_by_name,
        "~alerts": _alerts,
    },
)

RISK = LogSource(
    name="azure.identity_protection",
    matches=_RISKS,
    wrappers=("azure.identityprotection.properties.", "azure.identityprotection.", "properties."),
    aliases=also_as_written(
        {
            "riskeventtype": ("riskEventType", "~alerts"),
            "risk_event_type": ("riskEventType", "~alerts"),
            "source.ip": ("ipAddress",),
            "user.name": ("userPrincipalName",),
            "user.id": ("userId",),
        }
    ),
    unnamed=as_written_or_camel,
    derived={"~alerts": _alerts},
)
