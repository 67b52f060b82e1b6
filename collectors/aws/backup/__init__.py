"""AWS Backup, region by region: vaults, and the plans that fill and copy them."""

from collectors.aws.backup.collector import BackupCollector

__all__ = ["BackupCollector"]
