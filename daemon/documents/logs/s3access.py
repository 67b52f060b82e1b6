"""S3 server access log lines as ECS documents, with the field names of Elastic's AWS integration."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from collectors.aws.logs.s3access import S3AccessRecord
from daemon.documents.logs.categories import Act, types
from daemon.documents.logs.parts import NANOSECONDS, document, endpoint, present

DATASET = "aws.s3access"

_REQUEST = re.compile(r"(\S+) (.*) HTTP/(\S+)", re.IGNORECASE)
_ACTS = {"PUT": Act.CREATE, "POST": Act.CREATE, "COPY": Act.CREATE, "DELETE": Act.DELETE, "EXPIRE": Act.DELETE}
_SERVICE = "AmazonS3"


def s3access_document(record: S3AccessRecord, original: bytes) -> dict[str, Any]:
    """Return the document of one request; ``original`` is the line as it came."""
    source = endpoint(record.remote_ip)
    request = _REQUEST.fullmatch(record.request_uri or "")
    failed = record.error_code is not None or (record.http_status or 0) >= 400  # noqa: PLR2004 - HTTP's first error status
    requester = None if record.requester == _SERVICE else record.requester
    return document(
        dataset=DATASET,
        time=record.time,
        original=original,
        event={
            "id": record.uid,
            "action": record.operation,
            "provider": "s3.amazonaws.com",
            "outcome": "failure" if failed else "success",
            "category": ["web", "file"] if _of_an_object(record) else ["web"],
            "type": _types(record, failed=failed),
            "code": record.error_code,
            "duration": None if record.total_time is None else record.total_time * NANOSECONDS,
        },
        fields={
            "user": present({"id": requester, "name": _name(requester)}),
            "source": source,
            "client": source | present({"user": present({"id": requester})}),
            "user_agent": present({"original": record.user_agent}),
            "cloud": present({"provider": "aws", "region": record.region, "service": {"name": "s3"}}),
            "error": present({"code": record.error_code}),
            "file": present({"path": unquote(record.key)}) if record.key and _of_an_object(record) else {},
            "http": _http(record, request),
            "url": _url(record, request),
            "tls": _tls(record),
            "aws": present({"s3access": _own(record)}),
        },
        users=(requester, _name(requester)),
        addresses=(record.remote_ip,),
        hosts=(record.host_header,),
    )


def _of_an_object(record: S3AccessRecord) -> bool:
    return (record.operation or "").endswith((".OBJECT", ".OBJECT_GET", ".DELETEMARKER", ".PART", ".UPLOAD"))


def _types(record: S3AccessRecord, *, failed: bool) -> list[str]:
    if failed:
        return ["access", "error"]
    if not _of_an_object(record):
        return ["access"]
    parts = (record.operation or "").split(".")
    act = next((_ACTS[part] for part in parts if part in _ACTS), Act.READ)
    return types(("file",), act)


def _name(requester: str | None) -> str | None:
    """Return the last part of an IAM identity's ARN; a canonical user id has no name."""
    if requester is None or not requester.startswith("arn:"):
        return None
    resource = requester.rpartition(":")[2]
    if resource.startswith("assumed-role/"):
        return resource.split("/")[1]
    return resource.rpartition("/")[2]


def _http(record: S3AccessRecord, request: re.Match[str] | None) -> dict[str, Any]:
    return present(
        {
            "request": present(
                {
                    "id": record.request_id,
                    "method": request[1] if request else None,
                    "referrer": record.referrer,
                }
            ),
            "response": present(
                {"status_code": record.http_status, "body": present({"bytes": record.bytes_sent})},
            ),
            "version": request[3] if request else None,
        }
    )


def _url(record: S3AccessRecord, request: re.Match[str] | None) -> dict[str, Any]:
    if request is None:
        return {}
    path, _, query = request[2].partition("?")
    return present({"original": request[2], "path": path, "query": query, "domain": record.host_header})


def _tls(record: S3AccessRecord) -> dict[str, Any]:
    protocol, _, version = (record.tls_version or "").lower().partition("v")
    return present(
        {"cipher": record.cipher_suite, "version": version, "version_protocol": protocol if version else None}
    )


def _own(record: S3AccessRecord) -> dict[str, Any]:
    return present(
        {
            "bucket_owner": record.bucket_owner,
            "bucket": record.bucket,
            "remote_ip": endpoint(record.remote_ip).get("ip"),
            "requester": record.requester,
            "request_id": record.request_id,
            "operation": record.operation,
            "key": record.key,
            "request_uri": record.request_uri,
            "http_status": record.http_status,
            "error_code": record.error_code,
            "bytes_sent": record.bytes_sent,
            "object_size": record.object_size,
            "total_time": record.total_time,
            "turn_around_time": record.turn_around_time,
            "referrer": record.referrer,
            "user_agent": record.user_agent,
            "version_id": record.version_id,
            "host_id": record.host_id,
            "signature_version": record.signature_version,
            "cipher_suite": record.cipher_suite,
            "authentication_type": record.authentication_type,
            "host_header": record.host_header,
            "tls_version": record.tls_version,
            "access_point_arn": record.access_point_arn,
            "aclrequired": record.acl_required,
            "source_region": record.source_region,
        }
    )
