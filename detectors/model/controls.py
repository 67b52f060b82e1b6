"""The controls a detector gives evidence for: a closed list, so that a mistyped id fails at start."""

from __future__ import annotations

import msgspec


class Control(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One control of a published framework."""

    framework: str
    uid: str
    title: str

    @property
    def label(self) -> str:
        """The control as judgement lines and documents name it."""
        return f"{self.framework} {self.uid}"


_ISO27001 = "ISO/IEC 27001:2022"

# Annex A of ISO/IEC 27001:2022, the controls that a cloud's configuration can give evidence for.
_ANNEX_A = {
    "5.9": "Inventory of information and other associated assets",
    "5.10": "Acceptable use of information and other associated assets",
    "5.12": "Classification of information",
    "5.14": "Information transfer",
    "5.15": "Access control",
    "5.16": "Identity management",
    "5.17": "Authentication information",
    "5.18": "Access rights",
    "5.19": "Information security in supplier relationships",
    "5.22": "Monitoring, review and change management of supplier services",
    "5.23": "Information security for use of cloud services",
    "5.28": "Collection of evidence",
    "5.30": "ICT readiness for business continuity",
    "5.31": "Legal, statutory, regulatory and contractual requirements",
    "5.33": "Protection of records",
    "5.34": "Privacy and protection of personal identifiable information (PII)",
    "5.36": "Compliance with policies, rules and standards for information security",
    "8.2": "Privileged access rights",
    "8.3": "Information access restriction",
    "8.5": "Secure authentication",
    "8.8": "Management of technical vulnerabilities",
    "8.9": "Configuration management",
    "8.10": "Information deletion",
    "8.12": "Data leakage prevention",
    "8.13": "Information backup",
    "8.14": "Redundancy of information processing facilities",
    "8.15": "Logging",
    "8.16": "Monitoring activities",
    "8.20": "Networks security",
    "8.21": "Security of network services",
    "8.22": "Segregation of networks",
    "8.24": "Use of cryptography",
    "8.32": "Change management",
}


def iso27001(number: str) -> Control:
    """Return the Annex A control with this number; raise ValueError for one that is not listed."""
    try:
        title = _ANNEX_A[number]
    except KeyError:
        message = f"{_ISO27001} Annex A has no control {number!r} in the list of known controls"
        raise ValueError(message) from None
    return Control(framework=_ISO27001, uid=f"A.{number}", title=title)
