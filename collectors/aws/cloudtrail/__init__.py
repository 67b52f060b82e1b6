"""CloudTrail: an account's audit logging as a whole, and its trails where they lie."""

from collectors.aws.cloudtrail.logging import AuditLoggingCollector
from collectors.aws.cloudtrail.trails import TrailCollector

__all__ = ["AuditLoggingCollector", "TrailCollector"]
