"""The configuration: one YAML file, read whole or refused with every problem at once."""

from daemon.configuration.loading import Attempt, attempt, load
from daemon.configuration.locate import ConfigurationMissingError, find
from daemon.configuration.model import Configuration
from daemon.configuration.problems import ConfigurationError, Problem
from daemon.configuration.sections import (
    BasicAuthSettings,
    ElasticsearchSettings,
    FileSettings,
    HttpSettings,
    LogSettings,
    Schedule,
    SinkSettings,
    TlsSettings,
)
from daemon.configuration.targets import (
    AwsTarget,
    AzureLogSource,
    AzureTarget,
    CloudTrailSource,
    GcpLogSource,
    GcpTarget,
    S3AccessLogSource,
)
from daemon.configuration.values import Listen

__all__ = [
    "Attempt",
    "AwsTarget",
    "AzureLogSource",
    "AzureTarget",
    "BasicAuthSettings",
    "CloudTrailSource",
    "Configuration",
    "ConfigurationError",
    "ConfigurationMissingError",
    "ElasticsearchSettings",
    "FileSettings",
    "GcpLogSource",
    "GcpTarget",
    "HttpSettings",
    "Listen",
    "LogSettings",
    "Problem",
    "S3AccessLogSource",
    "Schedule",
    "SinkSettings",
    "TlsSettings",
    "attempt",
    "find",
    "load",
]
