"""The fake AWS's logs: what the demo's hands do, told as CloudTrail and S3 access logging tell it.

moto keeps no trail. Each change that is made through :class:`~daemon.demo.account.Account` becomes a
CloudTrail event, delivered as the file of an organization trail; a read by a stranger becomes a line of
the bucket's access log. Sources of the formats: "CloudTrail record contents" and "Finding your CloudTrail
log files" in the AWS CloudTrail User Guide; "Amazon S3 server access log format" in the S3 User Guide.
"""

from __future__ import annotations

import gzip
import json
import secrets
import urllib.request
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from daemon.demo.account import Account, Change

ORGANIZATION = "o-helvia5xy1"

_SERVICES = {"s3": "s3.amazonaws.com", "s3control": "s3.amazonaws.com", "sts": "sts.amazonaws.com"}
_NAMES = {
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "DeletePublicAccessBlock"): "DeleteBucketPublicAccessBlock",
    ("s3control", "PutPublicAccessBlock"): "PutAccountPublicAccessBlock",
}
"""What CloudTrail calls operations that it does not call by their own names."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at the company: an IAM user, where they sit, and what they work with."""

    user: str
    ip: str
    agent: str = "aws-cli/2.27.49 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0 lang/python#3.13.4"


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the internet who signs nothing."""

    ip: str
    agent: str


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One request for an object, as the access log tells it; a ``requester`` of ``-`` signed nothing."""

    bucket: str
    key: str
    ip: str
    agent: str
    status: int = 200
    size: int = 0
    requester: str = "-"


class Trail:
    """Delivers the logs of a company to its log buckets, all of which lie in one account.

    ``endpoint`` is the fake AWS's address; ``archive`` receives the trail's files.
    """

    def __init__(self, endpoint: str, logs: Account, archive: str) -> None:
        self._endpoint = endpoint
        self._logs = logs
        self._archive = archive

    def begin(self, account: str, person: Person) -> None:
        """Write the account's first file: somebody looked who they are, and changed nothing."""
        now = datetime.now(UTC)
        change = Change(service="sts", operation="GetCallerIdentity", region="eu-central-1", parameters={}, at=now)
        self.deliver(account, [change], person)

    def deliver(self, account: str, changes: list[Change], person: Person) -> None:
        """Write a file of each region with an event for each change that the person made in the account there."""
        now = datetime.now(UTC)
        for region in dict.fromkeys(change.region for change in changes):
            records = [_record(account, change, person) for change in changes if change.region == region]
            name = f"{account}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_{secrets.token_hex(8)}.json.gz"
            key = f"AWSLogs/{ORGANIZATION}/{account}/CloudTrail/{region}/{now:%Y/%m/%d}/{name}"
            content = gzip.compress(json.dumps({"Records": records}).encode())
            self._put(self._archive, key, content, ContentType="application/json", ContentEncoding="gzip")

    def read(self, stranger: Stranger, bucket: str, key: str, *, log: str, prefix: str) -> None:
        """Fetch an object as nobody in particular, and write what the access log tells of it."""
        # The address is the demo's own server on the loopback interface.
        request = urllib.request.Request(  # noqa: S310 - an address that the demo itself has made
            f"{self._endpoint}/{bucket}/{key}", headers={"User-Agent": stranger.agent}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            status, size = answer.status, len(answer.read())
        self.tell(
            Access(bucket=bucket, key=key, ip=stranger.ip, agent=stranger.agent, status=status, size=size), log, prefix
        )

    def tell(self, access: Access, log: str, prefix: str) -> None:
        """Write what the access log tells of one request, to the bucket and under the prefix that it is told to."""
        now = datetime.now(UTC)
        name = f"{prefix}{now:%Y-%m-%d-%H-%M-%S}-{secrets.token_hex(8).upper()}"
        self._put(log, name, f"{_line(access, now)}\n".encode())

    def _put(self, bucket: str, key: str, content: bytes, **headers: str) -> None:
        s3 = self._logs.client("s3", "eu-central-1")
        with self._logs.unrecorded():
            s3.put_object(Bucket=bucket, Key=key, Body=content, **headers)


def _record(account: str, change: Change, person: Person) -> dict[str, Any]:
    name = _NAMES.get((change.service, change.operation), change.operation)
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDA{uuid.uuid5(uuid.NAMESPACE_DNS, person.user).hex[:16].upper()}",
            "arn": f"arn:aws:iam::{account}:user/{person.user}",
            "accountId": account,
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "userName": person.user,
        },
        "eventTime": f"{change.at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": _SERVICES[change.service],
        "eventName": name,
        "awsRegion": change.region,
        "sourceIPAddress": person.ip,
        "userAgent": f"[{person.agent}]",
        "requestParameters": _parameters(change.parameters),
        "responseElements": None,
        "requestID": secrets.token_hex(8).upper(),
        "eventID": str(uuid.uuid4()),
        "readOnly": name.startswith("Get"),
        "resources": _resources(account, change.parameters),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
    }


def _parameters(asked: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in asked.items():
        match name:
            case "Bucket":
                told["bucketName"] = value
            case "Policy":
                told["bucketPolicy"] = json.loads(value)
            case "ACL":
                told["x-amz-acl"] = [value]
            case _:
                told[name] = value
    return told


def _resources(account: str, asked: Mapping[str, Any]) -> list[dict[str, str]]:
    if "Bucket" not in asked:
        return []
    return [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{asked['Bucket']}"}]


def _line(access: Access, now: datetime) -> str:
    host = f"{access.bucket}.s3.eu-central-1.amazonaws.com"
    request = f"GET /{access.bucket}/{access.key} HTTP/1.1"
    return (
        f"{'7f0e' * 16} {access.bucket} [{now:%d/%b/%Y:%H:%M:%S} +0000] {access.ip} {access.requester} "
        f'{secrets.token_hex(8).upper()} REST.GET.OBJECT {access.key} "{request}" {access.status} - {access.size} '
        f'{access.size} 12 11 "-" "{access.agent}" - {secrets.token_urlsafe(32)}= - TLS_AES_128_GCM_SHA256 - {host} '
        "TLSv1.3 - -"
    )
