"""A policy of data residency, and copies to break it with."""

from __future__ import annotations

from typing import Any

from collectors.model import Copy, CopyKind, Known
from detectors.model import Policy, Residency

EUROPE = Policy(
    residency=Residency(
        default=("aws:eu-*", "azure:westeurope", "azure:northeurope", "gcp:europe-*"),
        classes={"personal": ("aws:eu-central-1", "azure:germanywestcentral", "gcp:europe-west3")},
    )
)


def replica(**overrides: Any) -> Copy:  # noqa: ANN401 - any attribute of a copy may be overridden
    """Return a replication rule that stays in Europe, with the given attributes replaced."""
    own: dict[str, Any] = {
        "kind": CopyKind.REPLICATION,
        "destination": "arn:aws:s3:::records-replica",
        "places": Known(("aws:eu-west-1",)),
        "via": "replication rule to-replica",
    }
    return Copy(**(own | overrides))
