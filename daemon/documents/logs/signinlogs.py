"""Entra ID sign-ins as ECS documents."""

from __future__ import annotations

from typing import Any

from collectors.azure.logs.entra import SignInRecord
from collectors.azure.logs.forms import word
from collectors.model.log_records import listing, mapping, rfc3339, whole_number
from daemon.documents.logs.azure import level, outcome, shared
from daemon.documents.logs.parts import (
    NANOSECONDS,
    account,
    as_text,
    document,
    endpoint,
    flattened_list,
    present,
    truth,
)

DATASET = "azure.signinlogs"

_TEXTS = {
    "id": "id",
    "user_display_name": "userdisplayname",
    "correlation_id": "correlationid",
    "user_principal_name": "userprincipalname",
    "user_id": "userid",
    "user_type": "usertype",
    "app_id": "appid",
    "app_display_name": "appdisplayname",
    "client_app_used": "clientappused",
    "conditional_access_status": "conditionalaccessstatus",
    "original_request_id": "originalrequestid",
    "token_issuer_name": "tokenissuername",
    "token_issuer_type": "tokenissuertype",
    "risk_detail": "riskdetail",
    "risk_level_aggregated": "risklevelaggregated",
    "risk_level_during_signin": "risklevelduringsignin",
    "risk_state": "riskstate",
    "resource_display_name": "resourcedisplayname",
    "resource_id": "resourceid",
    "resource_tenant_id": "resourcetenantid",
    "home_tenant_id": "hometenantid",
    "authentication_requirement": "authenticationrequirement",
    "authentication_protocol": "authenticationprotocol",
    "service_principal_id": "serviceprincipalid",
    "service_principal_name": "serviceprincipalname",
    "service_principal_credential_key_id": "serviceprincipalcredentialkeyid",
    "cross_tenant_access_type": "crosstenantaccesstype",
    "incoming_token_type": "incomingtokentype",
    "unique_token_identifier": "uniquetokenidentifier",
    "alternate_sign_in_name": "alternatesigninname",
    "client_credential_type": "clientcredentialtype",
    "original_transfer_method": "originaltransfermethod",
    "sign_in_identifier": "signinidentifier",
}
_TRUTHS = {
    "is_interactive": "isinteractive",
    "flagged_for_review": "flaggedforreview",
    "is_tenant_restricted": "istenantrestricted",
    "is_through_global_secure_access": "isthroughglobalsecureaccess",
}
_LISTS = {
    "applied_conditional_access_policies": "appliedconditionalaccesspolicies",
    "authentication_details": "authenticationdetails",
    "authentication_processing_details": "authenticationprocessingdetails",
    "authentication_requirement_policies": "authenticationrequirementpolicies",
    "network_location_details": "networklocationdetails",
}
_DEVICE = {
    "device_id": "deviceid",
    "display_name": "displayname",
    "operating_system": "operatingsystem",
    "browser": "browser",
    "trust_type": "trusttype",
}


def sign_in_document(record: SignInRecord, original: bytes) -> dict[str, Any]:
    """Return the document of a sign-in; ``original`` is the record as it came."""
    address = record.caller_ip_address or record.text("ipaddress")
    source = endpoint(address)
    name = record.text("userprincipalname") or record.text("serviceprincipalname")
    code = record.result_type
    result = outcome("success" if code == "0" else None if code is None else "failure")
    return document(
        dataset=DATASET,
        time=record.time,
        original=original,
        event={
            "id": record.id,
            "action": record.operation_name,
            "provider": "Microsoft.aadiam",
            "outcome": result,
            "category": ["authentication"],
            "type": ["start"],
            "duration": None if record.duration_ms is None else record.duration_ms * NANOSECONDS,
        },
        fields={
            "message": record.result_description,
            "user": present(
                {
                    "id": record.text("userid") or record.text("serviceprincipalid"),
                    **account(name),
                    "full_name": record.text("userdisplayname") or record.identity,
                }
            ),
            "source": source,
            "client": source,
            "user_agent": present({"original": record.text("useragent")}),
            "cloud": present({"provider": "azure", "service": present({"name": record.text("resourcedisplayname")})}),
            "error": present({"code": code, "message": record.result_description} if result == "failure" else {}),
            "log": level(record.level),
            "azure": shared(
                log="signinlogs",
                own=_own(record),
                tenant=record.tenant_id,
                correlation=record.correlation_id,
                resource=record.resource_id,
                provider="Microsoft.aadiam",
            ),
        },
        users=(name, record.text("userid"), record.text("serviceprincipalid")),
        addresses=(address, record.text("ipaddress")),
    )


def _own(record: SignInRecord) -> dict[str, Any]:
    device = record.inner("devicedetail")
    status = record.inner("status")
    return {
        "operation_name": record.operation_name,
        "category": record.category,
        "identity": record.identity,
        "result_type": record.result_type,
        "result_signature": record.result_signature,
        "result_description": record.result_description,
        "caller_ip_address": endpoint(record.caller_ip_address).get("ip"),
        "properties": present(
            {
                **{ours: record.text(theirs) for ours, theirs in _TEXTS.items()},
                **{ours: truth(record.by_name.get(theirs)) for ours, theirs in _TRUTHS.items()},
                **{ours: flattened_list(record.members(theirs)) for ours, theirs in _LISTS.items()},
                "created_at": rfc3339(record.by_name.get("createddatetime")),
                "processing_time_ms": _milliseconds(record.by_name.get("processingtimeinmilliseconds")),
                "autonomous_system_number": whole_number(record.by_name.get("autonomoussystemnumber")),
                "risk_event_types": _words(record.by_name.get("riskeventtypes")),
                "risk_event_types_v2": _words(record.by_name.get("riskeventtypes_v2")),
                "sign_in_event_types": _words(record.by_name.get("signineventtypes")),
                "status": present({"error_code": whole_number(status.get("errorcode"))}),
                "device_detail": present(
                    {
                        **{ours: as_text(device.get(theirs)) for ours, theirs in _DEVICE.items()},
                        "is_compliant": truth(device.get("iscompliant")),
                        "is_managed": truth(device.get("ismanaged")),
                    }
                ),
                "agent": present(
                    {
                        "agent_type": word(mapping(record.by_name.get("agent")).get("agentType")),
                        "agent_subject_type": word(mapping(record.by_name.get("agent")).get("agentSubjectType")),
                    }
                ),
            }
        ),
    }


def _milliseconds(value: object) -> float | None:
    number = whole_number(value)
    return None if number is None else float(number)


def _words(value: object) -> list[str]:
    return [one for one in listing(value) if isinstance(one, str) and one]
