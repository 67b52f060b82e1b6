"""EC2, region by region: security groups, volumes, snapshots, machine images."""

from collectors.aws.ec2.network import NetworkCollector

__all__ = ["NetworkCollector"]
