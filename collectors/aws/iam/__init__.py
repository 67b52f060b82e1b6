"""IAM: the root, users, roles, and what their policies come to."""

from collectors.aws.iam.collector import IamCollector

__all__ = ["IamCollector"]
