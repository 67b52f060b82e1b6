"""residency.copy_out_of_region: whether copies of data lie where its class may lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import Bucket, Copy, CopyKind, DataCopy, Known, Placed, Provider
from detectors.data.examples import (
    copied,
    database,
    database_backup,
    database_snapshot,
    file_system,
    image,
    snapshot,
    table,
)
from detectors.model import Detector, Observation, Policy, Remediation, Severity, each, iso27001, over
from detectors.residency.examples import EUROPE, replica
from detectors.residency.recalling import RECALLING
from detectors.residency.rule import configured, observe, without_rule
from detectors.residency.withdrawing import WITHDRAWING
from detectors.storage.examples import azure_account, gcp_bucket, private_bucket


def _observe(name: str, resource: Placed, copy: Copy, policy: Policy) -> Iterator[Observation]:
    about = {"kind": copy.kind, "destination": copy.destination, "via": copy.via}
    shown = {key: value for key, value in about.items() if value}
    yield from observe(name, copy.places.value, resource, policy, shown)


@each("copies")
def by_copy(resource: Placed, copy: Copy, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe replicas, snapshots, backups and geo-redundancy that leave the allowed places."""
    return _observe("copies", resource, copy, policy)


@each("access_point_copies", of=Bucket)
def by_access_point(bucket: Bucket, copy: Copy, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe multi-region access points that spread the data beyond the allowed places."""
    return _observe("access_point_copies", bucket, copy, policy)


@over("places", "copied_from", of=DataCopy)
def by_origin(copy: DataCopy, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a snapshot or image that was copied out of another region to a place that its class may not lie in.

    Nothing on the source tells of such a copy, so it is judged at the copy, with the source as evidence (semantics
    of data residency: a copy counts against its source and where it lies).
    """
    source = copy.copied_from.value
    if source:
        about = {"kind": CopyKind.SNAPSHOT_COPY, "source": source, "destination": copy.uid}
        yield from observe("copied_from", copy.places.value, copy, policy, about)


_RDS = "arn:aws:rds:us-east-1:123456789012"
_FAR = replica(
    destination="arn:aws:s3:::records-backup",
    places=Known(("aws:us-east-1",)),
    via="replication rule to-backup",
)
_SPREAD = replica(
    kind=CopyKind.MULTI_REGION_ACCESS,
    destination="arn:aws:s3::123456789012:accesspoint/worldwide.mrap",
    places=Known(("aws:ap-southeast-2", "aws:eu-central-1")),
    via="multi-region access point worldwide",
)
_PAIRED = replica(
    kind=CopyKind.GEO_REDUNDANCY,
    destination="azure:eastasia",
    places=Known(("azure:eastasia",)),
    via="Standard_GRS",
)

DETECTOR = Detector(
    uid="residency.copy_out_of_region",
    title="A copy of the data leaves its allowed places",
    on=Placed,
    severity=Severity.HIGH,
    description=(
        "Replication, a multi-region access point, a backup, a snapshot copy or geo-redundancy puts a copy of the data "
        "into a region that the policy does not allow for its data class. It counts against the resource that the "
        "copy is made of; the copy, where it lies in a target too, is judged on its own by residency.out_of_region. "
        "A snapshot or image that was copied from another region is shown with its source, which does not tell of it. "
        "A destination whose region cannot be seen is unknown."
    ),
    risk=(
        "The data leaves the jurisdiction it was promised to stay in, silently and with every write, while the "
        "resource itself looks well placed."
    ),
    controls=(iso27001("5.23"), iso27001("5.31"), iso27001("5.34"), iso27001("8.13"), iso27001("8.14")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Send the copies of $name that the evidence names to allowed regions, or stop them. Replicated objects "
                "stay at the destination when the rule goes: delete them there too. The buckets of a multi-region "
                "access point cannot be changed: make a new one over allowed regions and delete the old."
            ),
            cli=(
                "aws s3api get-bucket-replication --region $region --bucket $name "
                "--query ReplicationConfiguration > replication.json\n"
                "# take the named rules out of replication.json, then put it back; without any rule left:\n"
                "# aws s3api delete-bucket-replication --region $region --bucket $name\n"
                "aws s3api put-bucket-replication --region $region --bucket $name "
                "--replication-configuration file://replication.json"
            ),
            terraform=(
                "# point the named rules to a bucket in an allowed region, or take them out\n"
                'resource "aws_s3_bucket_replication_configuration" "this" {\n'
                '  bucket = "$name"\n'
                '  role   = "REPLICATION_ROLE_ARN"\n'
                "  rule {\n"
                '    status = "Enabled"\n'
                "    destination {\n"
                '      bucket = "DESTINATION_IN_ALLOWED_REGION_ARN"\n'
                "    }\n"
                "  }\n"
                "}"
            ),
        ),
        Provider.AZURE: Remediation(
            text=(
                "Geo-redundancy copies $name to its paired region, which cannot be chosen: use locally or zone "
                "redundant storage. Delete object replication policies to accounts in other regions."
            ),
            cli=(
                "az storage account update --ids $uid --sku Standard_LRS\n"
                "# object replication\n"
                "az storage account or-policy list --account-name $name\n"
                "az storage account or-policy delete --account-name $name --policy-id POLICY_ID"
            ),
            terraform=(
                "# in the account's own resource\n"
                'resource "azurerm_storage_account" "this" {\n'
                '  name                     = "$name"\n'
                '  account_replication_type = "LRS"\n'
                "}"
            ),
        ),
        Provider.GCP: Remediation(
            text=(
                "Stop the transfer jobs and bucket replication that copy $name to a location that is not allowed, and "
                "delete the copies there."
            ),
            cli=(
                "gcloud transfer jobs list --project=$account\n"
                "gcloud transfer jobs update JOB_NAME --project=$account --status=disabled"
            ),
            terraform=(
                "# for the job that reads $name\n"
                'resource "google_storage_transfer_job" "copy" {\n'
                '  project = "$account"\n'
                '  status  = "DISABLED"\n'
                "}"
            ),
        ),
    },
    remediation_of={**RECALLING, **WITHDRAWING},
    references=(
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html",
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html",
        "https://docs.aws.amazon.com/efs/latest/ug/efs-replication.html",
    ),
    violations=(by_copy, by_access_point, by_origin),
    depends=("tags", "source_tags"),
    requires=configured,
    applies=without_rule,
    example_policy=EUROPE,
    good=(
        private_bucket(),
        private_bucket(copies=Known((replica(),))),
        private_bucket(
            access_point_copies=Known(
                (replica(kind=CopyKind.MULTI_REGION_ACCESS, places=Known(("aws:eu-central-1", "aws:eu-west-1"))),)
            )
        ),
        azure_account(),
        gcp_bucket(),
        database(),
        table(),
        database_snapshot(copied_from=Known("arn:aws:rds:eu-west-1:123456789012:snapshot:orders")),
        image(copied_from=Known("arn:aws:ec2:us-east-1::image/ami-0f1e2d3c4b5a69788")),
        snapshot(places=Known(("aws:us-east-1",)), copied_from=Known("")),
        file_system(copies=Known((copied("fs-1", "eu-west-1", CopyKind.REPLICATION),))),
    ),
    bad=(
        private_bucket(copies=Known((replica(), _FAR))),
        private_bucket(copies=Known((replica(),)), tags=Known({"data-class": "personal"})),
        private_bucket(access_point_copies=Known((_SPREAD,))),
        azure_account(copies=Known((_PAIRED,))),
        gcp_bucket(copies=Known((replica(destination="records-us", places=Known(("gcp:us",)), via="transfer job"),))),
        database(copies=Known((copied("near"), copied(f"{_RDS}:db:far", "us-east-1")))),
        database(copies=Known((copied(f"{_RDS}:auto-backup:ab-1", "us-east-1", CopyKind.BACKUP_COPY),))),
        database(copies=Known((copied(f"{_RDS}:cluster:far", "us-east-1", CopyKind.GEO_REDUNDANCY),))),
        database_backup(copies=Known((copied(f"{_RDS}:auto-backup:ab-2", "us-east-1", CopyKind.BACKUP_COPY),))),
        table(tags=Known({"data-class": "personal"})),
        file_system(copies=Known((copied("fs-2", "us-east-1", CopyKind.REPLICATION),))),
        database_snapshot(
            places=Known(("aws:us-east-1",)), copied_from=Known("arn:aws:rds:eu-central-1:123456789012:snapshot:orders")
        ),
        image(
            places=Known(("aws:eu-west-1",)),
            tags=Known({}),
            source_tags=Known(({"data-class": "personal"},)),
            copied_from=Known("arn:aws:ec2:eu-central-1::image/ami-0f1e2d3c4b5a69788"),
        ),
    ),
)
