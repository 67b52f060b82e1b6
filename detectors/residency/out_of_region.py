"""residency.out_of_region: whether data lies where its class may lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from collectors.model import DataCopy, Disk, Known, Placed, Provider, PublicEndpoint
from detectors.data.examples import database, database_backup, database_snapshot, file_system, table
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, iso27001, over
from detectors.residency.examples import EUROPE
from detectors.residency.moving import MOVING
from detectors.residency.relocating import RELOCATING
from detectors.residency.rule import configured, observe, without_rule
from detectors.storage.examples import azure_account, gcp_bucket, policy_grant, private_bucket
from detectors.storage.exposure import exposed

UID = "residency.out_of_region"


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``raise_for_classes``: data classes whose exposure to the public raises the severity one step."""

    raise_for_classes: tuple[str, ...] = ("personal",)


@over("places", "tags")
def home(resource: Placed, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe the places the data itself lies in that its class may not lie in."""
    refused = False
    for seen in observe("places", resource.places.value, resource, policy, {}):
        refused = refused or isinstance(seen, Evidence)
        yield seen
    if refused and _aggravated(resource, policy):
        yield Evidence(name="exposure", data={"public": True, "severity": "raised"}, violates=False)


def _aggravated(resource: Placed, policy: Policy) -> bool:
    """Whether data of a class to be protected is open to the public as well (semantics 7.4, rule 5)."""
    classes = {name.casefold() for name in policy.parameter(UID, Parameters).raise_for_classes}
    data_class = policy.data_class(resource)
    return isinstance(data_class, Known) and data_class.value.casefold() in classes and exposed(resource)


def weigh(resource: Placed, policy: Policy, _evidence: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Return the severity one step up where such data is open to the public as well."""
    return severity.raised() if _aggravated(resource, policy) else severity


_PERSONAL = Known({"data-class": "personal"})
_PUBLIC = Known(PublicEndpoint(on=True, by=("PubliclyAccessible",)))
_FAR: dict[str, Any] = {"region": "us-east-1", "places": Known(("aws:us-east-1",))}

DETECTOR = Detector(
    uid=UID,
    title="Data lies outside its allowed places",
    on=Placed,
    severity=Severity.HIGH,
    description=(
        "The data lies in a region that the policy does not allow for its data class (from the resource's tags or "
        "labels). Data that lies in several regions is allowed only if every one of them is. A location that is in no "
        "table of known places is unknown, never allowed. Where the data of a class such as personal is open to the "
        "public too, the severity is one step higher."
    ),
    risk=(
        "The data is under a law and a jurisdiction that was not agreed to: a breach of contract or of data "
        "protection law, whatever else protects it."
    ),
    controls=(iso27001("5.23"), iso27001("5.31"), iso27001("5.34"), iso27001("5.12")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "An AWS resource cannot change its region. Make a new one in an allowed region, copy the data of $name "
                "there, point its users to it, then delete $name with all its versions. A service control policy on "
                "aws:RequestedRegion keeps new ones from being made. If the data class is wrong, mend the tag."
            ),
            cli=(
                "# for a bucket; NEW_BUCKET in an allowed region\n"
                "aws s3api create-bucket --bucket NEW_BUCKET --region ALLOWED_REGION "
                "--create-bucket-configuration LocationConstraint=ALLOWED_REGION\n"
                "aws s3 sync s3://$name s3://NEW_BUCKET --source-region $region --region ALLOWED_REGION"
            ),
            terraform=(
                'provider "aws" {\n'
                '  alias  = "allowed"\n'
                '  region = "ALLOWED_REGION"\n'
                "}\n\n"
                "# in place of $name\n"
                'resource "aws_s3_bucket" "moved" {\n'
                "  provider = aws.allowed\n"
                '  bucket   = "NEW_BUCKET"\n'
                "}"
            ),
        ),
        Provider.AZURE: Remediation(
            text=(
                "A storage account cannot change its region. Make a new one in an allowed region, copy the data of "
                "$name there, point its users to it, then delete $name. Azure Policy's 'Allowed locations' keeps new "
                "ones from being made."
            ),
            cli=(
                "az storage account create --name NEW_ACCOUNT --resource-group RESOURCE_GROUP "
                "--location ALLOWED_REGION --sku Standard_ZRS\n"
                "azcopy copy https://$name.blob.core.windows.net/ https://NEW_ACCOUNT.blob.core.windows.net/ "
                "--recursive"
            ),
            terraform=(
                "# in place of $name\n"
                'resource "azurerm_storage_account" "moved" {\n'
                '  name                     = "NEW_ACCOUNT"\n'
                '  location                 = "ALLOWED_REGION"\n'
                '  account_replication_type = "ZRS"\n'
                "}"
            ),
        ),
        Provider.GCP: Remediation(
            text=(
                "Relocate bucket $name to an allowed location (needs Storage Intelligence), or make a new bucket there "
                "and copy the data. A multi-region lies in all its regions. The organisation policy "
                "gcp.resourceLocations keeps new ones from being made."
            ),
            cli="gcloud storage buckets relocate gs://$name --location=ALLOWED_LOCATION",
            terraform=(
                "# in place of $name\n"
                'resource "google_storage_bucket" "moved" {\n'
                '  name     = "NEW_BUCKET"\n'
                '  location = "ALLOWED_LOCATION"\n'
                "}"
            ),
        ),
    },
    remediation_of={
        **MOVING,
        **RELOCATING,
        Disk: {
            Provider.AWS: Remediation(
                text=(
                    "Snapshot volume $name, copy the snapshot to an allowed region, make the volume anew from it "
                    "there, "
                    "then delete the volume and its snapshots here. A service control policy on aws:RequestedRegion "
                    "keeps "
                    "new ones from being made. If the data class is wrong, mend the tag."
                ),
                cli=(
                    "# VOLUME_ID is the last part of $uid\n"
                    "aws ec2 create-snapshot --region $region --volume-id VOLUME_ID\n"
                    "aws ec2 copy-snapshot --region ALLOWED_REGION --source-region $region --source-snapshot-id "
                    "SNAPSHOT_ID "
                    "--encrypted"
                ),
                terraform=(
                    "# in place of $name\n"
                    'resource "aws_ebs_volume" "moved" {\n'
                    "  provider          = aws.allowed\n"
                    '  availability_zone = "ALLOWED_ZONE"\n'
                    '  snapshot_id       = "COPIED_SNAPSHOT_ID"\n'
                    "  encrypted         = true\n"
                    "}"
                ),
            )
        },
        DataCopy: {
            Provider.AWS: Remediation(
                text=(
                    "Copy $name to an allowed region if it is still needed, then delete it here; a copy that was made "
                    "of "
                    "something in an allowed region can just be deleted. Look for what made it: a backup plan, a "
                    "lifecycle policy with a cross-region rule, a pipeline. If the data class is wrong, mend the tag."
                ),
                cli=(
                    "# snapshots; ID is the last part of $uid\n"
                    "aws ec2 copy-snapshot --region ALLOWED_REGION --source-region $region --source-snapshot-id ID "
                    "--encrypted\n"
                    "aws ec2 delete-snapshot --region $region --snapshot-id ID\n"
                    "# images\n"
                    "aws ec2 copy-image --region ALLOWED_REGION --source-region $region --source-image-id ID --name "
                    "NEW_NAME\n"
                    "aws ec2 deregister-image --region $region --image-id ID --delete-associated-snapshots"
                ),
                terraform=(
                    "# in place of $name\n"
                    'resource "aws_ebs_snapshot_copy" "moved" {\n'
                    "  provider           = aws.allowed\n"
                    '  source_region      = "$region"\n'
                    '  source_snapshot_id = "ID"\n'
                    "  encrypted          = true\n"
                    "}"
                ),
            )
        },
    },
    violations=(home,),
    parameters=Parameters,
    depends=("source_tags", "policy_grants", "acl_grants", "access_point_grants", "sharing", "public_endpoint"),
    requires=configured,
    applies=without_rule,
    weigh=weigh,
    example_policy=EUROPE,
    good=(
        private_bucket(),
        private_bucket(tags=Known({"data-class": "personal"})),
        private_bucket(places=Known(("aws:eu-north-1",))),
        gcp_bucket(places=Known(("gcp:eur4",))),
        database(tags=_PERSONAL),
        table(),
        file_system(),
    ),
    bad=(
        private_bucket(region="us-east-1", places=Known(("aws:us-east-1",))),
        private_bucket(
            region="us-east-1",
            places=Known(("aws:us-east-1",)),
            tags=Known({"data-class": "personal"}),
            policy_grants=Known((policy_grant(),)),
        ),
        private_bucket(region="eu-north-1", places=Known(("aws:eu-north-1",)), tags=Known({"data-class": "personal"})),
        azure_account(region="eastus", places=Known(("azure:eastus",))),
        gcp_bucket(region="eu", places=Known(("gcp:eu",)), tags=Known({"data-class": "personal"})),
        database(**_FAR),
        database(**_FAR, tags=_PERSONAL, public_endpoint=_PUBLIC),
        database_snapshot(**_FAR),
        database_backup(**_FAR),
        table(region="eu-west-1", places=Known(("aws:eu-west-1",)), tags=_PERSONAL),
        file_system(**_FAR),
    ),
)
