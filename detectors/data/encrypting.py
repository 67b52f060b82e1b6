"""How databases, tables and file systems come to be encrypted as required, each kind in its own way."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.model import Database, DatabaseBackup, DatabaseSnapshot, FileSystem, Provider, Resource, Table
from detectors.model import Remediation

_DATABASE = Remediation(
    text=(
        "The storage of a database cannot be encrypted in place, nor its key be changed: snapshot $name, copy the "
        "snapshot with a key (KEY_ARN, in $region), restore the copy under a new name, point its users there, then "
        "delete $name and its unencrypted snapshots and backups."
    ),
    cli=(
        "# ID is the last part of $uid; of a cluster: create-db-cluster-snapshot, copy-db-cluster-snapshot,\n"
        "# restore-db-cluster-from-snapshot\n"
        "aws rds create-db-snapshot --region $region --db-instance-identifier ID --db-snapshot-identifier SNAPSHOT\n"
        "aws rds copy-db-snapshot --region $region --source-db-snapshot-identifier SNAPSHOT "
        "--target-db-snapshot-identifier ENCRYPTED_SNAPSHOT --kms-key-id KEY_ARN\n"
        "aws rds restore-db-instance-from-db-snapshot --region $region --db-instance-identifier NEW_ID "
        "--db-snapshot-identifier ENCRYPTED_SNAPSHOT"
    ),
    terraform=(
        "# in place of $name; aws_rds_cluster has the same attributes\n"
        'resource "aws_db_instance" "encrypted" {\n'
        '  identifier          = "NEW_ID"\n'
        '  snapshot_identifier = "ENCRYPTED_SNAPSHOT"\n'
        "  storage_encrypted   = true\n"
        '  kms_key_id          = "KEY_ARN"\n'
        "}"
    ),
)
_SNAPSHOT = Remediation(
    text=(
        "A snapshot cannot be encrypted in place: copy $name with a key (KEY_ARN, in $region), then delete it. "
        "Snapshots that RDS makes by itself are as encrypted as their database: mend that, and they go with time."
    ),
    cli=(
        "# of a cluster: copy-db-cluster-snapshot, delete-db-cluster-snapshot\n"
        "aws rds copy-db-snapshot --region $region --source-db-snapshot-identifier $name "
        "--target-db-snapshot-identifier ENCRYPTED_SNAPSHOT --kms-key-id KEY_ARN\n"
        "aws rds delete-db-snapshot --region $region --db-snapshot-identifier $name"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_db_snapshot_copy" "encrypted" {\n'
        '  source_db_snapshot_identifier = "SNAPSHOT_ARN"\n'
        '  target_db_snapshot_identifier = "ENCRYPTED_SNAPSHOT"\n'
        '  kms_key_id                    = "KEY_ARN"\n'
        "}"
    ),
)
_BACKUP = Remediation(
    text=(
        "A backup keeps the key it was made with: encrypt what $name is the backup of with the key that is required, "
        "make a new backup, then delete this one."
    ),
    cli=(
        "# an automated backup of RDS; its replication to another region is begun again with a key there\n"
        "aws rds delete-db-instance-automated-backup --region $region --db-instance-automated-backups-arn $uid\n"
        "# a backup of a DynamoDB table\n"
        "aws dynamodb delete-backup --region $region --backup-arn $uid"
    ),
    terraform=(
        "# where the backup of $name is replicated to\n"
        'resource "aws_db_instance_automated_backups_replication" "this" {\n'
        '  source_db_instance_arn = "SOURCE_ARN"\n'
        '  kms_key_id             = "KEY_ARN"\n'
        "}"
    ),
)
_TABLE = Remediation(
    text=(
        "Every table is encrypted; to hold the key yourself, set one of your own (KEY_ARN) on $name. It is done in "
        "place, without interruption. Each replica of a global table has a key of its own region."
    ),
    cli=(
        "aws dynamodb update-table --region $region --table-name $name "
        "--sse-specification Enabled=true,SSEType=KMS,KMSMasterKeyId=KEY_ARN"
    ),
    terraform=(
        "# in the table's own resource\n"
        'resource "aws_dynamodb_table" "this" {\n'
        '  name = "$name"\n'
        "  server_side_encryption {\n"
        "    enabled     = true\n"
        '    kms_key_arn = "KEY_ARN"\n'
        "  }\n"
        "}"
    ),
)
_FILE_SYSTEM = Remediation(
    text=(
        "A file system cannot be encrypted in place, nor its key be changed: make a new one with a key (KEY_ARN, in "
        "$region), copy $name to it (AWS DataSync, or EFS replication, whose destination is encrypted), mount it in "
        "the old one's place, then delete $name and its backups."
    ),
    cli=(
        "# ID is the last part of $uid\n"
        "aws efs create-replication-configuration --region $region --source-file-system-id ID "
        "--destinations Region=$region,KmsKeyId=KEY_ARN\n"
        "# once it is in step: mount the destination, then\n"
        "aws efs delete-replication-configuration --region $region --source-file-system-id ID\n"
        "aws efs delete-file-system --region $region --file-system-id ID"
    ),
    terraform=(
        "# in place of $name\n"
        'resource "aws_efs_file_system" "encrypted" {\n'
        "  encrypted  = true\n"
        '  kms_key_id = "KEY_ARN"\n'
        "}"
    ),
)

ENCRYPTING: Mapping[type[Resource], Mapping[Provider, Remediation]] = {
    Database: {Provider.AWS: _DATABASE},
    DatabaseSnapshot: {Provider.AWS: _SNAPSHOT},
    DatabaseBackup: {Provider.AWS: _BACKUP},
    Table: {Provider.AWS: _TABLE},
    FileSystem: {Provider.AWS: _FILE_SYSTEM},
}
