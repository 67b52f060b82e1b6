"""Varied CloudTrail events around 1.3 kB each, deterministic, for benchmarks."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

_SERVICES = {
    "s3": ["GetObject", "PutObject", "ListObjects", "GetBucketAcl", "HeadObject", "DeleteObject", "PutBucketPolicy"],
    "ec2": [
        "DescribeInstances",
        "DescribeVolumes",
        "RunInstances",
        "DescribeSecurityGroups",
        "CreateTags",
        "StopInstances",
    ],
    "sts": ["AssumeRole", "GetCallerIdentity", "AssumeRoleWithWebIdentity"],
    "iam": ["GetRole", "ListUsers", "CreateUser", "AttachUserPolicy", "GetUser", "ListRolePolicies"],
    "kms": ["Decrypt", "GenerateDataKey", "Encrypt", "DescribeKey"],
    "dynamodb": ["DescribeTable", "ListTables", "UpdateTable"],
    "lambda": ["Invoke", "GetFunction20150331v2", "UpdateFunctionCode20150331v2"],
    "logs": ["CreateLogStream", "DescribeLogGroups"],
    "ssm": ["UpdateInstanceInformation", "GetParameter", "DescribeParameters"],
    "rds": ["DescribeDBInstances", "ModifyDBInstance", "DescribeDBSnapshots"],
    "ecs": ["DescribeTasks", "RunTask", "ListServices"],
    "secretsmanager": ["GetSecretValue", "DescribeSecret"],
    "cloudtrail": ["DescribeTrails", "LookupEvents", "GetTrailStatus"],
    "elasticloadbalancing": ["DescribeLoadBalancers", "DescribeTargetHealth"],
    "autoscaling": ["DescribeAutoScalingGroups", "UpdateAutoScalingGroup"],
    "signin": ["ConsoleLogin"],
}
OPERATIONS = tuple((f"{service}.amazonaws.com", name) for service, names in _SERVICES.items() for name in names)
"""Every (event source, event name) that the events have."""

_REGIONS = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2"]
_READING = ("Describe", "Get", "List", "Head", "Lookup", "Decrypt", "Encrypt", "GenerateDataKey")
_AGENTS = [
    "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/linux#5.15.0-1056-aws md/arch#x86_64 lang/python#3.11.8",
    "Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#6.1.82 md/arch#x86_64 lang/python#3.12.2 cfg/retry-mode#legacy",
    "console.amazonaws.com",
    "HashiCorp Terraform/1.7.5 APN/1.0 terraform-provider-aws/5.43.0 aws-sdk-go-v2/1.26.0 os/linux lang/go#1.21.8",
    "AWS Internal",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36",
]


def events(count: int, seed: int = 7) -> Iterator[bytes]:
    """Yield events as compact JSON lines."""
    chance = random.Random(seed)
    services = list(_SERVICES)
    for number in range(count):
        service = chance.choice(services)
        yield json.dumps(_event(chance, number, service), separators=(",", ":")).encode()


def _event(chance: random.Random, number: int, service: str) -> dict[str, object]:
    account = f"{chance.randrange(20):012d}"
    region = chance.choice(_REGIONS)
    kind = chance.choices(["AssumedRole", "IAMUser", "AWSService", "Root"], [80, 14, 5, 1])[0]
    name = chance.choice(_SERVICES[service])
    denied = chance.random() < 0.04
    event: dict[str, object] = {
        "eventVersion": "1.09",
        "userIdentity": _identity(chance, kind, account),
        "eventTime": f"2026-03-{1 + number % 28:02d}T{number % 24:02d}:{number % 60:02d}:{number % 59:02d}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": f"203.0.{chance.randrange(256)}.{chance.randrange(256)}",
        "userAgent": chance.choice(_AGENTS),
    }
    if denied:
        event["errorCode"] = "AccessDenied"
        event["errorMessage"] = f"User is not authorized to perform: {service}:{name}"
    event["requestParameters"] = _parameters(chance, service, number)
    event["responseElements"] = (
        None if chance.random() < 0.7 else {"requestId": f"{chance.getrandbits(128):032x}", "_return": True}
    )
    if service == "s3":
        event["additionalEventData"] = {
            "SignatureVersion": "SigV4",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": chance.randrange(5000),
            "AuthenticationMethod": "AuthHeader",
            "x-amz-id-2": f"{chance.getrandbits(256):064x}",
            "bytesTransferredOut": chance.randrange(90000),
        }
    event["requestID"] = f"{chance.getrandbits(64):016X}"
    event["eventID"] = f"{chance.getrandbits(128):032x}"
    event["readOnly"] = name.startswith(_READING)
    event["resources"] = [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::data-{number % 300}"}]
    event["eventType"] = "AwsApiCall"
    data = service == "s3" and "Bucket" not in name
    event["managementEvent"] = not data
    event["recipientAccountId"] = account
    event["eventCategory"] = "Data" if data else "Management"
    event["tlsDetails"] = {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": f"{service}.{region}.amazonaws.com",
    }
    return event


def _identity(chance: random.Random, kind: str, account: str) -> dict[str, object]:
    if kind == "AWSService":
        return {"type": kind, "invokedBy": "ec2.amazonaws.com"}
    if kind == "Root":
        return {"type": kind, "principalId": account, "arn": f"arn:aws:iam::{account}:root", "accountId": account}
    if kind == "IAMUser":
        user = f"user-{chance.randrange(400)}"
        return {
            "type": kind,
            "principalId": f"AIDA{chance.getrandbits(64):016X}",
            "arn": f"arn:aws:iam::{account}:user/{user}",
            "accountId": account,
            "accessKeyId": f"AKIA{chance.getrandbits(64):016X}",
            "userName": user,
        }
    role, session = f"role-{chance.randrange(300)}", f"session-{chance.randrange(3000)}"
    return {
        "type": kind,
        "principalId": f"AROA{chance.getrandbits(64):016X}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "accessKeyId": f"ASIA{chance.getrandbits(64):016X}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": f"AROA{chance.getrandbits(64):016X}",
                "arn": f"arn:aws:iam::{account}:role/{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-03-01T00:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def _parameters(chance: random.Random, service: str, number: int) -> dict[str, object] | None:
    if chance.random() < 0.15:
        return None
    if service == "s3":
        return {
            "bucketName": f"data-{number % 300}",
            "Host": f"data-{number % 300}.s3.eu-central-1.amazonaws.com",
            "key": f"year=2026/month=03/part-{chance.getrandbits(40):010x}.parquet",
        }
    return {
        "filterSet": {"items": [{"name": "tag:Name", "valueSet": {"items": [{"value": f"node-{number % 900}"}]}}]},
        "maxResults": 100,
        f"{service}Id": f"id-{chance.getrandbits(48):012x}",
    }
