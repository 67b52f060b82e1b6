"""How secrets, image repositories and backup vaults get a key of one's own, each kind in its own way."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.model import BackupVault, ImageRepository, Provider, Resource, Secret
from detectors.model import Remediation

_SECRET = Remediation(
    text=(
        "Give secret $name the key KEY_ARN (in $region); the versions that are in use are encrypted anew with it. Who "
        "reads the secret must be allowed to decrypt with the key. A replica has a key of its own region."
    ),
    cli="aws secretsmanager update-secret --region $region --secret-id $uid --kms-key-id KEY_ARN",
    terraform=(
        "# in the secret's own resource\n"
        'resource "aws_secretsmanager_secret" "this" {\n'
        '  name       = "$name"\n'
        '  kms_key_id = "KEY_ARN"\n'
        "}"
    ),
)
_REPOSITORY = Remediation(
    text=(
        "The encryption of a repository cannot be changed: make a new one with the key KEY_ARN (in $region), push the "
        "images of $name there, point its users to it, then delete $name."
    ),
    cli=(
        "aws ecr create-repository --region $region --repository-name NEW_NAME "
        "--encryption-configuration encryptionType=KMS,kmsKey=KEY_ARN\n"
        "# once its images are pushed to the new one\n"
        "aws ecr delete-repository --region $region --repository-name $name --force"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_ecr_repository" "encrypted" {\n'
        '  name = "NEW_NAME"\n'
        "  encryption_configuration {\n"
        '    encryption_type = "KMS"\n'
        '    kms_key         = "KEY_ARN"\n'
        "  }\n"
        "}"
    ),
)
_VAULT = Remediation(
    text=(
        "The key of a vault cannot be changed: make a new vault with the key KEY_ARN (in $region), point the backup "
        "plans to it, and let the backups in $name expire or copy them over before it is deleted."
    ),
    cli=(
        "aws backup create-backup-vault --region $region --backup-vault-name NEW_VAULT --encryption-key-arn KEY_ARN\n"
        "# once it is empty\n"
        "aws backup delete-backup-vault --region $region --backup-vault-name $name"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_backup_vault" "encrypted" {\n'
        '  name        = "NEW_VAULT"\n'
        '  kms_key_arn = "KEY_ARN"\n'
        "}"
    ),
)

REKEYING: Mapping[type[Resource], Mapping[Provider, Remediation]] = {
    Secret: {Provider.AWS: _SECRET},
    ImageRepository: {Provider.AWS: _REPOSITORY},
    BackupVault: {Provider.AWS: _VAULT},
}
