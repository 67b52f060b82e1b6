"""S3: buckets, the account's block, access points."""

from collectors.aws.s3.collector import S3Collector

__all__ = ["S3Collector"]
