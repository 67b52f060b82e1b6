"""A bucket as the demo wants it, and how it comes to be so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from daemon.demo.account import Account

EVERYONE: Mapping[str, str] = {"AWS": "*"}
BLOCK_ALL = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}

Statement = Mapping[str, Any]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket of the estate: well kept, but for what is said otherwise.

    ``statements`` are policy statements in which ``$bucket`` stands for the bucket's ARN. ``acl`` is a
    canned ACL. ``logs_to`` is the bucket that receives its access logs. ``replicates_to`` is the
    bucket that a replication rule copies it to. ``access_point`` is an access point whose policy
    lets everyone read.
    """

    name: str
    region: str = "eu-central-1"
    data_class: str = "internal"
    owner: str = "platform"
    statements: tuple[Statement, ...] = ()
    acl: str = ""
    blocked: bool = True
    tls_only: bool = True
    versioned: bool = True
    logs_to: str = ""
    replicates_to: str = ""
    access_point: str = ""
    website: bool = False
    customer_key: bool = False


def allow(sid: str, *actions: str, principal: object = EVERYONE, **condition: object) -> Statement:
    """Return a policy statement that allows actions on the bucket's objects, or on the bucket for ``s3:List*``."""
    listing = all(action.startswith("s3:List") for action in actions)
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": list(actions),
        "Resource": "$bucket" if listing else "$bucket/*",
    }
    if condition:
        statement["Condition"] = condition
    return statement


TLS_ONLY: Statement = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": EVERYONE,
    "Action": "s3:*",
    "Resource": ["$bucket", "$bucket/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}

LOG_DELIVERY: Statement = allow("LogDelivery", "s3:PutObject", principal={"Service": "logging.s3.amazonaws.com"})


def policy_text(name: str, statements: Sequence[Statement]) -> str:
    """Return a bucket policy of these statements."""
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return text.replace("$bucket", f"arn:aws:s3:::{name}")


def statements_of(wanted: Wanted) -> tuple[Statement, ...]:
    """Return the statements of the bucket's policy, in order."""
    return (*wanted.statements, *((TLS_ONLY,) if wanted.tls_only else ()))


def create(account: Account, wanted: Wanted) -> None:
    """Make the bucket in the account as wanted; the buckets it names must be there already."""
    s3 = account.client("s3", wanted.region)
    name = wanted.name
    place = {} if wanted.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": wanted.region}}
    s3.create_bucket(Bucket=name, **place)
    tags = {"data-class": wanted.data_class, "owner": wanted.owner}
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})
    if wanted.acl:
        enable_acls(s3, name)
        s3.put_bucket_acl(Bucket=name, ACL=wanted.acl)
    if statements := statements_of(wanted):
        s3.put_bucket_policy(Bucket=name, Policy=policy_text(name, statements))
    if wanted.blocked:
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCK_ALL)
    if wanted.versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    _protect(account, wanted)
    _share(account, wanted)


def restore_exposure(account: Account, wanted: Wanted) -> None:
    """Bring the bucket's policy, ACL and public access block back to what is wanted."""
    s3 = account.client("s3", wanted.region)
    if statements := statements_of(wanted):
        s3.put_bucket_policy(Bucket=wanted.name, Policy=policy_text(wanted.name, statements))
    else:
        s3.delete_bucket_policy(Bucket=wanted.name)
    if wanted.acl:
        s3.put_bucket_acl(Bucket=wanted.name, ACL=wanted.acl)
    if wanted.blocked:
        s3.put_public_access_block(Bucket=wanted.name, PublicAccessBlockConfiguration=BLOCK_ALL)


def enable_acls(s3: Any, name: str) -> None:  # noqa: ANN401 - boto3 makes its clients at run time
    """Let the bucket's ACL count, as it did in buckets made before 2023."""
    rule = {"ObjectOwnership": "BucketOwnerPreferred"}
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [rule]})


def _protect(account: Account, wanted: Wanted) -> None:
    s3 = account.client("s3", wanted.region)
    if wanted.customer_key:
        key = f"arn:aws:kms:{wanted.region}:{account.id}:key/6f1c2a34-7d5e-4b8f-9a01-c3d2e1f0a987"
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = [{"ApplyServerSideEncryptionByDefault": default}]
        s3.put_bucket_encryption(Bucket=wanted.name, ServerSideEncryptionConfiguration={"Rules": rules})
    if wanted.logs_to:
        put_logging(s3, wanted)


def put_logging(s3: Any, wanted: Wanted) -> None:  # noqa: ANN401 - boto3 makes its clients at run time
    """Send the bucket's access logs where it wants them."""
    enabled = {"TargetBucket": wanted.logs_to, "TargetPrefix": f"{wanted.name}/"}
    s3.put_bucket_logging(Bucket=wanted.name, BucketLoggingStatus={"LoggingEnabled": enabled})


def _share(account: Account, wanted: Wanted) -> None:
    s3 = account.client("s3", wanted.region)
    if wanted.replicates_to:
        put_replication(s3, account.id, wanted.name, wanted.replicates_to)
    if wanted.website:
        s3.put_bucket_website(Bucket=wanted.name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    if wanted.access_point:
        _open_access_point(account, wanted)


def put_replication(s3: Any, account: str, name: str, destination: str) -> None:  # noqa: ANN401 - the same
    """Copy everything that is written to the bucket to another one."""
    rule = {
        "ID": f"to-{destination}",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{destination}"},
    }
    role = f"arn:aws:iam::{account}:role/s3-replication"
    s3.put_bucket_replication(Bucket=name, ReplicationConfiguration={"Role": role, "Rules": [rule]})


def _open_access_point(account: Account, wanted: Wanted) -> None:
    control = account.client("s3control", wanted.region)
    off = dict.fromkeys(BLOCK_ALL, False)
    arn = control.create_access_point(
        AccountId=account.id, Name=wanted.access_point, Bucket=wanted.name, PublicAccessBlockConfiguration=off
    )["AccessPointArn"]
    statement = {
        "Sid": "AnyoneReads",
        "Effect": "Allow",
        "Principal": EVERYONE,
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [arn, f"{arn}/object/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    control.put_access_point_policy(AccountId=account.id, Name=wanted.access_point, Policy=policy)
