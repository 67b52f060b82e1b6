"""data.encryption_at_rest: whether disks, databases and their copies are encrypted with a key held as required."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from collectors.model import (
    DataStore,
    DiskSnapshot,
    Encryption,
    Fact,
    KeyHolder,
    Known,
    MachineImage,
    NotNeeded,
    Provider,
)
from detectors.data.encrypting import ENCRYPTING
from detectors.data.examples import (
    UNENCRYPTED,
    database,
    database_backup,
    database_snapshot,
    disk,
    file_system,
    image,
    snapshot,
    table,
)
from detectors.data.rekeying import REKEYING
from detectors.model import (
    ClassRule,
    Detector,
    Evidence,
    Observation,
    Policy,
    Remediation,
    Severity,
    iso27001,
    over,
    rules_for,
)
from detectors.requirement import STRENGTH, Requirement

UID = "data.encryption_at_rest"


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must hold the key, weakest that passes: by default, and by data class.

    ``provider``: any encryption. ``customer_key``: a key in the customer's key service. ``hsm``: a key
    that lives in a hardware security module or key store of the customer's own.
    """

    require: Requirement = Requirement.PROVIDER
    classes: Mapping[str, Requirement] = msgspec.field(default_factory=dict)


@over("encryption", "key_holder", "tags")
def too_weak(store: DataStore, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe what is not encrypted, or with a key held more weakly than required, whatever the data class may be."""
    encryption = store.encryption.value
    parameters = policy.parameter(UID, Parameters)
    possible = rules_for(policy, store, parameters.require, parameters.classes)
    if all(STRENGTH[encryption.holder] >= _strength(rule) for rule in possible.rules):
        return
    held = encryption.holder if encryption.holder is KeyHolder.NONE else _held(store.key_holder, encryption)
    broken = [rule for rule in possible.rules if STRENGTH[held] < _strength(rule)]
    if not broken:
        return
    if possible.unread is not None and len(broken) < len(possible.rules):
        yield possible.unread
        return
    weakest = min(broken, key=_strength)
    data = {
        "holder": held,
        "required": weakest.rule,
        "rule": weakest.name if possible.unread is None else "whatever the data class, which is unread",
        "key_uid": encryption.key_uid,
    }
    yield Evidence(name="encryption", data={name: value for name, value in data.items() if value})


def _held(key_holder: Fact[KeyHolder], encryption: Encryption) -> KeyHolder:
    """Return who holds the key; raises what the engine takes where that was not read."""
    held: KeyHolder = key_holder.value
    return held if STRENGTH[held] > STRENGTH[encryption.holder] else encryption.holder


def _strength(rule: ClassRule[Requirement]) -> int:
    return STRENGTH[KeyHolder(rule.rule.value)]


def notes(store: DataStore, _policy: Policy) -> Iterator[str]:
    """Yield that new ones are not encrypted by default where this one is not encrypted at all."""
    if store.encryption.value.holder is KeyHolder.NONE and store.default_encryption == Known(value=False):
        yield "default_encryption_off"


_CUSTOMER_KEY = Policy(
    parameters={UID: Parameters(require=Requirement.PROVIDER, classes={"personal": Requirement.CUSTOMER_KEY})}
)
_PERSONAL = Known({"data-class": "personal"})
_BY_PROVIDER = {"key_holder": Known(KeyHolder.PROVIDER)}
DETECTOR = Detector(
    uid=UID,
    title="Data is not encrypted at rest as required",
    on=DataStore,
    severity=Severity.MEDIUM,
    description=(
        "A disk, a database, a table, a file system or a copy of one is not encrypted at rest, or with a key that is "
        "held more weakly than the policy requires: 'provider' takes any encryption, 'customer_key' and 'hsm' ask for "
        "more, for everything or by data class. An image is as encrypted as its least encrypted disk; its keys are "
        "judged on its snapshots. Secrets, repositories of images and backup vaults are always encrypted: of them who "
        "holds the key is judged. Whether the region encrypts new disks by itself is said with it."
    ),
    risk=(
        "Without encryption a copy, a lost disk or a snapshot that is shared by mistake is readable by whoever has it. "
        "Without a key of one's own, access cannot be cut off by the key, nor its use recorded."
    ),
    controls=(iso27001("5.23"), iso27001("8.24"), iso27001("5.34"), iso27001("8.10")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "A volume cannot be encrypted in place: snapshot $name, make a volume of the snapshot with encryption "
                "(KEY_ARN, in $region), put it in the old one's place, then delete the old one and its snapshots. "
                "Turn on encryption by default in the region, so that no new one is made without."
            ),
            cli=(
                "aws ec2 enable-ebs-encryption-by-default --region $region\n"
                "# VOLUME_ID is the last part of $uid\n"
                "aws ec2 create-snapshot --region $region --volume-id VOLUME_ID\n"
                "aws ec2 create-volume --region $region --availability-zone ZONE --snapshot-id SNAPSHOT_ID --encrypted "
                "--kms-key-id KEY_ARN"
            ),
            terraform=(
                'resource "aws_ebs_encryption_by_default" "this" {\n'
                "  enabled = true\n"
                "}\n\n"
                "# in place of $name\n"
                'resource "aws_ebs_volume" "encrypted" {\n'
                '  availability_zone = "ZONE"\n'
                '  snapshot_id       = "SNAPSHOT_ID"\n'
                "  encrypted         = true\n"
                '  kms_key_id        = "KEY_ARN"\n'
                "}"
            ),
        ),
    },
    remediation_of={
        **ENCRYPTING,
        **REKEYING,
        DiskSnapshot: {
            Provider.AWS: Remediation(
                text=(
                    "A snapshot cannot be encrypted in place: copy $name with a key (KEY_ARN, in $region), then delete "
                    "it. What is made of the copy is encrypted with the same key."
                ),
                cli=(
                    "# ID is the last part of $uid\n"
                    "aws ec2 copy-snapshot --region $region --source-region $region --source-snapshot-id ID "
                    "--encrypted "
                    "--kms-key-id KEY_ARN\n"
                    "aws ec2 delete-snapshot --region $region --snapshot-id ID"
                ),
                terraform=(
                    "# in place of $name\n"
                    'resource "aws_ebs_snapshot_copy" "encrypted" {\n'
                    '  source_region      = "$region"\n'
                    '  source_snapshot_id = "ID"\n'
                    "  encrypted          = true\n"
                    '  kms_key_id         = "KEY_ARN"\n'
                    "}"
                ),
            )
        },
        MachineImage: {
            Provider.AWS: Remediation(
                text=(
                    "An image cannot be encrypted in place: copy $name with a key (KEY_ARN, in $region), start "
                    "machines "
                    "from the copy, then deregister the image and delete its snapshots."
                ),
                cli=(
                    "# ID is the last part of $uid\n"
                    "aws ec2 copy-image --region $region --source-region $region --source-image-id ID --name NEW_NAME "
                    "--encrypted --kms-key-id KEY_ARN\n"
                    "aws ec2 deregister-image --region $region --image-id ID --delete-associated-snapshots"
                ),
                terraform=(
                    'resource "aws_ami_copy" "encrypted" {\n'
                    '  name              = "NEW_NAME"\n'
                    '  source_ami_id     = "ID" # $name\n'
                    '  source_ami_region = "$region"\n'
                    "  encrypted         = true\n"
                    '  kms_key_id        = "KEY_ARN"\n'
                    "}"
                ),
            )
        },
    },
    references=(
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html",
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html",
        "https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html",
    ),
    violations=(too_weak,),
    depends=("default_encryption", "source_tags"),
    parameters=Parameters,
    notes=notes,
    example_policy=_CUSTOMER_KEY,
    good=(
        disk(),
        disk(tags=_PERSONAL),
        snapshot(**_BY_PROVIDER),
        image(key_holder=NotNeeded("keys_are_those_of_its_snapshots")),
        database(tags=_PERSONAL),
        database_snapshot(),
        database_backup(**_BY_PROVIDER),
        table(**_BY_PROVIDER),
        file_system(tags=_PERSONAL),
    ),
    bad=(
        disk(**UNENCRYPTED, default_encryption=Known(value=False)),
        disk(tags=_PERSONAL, **_BY_PROVIDER),
        snapshot(**UNENCRYPTED),
        image(**UNENCRYPTED),
        database(**UNENCRYPTED),
        database_snapshot(tags=_PERSONAL, **_BY_PROVIDER),
        database_backup(**UNENCRYPTED),
        table(tags=_PERSONAL, **_BY_PROVIDER),
        file_system(**UNENCRYPTED),
    ),
)
