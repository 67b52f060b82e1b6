"""KMS, region by region: the keys that the customer manages."""

from collectors.aws.kms.collector import KeyCollector

__all__ = ["KeyCollector"]
