"""storage.versioning: whether an overwritten or deleted object survives as an older version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import Bucket, Known, Provider, Versioning
from detectors.model import Detector, Evidence, Policy, Remediation, Severity, iso27001, over
from detectors.storage.examples import azure_account, gcp_bucket, private_bucket


@over("versioning")
def off(bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Evidence]:
    """Observe that versioning is not on now (never switched on, or suspended)."""
    versioning = bucket.versioning.value
    if not versioning.enabled:
        yield Evidence(name="versioning", data={"enabled": False, "state": versioning.state or "never enabled"})


DETECTOR = Detector(
    uid="storage.versioning",
    title="Storage keeps no older versions",
    on=Bucket,
    severity=Severity.MEDIUM,
    description="Object versioning is not on now: it was never enabled, or it is suspended.",
    risk="An object that is overwritten or deleted, by mistake or by ransomware, is gone for good.",
    controls=(iso27001("5.23"), iso27001("8.13"), iso27001("8.10"), iso27001("5.33")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Enable versioning on bucket $name, and add a lifecycle rule that expires noncurrent versions after "
                "the time you need them, or storage grows without end."
            ),
            cli=(
                "aws s3api put-bucket-versioning --region $region --bucket $name "
                "--versioning-configuration Status=Enabled"
            ),
            terraform=(
                'resource "aws_s3_bucket_versioning" "this" {\n'
                '  bucket = "$name"\n'
                "  versioning_configuration {\n"
                '    status = "Enabled"\n'
                "  }\n"
                "}"
            ),
        ),
        Provider.AZURE: Remediation(
            text="Enable blob versioning on storage account $name, with a lifecycle rule for older versions.",
            cli=(
                "az storage account blob-service-properties update --account-name $name "
                "--resource-group RESOURCE_GROUP --enable-versioning true"
            ),
            terraform=(
                "# in the account's own resource\n"
                'resource "azurerm_storage_account" "this" {\n'
                '  name = "$name"\n'
                "  blob_properties {\n"
                "    versioning_enabled = true\n"
                "  }\n"
                "}"
            ),
        ),
        Provider.GCP: Remediation(
            text="Enable object versioning on bucket $name, with a lifecycle rule for noncurrent versions.",
            cli="gcloud storage buckets update gs://$name --versioning",
            terraform=(
                "# in the bucket's own resource\n"
                'resource "google_storage_bucket" "this" {\n'
                '  name = "$name"\n'
                "  versioning {\n"
                "    enabled = true\n"
                "  }\n"
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",),
    violations=(off,),
    good=(private_bucket(), azure_account(), gcp_bucket()),
    bad=(
        private_bucket(versioning=Known(Versioning(enabled=False))),
        private_bucket(versioning=Known(Versioning(enabled=False, state="Suspended"))),
        azure_account(versioning=Known(Versioning(enabled=False))),
        gcp_bucket(versioning=Known(Versioning(enabled=False))),
    ),
)
