"""storage.access_logging: whether it is recorded who reads and writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import AccessLogging, Bucket, Known, Provider
from detectors.model import Detector, Evidence, Policy, Remediation, Severity, iso27001, over
from detectors.storage.examples import azure_account, gcp_bucket, private_bucket


@over("access_logging")
def off(bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Evidence]:
    """Observe that access logging is not on now."""
    if not bucket.access_logging.value.enabled:
        yield Evidence(name="access_logging", data={"enabled": False})


DETECTOR = Detector(
    uid="storage.access_logging",
    title="Storage access is not logged",
    on=Bucket,
    severity=Severity.MEDIUM,
    description=(
        "Access logging is not on for the bucket now. A bucket that only receives logs is judged like any other: "
        "state an exception for it where that is meant."
    ),
    risk="After an exposure nobody can say whether the data was taken, by whom and from where.",
    controls=(iso27001("5.23"), iso27001("8.15"), iso27001("8.16"), iso27001("5.28")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Log access to bucket $name to a bucket of the same account and region (LOG_BUCKET) whose policy lets "
                "logging.s3.amazonaws.com put objects. Never let a bucket log to itself."
            ),
            cli=(
                "aws s3api put-bucket-logging --region $region --bucket $name --bucket-logging-status "
                "'LoggingEnabled={TargetBucket=LOG_BUCKET,TargetPrefix='$name'/}'"
            ),
            terraform=(
                'resource "aws_s3_bucket_logging" "this" {\n'
                '  bucket        = "$name"\n'
                '  target_bucket = "LOG_BUCKET"\n'
                '  target_prefix = "$name/"\n'
                "}"
            ),
        ),
        Provider.AZURE: Remediation(
            text="Send the blob service's read, write and delete logs of storage account $name to a workspace.",
            cli=(
                "az monitor diagnostic-settings create --name access-log --resource $uid/blobServices/default "
                "--workspace WORKSPACE_ID --logs "
                '\'[{"category":"StorageRead","enabled":true},{"category":"StorageWrite","enabled":true},'
                '{"category":"StorageDelete","enabled":true}]\''
            ),
            terraform=(
                'resource "azurerm_monitor_diagnostic_setting" "access_log" {\n'
                '  name                       = "access-log"\n'
                '  target_resource_id         = "$uid/blobServices/default"\n'
                '  log_analytics_workspace_id = "WORKSPACE_ID"\n'
                "  enabled_log {\n"
                '    category = "StorageRead"\n'
                "  }\n"
                "  enabled_log {\n"
                '    category = "StorageWrite"\n'
                "  }\n"
                "  enabled_log {\n"
                '    category = "StorageDelete"\n'
                "  }\n"
                "}"
            ),
        ),
        Provider.GCP: Remediation(
            text=(
                "Enable usage logs of bucket $name to LOG_BUCKET, which must let "
                "cloud-storage-analytics@google.com create objects. They also show reads of public objects, which "
                "Data Access audit logs do not fully cover."
            ),
            cli="gcloud storage buckets update gs://$name --log-bucket=gs://LOG_BUCKET --log-object-prefix=$name",
            terraform=(
                "# in the bucket's own resource\n"
                'resource "google_storage_bucket" "this" {\n'
                '  name = "$name"\n'
                "  logging {\n"
                '    log_bucket        = "LOG_BUCKET"\n'
                '    log_object_prefix = "$name"\n'
                "  }\n"
                "}"
            ),
        ),
    },
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html",),
    violations=(off,),
    good=(private_bucket(), azure_account(), gcp_bucket()),
    bad=(
        private_bucket(access_logging=Known(AccessLogging(enabled=False))),
        azure_account(access_logging=Known(AccessLogging(enabled=False))),
        gcp_bucket(access_logging=Known(AccessLogging(enabled=False))),
    ),
)
