"""ECR, region by region: repositories of container images."""

from collectors.aws.ecr.collector import RepositoryCollector

__all__ = ["RepositoryCollector"]
