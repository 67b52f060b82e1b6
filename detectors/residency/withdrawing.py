"""How copies of keys, secrets, images, backups and logs are taken back from where they may not lie."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.model import BackupPlan, EncryptionKey, ImageRepository, LogTrail, Provider, Resource, Secret
from detectors.model import Remediation

_KEY = Remediation(
    text=(
        "Schedule the replicas of key $name that the evidence names for deletion, once nothing there is encrypted "
        "with them any more. A key that was made for one region alone could not have been replicated."
    ),
    cli=(
        "# in each region that the evidence names\n"
        "aws kms schedule-key-deletion --region THERE --key-id REPLICA_ARN --pending-window-in-days 30"
    ),
    terraform=(
        "# no such resource for a region that is not allowed\n"
        'resource "aws_kms_replica_key" "this" {\n'
        "  provider        = aws.allowed\n"
        '  primary_key_arn = "$uid"\n'
        "}"
    ),
)
_SECRET = Remediation(
    text=(
        "Remove the regions that the evidence names from the replication of secret $name: the replicas are deleted. "
        "Then change its value, since the old one has lain there."
    ),
    cli=(
        "aws secretsmanager remove-regions-from-replication --region $region --secret-id $uid "
        "--remove-replica-regions THERE"
    ),
    terraform=(
        "# with no replica block for a region that is not allowed\n"
        'resource "aws_secretsmanager_secret" "this" {\n'
        '  name = "$name"\n'
        "}"
    ),
)
_REPOSITORY = Remediation(
    text=(
        "Take the destinations that the evidence names out of the replication rules of the registry in $region, or "
        "narrow the rules to other repositories than $name. Images that were replicated stay there: delete them."
    ),
    cli=(
        "aws ecr describe-registry --region $region --query replicationConfiguration > replication.json\n"
        "# take the destinations out of replication.json, then put it back\n"
        "aws ecr put-replication-configuration --region $region --replication-configuration file://replication.json\n"
        "# in each region that the evidence names\n"
        "aws ecr delete-repository --region THERE --repository-name $name --force"
    ),
    terraform=(
        "# the registry's rules; none takes $name to a region that is not allowed\n"
        'resource "aws_ecr_replication_configuration" "this" {\n'
        "  replication_configuration {\n"
        "    rule {\n"
        "      destination {\n"
        '        region      = "ALLOWED_REGION"\n'
        '        registry_id = "$account"\n'
        "      }\n"
        "    }\n"
        "  }\n"
        "}"
    ),
)
_PLAN = Remediation(
    text=(
        "Point the copy actions of plan $name that the evidence names to a vault in an allowed region, or take them "
        "out. Copies that were made stay in the vaults there until they expire: delete them."
    ),
    cli=(
        "# PLAN_ID is the last part of $uid\n"
        "aws backup get-backup-plan --region $region --backup-plan-id PLAN_ID --query BackupPlan > plan.json\n"
        "# mend CopyActions in plan.json, then put it back\n"
        "aws backup update-backup-plan --region $region --backup-plan-id PLAN_ID --backup-plan file://plan.json"
    ),
    terraform=(
        "# in the plan's own resource\n"
        'resource "aws_backup_plan" "this" {\n'
        '  name = "$name"\n'
        "  rule {\n"
        '    rule_name         = "RULE"\n'
        '    target_vault_name = "VAULT"\n'
        "    copy_action {\n"
        '      destination_vault_arn = "VAULT_IN_ALLOWED_REGION_ARN"\n'
        "    }\n"
        "  }\n"
        "}"
    ),
)
_TRAIL = Remediation(
    text=(
        "Point trail $name to a bucket and a log group in an allowed region. Log files that were delivered stay where "
        "they are: copy those that must be kept, then delete them there."
    ),
    cli=(
        "aws cloudtrail update-trail --region $region --name $uid --s3-bucket-name BUCKET_IN_ALLOWED_REGION "
        "--cloud-watch-logs-log-group-arn LOG_GROUP_ARN --cloud-watch-logs-role-arn ROLE_ARN"
    ),
    terraform=(
        "# in the trail's own resource\n"
        'resource "aws_cloudtrail" "this" {\n'
        '  name                       = "$name"\n'
        '  s3_bucket_name             = "BUCKET_IN_ALLOWED_REGION"\n'
        '  cloud_watch_logs_group_arn = "LOG_GROUP_ARN"\n'
        "}"
    ),
)

WITHDRAWING: Mapping[type[Resource], Mapping[Provider, Remediation]] = {
    EncryptionKey: {Provider.AWS: _KEY},
    Secret: {Provider.AWS: _SECRET},
    ImageRepository: {Provider.AWS: _REPOSITORY},
    BackupPlan: {Provider.AWS: _PLAN},
    LogTrail: {Provider.AWS: _TRAIL},
}
