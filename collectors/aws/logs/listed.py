"""Logs that lie in a bucket as files, found by listing it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar, TypeAlias

import msgspec
import structlog

from collectors.api import Delivery
from collectors.aws.logs.ahead import ahead
from collectors.aws.logs.batch import Batch, Bounds
from collectors.aws.logs.bucket import WHOLE, Fetched, Listed, LogBucket, LogUnreadError, Page
from collectors.aws.logs.folders import Folder, Layout
from collectors.aws.logs.operations import GET_OBJECT, LIST_OBJECTS
from collectors.aws.logs.progress import FolderProgress, Owed, Progress
from collectors.aws.operations import Operation
from collectors.aws.session import VERIFIED_WITHIN, AwsAccount
from collectors.aws.workers import spread
from collectors.model import Provider, Unread, UnreadReason

log = structlog.get_logger(__name__)

MOST_OWED = 100
"""Files that may fail before nothing newer is read: a permission that is missing is not a matter of single files."""


ALWAYS = 60
"""Folders up to which all are listed at each look; of more, those that are quiet are listed more rarely."""

_REST = 12
"""A quiet folder rests a twelfth of the time it has been quiet: five minutes after an hour."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """What a listed log waits for.

    ``since``: how far back it begins when first watched. ``look_back``: how much older than the newest a
    file's name may be. ``late``: how long after its own date an object may show up, as replicas do, which bear
    the date of their original. ``discovery``: how long it is at most until new accounts, regions and prefixes
    are looked for again, and folders listed again in which nothing comes; ``a_listing``: for how long each
    listing that this takes puts it off.
    ``give_up``: how long a file that cannot be read is tried again, every ``retry`` at the least.
    ``delivered_within``: how long after an event the cloud delivers it, as a rule. ``silence``: how long no file
    may come until it is doubted that there was nothing to tell: reading alone is logged.
    """

    since: timedelta = timedelta(hours=1)
    look_back: timedelta = timedelta(hours=24)
    late: timedelta = timedelta(hours=2)
    discovery: timedelta = timedelta(minutes=10)
    a_listing: timedelta = timedelta(milliseconds=500)
    give_up: timedelta = timedelta(days=3)
    retry: timedelta = timedelta(hours=1)
    delivered_within: timedelta = timedelta(minutes=15)
    silence: timedelta = timedelta(hours=24)


class ListedLog:
    """A log whose files are found by listing a bucket. A base: ``layout`` and ``records`` say which log it is.

    ``position`` names the cursor. Nothing is skipped at a restart, and no record told twice but those that were
    on their way: the cursor holds the file and the record reached. Not safe for use by two threads at once.
    """

    provider: ClassVar[Provider] = Provider.AWS
    operations: ClassVar[tuple[Operation, ...]] = (LIST_OBJECTS, GET_OBJECT)

    def __init__(  # noqa: PLR0913 - where the log lies, and its limits by name
        self,
        account: AwsAccount,
        bucket: str,
        layout: Layout,
        *,
        position: str,
        patience: Patience,
        bounds: Bounds,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self.bucket = LogBucket(account, bucket)
        self.layout = layout
        self.patience = patience
        self.bounds = bounds
        self._position = position
        self._clock = clock
        self._folders: tuple[Folder, ...] = ()
        self._discovered = float("-inf")
        self._rediscover = 0.0
        self._resting: dict[str, _Rest] = {}

    @property
    def position(self) -> str:
        """The name that the cursor is kept under."""
        return self._position

    def records(self, key: str, content: Fetched = None) -> Iterator[bytes]:
        """Yield the records of one file, of its content if that was fetched; raises LogUnreadError where that fails."""
        raise NotImplementedError

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        """Stream what came after the cursor; the last delivery, perhaps an empty one, has the moment reached.

        Its cursor equals the one given where nothing came. Several cursors may be read from in turn.
        """
        refusal = self.account.verify(within=VERIFIED_WITHIN)
        if refusal is not None:
            yield refusal
            return
        now = self._clock()
        yield from _Reading(self, self._progress(cursor, now), now).deliveries()

    def settle(self, delivery: Delivery) -> None:
        """Do nothing: files stay where they are."""

    def folders(self, progress: Progress, now: float) -> tuple[Folder, ...]:
        """Return the folders there are; raises LogUnreadError where they cannot be listed.

        They are looked for anew each time, and more rarely where that takes many listings, as in a large
        organization: what happens first in a region never used before is not to be told of late.
        """
        stale = now - self._discovered >= self._rediscover or now < self._discovered
        if stale or not self._folders:
            listings = self.bucket.listings
            self._folders = tuple(self.layout.folders(self.bucket))
            affordable = (self.bucket.listings - listings) * self.patience.a_listing
            self._rediscover = min(affordable, self.patience.discovery).total_seconds()
            self._discovered = now
            progress.keep_only(iter(self._folders))
            there = {folder.prefix for folder in self._folders}
            self._resting = {prefix: rest for prefix, rest in self._resting.items() if prefix in there}
        return self._folders

    def rests(self, folder: Folder, now: float) -> bool:
        """Whether a folder is quiet and was listed not long ago."""
        rest = self._resting.get(folder.prefix)
        return rest is not None and rest.listed <= now < rest.until

    def listed(self, folder: Folder, now: float, *, quiet_since: float | None) -> None:
        """Take note that a folder was listed now; ``quiet_since`` is None where there was something new in it."""
        if quiet_since is None:
            self._resting.pop(folder.prefix, None)
            return
        affordable = max(len(self._folders) - ALWAYS, 0) * self.patience.a_listing
        longest = min(affordable, self.patience.discovery).total_seconds()
        rest = min(longest, max(now - quiet_since, 0.0) / _REST)
        self._resting[folder.prefix] = _Rest(now, now + rest)

    def listed_since(self, now: float) -> float:
        """Return since when every folder was listed and new ones were looked for."""
        return min([now, self._discovered, *(rest.listed for rest in self._resting.values())])

    def _progress(self, cursor: bytes | None, now: float) -> Progress:
        late = self.patience.late.total_seconds()
        if cursor is not None:
            known = Progress.unpacked(cursor, late)
            if known is not None:
                return known
            log.warning(
                "the position in a log cannot be read and is set anew; what was delivered before is not read",
                log=self.position,
                since=str(self.patience.since),
            )
        return Progress(now - self.patience.since.total_seconds(), late)


class _Rest(msgspec.Struct, frozen=True):
    """When a folder was listed and nothing new was there, and until when it is not listed again."""

    listed: float
    until: float


class _New(msgspec.Struct, frozen=True):
    """A file that is new; once it is begun its folder is ``settled`` up to there, None where nothing is."""

    progress: FolderProgress
    name: str
    at: float
    listed: Listed
    settled: float | None


class _Swept(msgspec.Struct, frozen=True):
    """A folder that was looked through; ``fresh`` is whether anything new was there."""

    folder: Folder
    progress: FolderProgress
    settled: float
    fresh: bool


_Found: TypeAlias = _New | _Swept | LogUnreadError


def _size(found: _Found) -> int | None:
    """Return how many bytes are to be fetched, None for what is no file."""
    return min(found.listed.size, WHOLE) if isinstance(found, _New) else None


class _Reading:
    """One look through all folders."""

    def __init__(self, source: ListedLog, progress: Progress, now: float) -> None:
        self._source = source
        self._patience = source.patience
        self._progress = progress
        self._now = now
        self._batch = Batch(source.bounds)
        self._complete = True

    def deliveries(self) -> Iterator[Delivery | Unread]:
        stopped: Unread | None = None
        try:
            yield from self._owed()
            yield from self._news()
        except LogUnreadError as error:
            stopped = error.unread
        reached = min(
            self._source.listed_since(self._now) - self._patience.delivered_within.total_seconds(),
            self._progress.latest + self._patience.silence.total_seconds(),
        )
        told = stopped is None and self._complete
        yield self._delivery(datetime.fromtimestamp(reached, UTC) if told else None)
        if stopped is not None:
            yield stopped

    def _delivery(self, until: datetime | None = None) -> Delivery:
        return Delivery(records=self._batch.take(), cursor=self._progress.packed(), until=until)

    def _owed(self) -> Iterator[Delivery | Unread]:
        """Read on what was interrupted, and try again what failed."""
        for owed in list(self._progress.owed.values()):
            if owed.why is None or owed.due(self._now, self._patience.retry.total_seconds()):
                yield from self._file(owed)
            else:
                self._complete = False
                yield owed.why

    def _news(self) -> Iterator[Delivery | Unread]:
        folders = self._source.folders(self._progress, self._now)
        if not folders:
            self._complete = False
            yield Unread(
                reason=UnreadReason.NOT_TOLD,
                operation=LIST_OBJECTS.uid,
                detail=f"{self._source.bucket.name}: no log files there",
            )
        asked = [(folder, self._floor(folder)) for folder in folders if not self._source.rests(folder, self._now)]
        if len(asked) == 1:
            listed: Iterator[tuple[Folder, Page | LogUnreadError]] = map(self._first, asked)
        else:
            listed = spread(asked, self._first, self._source.account.cost)
        for found, content in ahead(self._found(listed), self._fetch, _size):
            yield from self._deal_with(found, content)

    def _fetch(self, found: _Found) -> Fetched:
        return self._source.bucket.fetch(found.listed.key) if isinstance(found, _New) else None

    def _deal_with(self, found: _Found, content: Fetched) -> Iterator[Delivery | Unread]:
        if isinstance(found, LogUnreadError):
            if found.general:
                raise found
            self._complete = False
            yield found.unread
            return
        if isinstance(found, _New):
            yield from self._begun(found, content)
        if found.settled is not None:
            found.progress.settle(found.settled)
        if isinstance(found, _Swept):
            quiet_since = None if found.fresh else found.progress.settled
            self._source.listed(found.folder, self._now, quiet_since=quiet_since)

    def _found(self, listed: Iterator[tuple[Folder, Page | LogUnreadError]]) -> Iterator[_Found]:
        """Find what is new, folder by folder; what cannot be listed is among it. Changes nothing."""
        for folder, first in listed:
            try:
                if isinstance(first, LogUnreadError):
                    raise first
                yield from self._files(folder, first)
            except LogUnreadError as error:
                yield error
                if error.general:
                    return

    def _floor(self, folder: Folder) -> str:
        at = self._progress.of(folder).at - self._patience.look_back.total_seconds()
        return folder.prefix + folder.after(datetime.fromtimestamp(max(at, 0.0), UTC))

    def _first(self, asked: tuple[Folder, str]) -> tuple[Folder, Page | LogUnreadError]:
        folder, floor = asked
        try:
            return folder, self._source.bucket.page(folder.prefix, start_after=floor)
        except LogUnreadError as error:
            return folder, error

    def _files(self, folder: Folder, first: Page) -> Iterator[_Found]:
        """Find the files of a folder that are new, in the order of their names."""
        progress = self._progress.of(folder)
        newest, latest, fresh = progress.newest, 0.0, False
        bound = folder.before(datetime.fromtimestamp(self._now, UTC))
        for page in self._source.bucket.pages(folder.prefix, first):
            for listed in page.objects:
                name = listed.key.removeprefix(folder.prefix)
                if name > bound:
                    break
                at = folder.moment(name)
                if at is None or self._ahead(listed.key, at):
                    continue
                latest = max(latest, listed.modified)
                if not progress.knows(name, listed.modified):
                    fresh = True
                    settled = min(latest, self._now) if name > newest else None
                    yield _New(progress, name, at.timestamp(), listed, settled)
            else:
                continue
            break
        yield _Swept(folder, progress, min(latest, self._now), fresh)

    def _begun(self, new: _New, content: Fetched) -> Iterator[Delivery | Unread]:
        if len(self._progress.owed) >= MOST_OWED:
            why = Unread(
                reason=UnreadReason.ERROR,
                operation=GET_OBJECT.uid,
                detail=f"{self._source.bucket.name}: {MOST_OWED} files could not be read, newer ones wait for them",
            )
            raise LogUnreadError(why, general=True)
        new.progress.begin(new.name, new.at, new.listed.modified)
        owed = self._progress.owed[new.listed.key] = Owed(new.listed.key)
        yield from self._file(owed, content)

    def _file(self, owed: Owed, content: Fetched = None) -> Iterator[Delivery | Unread]:
        """Read a file from where it was left; one that cannot be read stays owed."""
        try:
            for number, record in enumerate(self._source.records(owed.key, content), 1):
                if number <= owed.done:
                    continue
                if not self._batch.fits(record):
                    yield self._delivery()
                self._batch.add(record)
                owed.done = number
        except LogUnreadError as error:
            if error.general:
                raise
            yield self._failed(owed, error)
        else:
            del self._progress.owed[owed.key]

    def _failed(self, owed: Owed, error: LogUnreadError) -> Unread:
        owed.failed(error.unread, self._now)
        if not error.gone and self._now - owed.since < self._patience.give_up.total_seconds():
            self._complete = False
            return error.unread
        del self._progress.owed[owed.key]
        log.error(
            "a log file is given up: what it told from there on is lost",
            log=self._source.position,
            file=owed.key,
            records_read=owed.done,
            error=error.unread.summary,
        )
        return msgspec.structs.replace(error.unread, detail=f"{error.unread.detail}: given up")

    def _ahead(self, key: str, at: datetime) -> bool:
        """Whether a name lies in a future that no clock is wrong by: reading it would put all others in the past."""
        ahead = at.timestamp() - self._now > self._patience.look_back.total_seconds() / 2
        if ahead and self._source.account.changed(f"a file of the future: {self._source.position}", to=True):
            log.warning("a log file that is named for the future is not read", log=self._source.position, file=key)
        return ahead
