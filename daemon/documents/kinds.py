"""How kinds of resources are called: in sentences, and in the fields of Kibana's Findings page."""

from __future__ import annotations

import msgspec

from collectors.model import Provider

CLOUDS = {Provider.AWS: "AWS", Provider.AZURE: "Azure", Provider.GCP: "GCP", Provider.CSPMD: "cspmd"}

ACCOUNTS = {
    Provider.AWS: "AWS account",
    Provider.AZURE: "Azure subscription",
    Provider.GCP: "GCP project",
    Provider.CSPMD: "account",
}
"""What each cloud calls an account."""

PEOPLE = frozenset({"user", "iam_user", "root_user", "entra_user", "workspace_user"})
"""Kinds that are somebody who signs in: their name is also ``user.name``."""


class KindNames(msgspec.Struct, frozen=True, kw_only=True):
    """The names of one kind at one cloud.

    ``noun`` is for sentences; ``service`` is ECS ``cloud.service.name`` (empty where unknown);
    ``type`` and ``sub_type`` are those of Elastic's own posture integration where it has the kind.
    """

    noun: str
    service: str
    type: str
    sub_type: str


_NAMES = {
    (Provider.AWS, "bucket"): KindNames(noun="S3 bucket", service="s3", type="cloud-storage", sub_type="aws-s3"),
    (Provider.AWS, "user"): KindNames(
        noun="IAM user", service="iam", type="identity-management", sub_type="aws-iam-user"
    ),
    (Provider.AWS, "root_user"): KindNames(
        noun="root user", service="iam", type="identity-management", sub_type="aws-iam-user"
    ),
    (Provider.AWS, "role"): KindNames(
        noun="IAM role", service="iam", type="identity-management", sub_type="aws-iam-role"
    ),
    (Provider.AWS, "security_group"): KindNames(
        noun="security group", service="ec2", type="cloud-compute", sub_type="aws-security-group"
    ),
    (Provider.AWS, "disk"): KindNames(noun="EBS volume", service="ec2", type="cloud-compute", sub_type="aws-ebs"),
    (Provider.AWS, "disk_snapshot"): KindNames(
        noun="EBS snapshot", service="ec2", type="cloud-compute", sub_type="aws-ebs-snapshot"
    ),
    (Provider.AWS, "machine_image"): KindNames(noun="AMI", service="ec2", type="cloud-compute", sub_type="aws-ami"),
    (Provider.AWS, "database"): KindNames(
        noun="RDS database", service="rds", type="cloud-database", sub_type="aws-rds"
    ),
    (Provider.AWS, "database_snapshot"): KindNames(
        noun="RDS snapshot", service="rds", type="cloud-database", sub_type="aws-rds-snapshot"
    ),
    (Provider.AWS, "database_backup"): KindNames(
        noun="database backup", service="", type="cloud-database", sub_type="aws-database-backup"
    ),
    (Provider.AWS, "table"): KindNames(
        noun="DynamoDB table", service="dynamodb", type="cloud-database", sub_type="aws-dynamodb-table"
    ),
    (Provider.AWS, "file_system"): KindNames(
        noun="EFS file system", service="efs", type="cloud-storage", sub_type="aws-efs"
    ),
    (Provider.AWS, "audit_logging"): KindNames(
        noun="audit logging", service="cloudtrail", type="monitoring", sub_type="aws-trail"
    ),
    (Provider.AWS, "log_trail"): KindNames(noun="trail", service="cloudtrail", type="monitoring", sub_type="aws-trail"),
    (Provider.AWS, "encryption_key"): KindNames(
        noun="KMS key", service="kms", type="key-management", sub_type="aws-kms"
    ),
    (Provider.AWS, "secret"): KindNames(
        noun="secret", service="secretsmanager", type="key-management", sub_type="aws-secret"
    ),
    (Provider.AWS, "image_repository"): KindNames(
        noun="ECR repository", service="ecr", type="container-registry", sub_type="aws-ecr-repository"
    ),
    (Provider.AWS, "backup_vault"): KindNames(
        noun="backup vault", service="backup", type="cloud-storage", sub_type="aws-backup-vault"
    ),
    (Provider.AWS, "backup_plan"): KindNames(
        noun="backup plan", service="backup", type="cloud-storage", sub_type="aws-backup-plan"
    ),
    (Provider.AZURE, "bucket"): KindNames(
        noun="storage account", service="storage", type="cloud-storage", sub_type="azure-storage-account"
    ),
    (Provider.GCP, "bucket"): KindNames(
        noun="Cloud Storage bucket", service="storage", type="cloud-storage", sub_type="gcp-storage-bucket"
    ),
}

SCOPE = "scope"
"""The program's own units of work: their name says cloud, account and region already."""

_NOUNS = {SCOPE: "scope"}


def names_of(provider: Provider, kind: str) -> KindNames:
    """Return the names of a kind; one that is not listed is called by its own words."""
    known = _NAMES.get((provider, kind))
    if known is not None:
        return known
    dashed = kind.replace("_", "-")
    noun = _NOUNS.get(kind, f"{CLOUDS[provider]} {kind.replace('_', ' ')}")
    return KindNames(noun=noun, service="", type=dashed, sub_type=f"{provider.value}-{dashed}")
