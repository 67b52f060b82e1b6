"""Buckets of every common shape, to seed a moto server with."""

from __future__ import annotations

import json
from typing import Any

NAME = "estate-{shape}-{number:06d}"
"""All names are equally long, so that a recorded answer stays true under another bucket's name."""

PRIVATE, GUARDED, PUBLIC_POLICY, PUBLIC_ACL, TLS_ONLY, REPLICATED, WEBSITE, LATENT, ORGANISATION, EUROPEAN = range(10)

BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
NO_BLOCK = dict.fromkeys(BLOCK, False)

# Twenty buckets as one meets them: most are private in one way or another.
MIX = (
    *(GUARDED, TLS_ONLY, PRIVATE, GUARDED, EUROPEAN, GUARDED, TLS_ONLY, PRIVATE, GUARDED, REPLICATED),
    *(GUARDED, TLS_ONLY, PUBLIC_POLICY, GUARDED, EUROPEAN, PUBLIC_ACL, ORGANISATION, LATENT, WEBSITE, GUARDED),
)


def name_of(number: int) -> str:
    """Return the name of the estate's n-th bucket, which says its shape."""
    return NAME.format(shape=MIX[number % len(MIX)], number=number)


def shape_of(name: str) -> int:
    """Return the shape that a bucket's name says."""
    return int(name.split("-")[1])


def region_of(shape: int) -> str:
    """Return where buckets of this shape lie."""
    return "eu-west-1" if shape == EUROPEAN else "us-east-1"


def statement(name: str, **changes: Any) -> dict[str, Any]:
    """Return a statement that lets anyone read a bucket's objects, changed as told."""
    return {
        "Sid": "Estate",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
        **changes,
    }


def tls_statement(name: str) -> dict[str, Any]:
    """Return the statement that refuses every request without TLS."""
    return statement(
        name,
        Effect="Deny",
        Action="s3:*",
        Resource=[f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        Condition={"Bool": {"aws:SecureTransport": "false"}},
    )


def policy(*statements: dict[str, Any]) -> str:
    """Return a policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def put_bucket(client_in: Any, name: str, shape: int) -> None:
    """Create one bucket; ``client_in`` returns an S3 client for a region."""
    region = region_of(shape)
    s3 = client_in(region)
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    if shape in {PUBLIC_POLICY, LATENT, WEBSITE}:
        s3.put_bucket_policy(Bucket=name, Policy=policy(statement(name)))
    if shape == PUBLIC_ACL:
        s3.put_bucket_acl(Bucket=name, ACL="public-read")
    if shape == LATENT:
        s3.put_public_access_block(
            Bucket=name, PublicAccessBlockConfiguration={**NO_BLOCK, "RestrictPublicBuckets": True}
        )
    if shape == WEBSITE:
        s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    if shape == ORGANISATION:
        within = {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}}
        s3.put_bucket_policy(Bucket=name, Policy=policy(statement(name, Condition=within)))
    if shape == TLS_ONLY:
        s3.put_bucket_policy(Bucket=name, Policy=policy(tls_statement(name)))
    if shape in {GUARDED, EUROPEAN, REPLICATED}:
        _guard(s3, name)
    if shape == REPLICATED:
        _replicate(s3, name)


def _guard(s3: Any, name: str) -> None:
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCK)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "data-class", "Value": "personal"}]})
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": "arn:aws:kms:us-east-1:123456789012:key/1b8c5e2a-0000-4000-8000-000000000001",
                    },
                    "BucketKeyEnabled": True,
                }
            ]
        },
    )


def _replicate(s3: Any, name: str) -> None:
    """Copy to the estate's first European bucket, which lies in another region."""
    rule = {
        "ID": "to-europe",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{NAME.format(shape=EUROPEAN, number=4)}"},
    }
    role = "arn:aws:iam::123456789012:role/replication"
    s3.put_bucket_replication(Bucket=name, ReplicationConfiguration={"Role": role, "Rules": [rule]})
