"""storage.latent_public_access: whether the public would get in if one switch were turned off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from collectors.model import Bucket, Grant, Known, NotNeeded, Provider, Reach, Switch
from detectors.model import Detector, Observation, Policy, Remediation, Severity, each, iso27001
from detectors.storage.examples import (
    IGNORED,
    RESTRICTED,
    USED,
    access_point_grant,
    acl_grant,
    azure_account,
    gcp_bucket,
    policy_grant,
    private_bucket,
)
from detectors.storage.exposure import latently_public, public_when_unblocked
from detectors.storage.use import by_use, use_notes, weigh


@each("policy_grants")
def by_policy(_bucket: Bucket, grant: Grant, _policy: Policy, _now: datetime) -> Iterable[Observation]:
    """Observe what the bucket policy, the container level or IAM bindings would open."""
    return public_when_unblocked("policy_grants", grant)


@each("acl_grants")
def by_acl(_bucket: Bucket, grant: Grant, _policy: Policy, _now: datetime) -> Iterable[Observation]:
    """Observe what the bucket's ACL would open."""
    return public_when_unblocked("acl_grants", grant)


@each("access_point_grants")
def by_access_point(_bucket: Bucket, grant: Grant, _policy: Policy, _now: datetime) -> Iterable[Observation]:
    """Observe what access points would open."""
    return public_when_unblocked("access_point_grants", grant)


def notes(bucket: Bucket, _policy: Policy) -> Iterator[str]:
    """Yield that S3 hides public ACL grants from the answer while it ignores them (semantics 1.2)."""
    silenced = bucket.acl_silenced
    if bucket.provider is Provider.AWS and isinstance(silenced, Known) and isinstance(silenced.value, Switch):
        if silenced.value.on and any("IgnorePublicAcls" in level for level in silenced.value.by):
            yield "acl_hidden"
        elif not silenced.value.on:
            yield "object_acls_not_judged"
    if latently_public(bucket):
        yield from use_notes(bucket)


_OWNER_ENFORCED = Known(Switch(on=True, by=("bucket ownership BucketOwnerEnforced",)))

DETECTOR = Detector(
    uid="storage.latent_public_access",
    title="Storage would be public if a switch were turned off",
    on=Bucket,
    severity=Severity.MEDIUM,
    description=(
        "A grant to anyone is stored on the bucket and does nothing only because a switch blocks it: S3 Block Public "
        "Access, disabled ACLs, a resource control policy, Azure's account setting or GCP's public access prevention. "
        "The clouds keep such grants and put them in force again when the switch goes off."
    ),
    risk="One change of one switch, perhaps at a level above and by somebody else, opens the data to everyone.",
    controls=(iso27001("5.23"), iso27001("8.3"), iso27001("8.9")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Take away from bucket $name the statements, ACL grants and access points named in the evidence. "
                "First look whether one of them is meant for somebody: then name that principal in place of everyone."
            ),
            cli=(
                "# policy: read it, take the named statements out, put it back\n"
                "aws s3api get-bucket-policy --region $region --bucket $name --query Policy --output text "
                "> policy.json\n"
                "aws s3api put-bucket-policy --region $region --bucket $name --policy file://policy.json\n"
                "# ACL, where ACLs are enabled\n"
                "aws s3api put-bucket-acl --region $region --bucket $name --acl private"
            ),
            terraform=(
                "# in the bucket's policy: name principals in place of *; and disable ACLs\n"
                'resource "aws_s3_bucket_ownership_controls" "this" {\n'
                '  bucket = "$name"\n'
                "  rule {\n"
                '    object_ownership = "BucketOwnerEnforced"\n'
                "  }\n"
                "}"
            ),
        ),
        Provider.AZURE: Remediation(
            text="Set the containers of storage account $name that the evidence names to private.",
            cli=(
                "az storage container set-permission --account-name $name --name CONTAINER --public-access off "
                "--auth-mode key"
            ),
            terraform=(
                "# in the container's own resource\n"
                'resource "azurerm_storage_container" "this" {\n'
                '  name                  = "CONTAINER"\n'
                '  container_access_type = "private"\n'
                "}"
            ),
        ),
        Provider.GCP: Remediation(
            text="Remove the bindings for allUsers and allAuthenticatedUsers from $name that the evidence names.",
            cli="gcloud storage buckets remove-iam-policy-binding gs://$name --member=allUsers --role=ROLE",
            terraform=(
                "# take the members allUsers and allAuthenticatedUsers out of the bucket's\n"
                "# google_storage_bucket_iam_member, _binding and _policy resources (bucket $name)"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",),
    violations=(by_policy, by_acl, by_access_point, by_use),
    depends=("policy_silenced", "acl_silenced", "switches", "use"),
    weigh=weigh,
    notes=notes,
    good=(
        private_bucket(),
        private_bucket(acl_grants=NotNeeded("acl_hidden"), acl_silenced=IGNORED),
        private_bucket(policy_grants=Known((policy_grant(),))),
        private_bucket(
            policy_grants=Known((policy_grant(reach=Reach.NAMED_EXTERNAL, effective=Known(value=False)),)),
            policy_silenced=RESTRICTED,
        ),
    ),
    bad=(
        private_bucket(
            policy_grants=Known((policy_grant(effective=Known(value=False), blocked_by=RESTRICTED.value.by),)),
            policy_silenced=RESTRICTED,
        ),
        private_bucket(
            policy_grants=Known((policy_grant(effective=Known(value=False), blocked_by=RESTRICTED.value.by),)),
            policy_silenced=RESTRICTED,
            use=USED,
        ),
        private_bucket(
            acl_grants=Known((acl_grant(effective=Known(value=False), blocked_by=_OWNER_ENFORCED.value.by),)),
            acl_silenced=_OWNER_ENFORCED,
        ),
        private_bucket(
            access_point_grants=Known(
                (access_point_grant(effective=Known(value=False), blocked_by=("access point RestrictPublicBuckets",)),)
            )
        ),
        azure_account(
            policy_grants=Known(
                (
                    policy_grant(
                        via="container reports",
                        statement={"publicAccess": "Container"},
                        effective=Known(value=False),
                        blocked_by=("account allowBlobPublicAccess",),
                    ),
                )
            )
        ),
        gcp_bucket(
            policy_grants=Known(
                (
                    policy_grant(
                        via="bucket IAM",
                        principals=("allUsers",),
                        statement={"role": "roles/storage.objectViewer", "members": ["allUsers"]},
                        effective=Known(value=False),
                        blocked_by=("organisation storage.publicAccessPrevention",),
                    ),
                )
            )
        ),
    ),
)
