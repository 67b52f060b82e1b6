"""DynamoDB: tables, where global ones are replicated to, and on-demand backups."""

from collectors.aws.dynamodb.collector import DynamoDbCollector

__all__ = ["DynamoDbCollector"]
