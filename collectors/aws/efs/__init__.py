"""EFS: shared file systems, and where they are replicated to."""

from collectors.aws.efs.collector import EfsCollector

__all__ = ["EfsCollector"]
