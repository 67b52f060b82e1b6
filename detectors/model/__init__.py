"""Detectors, verdicts, controls and the operator's policy."""

from detectors.model.controls import Control, iso27001
from detectors.model.detector import CATEGORIES, Detector, Remediation, Violation, each, over
from detectors.model.policy import Policy, Residency
from detectors.model.verdict import Evidence, Judgement, ResourceRef, Severity, Verdict

__all__ = [
    "CATEGORIES",
    "Control",
    "Detector",
    "Evidence",
    "Judgement",
    "Policy",
    "Remediation",
    "Residency",
    "ResourceRef",
    "Severity",
    "Verdict",
    "Violation",
    "each",
    "iso27001",
    "over",
]
