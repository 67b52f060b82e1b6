"""data.public_snapshot: whether everyone may make a copy of a snapshot or an image."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from collectors.model import DatabaseSnapshot, DataCopy, Known, MachineImage, Provider, Sharing
from detectors.data.examples import database_snapshot, image, snapshot
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, iso27001, over


@over("sharing")
def shared_with_everyone(copy: DataCopy, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe a grant to everyone that bites now; one that is blocked, and named accounts, are shown."""
    sharing = copy.sharing.value
    if sharing.granted:
        data = {"shared_with": "everyone", "blocked_by": sharing.blocked_by}
        shown = {name: value for name, value in data.items() if value}
        yield Evidence(name="sharing", data=shown, violates=sharing.public)
    accounts = copy.shared_accounts
    if isinstance(accounts, Known) and accounts.value:
        yield Evidence(name="shared_accounts", data={"accounts": accounts.value}, violates=False)


def notes(copy: DataCopy, _policy: Policy) -> Iterator[str]:
    """Yield what else a reader needs to weigh the sharing."""
    if isinstance(copy.sharing, Known):
        sharing = copy.sharing.value
        yield from sharing.notes
        if sharing.granted and not sharing.public:
            yield "shared_but_blocked"
    if isinstance(copy.shared_accounts, Known) and copy.shared_accounts.value:
        yield "shared_with_named_accounts"


_EVERYONE = Known(Sharing(granted=True))
_BLOCKED = Known(Sharing(granted=True, blocked_by=("region block public access for snapshots",)))

DETECTOR = Detector(
    uid="data.public_snapshot",
    title="A snapshot or image is public",
    on=DataCopy,
    severity=Severity.CRITICAL,
    description=(
        "A snapshot of a disk or database, or a machine image, is shared with everyone who has an account at the "
        "cloud. One that is shared with "
        "named accounts is shown and is no violation, nor is one whose sharing a switch of the region blocks now."
    ),
    risk=(
        "Anyone makes a disk or machine of it and reads everything that was on the original: files, databases, "
        "credentials. Public snapshots are searched for continuously, and a copy made meanwhile cannot be taken back."
    ),
    controls=(iso27001("5.23"), iso27001("8.3"), iso27001("8.12"), iso27001("5.14")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Take the sharing with everyone off snapshot $name, and block public sharing of snapshots in the "
                "region. "
                "Treat the data, and every credential in it, as read by others; CloudTrail does not show copies that "
                "others made."
            ),
            cli=(
                "# ID is the last part of $uid\n"
                "aws ec2 modify-snapshot-attribute --region $region --snapshot-id ID "
                "--attribute createVolumePermission --operation-type remove --group-names all\n"
                "aws ec2 enable-snapshot-block-public-access --region $region --state block-all-sharing"
            ),
            terraform=(
                "# no aws_snapshot_create_volume_permission of $name for the group all; and, in $region:\n"
                'resource "aws_ebs_snapshot_block_public_access" "this" {\n'
                '  state = "block-all-sharing"\n'
                "}"
            ),
        ),
    },
    remediation_of={
        DatabaseSnapshot: {
            Provider.AWS: Remediation(
                text=(
                    "Take the sharing with everyone off snapshot $name. One that is encrypted cannot be shared so, "
                    "which is a reason to encrypt. Treat the data, and every credential in it, as read by others; "
                    "CloudTrail does not show copies that others made."
                ),
                cli=(
                    "aws rds modify-db-snapshot-attribute --region $region --db-snapshot-identifier $name "
                    "--attribute-name restore --values-to-remove all\n"
                    "# of a cluster\n"
                    "aws rds modify-db-cluster-snapshot-attribute --region $region "
                    "--db-cluster-snapshot-identifier $name --attribute-name restore --values-to-remove all"
                ),
                terraform=(
                    "# in the resource of $name; aws_db_cluster_snapshot has the same attribute\n"
                    'resource "aws_db_snapshot" "this" {\n'
                    "  shared_accounts = [] # never all\n"
                    "}"
                ),
            )
        },
        MachineImage: {
            Provider.AWS: Remediation(
                text=(
                    "Take the launch permission for everyone off image $name, and block public sharing of images in "
                    "the "
                    "region. Treat what is in it, and every credential, as read by others."
                ),
                cli=(
                    "# ID is the last part of $uid\n"
                    "aws ec2 modify-image-attribute --region $region --image-id ID "
                    "--launch-permission 'Remove=[{Group=all}]'\n"
                    "aws ec2 enable-image-block-public-access --region $region "
                    "--image-block-public-access-state block-new-sharing"
                ),
                terraform=(
                    "# no aws_ami_launch_permission of $name for the group all; and, in $region:\n"
                    'resource "aws_ec2_image_block_public_access" "this" {\n'
                    '  state = "block-new-sharing"\n'
                    "}"
                ),
            )
        },
    },
    references=(
        "https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html",
    ),
    violations=(shared_with_everyone,),
    depends=("shared_accounts",),
    notes=notes,
    good=(
        snapshot(),
        image(),
        snapshot(shared_accounts=Known(("210987654321",))),
        snapshot(sharing=_BLOCKED),
        database_snapshot(),
        database_snapshot(shared_accounts=Known(("210987654321",))),
    ),
    bad=(
        snapshot(sharing=_EVERYONE),
        snapshot(sharing=_EVERYONE, shared_accounts=Known(("210987654321",))),
        snapshot(sharing=Known(Sharing(granted=True, notes=("sharing_block_unread",)))),
        image(sharing=_EVERYONE),
        database_snapshot(sharing=_EVERYONE),
    ),
)
