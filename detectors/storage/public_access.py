"""storage.public_access: whether anyone, or anyone with any account at the cloud, gets in now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from collectors.model import (
    PUBLIC_REACH,
    Bucket,
    Capability,
    Encryption,
    Fact,
    Grant,
    KeyHolder,
    Known,
    Provider,
    Reach,
    Switch,
    Website,
)
from detectors.model import Detector, Observation, Policy, Remediation, Severity, each, iso27001
from detectors.storage.examples import (
    DENIED_ACL,
    DENIED_POLICY,
    IGNORED,
    LOGGING_IS_OFF,
    NOT_YET_DELIVERED,
    RESTRICTED,
    SILENT,
    UNUSED,
    USED,
    access_point_grant,
    acl_grant,
    azure_account,
    gcp_bucket,
    policy_grant,
    private_bucket,
)
from detectors.storage.exposure import HELD_REACH, SOURCES, exposed, grants_known, public_now
from detectors.storage.use import by_use, use_notes, weigh


@each("policy_grants", silenced_by="policy_silenced")
def by_policy(_bucket: Bucket, grant: Grant, _policy: Policy, _now: datetime) -> Iterable[Observation]:
    """Observe what the bucket policy, the container level or IAM bindings open."""
    return public_now("policy_grants", grant)


@each("acl_grants", silenced_by="acl_silenced")
def by_acl(_bucket: Bucket, grant: Grant, _policy: Policy, _now: datetime) -> Iterable[Observation]:
    """Observe what the bucket's ACL opens."""
    return public_now("acl_grants", grant)


@each("access_point_grants", silenced_by="policy_silenced")
def by_access_point(_bucket: Bucket, grant: Grant, _policy: Policy, _now: datetime) -> Iterable[Observation]:
    """Observe what access points open."""
    return public_now("access_point_grants", grant)


def notes(bucket: Bucket, _policy: Policy) -> Iterator[str]:
    """Yield what a reader needs beside the verdict (semantics 1.2, 1.8, 1.9)."""
    is_exposed = exposed(bucket)
    grants = [grant for source in SOURCES for grant in grants_known(bucket, source)]
    if bucket.provider in {Provider.AWS, Provider.GCP} and not _on(bucket.acl_silenced):
        yield "object_acls_not_judged"
    if any(grant.reach in HELD_REACH for grant in grants):
        yield "restricted_grants_present"
    for grant in grants:
        yield from grant.notes
    yield from _opinion(bucket)
    if is_exposed and _wants_signed_requests(bucket.default_encryption):
        yield "default_encryption_proves_nothing"
    if is_exposed and bucket.requester_pays == Known(value=True):
        yield "requester_pays_refuses_anonymous"
    if isinstance(bucket.website, Known) and bucket.website.value.enabled:
        yield "website_serves_bucket" if is_exposed else "website_on_private_bucket"
    if is_exposed:
        yield from use_notes(bucket)


def _wants_signed_requests(encryption: Fact[Encryption]) -> bool:
    """Whether objects under this encryption, if any are, could not be read anonymously (semantics 1.8)."""
    return isinstance(encryption, Known) and (
        encryption.value.holder in {KeyHolder.CUSTOMER_KEY, KeyHolder.HSM} or "kms" in encryption.value.algorithm
    )


def _on(switch: object) -> bool:
    return isinstance(switch, Known) and isinstance(switch.value, Switch) and switch.value.on


def _opinion(bucket: Bucket) -> Iterator[str]:
    """Yield where the provider's own "is it public" differs from what the policy says.

    Both speak of the policy alone, with no switch counted: that is what the provider judges.
    """
    if not isinstance(bucket.provider_opinion, Known) or not isinstance(bucket.policy_grants, Known):
        return
    ours = any(grant.reach in PUBLIC_REACH for grant in bucket.policy_grants.value)
    if bucket.provider_opinion.value.public and not ours:
        yield "provider_says_public"
    elif ours and not bucket.provider_opinion.value.public:
        yield "provider_says_not_public"


DETECTOR = Detector(
    uid="storage.public_access",
    title="Storage is open to the public",
    on=Bucket,
    severity=Severity.CRITICAL,
    description=(
        "A bucket policy, an ACL or an access point lets anyone on the internet, or anyone who holds any account at "
        "the cloud, list, read, write or manage the bucket or a part of it, and no switch blocks it now. A grant held "
        "to an address range, a network, an organisation or named accounts is shown and is no violation. Object ACLs "
        "are not judged."
    ),
    risk=(
        "Whoever finds the name can take the data, and with write access can plant or destroy it. Open buckets are "
        "found by automated search within hours."
    ),
    controls=(iso27001("5.23"), iso27001("8.3"), iso27001("5.15"), iso27001("8.12")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Switch on all four settings of S3 Block Public Access for bucket $name; best for account $account as "
                "a whole. Then take the statements, ACL grants and access points named in the evidence away, so that "
                "nothing opens again when a setting is switched off. If the content is meant to be public, serve it "
                "through CloudFront with origin access control, or state an exception with an owner and an expiry."
            ),
            cli=(
                "aws s3api put-public-access-block --region $region --bucket $name --public-access-block-configuration "
                "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
            ),
            terraform=(
                'resource "aws_s3_bucket_public_access_block" "this" {\n'
                '  bucket                  = "$name"\n'
                "  block_public_acls       = true\n"
                "  ignore_public_acls      = true\n"
                "  block_public_policy     = true\n"
                "  restrict_public_buckets = true\n"
                "}"
            ),
        ),
        Provider.AZURE: Remediation(
            text=(
                "Disallow anonymous access on storage account $name, then set the containers named in the evidence to "
                "private. Files of a static website stay readable to the world whatever this setting says: switch the "
                "website off where its content is not meant to be public."
            ),
            cli="az storage account update --ids $uid --allow-blob-public-access false",
            terraform=(
                "# in the account's own resource\n"
                'resource "azurerm_storage_account" "this" {\n'
                '  name                            = "$name"\n'
                "  allow_nested_items_to_be_public = false\n"
                "}"
            ),
        ),
        Provider.GCP: Remediation(
            text=(
                "Enforce public access prevention on bucket $name; best by the organisation policy "
                "storage.publicAccessPrevention on the whole project $account. Then remove the bindings for allUsers "
                "and allAuthenticatedUsers named in the evidence."
            ),
            cli="gcloud storage buckets update gs://$name --public-access-prevention",
            terraform=(
                "# in the bucket's own resource\n"
                'resource "google_storage_bucket" "this" {\n'
                '  name                     = "$name"\n'
                '  public_access_prevention = "enforced"\n'
                "}"
            ),
        ),
    },
    references=(
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        "https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent",
        "https://cloud.google.com/storage/docs/public-access-prevention",
    ),
    violations=(by_policy, by_acl, by_access_point, by_use),
    depends=("switches", "requester_pays", "use"),
    weigh=weigh,
    notes=notes,
    good=(
        private_bucket(),
        private_bucket(
            policy_grants=Known((policy_grant(effective=Known(value=False), blocked_by=RESTRICTED.value.by),)),
            policy_silenced=RESTRICTED,
        ),
        private_bucket(
            policy_grants=Known(
                (policy_grant(reach=Reach.ORGANISATION), policy_grant(reach=Reach.ANONYMOUS_FROM_RANGE)),
            ),
        ),
        private_bucket(acl_grants=DENIED_ACL, acl_silenced=IGNORED),
        azure_account(),
        gcp_bucket(),
    ),
    bad=(
        private_bucket(policy_grants=Known((policy_grant(),))),
        private_bucket(policy_grants=Known((policy_grant(),)), acl_grants=DENIED_ACL),
        private_bucket(
            acl_grants=Known((acl_grant(reach=Reach.ANY_AUTHENTICATED, what=(Capability.WRITE,)),)),
            policy_grants=DENIED_POLICY,
        ),
        private_bucket(
            access_point_grants=Known((access_point_grant(),)), website=Known(Website(enabled=True, endpoint="records"))
        ),
        private_bucket(policy_grants=Known((policy_grant(),)), use=USED),
        private_bucket(policy_grants=Known((policy_grant(),)), use=LOGGING_IS_OFF),
        private_bucket(policy_grants=Known((policy_grant(),)), use=NOT_YET_DELIVERED),
        private_bucket(policy_grants=Known((policy_grant(),)), use=UNUSED),
        private_bucket(policy_grants=Known((policy_grant(),)), use=SILENT),
        azure_account(
            policy_grants=Known((policy_grant(via="container reports", statement={"publicAccess": "Blob"}),))
        ),
        gcp_bucket(
            policy_grants=Known(
                (
                    policy_grant(
                        via="bucket IAM",
                        principals=("allUsers",),
                        statement={"role": "roles/storage.objectViewer", "members": ["allUsers"]},
                    ),
                )
            )
        ),
    ),
)
