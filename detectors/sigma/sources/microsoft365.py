"""The Microsoft 365 audit log."""

from __future__ import annotations

from detectors.sigma.source import AnyRecord, LogSource
from detectors.sigma.sources.names import also_as_written, also_under, texts_of

_EVENT_NAMES = ("Operation", "~alert")


def _status(record: AnyRecord) -> list[str]:
    outcome = None if record.succeeded is None else ("success" if record.succeeded else "failure")
    return texts_of((record.result_status, outcome))


def _alert(record: AnyRecord) -> object:
    """Return the name of the alert that a record of the Security & Compliance Center tells of."""
    return record.by_name.get("name")


MICROSOFT365 = LogSource(
    name="o365.audit",
    matches=frozenset(
        {("m365", "audit"), ("m365", "exchange"), ("m365", "threat_management"), ("m365", "threat_detection")}
    ),
    keys=("Operation", "Workload"),
    direct={"Operation": "operation", "Workload": "workload", "UserId": "user_id", "ClientIP": "client_ip"},
    wrappers=("o365.audit.", "o365audit."),
    aliases=also_as_written(
        {
            "operation": ("Operation",),
            "workload": ("Workload",),
            "eventname": _EVENT_NAMES,
            "event.action": _EVENT_NAMES,
            "eventsource": ("Workload",),
            "event.provider": ("Workload",),
            "officeworkload": ("Workload",),
            "status": ("Status", "~status"),
            "resultstatus": ("~status",),
            "event.outcome": ("~status",),
            "payload": ("~payload",),
            "userid": ("UserId",),
            "user.id": ("UserId",),
            "user.name": ("UserId",),
            "clientip": ("ClientIP",),
            "clientipaddress": ("ClientIP",),
            "source.ip": ("ClientIP",),
        }
    ),
    unnamed=also_under("~named"),
    derived={
        "~status": _status,
        "~alert": _alert,
        "~payload": lambda record: record.whole(),
        "~named": lambda record: record.named(),
    },
)
