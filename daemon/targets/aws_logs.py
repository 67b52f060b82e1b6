"""The logs of an AWS target: which are configured, and which account's credentials read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from collectors.api import LogSource, Permission
from collectors.aws.logs.lookup import CloudTrailLookup
from collectors.aws.logs.sources import (
    CloudTrailBucket,
    CloudTrailQueue,
    S3AccessBucket,
    S3AccessQueue,
    partition_of,
)
from collectors.aws.session import AwsAccount
from daemon.targets.unit import LogUnit

if TYPE_CHECKING:
    from daemon.configuration import AwsTarget, CloudTrailSource, S3AccessLogSource

FileLog = CloudTrailBucket | CloudTrailQueue | S3AccessBucket | S3AccessQueue

# CloudTrail User Guide, "About global service events": they are in the event history of one region alone.
_GLOBAL_SERVICES = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


class AwsLogs:
    """What a target's configuration says of logs, as sources.

    Logs in a bucket, told of by a queue or not, are read once for the target. The event history is asked for
    in each account and region, and always in the region that has the events of global services.
    """

    def __init__(self, settings: AwsTarget, interval: timedelta) -> None:
        self._settings = settings
        self._interval = interval
        self.looked_up = any(log.source == "aws.cloudtrail" and log.lookup for log in settings.logs)
        """Whether the event history is configured."""

    def files(self, account: AwsAccount, name: str) -> tuple[LogUnit, ...]:
        """Return the logs in buckets, read with an account's credentials; each place once."""
        sources = {source.position: source for source in _file_sources(self._settings, account)}
        return tuple(self._unit(name, source) for source in sources.values())

    def lookups(self, account: AwsAccount, regions: Iterable[str]) -> dict[str, LogUnit]:
        """Return the event histories of an account by region; none where none are configured."""
        if not self.looked_up:
            return {}
        named = tuple(regions)
        everywhere = dict.fromkeys((_GLOBAL_SERVICES[partition_of(named or account.regions)], *named))
        return {
            region: self._unit(account.account_id, CloudTrailLookup(account, region, target=self._settings.name))
            for region in everywhere
        }

    def _unit(self, account: str, source: LogSource) -> LogUnit:
        return LogUnit(target=self._settings.name, account=account, interval=self._interval, source=source)


def log_permissions(settings: AwsTarget) -> tuple[Permission, ...]:
    """Return what a target's logs need, bound to the buckets and queues that they need it on. Sends nothing."""
    needed = set(file_permissions(settings))
    if any(log.source == "aws.cloudtrail" and log.lookup for log in settings.logs):
        needed.update(CloudTrailLookup.permissions)
    return tuple(sorted(needed))


def file_permissions(settings: AwsTarget) -> tuple[Permission, ...]:
    """Return what those of a target's logs need that lie in buckets. Sends nothing."""
    account = AwsAccount("", regions=() if settings.regions == "all" else settings.regions)
    return tuple(sorted({need for source in _file_sources(settings, account) for need in source.needs()}))


def _file_sources(settings: AwsTarget, account: AwsAccount) -> list[FileLog]:
    sources = (_source(log, account, settings.name) for log in settings.logs)
    return [source for source in sources if source is not None]


def _source(log: CloudTrailSource | S3AccessLogSource, account: AwsAccount, target: str) -> FileLog | None:
    """Return the source of a configured log; None for the event history. A queue goes before listing its bucket."""
    if log.bucket is None:
        return None
    if log.source == "aws.cloudtrail":
        if log.queue_url is not None:
            return CloudTrailQueue(account, log.queue_url, log.bucket, log.prefix, target=target)
        return CloudTrailBucket(account, log.bucket, log.prefix, target=target)
    if log.queue_url is not None:
        return S3AccessQueue(account, log.queue_url, log.bucket, log.prefix, target=target)
    return S3AccessBucket(account, log.bucket, log.prefix, target=target)
