"""Cloud Audit Logs, and Google Workspace's where they are shared with Google Cloud.

Rules write a method's name in several ways: as the audit log has it, as the REST interface's discovery
document has it, or by a Kubernetes object's group and kind. The log has but one of them, by the service.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from collectors.model.log_records import mapping
from detectors.sigma.source import AnyRecord, LogSource
from detectors.sigma.sources.names import camel, canonical

_VERSIONED = re.compile(r"(?:v\d+|alpha|beta|v\d+(?:alpha|beta)\d*)\.(.+)", re.IGNORECASE)
_RPC = re.compile(r"google\..+\.([A-Z][a-z]+)([A-Z][A-Za-z]*)")
_KUBERNETES = re.compile(r"io\.k8s\.([a-z.]+)\.(v\d+[a-z0-9]*)\.(.+)\.([a-z]+)")
_REST_NAMES = {
    "storage.buckets.create": "storage.buckets.insert",
    "google.privacy.dlp.v2.DlpService.ReidentifyContent": "projects.content.reidentify",
    "google.privacy.dlp.v2.DlpService.DeidentifyContent": "projects.content.deidentify",
    "google.privacy.dlp.v2.DlpService.InspectContent": "projects.content.inspect",
}
"""Methods whose REST name cannot be told from the name in the log."""

_PLACE = re.compile(r"/(?:locations|regions|zones)/([^/]+)")
_ZONE = re.compile(r"([a-z]+-[a-z]+\d+)-[a-z]")
_NOWHERE = frozenset({"", "global", "-"})
_WRITES = frozenset({"create", "update", "patch"})
_KINDS = {"jobs": "Job", "cronjobs": "CronJob"}


@lru_cache(maxsize=8192)
def method_names(method: str) -> tuple[str, ...]:
    """Return the names under which rules know a method, its own first."""
    found = [method]
    versioned = _VERSIONED.fullmatch(method)
    if versioned:
        found.append(versioned[1])
    rest = _REST_NAMES.get(method)
    if rest:
        found.append(rest)
    remote = _RPC.fullmatch(method)
    if remote:
        verb, noun = remote[1].lower(), remote[2]
        service = method.split(".")[1]
        found.append(f"{service}.{noun[:1].lower()}{noun[1:]}s.{verb}")
    kubernetes = _KUBERNETES.fullmatch(method)
    if kubernetes:
        found += _kubernetes_names(*kubernetes.groups())
    return tuple(found)


def _kubernetes_names(group: str, version: str, resource: str, verb: str) -> list[str]:
    """Return the names by API group (``batch.k8s.io``) and, for a write, by kind of object."""
    found = [f"{group}.k8s.io.{version}.{resource}.{verb}"]
    if verb == "update":
        found.append(f"{group}.k8s.io.{version}.{resource}.replace")
    if verb in _WRITES and resource in _KINDS:
        found.append(f"io.k8s.api.{group}.{version}.{_KINDS[resource]}")
    return found


def _methods(record: AnyRecord) -> tuple[str, ...]:
    return () if record.method_name is None else method_names(record.method_name)


def _log_names(record: AnyRecord) -> list[str]:
    """Return the log's name, in full and as it is within its project."""
    name = record.log_name
    return (
        [] if name is None else [name, name.rpartition("/logs/")[2], name.rpartition("/logs/")[2].replace("%2F", "/")]
    )


def _region_of(place: str) -> str:
    zone = _ZONE.fullmatch(place)
    return zone[1] if zone else place


def _region(record: AnyRecord) -> str | None:
    """Return the region that a call was about, by the resource's labels or else its name; of a zone its region."""
    labels = record.resource_labels
    named = _PLACE.search(record.resource_name or "")
    locations = mapping(record.payload.get("resourceLocation")).get("currentLocations")
    told = [labels.get("region"), labels.get("location"), labels.get("zone"), named[1] if named else None]
    told += locations if isinstance(locations, list) else []
    places = (_region_of(one.lower()) for one in told if isinstance(one, str))
    return next((place for place in places if place not in _NOWHERE), None)


def _workspace_parameters(record: AnyRecord) -> dict[str, object]:
    """Return the parameters of Google Workspace's events by name."""
    found: dict[str, object] = {}
    for event in record.workspace_events():
        parameters = event.get("parameter")
        for one in parameters if isinstance(parameters, list) else ():
            if isinstance(one, dict) and isinstance(one.get("name"), str):
                found.setdefault(one["name"], _parameter_value(one))
    return found


def _parameter_value(parameter: dict[str, Any]) -> object:
    names = ("value", "boolValue", "intValue", "multiValue", "multiStrValue", "multiIntValue", "messageValue")
    return next((parameter[name] for name in names if parameter.get(name) is not None), None)


def _unnamed(field: str) -> tuple[str, ...]:
    """Find a field in the entry, by Elastic's name for it, in its payload, or among an event's parameters."""
    head = field.partition(".")[0].lower()
    if head in _OF_THE_ENTRY:
        return (field,)
    named = camel(field) if "_" in field else field
    parameter = () if "." in field else (f"~parameters.{field}",)
    return (field, f"protoPayload.{named}", *parameter)


_OF_THE_ENTRY = frozenset({"protopayload", "resource", "labels", "operation", "severity", "httprequest", "timestamp"})

_DIRECT = {
    "protoPayload.serviceName": "service_name",
    "protoPayload.methodName": "method_name",
    "protoPayload.resourceName": "resource_name",
    "protoPayload.authenticationInfo.principalEmail": "principal_email",
    "protoPayload.requestMetadata.callerIp": "caller_ip",
    "protoPayload.requestMetadata.callerSuppliedUserAgent": "user_agent",
    "severity": "severity",
    "insertId": "insert_id",
}
_METHOD = ("~methods",)

CLOUD_AUDIT = LogSource(
    name="gcp.audit",
    matches=frozenset({("gcp", "gcp.audit"), ("gcp", "google_workspace.admin"), ("gcp", "google_workspace.login")}),
    keys=("protoPayload.serviceName", "severity"),
    direct=_DIRECT,
    wrappers=("data.", "gcp.audit.flattened.", "gcp.audit."),
    aliases={
        **canonical(_DIRECT),
        "protopayload.methodname": _METHOD,
        "method_name": _METHOD,
        "methodname": _METHOD,
        "event.action": _METHOD,
        "logname": ("~log_names",),
        "log.logger": ("~log_names",),
        "protopayload.logname": ("~log_names",),
        "protopayload.resource.*": ("protoPayload.resource", "resource"),
        "service_name": ("protoPayload.serviceName",),
        "servicename": ("protoPayload.serviceName",),
        "service.name": ("protoPayload.serviceName",),
        "eventservice": ("protoPayload.serviceName",),
        "resource_name": ("protoPayload.resourceName",),
        "authentication_info.principal_email": ("protoPayload.authenticationInfo.principalEmail",),
        "client.user.email": ("protoPayload.authenticationInfo.principalEmail",),
        "user.email": ("protoPayload.authenticationInfo.principalEmail",),
        "user.name": ("protoPayload.authenticationInfo.principalEmail",),
        "source.ip": ("protoPayload.requestMetadata.callerIp",),
        "user_agent.original": ("protoPayload.requestMetadata.callerSuppliedUserAgent",),
        "eventname": ("protoPayload.metadata.event.eventName",),
        "eventtype": ("protoPayload.metadata.event.eventType",),
        "cloud.project.id": ("resource.labels.project_id",),
        "cloud.account.id": ("resource.labels.project_id",),
        "cloud.region": ("~region",),
    },
    unnamed=_unnamed,
    derived={"~methods": _methods, "~log_names": _log_names, "~parameters": _workspace_parameters, "~region": _region},
)
