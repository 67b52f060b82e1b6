from __future__ import annotations

import json
from pathlib import Path

from daemon.demo.watching import FindingsFile, OpenFindings, open_findings

METRICS = """\
# HELP cspmd_findings Findings.
# TYPE cspmd_findings gauge
cspmd_findings{account="1",detector="storage.public_access",provider="aws",severity="critical",status="fail"} 2.0
cspmd_findings{account="2",detector="storage.public_access",provider="aws",severity="critical",status="fail"} 1.0
cspmd_findings{account="1",detector="storage.versioning",provider="aws",severity="low",status="fail"} 4.0
cspmd_findings{account="1",detector="storage.versioning",provider="aws",severity="low",status="unknown"} 9.0
cspmd_findings{account="1",detector="storage.public_access",provider="aws",severity="critical",status="excepted"} 1.0
# HELP cspmd_drift_total Drift.
# TYPE cspmd_drift_total counter
cspmd_drift_total{detector="storage.public_access"} 7.0
"""


def line(resource: str, kind: str = "regressed") -> bytes:
    document = {
        "message": f"{resource} became public.",
        "rule": {"id": "storage.public_access"},
        "resource": {"name": resource},
        "cspmd": {"severity": "critical", "drift": {"kind": kind, "facts": [], "before": {}, "after": {}}},
    }
    return json.dumps(document).encode() + b"\n"


def test_open_findings_are_those_that_fail() -> None:
    found = open_findings(METRICS)
    assert found == OpenFindings(
        by_detector={("storage.public_access", "critical"): 3, ("storage.versioning", "low"): 4}, excepted=1
    )
    assert found.of("storage.public_access") == 3
    assert found.by_severity() == {"critical": 3, "low": 4}


def test_each_line_is_news_once(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    file = FindingsFile(path)
    assert list(file.news()) == []
    path.write_bytes(line("a"))
    assert [seen.resource for seen in file.news()] == ["a"]
    assert list(file.news()) == []


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    file = FindingsFile(path)
    whole = line("b", "resolved")
    path.write_bytes(line("a") + whole[:20])
    assert [seen.resource for seen in file.news()] == ["a"]
    path.write_bytes(line("a") + whole)
    assert [(seen.resource, seen.kind) for seen in file.news()] == [("b", "resolved")]


def test_what_was_skipped_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    path.write_bytes(line("a"))
    file = FindingsFile(path)
    file.skip()
    assert list(file.news()) == []
