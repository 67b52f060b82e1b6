"""The logs of AWS that can be followed, each where it is kept and how it is found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import ClassVar

import msgspec

from collectors.api import Permission
from collectors.aws.logs.batch import Bounds
from collectors.aws.logs.bucket import Fetched, LogBucket, LogUnreadError
from collectors.aws.logs.folders import AccessLayout, Folder, Layout, TrailLayout
from collectors.aws.logs.listed import ListedLog, Patience
from collectors.aws.logs.operations import DECRYPT, GET_OBJECT, LIST_OBJECTS
from collectors.aws.logs.queued import QueuedLog
from collectors.aws.operations import Attempt, permissions
from collectors.aws.session import AwsAccount

_TRAIL = "aws.cloudtrail"
_ACCESS = "aws.s3access"

# "Amazon S3 server access log delivery is best effort": most records within a few hours.
ACCESS_PATIENCE = Patience(
    since=timedelta(hours=24),
    late=timedelta(hours=6),
    delivered_within=timedelta(hours=6),
    silence=timedelta(days=3),
)


class _Bucket(ListedLog):
    """A listed log whose permissions are bound to its bucket."""

    permissions: ClassVar[tuple[Permission, ...]] = (*permissions(ListedLog.operations), DECRYPT)

    def needs(self) -> tuple[Permission, ...]:
        """Return the permissions that this source needs, each bound to what it is needed for."""
        return bound(self.permissions, self.bucket.name, partition_of(self.account.regions))

    def attempts(self) -> Iterator[Attempt]:
        """Yield each call for trying the permission: listing, and reading a file if there is one."""
        yield from _attempts(self.bucket, self.layout)


class _Queue(QueuedLog):
    """A queued log whose permissions are bound to its bucket and its queue."""

    permissions: ClassVar[tuple[Permission, ...]] = (*permissions(QueuedLog.operations), DECRYPT)

    def needs(self) -> tuple[Permission, ...]:
        """Return the permissions that this source needs, each bound to what it is needed for."""
        partition = self.queue.arn.split(":")[1]
        return bound(self.permissions, self.bucket.name, partition, self.queue.arn)

    def attempts(self) -> Iterator[Attempt]:
        """Yield each call for trying the permission. No file is known to try reading before a message names one."""
        yield from self.queue.attempts()
        home = self.account.home_region
        yield Attempt(operation=GET_OBJECT, region=home, untried="no file is known before a message names one")


class CloudTrailBucket(_Bucket):
    """The files of a trail, found by listing its bucket. ``prefix`` is what the trail writes before ``AWSLogs/``."""

    uid: ClassVar[str] = _TRAIL

    def __init__(  # noqa: PLR0913 - where the log lies, and its limits by name
        self,
        account: AwsAccount,
        bucket: str,
        prefix: str = "",
        *,
        target: str = "",
        patience: Patience | None = None,
        bounds: Bounds | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            account,
            bucket,
            TrailLayout(prefix),
            position=f"{target}/{_TRAIL}/bucket/{bucket}/{prefix}",
            patience=patience or Patience(),
            bounds=bounds or Bounds(),
            clock=clock,
        )

    def records(self, key: str, content: Fetched = None) -> Iterator[bytes]:
        """Yield the records of one file; raises LogUnreadError where it cannot be read."""
        return self.bucket.json_records(key, content)


class S3AccessBucket(_Bucket):
    """S3 server access logs, found by listing the bucket that receives them."""

    uid: ClassVar[str] = _ACCESS

    def __init__(  # noqa: PLR0913 - where the log lies, and its limits by name
        self,
        account: AwsAccount,
        bucket: str,
        prefix: str = "",
        *,
        target: str = "",
        patience: Patience | None = None,
        bounds: Bounds | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            account,
            bucket,
            AccessLayout(prefix),
            position=f"{target}/{_ACCESS}/bucket/{bucket}/{prefix}",
            patience=patience or ACCESS_PATIENCE,
            bounds=bounds or Bounds(),
            clock=clock,
        )

    def records(self, key: str, content: Fetched = None) -> Iterator[bytes]:
        """Yield the lines of one file; raises LogUnreadError where it cannot be read."""
        return self.bucket.lines(key, content)


class CloudTrailQueue(_Queue):
    """The files of a trail, found by a queue's messages."""

    uid: ClassVar[str] = _TRAIL

    def __init__(  # noqa: PLR0913 - where the log lies, and its limits by name
        self,
        account: AwsAccount,
        queue_url: str,
        bucket: str,
        prefix: str = "",
        *,
        target: str = "",
        bounds: Bounds | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            account,
            queue_url,
            bucket,
            TrailLayout(prefix),
            position=f"{target}/{_TRAIL}/queue/{queue_url}/{bucket}/{prefix}",
            bounds=bounds or Bounds(),
            patience=Patience(),
            clock=clock,
        )

    def records(self, key: str, content: Fetched = None) -> Iterator[bytes]:
        """Yield the records of one file; raises LogUnreadError where it cannot be read."""
        return self.bucket.json_records(key, content)


class S3AccessQueue(_Queue):
    """S3 server access logs, found by a queue's messages."""

    uid: ClassVar[str] = _ACCESS

    def __init__(  # noqa: PLR0913 - where the log lies, and its limits by name
        self,
        account: AwsAccount,
        queue_url: str,
        bucket: str,
        prefix: str = "",
        *,
        target: str = "",
        bounds: Bounds | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            account,
            queue_url,
            bucket,
            AccessLayout(prefix),
            position=f"{target}/{_ACCESS}/queue/{queue_url}/{bucket}/{prefix}",
            bounds=bounds or Bounds(),
            patience=ACCESS_PATIENCE,
            clock=clock,
        )

    def records(self, key: str, content: Fetched = None) -> Iterator[bytes]:
        """Yield the lines of one file; raises LogUnreadError where it cannot be read."""
        return self.bucket.lines(key, content)


def partition_of(regions: Iterable[str]) -> str:
    """Return the partition that regions belong to, by their names; ``aws`` without any."""
    first = next(iter(regions), "")
    return "aws-cn" if first.startswith("cn-") else "aws-us-gov" if first.startswith("us-gov-") else "aws"


def bound(needed: Iterable[Permission], bucket: str, partition: str, queue_arn: str = "") -> tuple[Permission, ...]:
    """Return permissions, each bound to the bucket, its objects or the queue that it is for."""
    of_bucket = f"arn:{partition}:s3:::{bucket}"
    resources = {"s3:ListBucket": (of_bucket,), "s3:GetObject": (f"{of_bucket}/*",)}
    return tuple(
        msgspec.structs.replace(
            permission,
            resources=(queue_arn,)
            if permission.action.startswith("sqs:")
            else resources.get(permission.action, permission.resources),
        )
        for permission in needed
    )


def _attempts(bucket: LogBucket, layout: Layout) -> Iterator[Attempt]:
    home = bucket.account.home_region
    yield Attempt(operation=LIST_OBJECTS, region=home, parameters={"Bucket": bucket.name, "MaxKeys": 1})
    try:
        key = _some_file(bucket, layout)
    except LogUnreadError:
        yield Attempt(operation=GET_OBJECT, region=home, untried="the files could not be listed")
        return
    if key:
        yield Attempt(operation=GET_OBJECT, region=home, parameters={"Bucket": bucket.name, "Key": key})
    else:
        yield Attempt(operation=GET_OBJECT, region=home, untried="there is no log file under the prefix yet")


def _some_file(bucket: LogBucket, layout: Layout) -> str:
    """Return the key of any file of the log, empty where there is none."""
    folders: Iterator[Folder] = layout.folders(bucket)
    for folder in folders:
        for listed in bucket.page(folder.prefix).objects:
            if layout.wanted(listed.key):
                return listed.key
    return ""
