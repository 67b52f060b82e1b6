"""The log sources of the contract: how a record of each is decoded, matched and documented.

Modules of one source are imported only when that source is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import msgspec

from collectors.model import LogEvent
from detectors.sigma.source import LogSource


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What one type of record tells of resources and their data.

    ``time`` is when it happened, as RFC 3339 in UTC, empty where the record does not say; ``matters`` is a look
    that costs next to nothing: whether it can touch or use anything. ``event`` takes the record, its bytes and
    what tells the account of a resource by its uid, empty where that is not known: some logs do not say whose
    it is. It raises :class:`collectors.model.log_records.UndecodableRecordError`.
    """

    time: Callable[[Any], str]
    matters: Callable[[Any], bool]
    event: Callable[[Any, bytes, Callable[[str], str]], LogEvent]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one type of record: the rules it is matched against, and its ECS document.

    ``document`` takes the record and the bytes it was decoded from. ``telling`` is None for a log that cannot
    be followed.
    """

    log: LogSource
    document: Callable[[Any, bytes], dict[str, Any]]
    telling: Telling | None = None


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One source of the contract.

    ``decode`` takes the bytes of one record and raises
    :class:`collectors.model.log_records.UndecodableRecordError`; ``kinds`` has every type of record it
    returns. ``lines`` says that records are lines of text and not JSON.
    """

    name: str
    decode: Callable[[bytes], Any]
    kinds: Mapping[type, Kind]
    lines: bool = False

    def kind(self, record: object) -> Kind:
        """Return what becomes of a record that ``decode`` returned."""
        return self.kinds[type(record)]


class UnknownSourceError(Exception):
    """No source of the contract has this name. The text lists those that are."""


def log_format(name: str) -> Format:
    """Return a source by its name in the contract (``aws.cloudtrail``); raise UnknownSourceError for any other."""
    load = _LOADERS.get(name)
    if load is None:
        reason = f"no log source {name!r}; there are {', '.join(SOURCE_NAMES)}"
        raise UnknownSourceError(reason)
    return load()


def _cloudtrail() -> Format:
    from collectors.aws.logs.cloudtrail import CloudTrailRecord, decode_record
    from collectors.aws.logs.events import cloudtrail_event, of_consequence
    from daemon.documents.logs.cloudtrail import cloudtrail_document
    from detectors.sigma.sources.aws import CLOUDTRAIL

    return Format(
        name="aws.cloudtrail",
        decode=decode_record,
        kinds={
            CloudTrailRecord: Kind(
                log=CLOUDTRAIL,
                document=cloudtrail_document,
                telling=Telling(
                    time=attrgetter("time"),
                    matters=of_consequence,
                    event=lambda record, raw, _owner_of: cloudtrail_event(record, raw),
                ),
            )
        },
    )


def _s3access() -> Format:
    from collectors.aws.logs.events import bucket_uid, s3access_event
    from collectors.aws.logs.s3access import S3AccessRecord, decode_line
    from daemon.documents.logs.s3access import s3access_document
    from detectors.sigma.sources.aws import S3ACCESS

    return Format(
        name="aws.s3access",
        decode=decode_line,
        kinds={
            S3AccessRecord: Kind(
                log=S3ACCESS,
                document=s3access_document,
                telling=Telling(
                    time=attrgetter("time"),
                    matters=lambda _record: True,
                    event=lambda record, raw, owner_of: s3access_event(
                        record, raw, account=owner_of(bucket_uid(record))
                    ),
                ),
            )
        },
        lines=True,
    )


def _activity() -> Format:
    from collectors.azure.logs.activitylogs import ActivityRecord, decode_record
    from daemon.documents.logs.activitylogs import activity_document
    from detectors.sigma.sources.activity import ACTIVITY

    return Format(
        name="azure.activitylogs",
        decode=decode_record,
        kinds={ActivityRecord: Kind(log=ACTIVITY, document=activity_document)},
    )


def _directory_kinds() -> Mapping[type, Kind]:
    """Return the kinds of the streams of Entra ID, which carry each other's records."""
    from collectors.azure.logs.entra import AuditRecord, RiskRecord, SignInRecord
    from collectors.azure.logs.office import OfficeRecord
    from daemon.documents.logs.auditlogs import audit_document
    from daemon.documents.logs.office import office_document
    from daemon.documents.logs.riskdetections import risk_document
    from daemon.documents.logs.signinlogs import sign_in_document
    from detectors.sigma.sources.entra import AUDIT, RISK, SIGN_IN
    from detectors.sigma.sources.microsoft365 import MICROSOFT365

    return {
        SignInRecord: Kind(log=SIGN_IN, document=sign_in_document),
        AuditRecord: Kind(log=AUDIT, document=audit_document),
        RiskRecord: Kind(log=RISK, document=risk_document),
        OfficeRecord: Kind(log=MICROSOFT365, document=office_document),
    }


def _sign_in() -> Format:
    from collectors.azure.logs.directory import decode_sign_in

    return Format(name="azure.signinlogs", decode=decode_sign_in, kinds=_directory_kinds())


def _audit() -> Format:
    from collectors.azure.logs.directory import decode_audit

    return Format(name="azure.auditlogs", decode=decode_audit, kinds=_directory_kinds())


def _storage() -> Format:
    from collectors.azure.logs.storage import StorageRecord, decode_record
    from daemon.documents.logs.storage import storage_document
    from detectors.sigma.sources.storage import STORAGE

    return Format(
        name="azure.storage",
        decode=decode_record,
        kinds={StorageRecord: Kind(log=STORAGE, document=storage_document)},
    )


def _cloud_audit() -> Format:
    from collectors.gcp.logs.audit import AuditLogRecord, decode_entry
    from daemon.documents.logs.gcp_audit import audit_log_document
    from detectors.sigma.sources.gcp import CLOUD_AUDIT

    return Format(
        name="gcp.audit",
        decode=decode_entry,
        kinds={AuditLogRecord: Kind(log=CLOUD_AUDIT, document=audit_log_document)},
    )


_LOADERS: Mapping[str, Callable[[], Format]] = {
    "aws.cloudtrail": _cloudtrail,
    "aws.s3access": _s3access,
    "azure.activitylogs": _activity,
    "azure.signinlogs": _sign_in,
    "azure.auditlogs": _audit,
    "azure.storage": _storage,
    "gcp.audit": _cloud_audit,
}

SOURCE_NAMES = tuple(_LOADERS)
"""The names of the contract's sources."""
