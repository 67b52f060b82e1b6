"""What all events of the Open Cybersecurity Schema Framework 1.8 share.

Source of the rules: OCSF schema 1.8.0, category Findings (2), profile "cloud"; times are
milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from collectors.model import Provider
from daemon.documents.kinds import ACCOUNTS, CLOUDS
from detectors.model import Severity

OCSF_VERSION = "1.8.0"
CATEGORY = 2
CATEGORY_NAME = "Findings"
CREATE = 1

_INFORMATIONAL = (1, "Informational")
_ACCOUNT_TYPES = {
    Provider.AWS: (10, "AWS Account"),
    Provider.AZURE: (13, "Azure Subscription"),
    Provider.GCP: (11, "GCP Project"),
}
_OTHER = 99


class EventClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class of events."""

    uid: int
    name: str

    def classification(self, activity: int = CREATE) -> dict[str, Any]:
        """Return the attributes that say what kind of event this is; the activity is Create."""
        return {
            "category_uid": CATEGORY,
            "category_name": CATEGORY_NAME,
            "class_uid": self.uid,
            "class_name": self.name,
            "activity_id": activity,
            "activity_name": "Create",
            "type_uid": self.uid * 100 + activity,
            "type_name": f"{self.name}: Create",
        }


COMPLIANCE_FINDING = EventClass(uid=2003, name="Compliance Finding")
DETECTION_FINDING = EventClass(uid=2004, name="Detection Finding")


def milliseconds(at: datetime) -> int:
    """Return an aware time as OCSF's ``timestamp_t``."""
    return round(at.timestamp() * 1000)


def severity_attributes(severity: Severity | None) -> dict[str, Any]:
    """Return ``severity_id`` and its caption; None is Informational."""
    number, caption = _INFORMATIONAL if severity is None else (severity.ocsf_id, severity.value.capitalize())
    return {"severity_id": number, "severity": caption}


def metadata(uid: str, version: str) -> dict[str, Any]:
    """Return who made the event; ``uid`` is the event's own id."""
    return {
        "version": OCSF_VERSION,
        "uid": uid,
        "profiles": ["cloud"],
        "product": {"name": "cspmd", "vendor_name": "cspmd", "uid": "cspmd", "version": version},
    }


def cloud(provider: Provider, account: str, region: str) -> dict[str, Any]:
    """Return the cloud's account and region."""
    number, caption = _ACCOUNT_TYPES.get(provider, (_OTHER, ACCOUNTS[provider]))
    fields: dict[str, Any] = {"provider": CLOUDS[provider]}
    if region:
        fields["region"] = region
    if account:
        fields["account"] = {"uid": account, "type_id": number, "type": caption}
    return fields


def without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are not empty texts, lists or objects: OCSF leaves out what it does not know."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}
