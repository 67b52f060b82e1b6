"""What a detector's look at a resource comes to."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from collectors.model import Provider, Unread


class Verdict(StrEnum):
    """FAIL beats UNKNOWN beats PASS. The order is OCSF's compliance ``status_id``."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    UNKNOWN = "UNKNOWN"
    FAIL = "FAIL"

    @property
    def status_id(self) -> int:
        """OCSF ``compliance.status_id``: 1 Pass, 2 Warning (here: unknown), 3 Fail."""
        return {"PASS": 1, "UNKNOWN": 2, "FAIL": 3}[self.value]


class Severity(StrEnum):
    """How bad a violation is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """1 (low) to 4 (critical), for comparison."""
        return list(Severity).index(self) + 1

    @property
    def ecs(self) -> int:
        """ECS ``event.severity``, on Elastic's own risk scale."""
        return {"low": 21, "medium": 47, "high": 73, "critical": 99}[self.value]

    @property
    def ocsf_id(self) -> int:
        """OCSF ``severity_id``: 2 Low to 5 Critical."""
        return self.rank + 1

    def raised(self) -> Severity:
        """Return the next higher severity; critical stays critical."""
        return list(Severity)[min(self.rank, 3)]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen: the fact it came from and what exactly in it matters.

    With ``violates`` (the default, left out of the encoding) it is a reason for a FAIL. Without, it
    is a circumstance that a reader needs and that no verdict follows from, such as a grant held to
    named accounts.
    """

    name: str
    data: Any
    violates: bool = True


class ResourceRef(msgspec.Struct, frozen=True, kw_only=True):
    """The resource a judgement is about."""

    uid: str
    name: str
    kind: str


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One detector's verdict on one resource: the judgement line of ``scan --format jsonl``."""

    detector: str
    verdict: Verdict
    severity: Severity
    provider: Provider
    account: str
    region: str
    resource: ResourceRef
    evidence: tuple[Evidence, ...] = ()
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    remediation: str = ""
