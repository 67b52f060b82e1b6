"""How keys, secrets, images, backups and trails come to lie elsewhere, each kind in its own way."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.model import (
    BackupPlan,
    BackupVault,
    EncryptionKey,
    ImageRepository,
    LogTrail,
    Provider,
    Resource,
    Secret,
)
from detectors.model import Remediation

_KEEP = "If the data class is wrong, mend the tag."

_KEY = Remediation(
    text=(
        "A key cannot leave its region. Make one in an allowed region, encrypt anew with it what key $name protects, "
        "then schedule $name for deletion: without it, what is still encrypted with it is lost. The replica of a "
        f"multi-region key can be deleted by itself. {_KEEP}"
    ),
    cli=(
        "aws kms create-key --region ALLOWED_REGION\n"
        "# once nothing is encrypted with it any more\n"
        "aws kms schedule-key-deletion --region $region --key-id $uid --pending-window-in-days 30"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_kms_key" "moved" {\n'
        "  provider            = aws.allowed\n"
        "  enable_key_rotation = true\n"
        "}"
    ),
)
_SECRET = Remediation(
    text=(
        "Make secret $name anew in an allowed region with a new value, point its users there, then delete it here: "
        f"the old value has lain here. A replica is removed from its primary. {_KEEP}"
    ),
    cli=(
        "# a replica, from its primary's region\n"
        "aws secretsmanager remove-regions-from-replication --region PRIMARY_REGION --secret-id $name "
        "--remove-replica-regions $region\n"
        "# any other, once it was made anew\n"
        "aws secretsmanager delete-secret --region $region --secret-id $uid"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_secretsmanager_secret" "moved" {\n'
        "  provider = aws.allowed\n"
        '  name     = "$name"\n'
        "}"
    ),
)
_REPOSITORY = Remediation(
    text=(
        "Make repository $name anew in an allowed region, push its images there, point its users to it, then delete it "
        f"here. Look whether a registry's replication rule filled it. {_KEEP}"
    ),
    cli=(
        "aws ecr create-repository --region ALLOWED_REGION --repository-name $name\n"
        "# once its images are pushed there\n"
        "aws ecr delete-repository --region $region --repository-name $name --force"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_ecr_repository" "moved" {\n'
        "  provider = aws.allowed\n"
        '  name     = "$name"\n'
        "}"
    ),
)
_VAULT = Remediation(
    text=(
        "Point the plans that fill vault $name to a vault in an allowed region, copy what must be kept there, then "
        f"delete the backups and the vault here. {_KEEP}"
    ),
    cli=(
        "aws backup create-backup-vault --region ALLOWED_REGION --backup-vault-name $name\n"
        "aws backup list-recovery-points-by-backup-vault --region $region --backup-vault-name $name\n"
        "# each of them\n"
        "aws backup delete-recovery-point --region $region --backup-vault-name $name --recovery-point-arn ARN\n"
        "aws backup delete-backup-vault --region $region --backup-vault-name $name"
    ),
    terraform=(
        '# in place of $name\nresource "aws_backup_vault" "moved" {\n  provider = aws.allowed\n  name     = "$name"\n}'
    ),
)
_PLAN = Remediation(
    text=(
        "Plan $name backs up what lies in $region, into a vault there. Move what it selects to an allowed region, and "
        f"the plan with it. {_KEEP}"
    ),
    cli="# PLAN_ID is the last part of $uid\naws backup delete-backup-plan --region $region --backup-plan-id PLAN_ID",
    terraform=(
        '# in place of $name\nresource "aws_backup_plan" "moved" {\n  provider = aws.allowed\n  name     = "$name"\n}'
    ),
)
_TRAIL = Remediation(
    text=(
        "A trail cannot change its home region: make it anew in an allowed one, with a bucket that lies there too, see "
        f"that it records, then delete $name. {_KEEP}"
    ),
    cli=(
        "aws cloudtrail create-trail --region ALLOWED_REGION --name $name --s3-bucket-name BUCKET_IN_ALLOWED_REGION "
        "--is-multi-region-trail --enable-log-file-validation\n"
        "aws cloudtrail start-logging --region ALLOWED_REGION --name $name\n"
        "aws cloudtrail delete-trail --region $region --name $uid"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_cloudtrail" "moved" {\n'
        "  provider                   = aws.allowed\n"
        '  name                       = "$name"\n'
        '  s3_bucket_name             = "BUCKET_IN_ALLOWED_REGION"\n'
        "  is_multi_region_trail      = true\n"
        "  enable_log_file_validation = true\n"
        "}"
    ),
)

RELOCATING: Mapping[type[Resource], Mapping[Provider, Remediation]] = {
    EncryptionKey: {Provider.AWS: _KEY},
    Secret: {Provider.AWS: _SECRET},
    ImageRepository: {Provider.AWS: _REPOSITORY},
    BackupVault: {Provider.AWS: _VAULT},
    BackupPlan: {Provider.AWS: _PLAN},
    LogTrail: {Provider.AWS: _TRAIL},
}
