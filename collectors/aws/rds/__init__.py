"""RDS: instances and clusters of RDS, Aurora, DocumentDB and Neptune, which share one API."""

from collectors.aws.rds.collector import RdsCollector

__all__ = ["RdsCollector"]
