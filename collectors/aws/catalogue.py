"""The AWS collectors there are. Adding a resource family is adding its collector here."""

from __future__ import annotations

from collectors.aws.backup import BackupCollector
from collectors.aws.cloudtrail import AuditLoggingCollector, TrailCollector
from collectors.aws.dynamodb import DynamoDbCollector
from collectors.aws.ec2 import NetworkCollector, StorageCollector
from collectors.aws.ecr import RepositoryCollector
from collectors.aws.efs import EfsCollector
from collectors.aws.iam import IamCollector
from collectors.aws.kms import KeyCollector
from collectors.aws.rds import RdsCollector
from collectors.aws.s3 import S3Collector
from collectors.aws.secretsmanager import SecretCollector

COLLECTORS = (
    S3Collector,
    IamCollector,
    AuditLoggingCollector,
    TrailCollector,
    NetworkCollector,
    StorageCollector,
    RdsCollector,
    DynamoDbCollector,
    EfsCollector,
    KeyCollector,
    SecretCollector,
    RepositoryCollector,
    BackupCollector,
)
