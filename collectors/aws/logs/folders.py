"""Where in a bucket log files lie, and what their names tell.

Sources: "CloudTrail log file examples" and "Finding your CloudTrail log files" in the AWS CloudTrail User
Guide; "Amazon S3 server access log object key format" in the Amazon S3 User Guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from collectors.aws.logs.bucket import LogBucket


class Folder(Protocol):
    """Files of one log whose names sort by time. All texts are keys without the folder's prefix."""

    @property
    def prefix(self) -> str:
        """What every key begins with."""

    def after(self, at: datetime) -> str:
        """Return what sorts before every file named for this moment or later."""

    def before(self, at: datetime) -> str:
        """Return what sorts behind every file that can be there at this moment."""

    def moment(self, name: str) -> datetime | None:
        """Return when a file says that it was written, None for what is no file of this log."""


class Layout(Protocol):
    """How one log lays out its files in a bucket."""

    def folders(self, bucket: LogBucket) -> Iterator[Folder]:
        """Find the folders there are; raises LogUnreadError where they cannot be listed."""

    def wanted(self, key: str) -> bool:
        """Whether a key is a file of this log."""

    def elsewhere(self, key: str) -> bool:
        """Whether a key that is not wanted is a file of such a log under another prefix."""


_TRAIL_NAME = re.compile(
    r"\d{4}/\d\d/\d\d/\d{12}_CloudTrail(?:-[A-Za-z]+)?_[a-z0-9-]+_(\d{8}T\d{4})Z_[^/]+\.json(?:\.gz)?"
)
_TRAIL_KINDS = ("CloudTrail", "CloudTrail-Insight", "CloudTrail-NetworkActivity")
_ACCOUNT = re.compile(r"\d{12}")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{4,32}")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d+")
_TRAIL_KEY = re.compile(
    rf"(?P<root>(?:.*/)?AWSLogs/)(?:{_ORGANIZATION.pattern}/)?\d{{12}}/(?:{'|'.join(_TRAIL_KINDS)})/{_REGION.pattern}/"
    + _TRAIL_NAME.pattern,
    re.DOTALL,
)


class TrailFolder(msgspec.Struct, frozen=True):
    """The files of one trail for one account and region; ``kind`` is the log's own name in the path."""

    prefix: str
    account: str
    region: str
    kind: str

    def after(self, at: datetime) -> str:
        """Return what sorts before every file named for this moment or later."""
        day = at.astimezone(UTC).strftime("%Y/%m/%d/")
        if self.kind != _TRAIL_KINDS[0]:
            # Only the name of the main log's files is documented well enough to begin in the middle of a day.
            return day
        return f"{day}{self.account}_{self.kind}_{self.region}_{at.astimezone(UTC):%Y%m%dT%H%M}"

    def before(self, at: datetime) -> str:
        """Return what sorts behind every file that can be there at this moment."""
        return f"{at.year + 1}/~"

    def moment(self, name: str) -> datetime | None:
        """Return when the file was delivered, to the minute."""
        found = _TRAIL_NAME.fullmatch(name)
        return None if found is None else _moment(found[1], "%Y%m%dT%H%M")


class TrailLayout:
    """A trail's files: ``<prefix>AWSLogs/[o-xxx/]<account>/CloudTrail/<region>/YYYY/MM/DD/<file>``.

    Digests (``CloudTrail-Digest``) are no log. ``prefix`` may be written with or without its slash at the
    end, and with or without ``AWSLogs/``.
    """

    def __init__(self, prefix: str = "") -> None:
        self._root = f"{_trail_prefix(prefix)}AWSLogs/"

    def folders(self, bucket: LogBucket) -> Iterator[Folder]:
        """Find the folders of each account and region, of the organization's accounts too."""
        for name in bucket.folders(self._root):
            if _ORGANIZATION.fullmatch(name):
                for account in bucket.folders(f"{self._root}{name}/"):
                    yield from self._of_account(bucket, f"{self._root}{name}/", account)
            else:
                yield from self._of_account(bucket, self._root, name)

    def wanted(self, key: str) -> bool:
        """Whether a key is a file of the trail; digests are not."""
        found = _TRAIL_KEY.fullmatch(key)
        return found is not None and found["root"] == self._root

    def elsewhere(self, key: str) -> bool:
        """Whether a key is a file of a trail with another prefix."""
        return _TRAIL_KEY.fullmatch(key) is not None and not self.wanted(key)

    def _of_account(self, bucket: LogBucket, above: str, account: str) -> Iterator[Folder]:
        if not _ACCOUNT.fullmatch(account):
            return
        for kind in bucket.folders(f"{above}{account}/"):
            if kind in _TRAIL_KINDS:
                within = f"{above}{account}/{kind}/"
                for region in bucket.folders(within):
                    if _REGION.fullmatch(region):
                        yield TrailFolder(f"{within}{region}/", account, region, kind)


_ACCESS_NAME = re.compile(r"(\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)-[0-9A-Za-z]{8,64}")
_ACCESS_KEY = re.compile(r"(?P<head>.*?)" + _ACCESS_NAME.pattern, re.DOTALL)
_DATED_NAME = re.compile(r"\d{4}/\d\d/\d\d/" + _ACCESS_NAME.pattern)
_YEAR = re.compile(r"\d{4}")
_NOT_ACCESS_LOGS = frozenset({"AWSLogs"})
_DEEPEST = 6


class FlatFolder(msgspec.Struct, frozen=True):
    """Access logs with nothing between the prefix and the date: ``<prefix>YYYY-MM-DD-hh-mm-ss-<unique>``."""

    prefix: str

    def after(self, at: datetime) -> str:
        """Return what sorts before every file named for this moment or later."""
        return at.astimezone(UTC).strftime("%Y-%m-%d-%H-%M-%S")

    def before(self, at: datetime) -> str:
        """Return what sorts behind every file that can be there at this moment."""
        return f"{at.year + 1}-~"

    def moment(self, name: str) -> datetime | None:
        """Return when the file was delivered, to the second."""
        found = _ACCESS_NAME.fullmatch(name)
        return None if found is None else _moment(found[1], "%Y-%m-%d-%H-%M-%S")


class DatedFolder(msgspec.Struct, frozen=True):
    """Access logs partitioned by date: ``<prefix><account>/<region>/<bucket>/YYYY/MM/DD/YYYY-MM-DD-hh-mm-ss-<unique>``.

    Partitioned by the date of the events, all files of a day are named for its first second.
    """

    prefix: str

    def after(self, at: datetime) -> str:
        """Return what sorts before every file named for this moment or later."""
        return at.astimezone(UTC).strftime("%Y/%m/%d/%Y-%m-%d-%H-%M-%S")

    def before(self, at: datetime) -> str:
        """Return what sorts behind every file that can be there at this moment."""
        return f"{at.year + 1}/~"

    def moment(self, name: str) -> datetime | None:
        """Return when the file was delivered, or the day of its events."""
        found = _DATED_NAME.fullmatch(name)
        return None if found is None else _moment(found[1], "%Y-%m-%d-%H-%M-%S")


class AccessLayout:
    """The files of S3 server access logs under a prefix: flat, partitioned by date, or both, of any buckets."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def folders(self, bucket: LogBucket) -> Iterator[Folder]:
        """Find the folders there are; each flat prefix counts as one."""
        pending = [(self._prefix, 0)]
        while pending:
            above, depth = pending.pop()
            heads, names = _level(bucket, above)
            yield from (FlatFolder(head) for head in sorted(heads))
            if any(_YEAR.fullmatch(name) for name in names):
                yield DatedFolder(above)
            if depth < _DEEPEST:
                pending += [
                    (f"{above}{name}/", depth + 1)
                    for name in sorted(names, reverse=True)
                    if name not in _NOT_ACCESS_LOGS and not _YEAR.fullmatch(name)
                ]

    def wanted(self, key: str) -> bool:
        """Whether a key is an access log under the prefix."""
        return key.startswith(self._prefix) and _ACCESS_KEY.fullmatch(key) is not None

    def elsewhere(self, key: str) -> bool:
        """Whether a key is an access log under another prefix."""
        return _ACCESS_KEY.fullmatch(key) is not None and not key.startswith(self._prefix)


def _level(bucket: LogBucket, above: str) -> tuple[set[str], set[str]]:
    """Return what flat logs under a prefix begin with, and the folders beside them.

    Of many flat files only the first thousand of each year are looked at: the others lie together.
    """
    heads: set[str] = set()
    names: set[str] = set()
    page = bucket.page(above, by_folder=True)
    while True:
        names.update(folder[len(above) : -1] for folder in page.folders)
        matches = [_ACCESS_KEY.fullmatch(listed.key) for listed in page.objects]
        heads.update(match["head"] for match in matches if match is not None)
        if not page.token:
            return heads, names
        last = matches[-1] if matches and page.objects[-1].key > max(page.folders, default="") else None
        if last is None:
            page = bucket.page(above, by_folder=True, token=page.token)
        else:
            page = bucket.page(above, by_folder=True, start_after=f"{last['head']}{last[2][:4]}-~")


def _trail_prefix(prefix: str) -> str:
    """Return what stands before ``AWSLogs/``, with a slash at its end unless there is nothing."""
    above = prefix.strip("/").removesuffix("AWSLogs").strip("/")
    return f"{above}/" if above else ""


def _moment(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None
