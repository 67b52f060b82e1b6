"""How databases, tables and file systems come to lie elsewhere, each kind in its own way."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.model import Database, DatabaseBackup, DatabaseSnapshot, FileSystem, Provider, Resource, Table
from detectors.model import Remediation

_KEEP = (
    "A service control policy on aws:RequestedRegion keeps new ones from being made. If the data class is wrong, mend "
    "the tag."
)
_DATABASE = Remediation(
    text=(
        "Make a read replica of $name in an allowed region, or copy a snapshot there and restore it; promote it, point "
        f"its users to it, then delete $name with its snapshots and backups here. {_KEEP}"
    ),
    cli=(
        "# of a cluster: copy-db-cluster-snapshot, restore-db-cluster-from-snapshot, delete-db-cluster\n"
        "aws rds create-db-instance-read-replica --region ALLOWED_REGION --db-instance-identifier NEW_ID "
        "--source-db-instance-identifier $uid --kms-key-id KEY_ARN_THERE\n"
        "aws rds promote-read-replica --region ALLOWED_REGION --db-instance-identifier NEW_ID\n"
        "aws rds delete-db-instance --region $region --db-instance-identifier $name --skip-final-snapshot "
        "--delete-automated-backups"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_db_instance" "moved" {\n'
        "  provider            = aws.allowed\n"
        '  replicate_source_db = "$uid" # take it out to promote\n'
        "  storage_encrypted   = true\n"
        '  kms_key_id          = "KEY_ARN_THERE"\n'
        "}"
    ),
)
_SNAPSHOT = Remediation(
    text=(
        "Copy $name to an allowed region if it is still needed, then delete it here. Look for what made it: a backup "
        f"plan with a copy rule, a pipeline; those that RDS makes by itself go with their database. {_KEEP}"
    ),
    cli=(
        "# of a cluster: copy-db-cluster-snapshot, delete-db-cluster-snapshot\n"
        "aws rds copy-db-snapshot --region ALLOWED_REGION --source-region $region "
        "--source-db-snapshot-identifier $uid --target-db-snapshot-identifier NEW_SNAPSHOT --kms-key-id KEY_ARN_THERE\n"
        "aws rds delete-db-snapshot --region $region --db-snapshot-identifier $name"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_db_snapshot_copy" "moved" {\n'
        "  provider                      = aws.allowed\n"
        '  source_db_snapshot_identifier = "$uid"\n'
        '  target_db_snapshot_identifier = "NEW_SNAPSHOT"\n'
        '  kms_key_id                    = "KEY_ARN_THERE"\n'
        "}"
    ),
)
_BACKUP = Remediation(
    text=(
        "Stop what brings the backup of $name here, or begin it anew to an allowed region, then delete the backup. One "
        f"that was retained when its database was deleted can just be deleted, or restored and moved. {_KEEP}"
    ),
    cli=(
        "# an automated backup of RDS that is replicated here from SOURCE_ARN\n"
        "aws rds stop-db-instance-automated-backups-replication --region $region --source-db-instance-arn SOURCE_ARN\n"
        "aws rds delete-db-instance-automated-backup --region $region --db-instance-automated-backups-arn $uid\n"
        "# a backup of a DynamoDB table\n"
        "aws dynamodb delete-backup --region $region --backup-arn $uid"
    ),
    terraform=(
        "# in place of the replication of $name to $region\n"
        'resource "aws_db_instance_automated_backups_replication" "moved" {\n'
        "  provider               = aws.allowed\n"
        '  source_db_instance_arn = "SOURCE_ARN"\n'
        "}"
    ),
)
_TABLE = Remediation(
    text=(
        "Make $name a global table with a replica in an allowed region, point its users there, then take the replica "
        f"here away, and delete its backups here. {_KEEP}"
    ),
    cli=(
        "aws dynamodb update-table --region $region --table-name $name "
        "--replica-updates 'Create={RegionName=ALLOWED_REGION}'\n"
        "# once its users are there\n"
        "aws dynamodb update-table --region ALLOWED_REGION --table-name $name "
        "--replica-updates Delete={RegionName=$region}"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_dynamodb_table" "moved" {\n'
        "  provider = aws.allowed\n"
        '  name     = "$name"\n'
        "}"
    ),
)
_FILE_SYSTEM = Remediation(
    text=(
        "Replicate $name to an allowed region, mount the destination in its place, delete the replication, then delete "
        f"$name and its backups here. {_KEEP}"
    ),
    cli=(
        "# ID is the last part of $uid\n"
        "aws efs create-replication-configuration --region $region --source-file-system-id ID "
        "--destinations Region=ALLOWED_REGION\n"
        "# once it is in step: mount the destination, then\n"
        "aws efs delete-replication-configuration --region $region --source-file-system-id ID\n"
        "aws efs delete-file-system --region $region --file-system-id ID"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_efs_file_system" "moved" {\n'
        "  provider  = aws.allowed\n"
        "  encrypted = true\n"
        "}"
    ),
)

MOVING: Mapping[type[Resource], Mapping[Provider, Remediation]] = {
    Database: {Provider.AWS: _DATABASE},
    DatabaseSnapshot: {Provider.AWS: _SNAPSHOT},
    DatabaseBackup: {Provider.AWS: _BACKUP},
    Table: {Provider.AWS: _TABLE},
    FileSystem: {Provider.AWS: _FILE_SYSTEM},
}
