"""Files as CloudTrail and S3 put them into a bucket."""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from tests.fakes.aws_moto import ACCOUNT, Moto


def trail_event(
    name: str, parameters: dict[str, Any], *, user: str = "mallory", ip: str = "198.51.100.66", **more: Any
) -> dict[str, Any]:
    """Return an event of S3 that happens now."""
    return {
        "eventVersion": "1.10",
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "eventID": str(uuid.uuid4()),
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "awsRegion": "us-east-1",
        "sourceIPAddress": ip,
        "userAgent": "[aws-cli/2.15.30]",
        "recipientAccountId": ACCOUNT,
        "readOnly": False,
        "managementEvent": True,
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
        "requestID": "R1",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAMALLORY",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "userName": user,
        },
        "requestParameters": parameters,
        "responseElements": None,
        **more,
    }


def anonymous_read(bucket: str, ip: str = "203.0.113.9") -> dict[str, Any]:
    """Return the data event of a read that nobody signed."""
    return trail_event(
        "GetObject",
        {"bucketName": bucket, "key": "customers.csv"},
        ip=ip,
        readOnly=True,
        managementEvent=False,
        eventCategory="Data",
        userIdentity={"type": "AWSAccount", "principalId": "", "accountId": "anonymous"},
        resources=[{"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}", "accountId": ACCOUNT}],
    )


def deliver(moto: Moto, bucket: str, *events: dict[str, Any], region: str = "us-east-1") -> str:
    """Put a file of a trail into a bucket, as CloudTrail does; return its key."""
    now = datetime.now(UTC)
    name = f"{ACCOUNT}_CloudTrail_{region}_{now:%Y%m%dT%H%M}Z_{uuid.uuid4().hex[:16]}.json.gz"
    key = f"AWSLogs/{ACCOUNT}/CloudTrail/{region}/{now:%Y/%m/%d}/{name}"
    body = gzip.compress(json.dumps({"Records": list(events)}).encode())
    moto.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return key


def deliver_access_log(moto: Moto, bucket: str, *lines: str, prefix: str = "") -> str:
    """Put a file of S3's access log into a bucket, as S3 does; return its key."""
    key = f"{prefix}{datetime.now(UTC):%Y-%m-%d-%H-%M-%S}-{uuid.uuid4().hex[:16].upper()}"
    moto.client("s3").put_object(Bucket=bucket, Key=key, Body="".join(f"{line}\n" for line in lines).encode())
    return key


def access_line(bucket: str, *, requester: str = "-", ip: str = "203.0.113.9", key: str = "customers.csv") -> str:
    """Return the line of an object that was read just now, by nobody in particular unless a requester is given."""
    now = datetime.now(UTC)
    authenticated = "- - -" if requester == "-" else "SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader"
    return (
        f"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be {bucket} [{now:%d/%b/%Y:%H:%M:%S} +0000] "
        f'{ip} {requester} {uuid.uuid4().hex[:16].upper()} REST.GET.OBJECT {key} "GET /{key} HTTP/1.1" 200 - '
        f'2326 2326 70 10 "-" "curl/8.5.0" - hOsTiD= {authenticated} {bucket}.s3.us-east-1.amazonaws.com TLSv1.3 - -'
    )
