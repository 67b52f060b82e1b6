"""EC2, region by region: security groups, volumes, snapshots, machine images."""

from collectors.aws.ec2.network import NetworkCollector
from collectors.aws.ec2.storage import StorageCollector

__all__ = ["NetworkCollector", "StorageCollector"]
