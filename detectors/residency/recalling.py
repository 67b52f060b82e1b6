"""How copies of databases, tables and file systems are brought back from where they may not lie."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.model import Database, DatabaseBackup, DataCopy, FileSystem, Provider, Resource, Table
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
_COPY = Remediation(
    text=(
        "Delete $name, which was copied here from the source that the evidence names, and whatever was made of it. "
        "Find what makes such copies (a lifecycle policy, a backup plan, a script, a person) and point it to an "
        "allowed region. If the data class is wrong, tag the copy itself."
    ),
    cli=(
        "# by the kind of copy; ID is the last part of $uid\n"
        "aws rds delete-db-snapshot --region $region --db-snapshot-identifier ID\n"
        "aws rds delete-db-cluster-snapshot --region $region --db-cluster-snapshot-identifier ID\n"
        "aws ec2 deregister-image --region $region --image-id ID --delete-associated-snapshots"
    ),
    terraform=(
        "# in place of $name; for a database, aws_db_snapshot_copy likewise\n"
        'resource "aws_ami_copy" "this" {\n'
        "  provider          = aws.allowed\n"
        '  name              = "NEW_NAME"\n'
        '  source_ami_id     = "SOURCE_IMAGE_ID"\n'
        '  source_ami_region = "SOURCE_REGION"\n'
        "}"
    ),
)

RECALLING: Mapping[type[Resource], Mapping[Provider, Remediation]] = {
    Database: {Provider.AWS: _DATABASE},
    DatabaseBackup: {Provider.AWS: _BACKUP},
    Table: {Provider.AWS: _TABLE},
    FileSystem: {Provider.AWS: _FILE_SYSTEM},
    DataCopy: {Provider.AWS: _COPY},
}
