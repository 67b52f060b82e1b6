"""Example buckets: a private, well-kept one of each cloud, and grants to spoil it with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from collectors.model import (
    Accesses,
    AccessLogging,
    Bucket,
    Capability,
    DataUse,
    Encryption,
    Grant,
    KeyHolder,
    Known,
    NotNeeded,
    Provider,
    Reach,
    Reader,
    Switch,
    TlsOnly,
    Unread,
    UnreadReason,
    Versioning,
)
from collectors.model.use import use_fact

NO_SWITCH = Known(Switch(on=False))
RESTRICTED = Known(Switch(on=True, by=("bucket RestrictPublicBuckets",)))
IGNORED = Known(Switch(on=True, by=("account IgnorePublicAcls",)))
NO_GRANTS: Known[tuple[Grant, ...]] = Known(())

DENIED_ACL = Unread(
    reason=UnreadReason.DENIED, operation="s3:GetBucketAcl", permission="s3:GetBucketAcl", detail="AccessDenied"
)
DENIED_POLICY = Unread(
    reason=UnreadReason.DENIED, operation="s3:GetBucketPolicy", permission="s3:GetBucketPolicy", detail="AccessDenied"
)

USED = Known(
    DataUse(
        accesses=(
            Accesses(
                reach=Reach.ANONYMOUS_INTERNET,
                capability=Capability.READ,
                count=100,
                first=datetime(2026, 3, 4, 8, 15, 30, tzinfo=UTC),
                last=datetime(2026, 3, 6, 22, 1, tzinfo=UTC),
                readers=(Reader(ip="198.51.100.24"), Reader(ip="203.0.113.7")),
            ),
            Accesses(
                reach=Reach.NAMED_EXTERNAL,
                capability=Capability.LIST,
                count=1,
                first=datetime(2026, 3, 5, 3, tzinfo=UTC),
                last=datetime(2026, 3, 5, 3, tzinfo=UTC),
                readers=(Reader(account="444455556666", ip="192.0.2.9"),),
            ),
        ),
        logs=("aws.s3access",),
    )
)
UNUSED = use_fact((), logs=("aws.cloudtrail",), told=True, told_until=datetime(2026, 3, 6, 22, 1, tzinfo=UTC))
SILENT = use_fact(
    (), logs=("aws.cloudtrail",), told=True, told_until=datetime(2026, 2, 6, 22, 1, tzinfo=UTC), silent=True
)
LOGGING_IS_OFF = use_fact((), logs=("aws.s3access",), told=False, logging_off=True)
NOT_YET_DELIVERED = use_fact((), logs=("aws.s3access",), told=False)

_PRIVATE: dict[str, Any] = {
    "uid": "arn:aws:s3:::records",
    "name": "records",
    "provider": Provider.AWS,
    "account": "123456789012",
    "region": "eu-central-1",
    "tags": Known({"data-class": "internal"}),
    "places": Known(("aws:eu-central-1",)),
    "copies": Known(()),
    "policy_grants": NO_GRANTS,
    "acl_grants": NO_GRANTS,
    "access_point_grants": NO_GRANTS,
    "policy_silenced": NO_SWITCH,
    "acl_silenced": NO_SWITCH,
    "switches": Known({"bucket": {}, "account": {}}),
    "default_encryption": Known(
        Encryption(
            holder=KeyHolder.CUSTOMER_KEY,
            algorithm="aws:kms",
            key_uid="arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        )
    ),
    "tls_only": Known(TlsOnly(enforced=True)),
    "versioning": Known(Versioning(enabled=True, state="Enabled")),
    "access_logging": Known(AccessLogging(enabled=True, target="access-logs", prefix="records/")),
    "access_point_copies": Known(()),
}


def private_bucket(**overrides: Any) -> Bucket:  # noqa: ANN401 - any fact of a bucket may be overridden
    """Return a private, encrypted, versioned and logged bucket with the given attributes replaced."""
    return Bucket(**(_PRIVATE | overrides))


def azure_account(**overrides: Any) -> Bucket:  # noqa: ANN401 - any fact of a bucket may be overridden
    """Return a private Azure storage account with the given attributes replaced."""
    own = {
        "uid": "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/data"
        "/providers/microsoft.storage/storageaccounts/records",
        "provider": Provider.AZURE,
        "account": "00000000-0000-0000-0000-000000000001",
        "region": "westeurope",
        "places": Known(("azure:westeurope",)),
        "acl_grants": NotNeeded("no_object_acls"),
        "access_point_grants": NotNeeded("no_access_points"),
        "default_encryption": Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", explicit=False)),
    }
    return private_bucket(**(own | overrides))


def gcp_bucket(**overrides: Any) -> Bucket:  # noqa: ANN401 - any fact of a bucket may be overridden
    """Return a private Cloud Storage bucket with the given attributes replaced."""
    own = {
        "uid": "//storage.googleapis.com/projects/_/buckets/records",
        "provider": Provider.GCP,
        "account": "records-prod",
        "region": "europe-west3",
        "places": Known(("gcp:europe-west3",)),
        "access_point_grants": NotNeeded("no_access_points"),
        "default_encryption": Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", explicit=False)),
    }
    return private_bucket(**(own | overrides))


def policy_grant(**overrides: Any) -> Grant:  # noqa: ANN401 - any attribute of a grant may be overridden
    """Return a bucket policy's grant that lets anyone read, in force, with the given attributes replaced."""
    own: dict[str, Any] = {
        "reach": Reach.ANONYMOUS_INTERNET,
        "what": (Capability.READ,),
        "via": "bucket policy",
        "effective": Known(value=True),
        "resources": ("arn:aws:s3:::records/*",),
        "principals": ("*",),
        "statement": {
            "Sid": "PublicRead",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::records/*",
        },
    }
    return Grant(**(own | overrides))


def acl_grant(**overrides: Any) -> Grant:  # noqa: ANN401 - any attribute of a grant may be overridden
    """Return an ACL's grant that lets anyone list, in force, with the given attributes replaced."""
    own: dict[str, Any] = {
        "reach": Reach.ANONYMOUS_INTERNET,
        "what": (Capability.LIST,),
        "via": "bucket ACL",
        "effective": Known(value=True),
        "resources": ("arn:aws:s3:::records",),
        "principals": ("http://acs.amazonaws.com/groups/global/AllUsers",),
        "statement": {
            "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
            "Permission": "READ",
        },
    }
    return Grant(**(own | overrides))


def access_point_grant(**overrides: Any) -> Grant:  # noqa: ANN401 - any attribute of a grant may be overridden
    """Return an access point policy's grant that lets anyone read, with the given attributes replaced."""
    own: dict[str, Any] = {
        "via": "access point partners",
        "resources": ("arn:aws:s3:eu-central-1:123456789012:accesspoint/partners/object/*",),
        "statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:eu-central-1:123456789012:accesspoint/partners/object/*",
        },
    }
    return policy_grant(**(own | overrides))
