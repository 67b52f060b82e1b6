"""How copies of databases, tables and file systems are brought back from where they may not lie."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.model import Database, DatabaseBackup, FileSystem, Provider, Resource, Table
from detectors.model import Remediation

_DATABASE = Remediation(
    text=(
        "Stop the copies of $name that the evidence names, and delete what they have made: delete or promote and "
        "delete read replicas, take secondary clusters out of the global database and delete them, stop the "
        "replication of automated backups. What is needed for recovery, make anew in an allowed region."
    ),
    cli=(
        "# by the kind of copy that the evidence names; THERE is the region that is not allowed\n"
        "# read_replica\n"
        "aws rds delete-db-instance --region THERE --db-instance-identifier REPLICA --skip-final-snapshot\n"
        "# backup_copy\n"
        "aws rds stop-db-instance-automated-backups-replication --region THERE --source-db-instance-arn $uid\n"
        "# geo_redundancy\n"
        "aws rds remove-from-global-cluster --region $region --global-cluster-identifier GLOBAL "
        "--db-cluster-identifier SECONDARY_ARN\n"
        "aws rds delete-db-cluster --region THERE --db-cluster-identifier SECONDARY --skip-final-snapshot"
    ),
    terraform=(
        "# no replica of $name in a region that is not allowed; its backups go to one that is\n"
        'resource "aws_db_instance_automated_backups_replication" "this" {\n'
        "  provider               = aws.allowed\n"
        '  source_db_instance_arn = "$uid"\n'
        "}"
    ),
)
_BACKUP = Remediation(
    text=(
        "Stop the replication of the backups of $name that the evidence names, and delete the replicated ones where "
        "they lie; make them anew in an allowed region if they are needed."
    ),
    cli=(
        "# THERE, SOURCE_ARN and REPLICATED_ARN are of the evidence\n"
        "aws rds stop-db-instance-automated-backups-replication --region THERE --source-db-instance-arn SOURCE_ARN\n"
        "aws rds delete-db-instance-automated-backup --region THERE --db-instance-automated-backups-arn REPLICATED_ARN"
    ),
    terraform=(
        "# in place of the replication of the backups of $name\n"
        'resource "aws_db_instance_automated_backups_replication" "this" {\n'
        "  provider               = aws.allowed\n"
        '  source_db_instance_arn = "SOURCE_ARN"\n'
        "}"
    ),
)
_TABLE = Remediation(
    text=(
        "Take the replicas of $name out of the regions that are not allowed; a replica that is taken out is deleted "
        "with its data. Backups made there stay: delete them too."
    ),
    cli=(
        "# THERE is the region that is not allowed\n"
        "aws dynamodb update-table --region $region --table-name $name --replica-updates 'Delete={RegionName=THERE}'"
    ),
    terraform=(
        "# in the table's own resource, replicas in allowed regions alone\n"
        'resource "aws_dynamodb_table" "this" {\n'
        '  name = "$name"\n'
        "  replica {\n"
        '    region_name = "ALLOWED_REGION"\n'
        "  }\n"
        "}"
    ),
)
_FILE_SYSTEM = Remediation(
    text=(
        "Delete the replication of $name and the destination file system, which stays when the replication goes; "
        "replicate to an allowed region instead if a second copy is needed."
    ),
    cli=(
        "# ID is the last part of $uid; THERE and DESTINATION are of the evidence\n"
        "aws efs delete-replication-configuration --region $region --source-file-system-id ID\n"
        "aws efs delete-file-system --region THERE --file-system-id DESTINATION"
    ),
    terraform=(
        "# in the replication of $name\n"
        'resource "aws_efs_replication_configuration" "this" {\n'
        '  source_file_system_id = "ID"\n'
        "  destination {\n"
        '    region = "ALLOWED_REGION"\n'
        "  }\n"
        "}"
    ),
)

RECALLING: Mapping[type[Resource], Mapping[Provider, Remediation]] = {
    Database: {Provider.AWS: _DATABASE},
    DatabaseBackup: {Provider.AWS: _BACKUP},
    Table: {Provider.AWS: _TABLE},
    FileSystem: {Provider.AWS: _FILE_SYSTEM},
}
