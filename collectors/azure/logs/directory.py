"""Decoding a record of Entra ID or Microsoft 365 into the kind it is."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeAlias

from collectors.azure.logs.entra import AuditRecord, RiskRecord, SignInRecord, content_of, shared_fields
from collectors.azure.logs.forms import first
from collectors.azure.logs.office import OfficeRecord, is_office, office_record
from collectors.model.log_records import UndecodableRecordError, decode_object, listing, lowered, mapping

DirectoryRecord: TypeAlias = SignInRecord | AuditRecord | RiskRecord | OfficeRecord


class Kind(Enum):
    """The kinds of records that a diagnostic setting of Entra ID writes."""

    SIGN_IN = "sign-in"
    AUDIT = "audit"
    RISK = "risk"


_RISK_CATEGORIES = frozenset(
    {
        *("userriskevents", "riskyusers", "serviceprincipalriskevents", "riskyserviceprincipals"),
        *("aaduserriskevents", "aadriskyusers", "aadserviceprincipalriskevents", "aadriskyserviceprincipals"),
    }
)
_RISK_MARKS = frozenset({"riskeventtype", "riskdetectionid"})
_AUDIT_MARKS = frozenset(
    {"activitydisplayname", "targetresources", "initiatedby", "loggedbyservice", "activitydatetime"}
)
_SIGN_IN_MARKS = frozenset(
    {
        *("clientappused", "authenticationrequirement", "devicedetail", "appdisplayname", "conditionalaccessstatus"),
        *("userprincipalname", "resourcedisplayname", "useragent", "isinteractive", "authenticationprotocol"),
        *("risklevelduringsignin", "servicetype", "signineventtypes"),
    }
)
_ANY_MARKS = frozenset({"operationname", "resulttype", "resultdescription", "category", "properties", "status", "id"})


def decode_sign_in(line: bytes) -> DirectoryRecord:
    """Decode a record of the sign-in log's stream; one that does not say what it is, is a sign-in.

    Raises UndecodableRecordError for what is no JSON object or no record of Entra ID.
    """
    return _decode(line, Kind.SIGN_IN)


def decode_audit(line: bytes) -> DirectoryRecord:
    """Decode a record of the audit log's stream; one that does not say what it is, is an audit record.

    Raises UndecodableRecordError for what is no JSON object or no record of Entra ID or Microsoft 365.
    """
    return _decode(line, Kind.AUDIT)


def _decode(line: bytes, expected: Kind) -> DirectoryRecord:
    fields = decode_object(line)
    top = lowered(fields)
    if is_office(top):
        return office_record(fields, top)
    by_name = lowered(content_of(fields, top))
    kind = _told(top, by_name) or _guessed(by_name)
    if kind is None:
        if not _ANY_MARKS & top.keys():
            reason = "not a record of Entra ID: it has none of its fields, such as operationName or properties"
            raise UndecodableRecordError(reason)
        kind = expected
    shared = shared_fields(fields)
    if kind is Kind.SIGN_IN:
        shared["operation_name"] = shared["operation_name"] or "Sign-in activity"
        return SignInRecord(**shared)
    if kind is Kind.RISK:
        return RiskRecord(**shared)
    own = first(by_name, "category")
    return AuditRecord(
        **{**shared, "category": own or shared["category"]},
        result=first(by_name, "result"),
        initiated_by=mapping(by_name.get("initiatedby")),
        target_resources=listing(by_name.get("targetresources")),
    )


def _told(top: dict[str, Any], by_name: dict[str, Any]) -> Kind | None:
    """Return the kind by what the record says it is: its table, its category, its Graph type."""
    for name in ("type", "category"):
        said = (first(top, name) or "").lower()
        if said.endswith("signinlogs"):
            return Kind.SIGN_IN
        if said == "auditlogs":
            return Kind.AUDIT
        if said in _RISK_CATEGORIES:
            return Kind.RISK
    graph_type = (first(by_name, "@odata.type") or "").lower()
    if graph_type.endswith(("riskdetection", "alertincident", "rolemanagementalert", "alertconfiguration")):
        return Kind.RISK
    return None


def _guessed(by_name: dict[str, Any]) -> Kind | None:
    """Return the kind by properties that only one of them has."""
    for marks, kind in ((_RISK_MARKS, Kind.RISK), (_AUDIT_MARKS, Kind.AUDIT), (_SIGN_IN_MARKS, Kind.SIGN_IN)):
        if marks & by_name.keys():
            return kind
    return None
