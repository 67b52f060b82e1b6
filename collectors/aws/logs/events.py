"""Records of the AWS logs as log events: who did what, what it may have changed, whose data it used."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from collectors.aws.logs.actors import cloudtrail_actor, s3access_actor
from collectors.aws.logs.cloudtrail import CloudTrailRecord
from collectors.aws.logs.families import partition_of
from collectors.aws.logs.s3access import S3AccessRecord
from collectors.aws.logs.touches import may_touch, touches
from collectors.aws.logs.uses import S3, cloudtrail_use, s3access_use
from collectors.model import LogEvent
from collectors.model.log_records import UndecodableRecordError, compact

_FIRST_HTTP_ERROR = 400


def of_consequence(record: CloudTrailRecord) -> bool:
    """Whether an event can touch or use anything; costs a fraction of :func:`cloudtrail_event`.

    For whoever needs the event itself only where it has effects or a rule matched.
    """
    return record.event_source == S3 or may_touch(record)


def cloudtrail_event(record: CloudTrailRecord, raw: bytes) -> LogEvent:
    """Return the event of a CloudTrail record; ``raw`` is the JSON that it was decoded from.

    Raises UndecodableRecordError for a record that does not say when it happened.
    """
    at = _moment(record.event_time) or _moment(record.time)
    if at is None:
        reason = "not a CloudTrail event: its time is missing or cannot be read"
        raise UndecodableRecordError(reason)
    return LogEvent(
        uid=record.event_id or _fingerprint(raw),
        source="aws.cloudtrail",
        account=record.recipient_account_id or record.user_identity.account_id or "",
        region=record.aws_region or "",
        time=at,
        operation=record.event_name or "",
        outcome="failure" if record.failed else "success",
        actor=cloudtrail_actor(record, at),
        touches=touches(record),
        use=cloudtrail_use(record),
        raw=msgspec.Raw(raw),
    )


def bucket_uid(record: S3AccessRecord) -> str:
    """Return the uid of the bucket that a log line is about, empty where it names none."""
    return f"arn:{partition_of(record.region or '')}:s3:::{record.bucket}" if record.bucket else ""


def s3access_event(record: S3AccessRecord, raw: bytes, *, account: str = "", region: str = "") -> LogEvent:
    """Return the event of an access log line; ``raw`` is the line, kept as a JSON text.

    ``account`` and ``region`` are those of the bucket that was asked, which a line itself does not tell or not
    always. One bucket may hold the logs of many accounts, as copies. Without the account it stays unknown whether a
    requester is of another one. Raises UndecodableRecordError for a line without a time.
    """
    at = _moment(record.time)
    if at is None:
        reason = "not an S3 server access log line: its time cannot be read"
        raise UndecodableRecordError(reason)
    region = region or record.region or ""
    failed = record.error_code is not None or (record.http_status or 0) >= _FIRST_HTTP_ERROR
    return LogEvent(
        uid=record.uid or _fingerprint(raw),
        source="aws.s3access",
        account=account,
        region=region,
        time=at,
        operation=record.operation or "",
        outcome="failure" if failed else "success",
        actor=s3access_actor(record, at),
        use=s3access_use(record, account=account, partition=partition_of(region)),
        raw=msgspec.Raw(compact(raw.decode("utf-8", "replace")).encode()),
    )


def _fingerprint(raw: bytes) -> str:
    """Return what names a record that has no id of its own: a second delivery has the same."""
    return blake2b(raw, digest_size=16).hexdigest()


def _moment(text: str | None) -> datetime | None:
    """Return a moment as the logs write it; None for one without an offset, and for what is none."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is UTC else at.astimezone(UTC) if at.tzinfo is not None else None
