"""Detectors, verdicts, controls and the operator's policy."""

from detectors.model.by_class import ClassRule, ClassRules, rules_for
from detectors.model.controls import Control, iso27001
from detectors.model.detector import CATEGORIES, Detector, Observation, Remediation, Violation, each, over
from detectors.model.policy import Policy, Residency
from detectors.model.verdict import Evidence, Judgement, ResourceRef, Severity, Verdict

__all__ = [
    "CATEGORIES",
    "ClassRule",
    "ClassRules",
    "Control",
    "Detector",
    "Evidence",
    "Judgement",
    "Observation",
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
    "rules_for",
]
