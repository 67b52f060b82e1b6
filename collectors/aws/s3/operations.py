"""Every operation the S3 collector calls, with the IAM action each needs.

Actions are those of the Service Authorization Reference, "Actions, resources, and condition keys for
Amazon S3" and "... for AWS Organizations"; error codes those of the S3 API reference.
"""

from __future__ import annotations

from collectors.aws.operations import Operation

_NO_BUCKET = frozenset({"NoSuchBucket"})
_NO_ACCESS_POINT = frozenset({"NoSuchAccessPoint"})
_EXPOSURE = "who can reach the bucket"


def _bucket(name: str, action: str, why: str, *absent: str) -> Operation:
    return Operation(service="s3", name=name, action=f"s3:{action}", why=why, absent=frozenset(absent), gone=_NO_BUCKET)


LIST_BUCKETS = Operation(
    service="s3", name="ListBuckets", action="s3:ListAllMyBuckets", why="which buckets the account has"
)
GET_BUCKET_LOCATION = _bucket("GetBucketLocation", "GetBucketLocation", "where the bucket lies")
# Refused or redirected, this call still says where the bucket lies: no permission is asked for,
# least of all s3:ListBucket, which would show the names of the objects.
HEAD_BUCKET = Operation(
    service="s3",
    name="HeadBucket",
    action="",
    why="where a replica's bucket lies",
    gone=frozenset({"404"}),
    mended_by="s3:ListBucket",
)
GET_PUBLIC_ACCESS_BLOCK = _bucket(
    "GetPublicAccessBlock",
    "GetBucketPublicAccessBlock",
    "whether the bucket blocks public access",
    "NoSuchPublicAccessBlockConfiguration",
)
GET_BUCKET_POLICY = _bucket("GetBucketPolicy", "GetBucketPolicy", _EXPOSURE, "NoSuchBucketPolicy")
GET_BUCKET_POLICY_STATUS = _bucket(
    "GetBucketPolicyStatus", "GetBucketPolicyStatus", "the provider's own opinion, to compare", "NoSuchBucketPolicy"
)
GET_BUCKET_ACL = _bucket("GetBucketAcl", "GetBucketAcl", _EXPOSURE)
GET_BUCKET_OWNERSHIP = _bucket(
    "GetBucketOwnershipControls",
    "GetBucketOwnershipControls",
    "whether access control lists are in force",
    "OwnershipControlsNotFoundError",
)
GET_BUCKET_WEBSITE = _bucket(
    "GetBucketWebsite", "GetBucketWebsite", "whether the bucket is served as a website", "NoSuchWebsiteConfiguration"
)
GET_BUCKET_REQUEST_PAYMENT = _bucket(
    "GetBucketRequestPayment", "GetBucketRequestPayment", "whether unsigned requests are refused (requester pays)"
)
GET_BUCKET_ENCRYPTION = _bucket(
    "GetBucketEncryption",
    "GetEncryptionConfiguration",
    "which key objects are encrypted with",
    "ServerSideEncryptionConfigurationNotFoundError",
)
GET_BUCKET_VERSIONING = _bucket("GetBucketVersioning", "GetBucketVersioning", "whether old versions are kept")
GET_BUCKET_LOGGING = _bucket("GetBucketLogging", "GetBucketLogging", "whether access is logged")
GET_BUCKET_REPLICATION = _bucket(
    "GetBucketReplication",
    "GetReplicationConfiguration",
    "where the data is copied to",
    "ReplicationConfigurationNotFoundError",
)
GET_BUCKET_TAGGING = _bucket("GetBucketTagging", "GetBucketTagging", "the data class", "NoSuchTagSet")

GET_ACCOUNT_PUBLIC_ACCESS_BLOCK = Operation(
    service="s3control",
    name="GetPublicAccessBlock",
    action="s3:GetAccountPublicAccessBlock",
    why="whether the account blocks public access",
    absent=frozenset({"NoSuchPublicAccessBlockConfiguration"}),
)
LIST_ACCESS_POINTS = Operation(
    service="s3control", name="ListAccessPoints", action="s3:ListAccessPoints", why=_EXPOSURE
)
GET_ACCESS_POINT = Operation(
    service="s3control",
    name="GetAccessPoint",
    action="s3:GetAccessPoint",
    why="whether the access point blocks public access",
    gone=_NO_ACCESS_POINT,
)
GET_ACCESS_POINT_POLICY = Operation(
    service="s3control",
    name="GetAccessPointPolicy",
    action="s3:GetAccessPointPolicy",
    why=_EXPOSURE,
    absent=frozenset({"NoSuchAccessPointPolicy"}),
    gone=_NO_ACCESS_POINT,
)
LIST_MULTI_REGION_ACCESS_POINTS = Operation(
    service="s3control",
    name="ListMultiRegionAccessPoints",
    action="s3:ListMultiRegionAccessPoints",
    why="which regions the data is spread over",
)
GET_MULTI_REGION_ACCESS_POINT_POLICY = Operation(
    service="s3control",
    name="GetMultiRegionAccessPointPolicy",
    action="s3:GetMultiRegionAccessPointPolicy",
    why=_EXPOSURE,
    absent=frozenset({"NoSuchMultiRegionAccessPointPolicy"}),
    gone=frozenset({"NoSuchMultiRegionAccessPoint"}),
)
DESCRIBE_ORGANIZATION = Operation(
    service="organizations",
    name="DescribeOrganization",
    action="organizations:DescribeOrganization",
    why="whether an organization may have set the account's block",
    absent=frozenset({"AWSOrganizationsNotInUseException"}),
    optional=True,
)
DESCRIBE_EFFECTIVE_POLICY = Operation(
    service="organizations",
    name="DescribeEffectivePolicy",
    action="organizations:DescribeEffectivePolicy",
    why="which part of the account's block the organization holds",
    absent=frozenset({"EffectivePolicyNotFoundException"}),
    optional=True,
)

LIST_POLICIES_FOR_TARGET = Operation(
    service="organizations",
    name="ListPoliciesForTarget",
    action="organizations:ListPoliciesForTarget",
    why="which resource control policies of the organization may keep the public out (from its management account)",
    optional=True,
)
LIST_PARENTS = Operation(
    service="organizations",
    name="ListParents",
    action="organizations:ListParents",
    why="which organizational units' resource control policies bind the account",
    optional=True,
)
DESCRIBE_POLICY = Operation(
    service="organizations",
    name="DescribePolicy",
    action="organizations:DescribePolicy",
    why="what a resource control policy refuses",
    optional=True,
)

ASKED_FOR_MEMBERS = (LIST_POLICIES_FOR_TARGET, LIST_PARENTS, DESCRIBE_POLICY)
"""What the management account (or a delegated administrator) alone may ask, for each member."""

S3_POLICY_TYPE = "S3_POLICY"
"""Organizations' name for the policies that set the block."""
RESOURCE_CONTROL_TYPE = "RESOURCE_CONTROL_POLICY"
"""Organizations' name for the policies that bound what may be done to resources."""

OPERATIONS = (
    LIST_BUCKETS,
    GET_BUCKET_LOCATION,
    HEAD_BUCKET,
    GET_PUBLIC_ACCESS_BLOCK,
    GET_BUCKET_POLICY,
    GET_BUCKET_POLICY_STATUS,
    GET_BUCKET_ACL,
    GET_BUCKET_OWNERSHIP,
    GET_BUCKET_WEBSITE,
    GET_BUCKET_REQUEST_PAYMENT,
    GET_BUCKET_ENCRYPTION,
    GET_BUCKET_VERSIONING,
    GET_BUCKET_LOGGING,
    GET_BUCKET_REPLICATION,
    GET_BUCKET_TAGGING,
    GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
    LIST_ACCESS_POINTS,
    GET_ACCESS_POINT,
    GET_ACCESS_POINT_POLICY,
    LIST_MULTI_REGION_ACCESS_POINTS,
    GET_MULTI_REGION_ACCESS_POINT_POLICY,
    DESCRIBE_ORGANIZATION,
    DESCRIBE_EFFECTIVE_POLICY,
    *ASKED_FOR_MEMBERS,
)
