"""How far a listed log was read: the cursor of a bucket's log files.

Of each folder the newest name is kept, and which names were read of late. S3 lists by name and a file may come
late, under a name that sorts before others that were read; but it cannot come without a date of its own. So a
name up to the newest is new only if the object was put (``LastModified``) after the folder was last looked
through, less a margin, and is not among those remembered. What is remembered is thereby bounded by the
margin, however many files there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from collectors.aws.logs.folders import Folder
from collectors.aws.logs.seen import Seen
from collectors.model import Unread

VERSION = 1
MOST_REMEMBERED = 100_000
"""Names of one folder that are remembered at most: beyond them a file may be read twice, never skipped."""


class Owed(msgspec.Struct, omit_defaults=True):
    """A file that was begun and not read to its end.

    ``done`` of its records were told. ``since`` and ``tried`` (seconds since 1970) are when it failed first
    and last, ``why`` how; all three empty where it was only interrupted.
    """

    key: str
    done: int = 0
    since: float = 0.0
    tried: float = 0.0
    why: Unread | None = None

    def failed(self, why: Unread, now: float) -> None:
        """Note one more failure."""
        self.since = self.since or now
        self.tried = now
        self.why = why

    def due(self, now: float, longest: float) -> bool:
        """Whether it is time to try again: after as long as it has failed already, up to ``longest`` seconds."""
        return now - self.tried >= min(longest, self.tried - self.since)


class _FolderCursor(msgspec.Struct, array_like=True):
    newest: str
    at: int
    settled: int
    recent: bytes


class _Cursor(msgspec.Struct, omit_defaults=True):
    version: int
    began: float
    folders: dict[str, _FolderCursor] = {}
    owed: list[Owed] = []


class FolderProgress:
    """How far one folder was read. Moments are seconds since 1970; ``late`` is the margin in seconds.

    ``newest`` is the greatest name begun, ``at`` its moment. Objects put before ``settled`` less the margin,
    under names up to the newest, were all begun.
    """

    def __init__(self, newest: str, at: float, settled: float, late: float, recent: bytes = b"") -> None:
        self.newest = newest
        self.at = at
        self.settled = settled
        self._late = late
        self._recent = Seen(recent, most=MOST_REMEMBERED)

    def knows(self, name: str, modified: float) -> bool:
        """Whether a file was begun already."""
        if name > self.newest:
            return False
        return modified < self.settled - self._late or name in self._recent

    def begin(self, name: str, at: float, modified: float) -> None:
        """Note that a file is being read."""
        if name > self.newest:
            self.newest, self.at = name, at
        self._recent.add(name, modified)

    def settle(self, moment: float) -> None:
        """Note that every object put before this moment, under a name up to the newest, was begun."""
        if moment > self.settled:
            self.settled = moment
            self._recent.forget_before(moment - self._late)

    def packed(self) -> _FolderCursor:
        """Return what the cursor holds of it."""
        return _FolderCursor(self.newest, int(self.at), int(self.settled), self._recent.packed())


class Progress:
    """How far the folders of a bucket were read, since ``began`` (seconds since 1970)."""

    def __init__(self, began: float, late: float) -> None:
        self.began = began
        self.owed: dict[str, Owed] = {}
        self._late = late
        self._folders: dict[str, FolderProgress] = {}

    @classmethod
    def unpacked(cls, cursor: bytes, late: float) -> Progress | None:
        """Return what a cursor holds, None for one that cannot be read or that another version wrote."""
        try:
            held = msgspec.json.decode(cursor, type=_Cursor)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        if held.version != VERSION:
            return None
        progress = cls(held.began, late)
        progress.owed = {owed.key: owed for owed in held.owed}
        progress._folders = {
            prefix: FolderProgress(of.newest, of.at, of.settled, late, of.recent) for prefix, of in held.folders.items()
        }
        return progress

    def packed(self) -> bytes:
        """Return the cursor."""
        folders = {prefix: of.packed() for prefix, of in self._folders.items()}
        return msgspec.json.encode(_Cursor(VERSION, self.began, folders, list(self.owed.values())))

    def of(self, folder: Folder) -> FolderProgress:
        """Return how far a folder was read; one that is new is read from where everything began.

        Of older names, only objects that were put since count as new there.
        """
        found = self._folders.get(folder.prefix)
        if found is None:
            newest = folder.after(datetime.fromtimestamp(self.began, UTC))
            found = FolderProgress(newest, self.began, self.began + self._late, self._late)
            self._folders[folder.prefix] = found
        return found

    @property
    def latest(self) -> float:
        """When the newest file was put that was seen, in seconds since 1970; at first about when all began."""
        return max((of.settled for of in self._folders.values()), default=self.began + self._late)

    def keep_only(self, folders: Iterator[Folder]) -> None:
        """Forget folders that are gone with all their files: should one come back, every file in it is new."""
        there = {folder.prefix for folder in folders}
        self._folders = {prefix: of for prefix, of in self._folders.items() if prefix in there}
