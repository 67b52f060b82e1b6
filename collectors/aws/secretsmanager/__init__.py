"""Secrets Manager, region by region: the secrets, never their values."""

from collectors.aws.secretsmanager.collector import SecretCollector

__all__ = ["SecretCollector"]
