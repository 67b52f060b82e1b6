"""Who used the data in a bucket: CloudTrail's data events and S3's own access log. Pure.

Only what succeeded is a use. A service of AWS that reads in its own name (a replication, a content
network) is none: on whose behalf it reads stands nowhere. Of a request across accounts each account's trail
has a copy; that of the bucket's owner counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from collectors.aws.logs import families as of
from collectors.aws.logs.actors import is_anonymous
from collectors.aws.logs.cloudtrail import CloudTrailRecord
from collectors.aws.logs.families import Place, partition_of
from collectors.aws.logs.s3access import S3AccessRecord
from collectors.model import Capability, Reach, Use

S3 = "s3.amazonaws.com"
_CAN: Mapping[str, Capability] = {
    **dict.fromkeys(
        (
            *("GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTorrent", "SelectObjectContent"),
            *("GetObjectTagging", "GetObjectAcl", "CopyObject", "UploadPartCopy"),
        ),
        Capability.READ,
    ),
    **dict.fromkeys(
        (
            *("ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts"),
            *("HeadBucket", "ListVersions"),
        ),
        Capability.LIST,
    ),
    **dict.fromkeys(
        (
            *("PutObject", "PostObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"),
            *("PutObjectTagging", "DeleteObjectTagging", "RestoreObject", "AbortMultipartUpload"),
        ),
        Capability.WRITE,
    ),
    **dict.fromkeys(("DeleteObject", "DeleteObjects"), Capability.DELETE),
    **dict.fromkeys(("PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention"), Capability.ADMIN),
}
"""Data events of S3. A copy is logged for its source as read by a record of its own where that is watched."""

_SUCCESSES = range(200, 400)
_SERVICE_REQUESTERS = ("svc:", "AmazonS3")


class _Resource(msgspec.Struct, gc=False, frozen=True):
    type: str = ""
    arn: str = msgspec.field(default="", name="ARN")
    account: str = msgspec.field(default="", name="accountId")


class _Asked(msgspec.Struct, gc=False, frozen=True):
    bucket: str = msgspec.field(default="", name="bucketName")


_RESOURCES = msgspec.json.Decoder(list[_Resource])
_ASKED = msgspec.json.Decoder(_Asked)


def cloudtrail_use(record: CloudTrailRecord) -> Use | None:
    """Return the use of a bucket's data that a data event tells of, None for any other event."""
    if record.event_source != S3:
        return None
    capability = _CAN.get(record.event_name or "")
    identity = record.user_identity
    if capability is None or record.failed or identity.type == "AWSService":
        return None
    place = Place(partition=partition_of(record.aws_region), region="", account=record.recipient_account_id or "")
    bucket, owner = _bucket(record, place)
    if not bucket or (owner and place.account and owner != place.account):
        return None
    owner = owner or place.account
    if is_anonymous(identity):
        return Use(resource=bucket, reach=Reach.ANONYMOUS_INTERNET, capability=capability)
    return Use(
        resource=bucket,
        reach=_reach(identity.account_id or "", owner),
        capability=capability,
        account=identity.account_id or "",
    )


def _reach(caller: str, owner: str) -> Reach:
    if not caller or not owner:
        return Reach.UNKNOWN
    return Reach.PRIVATE if caller == owner else Reach.NAMED_EXTERNAL


def _bucket(record: CloudTrailRecord, place: Place) -> tuple[str, str]:
    """Return a bucket's uid and the account that owns it, each empty where it is not told."""
    for one in _resources(record):
        if one.type == "AWS::S3::Bucket" and one.arn:
            return one.arn, one.account
    name = _asked(record).bucket
    return of.BUCKET.uid(name, place) or "", ""


def _resources(record: CloudTrailRecord) -> list[_Resource]:
    try:
        return _RESOURCES.decode(record.resources) if bytes(record.resources) else []
    except msgspec.DecodeError:
        return []


def _asked(record: CloudTrailRecord) -> _Asked:
    try:
        return _ASKED.decode(record.request_parameters) if bytes(record.request_parameters) else _Asked()
    except msgspec.DecodeError:
        return _Asked()


def s3access_use(record: S3AccessRecord, *, account: str, partition: str) -> Use | None:
    """Return the use of a bucket's data that a log line tells of, None for a line that tells of none.

    ``account`` owns the bucket, as it does the log's: "Logging requests with server access logging",
    Amazon S3 User Guide. Without it a requester of any account has an unknown reach.
    """
    capability = _capability(record)
    succeeded = record.error_code is None and record.http_status in _SUCCESSES
    if record.bucket is None or capability is None or not succeeded:
        return None
    requester = record.requester
    if requester is None:
        if not record.anonymous:
            return None
        reach, caller = Reach.ANONYMOUS_INTERNET, ""
    elif requester.startswith(_SERVICE_REQUESTERS):
        return None
    elif requester.startswith("arn:"):
        caller = requester.split(":")[4] if requester.count(":") >= 5 else ""  # noqa: PLR2004 - colons of an ARN
        reach = _reach(caller, account)
    else:
        reach, caller = (Reach.PRIVATE, account) if requester == record.bucket_owner else (Reach.NAMED_EXTERNAL, "")
    return Use(resource=f"arn:{partition}:s3:::{record.bucket}", reach=reach, capability=capability, account=caller)


_ON_OBJECTS: Mapping[str, Capability] = {
    "GET": Capability.READ,
    "HEAD": Capability.READ,
    "SELECT": Capability.READ,
    "COPY": Capability.WRITE,
    "PUT": Capability.WRITE,
    "POST": Capability.WRITE,
    "DELETE": Capability.DELETE,
}
_DATA = frozenset(
    {"OBJECT", "PART", "UPLOAD", "UPLOADS", "OBJECT_TAGGING", "OBJECT_GET", "PART_GET", "ACL", "DELETEMARKER"}
)
_LISTINGS = frozenset({"BUCKET", "BUCKETVERSIONS", "UPLOADS", "UPLOAD"})


def _capability(record: S3AccessRecord) -> Capability | None:
    """Tell what an operation of the log (``REST.GET.OBJECT``, ``WEBSITE.GET.OBJECT``) does to data."""
    protocol, _, rest = (record.operation or "").partition(".")
    verb, _, what = rest.partition(".")
    if protocol not in {"REST", "SOAP", "WEBSITE", "BATCH"}:
        return None
    if verb in {"GET", "HEAD"} and what in _LISTINGS:
        return Capability.LIST
    if what == "ACL":
        if record.key is None:
            return None
        return Capability.ADMIN if verb in {"PUT", "POST"} else Capability.READ
    if what in {"OBJECT_GET", "PART_GET"}:
        return Capability.READ
    return _ON_OBJECTS.get(verb) if what in _DATA else None
