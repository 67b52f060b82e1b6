"""Cloud Audit Logs as ECS documents, with the field names of Elastic's Google Cloud integration."""

from __future__ import annotations

import re
from typing import Any

from collectors.gcp.logs.audit import AuditLogRecord
from collectors.model.log_records import listing, mapping, plain, whole_number
from daemon.documents.logs.categories import (
    AUTHENTICATION,
    CONFIGURATION,
    DATABASE,
    FILE,
    HOST,
    IAM,
    NETWORK,
    Act,
    act_of,
    types,
)
from daemon.documents.logs.parts import account, as_text, document, endpoint, flat, flattened_list, present, truth

DATASET = "gcp.audit"

_SERVICES = {
    **dict.fromkeys(("iam", "iamcredentials", "admin", "cloudidentity", "accesscontextmanager", "orgpolicy"), IAM),
    **dict.fromkeys(("login", "sts", "oauth2"), AUTHENTICATION),
    **dict.fromkeys(("dns", "networkconnectivity", "networksecurity", "networkservices"), NETWORK),
    **dict.fromkeys(
        ("cloudsql", "sqladmin", "bigquery", "spanner", "firestore", "datastore", "bigtableadmin", "alloydb", "redis"),
        DATABASE,
    ),
}
_NETWORKING = re.compile(
    r"firewall|network|route|vpn|gateway|packetmirroring|address|interconnect|forwardingrule|securitypolic",
    re.IGNORECASE,
)
_POLICY = re.compile(r"setiampolicy|setiampermissions|setorgpolicy", re.IGNORECASE)
_RESOURCE = re.compile(r"(?:^|/)(projects|organizations|folders)/([^/]+)")
_ERRORS = frozenset({"ERROR", "CRITICAL", "ALERT", "EMERGENCY"})
_KUBERNETES = frozenset({"k8s_cluster", "gke_cluster"})
_OBJECT = re.compile(r"([^/]+)/(v\d+[a-z0-9]*)(?:/namespaces/([^/]+))?/([^/]+)(?:/(.+))?")


def audit_log_document(record: AuditLogRecord, original: bytes) -> dict[str, Any]:
    """Return the document of an entry; ``original`` is the entry as it came, envelope and all."""
    source = endpoint(record.caller_ip)
    category, act = _classified(record)
    result = _outcome(record)
    labels = record.resource_labels
    project = plain(labels.get("project_id")) or _named(record, "projects")
    who = present({"email": record.principal_email, "id": record.principal_subject})
    return document(
        dataset=DATASET,
        time=record.time,
        original=original,
        event={
            "id": record.insert_id,
            "action": record.method_name,
            "provider": record.log or record.service_name,
            "outcome": result,
            "category": list(category),
            "type": _types(record, category, act),
        },
        fields={
            "user": present({"id": record.principal_subject, **account(record.principal_email)}),
            "client": source | present({"user": who}),
            "source": source,
            "user_agent": present({"original": record.user_agent}),
            "service": present({"name": record.service_name}),
            "cloud": present(
                {
                    "provider": "gcp",
                    "account": present({"id": project or _named(record, "organizations", "folders")}),
                    "project": present({"id": project}),
                    "region": _place(record),
                    "instance": present({"id": plain(labels.get("instance_id"))}),
                    "service": present({"name": (record.service_name or "").removesuffix(".googleapis.com")}),
                }
            ),
            "error": _error(record) if result == "failure" else {},
            "log": present({"logger": record.log_name, "level": record.severity}),
            "orchestrator": _orchestrator(record),
            "gcp": present({"audit": _own(record)}),
        },
        users=(record.principal_email,),
        addresses=(record.caller_ip,),
    )


def _outcome(record: AuditLogRecord) -> str:
    """Return the outcome by the call's status; without one, by the permissions and the entry's severity."""
    if record.status_code is not None:
        return "failure" if record.status_code else "success"
    if record.denied or record.severity in _ERRORS:
        return "failure"
    return "success"


def _error(record: AuditLogRecord) -> dict[str, Any]:
    code = record.status_code
    return present({"code": None if code is None else str(code), "message": record.status_message})


def _classified(record: AuditLogRecord) -> tuple[tuple[str, ...], Act]:
    method = record.method_name or ""
    service = (record.service_name or "").removesuffix(".googleapis.com")
    category: tuple[str, ...]
    if _POLICY.search(method):
        category = IAM
    elif service == "storage":
        category = FILE if ".objects." in method else CONFIGURATION
    elif service == "compute":
        category = NETWORK if _NETWORKING.search(method) else HOST if ".instances." in method else CONFIGURATION
    else:
        category = _SERVICES.get(service, CONFIGURATION)
    return category, act_of(method.rpartition(".")[2])


def _types(record: AuditLogRecord, category: tuple[str, ...], act: Act) -> list[str]:
    if category == AUTHENTICATION:
        events = {plain(one.get("eventName")) for one in record.workspace_events()}
        return ["start" if events & {"login_success", "login_failure"} else "info"]
    if category == HOST and act in {Act.CREATE, Act.DELETE}:
        return types(CONFIGURATION, act)
    return types(category, act)


def _named(record: AuditLogRecord, *kinds: str) -> str | None:
    """Return the project, organization or folder in the log's name or the resource's."""
    for text in (record.log_name, record.resource_name):
        for kind, name in _RESOURCE.findall(text or ""):
            if kind in kinds and name not in {"_", "-"}:
                return str(name)
    return None


def _place(record: AuditLogRecord) -> str | None:
    labels = record.resource_labels
    zone = plain(labels.get("zone"))
    region = plain(labels.get("region")) or plain(labels.get("location"))
    if region is None and zone is not None:
        region = zone.rpartition("-")[0] or zone
    return None if region == "global" else region


def _orchestrator(record: AuditLogRecord) -> dict[str, Any]:
    if record.resource_type not in _KUBERNETES:
        return {}
    found = _OBJECT.fullmatch(record.resource_name or "") if record.resource_type == "k8s_cluster" else None
    return present(
        {
            "type": "kubernetes",
            "cluster": present({"name": plain(record.resource_labels.get("cluster_name"))}),
            "api_version": found[2] if found else None,
            "namespace": found[3] if found else None,
            "resource": present({"type": found[4], "name": found[5]}) if found else {},
        }
    )


def _own(record: AuditLogRecord) -> dict[str, Any]:
    payload = record.payload
    who = mapping(payload.get("authenticationInfo"))
    operation = mapping(record.by_name.get("operation"))
    return present(
        {
            "type": plain(payload.get("@type")),
            "service_name": record.service_name,
            "method_name": record.method_name,
            "resource_name": record.resource_name,
            "authentication_info": present(
                {
                    "principal_email": record.principal_email,
                    "principal_subject": record.principal_subject,
                    "authority_selector": plain(who.get("authoritySelector")),
                    "service_account_key_name": plain(who.get("serviceAccountKeyName")),
                    "service_account_delegation_info": flattened_list(listing(who.get("serviceAccountDelegationInfo"))),
                    "third_party_principal": flat(mapping(who.get("thirdPartyPrincipal"))),
                }
            ),
            "authorization_info": [_authorization(one) for one in record.authorization_info],
            "request_metadata": present(
                {
                    "caller_ip": endpoint(record.caller_ip).get("ip"),
                    "raw": present({"caller_ip": record.caller_ip}),
                    "caller_supplied_user_agent": record.user_agent,
                }
            ),
            "resource_location": present(
                {
                    "current_locations": [
                        one
                        for one in listing(mapping(payload.get("resourceLocation")).get("currentLocations"))
                        if isinstance(one, str) and one
                    ]
                }
            ),
            "status": present({"code": record.status_code, "message": record.status_message}),
            "num_response_items": whole_number(payload.get("numResponseItems")),
            "logentry_operation": present(
                {
                    "id": plain(operation.get("id")),
                    "producer": plain(operation.get("producer")),
                    "first": truth(operation.get("first")),
                    "last": truth(operation.get("last")),
                }
            ),
            "labels": flat(mapping(record.by_name.get("labels"))),
            "request": flat(mapping(payload.get("request"))),
            "response": flat(mapping(payload.get("response"))),
            "flattened": flat(_rest(payload)),
        }
    )


def _authorization(info: dict[str, Any]) -> dict[str, Any]:
    about = mapping(info.get("resourceAttributes"))
    return present(
        {
            "permission": plain(info.get("permission")),
            "granted": info.get("granted") is True,
            "resource": plain(info.get("resource")),
            "resource_attributes": present({name: as_text(about.get(name)) for name in ("service", "name", "type")}),
        }
    )


def _rest(payload: dict[str, Any]) -> dict[str, Any]:
    """Return what of a payload has no field of its own: service data, metadata, policy violations."""
    names = ("serviceData", "metadata", "policyViolationInfo", "resourceOriginalState")
    return {name: payload[name] for name in names if payload.get(name)}
