"""What the daemon lets the outside see: its findings file and its metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client.parser import text_string_to_metric_families

SEVERITIES = ("critical", "high", "medium", "low")


DETECTED = "detected"


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One transition as the file sink wrote it, or a detection (kind ``detected``, and no drift)."""

    kind: str
    severity: str
    detector: str
    resource: str
    message: str
    drift: dict[str, Any]

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that changed with it."""
        return tuple(self.drift.get("facts", ()))


class FindingsFile:
    """The file sink's output, read as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def news(self) -> Iterator[Sighting]:
        """Yield what was written since the last call; a line still being written waits."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                yield _sighting(msgspec.json.decode(line))

    def skip(self) -> None:
        """Take everything written so far as seen."""
        for _ in self.news():
            pass


def _sighting(document: dict[str, Any]) -> Sighting:
    own = document["cspmd"]
    drift = own.get("drift", {})
    return Sighting(
        kind=drift.get("kind", DETECTED),
        severity=own["severity"],
        detector=document["rule"]["id"],
        resource=document["resource"]["name"],
        message=document["message"],
        drift=drift,
    )


class OpenFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What ``cspmd_findings{status="fail"}`` adds up to, and the accepted ones beside them."""

    by_detector: dict[tuple[str, str], int]
    excepted: int

    def of(self, detector: str) -> int:
        """Return how many findings of a detector are open."""
        return sum(count for (uid, _), count in self.by_detector.items() if uid == detector)

    def by_severity(self) -> dict[str, int]:
        """Return how many are open by severity, worst first."""
        totals: Counter[str] = Counter()
        for (_, severity), count in self.by_detector.items():
            totals[severity] += count
        return {severity: totals[severity] for severity in SEVERITIES if totals[severity]}


def open_findings(metrics: str) -> OpenFindings:
    """Read ``/metrics`` text; keys are (detector, severity)."""
    found: Counter[tuple[str, str]] = Counter()
    excepted = 0
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name != "cspmd_findings" or not sample.value:
                continue
            if sample.labels["status"] == "fail":
                found[sample.labels["detector"], sample.labels["severity"]] += int(sample.value)
            elif sample.labels["status"] == "excepted":
                excepted += int(sample.value)
    return OpenFindings(by_detector=dict(found), excepted=excepted)
