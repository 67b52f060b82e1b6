"""The AWS collectors there are. Adding a resource family is adding its collector here."""

from __future__ import annotations

from collectors.aws.ec2 import NetworkCollector, StorageCollector
from collectors.aws.iam import IamCollector
from collectors.aws.s3 import S3Collector

COLLECTORS = (S3Collector, IamCollector, NetworkCollector, StorageCollector)
