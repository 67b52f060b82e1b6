"""Entra ID risk detections and alerts of Privileged Identity Management as ECS documents."""

from __future__ import annotations

from typing import Any

from collectors.azure.logs.entra import RiskRecord
from collectors.model.log_records import listing, lowered, mapping, rfc3339
from daemon.documents.logs.azure import level, shared
from daemon.documents.logs.parts import account, as_text, document, endpoint, flat, present, truth

DATASET = "azure.identity_protection"

_TEXTS = {
    "id": "id",
    "activity": "activity",
    "correlation_id": "correlationid",
    "request_id": "requestid",
    "detection_timing_type": "detectiontimingtype",
    "risk_detail": "riskdetail",
    "risk_event_type": "riskeventtype",
    "risk_level": "risklevel",
    "risk_state": "riskstate",
    "risk_type": "risktype",
    "source": "source",
    "token_issuer_type": "tokenissuertype",
    "user_display_name": "userdisplayname",
    "user_id": "userid",
    "user_principal_name": "userprincipalname",
    "user_type": "usertype",
    "cross_tenant_access_type": "crosstenantaccesstype",
    "home_tenant_id": "hometenantid",
    "resource_tenant_id": "resourcetenantid",
}
_TIMES = {
    "activity_datetime": "activitydatetime",
    "detected_datetime": "detecteddatetime",
    "last_updated_datetime": "lastupdateddatetime",
    "risk_last_updated_datetime": "risklastupdateddatetime",
}
_TRUTHS = {"is_deleted": "isdeleted", "is_guest": "isguest", "is_processing": "isprocessing"}


def risk_document(record: RiskRecord, original: bytes) -> dict[str, Any]:
    """Return the document of a detection; ``original`` is the record as it came."""
    address = record.text("ipaddress") or record.caller_ip_address
    source = endpoint(address)
    name = record.text("userprincipalname") or record.identity
    info = _info(record)
    return document(
        dataset=DATASET,
        time=record.time,
        original=original,
        event={
            "kind": "alert",
            "id": record.id,
            "action": record.text("riskeventtype", "risktype") or record.operation_name,
            "provider": record.text("source") or "IdentityProtection",
            "outcome": "unknown",
            "category": ["iam", "intrusion_detection"],
            "type": ["info"],
        },
        fields={
            "user": present(
                {"id": record.text("userid"), **account(name), "full_name": record.text("userdisplayname")}
            ),
            "source": source,
            "client": source,
            "user_agent": present({"original": as_text(info.get("userAgent"))}),
            "cloud": {"provider": "azure"},
            "log": level(record.level),
            "azure": shared(
                log="identityprotection",
                own={
                    "category": record.category,
                    "operation_name": record.operation_name,
                    "result_signature": record.result_signature,
                    "properties": _properties(record, info),
                },
                tenant=record.tenant_id,
                correlation=record.correlation_id,
                resource=record.resource_id,
                provider="Microsoft.aadiam",
            ),
        },
        users=(name, record.text("userid")),
        addresses=(address, record.caller_ip_address),
    )


def _info(record: RiskRecord) -> dict[str, Any]:
    """Return the additional information by key; it comes as text of a list of pairs."""
    pairs = (lowered(mapping(one)) for one in listing(record.by_name.get("additionalinfo")))
    return {pair["key"]: pair.get("value") for pair in pairs if isinstance(pair.get("key"), str)}


def _properties(record: RiskRecord, info: dict[str, Any]) -> dict[str, Any]:
    return present(
        {
            **{ours: record.text(theirs) for ours, theirs in _TEXTS.items()},
            **{ours: rfc3339(record.by_name.get(theirs)) for ours, theirs in _TIMES.items()},
            **{ours: truth(record.by_name.get(theirs)) for ours, theirs in _TRUTHS.items()},
            "additional_info": flat(info),
            "ip_address": endpoint(record.text("ipaddress")).get("ip"),
            "location": flat(mapping(record.by_name.get("location"))),
        }
    )
