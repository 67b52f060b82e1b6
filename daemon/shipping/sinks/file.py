"""JSON lines in a file: whole lines, on disk before they count as delivered, friendly to rotation."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from daemon.shipping.sinks.base import Delivered, Outcome, Problem, Retry
from daemon.state import OutboxItem

_MODE = 0o640
_TAIL_BYTES = 8 * 1024 * 1024
_REMEMBERED = 2000
_OURS = b'{"@timestamp"'


class _Event(msgspec.Struct):
    id: str


class _Line(msgspec.Struct):
    event: _Event


_DECODER = msgspec.json.Decoder(_Line)


class FileSink:
    """Appends documents to one file.

    The file is opened anew when its name points elsewhere (rotation by renaming; truncation in place
    works too). The ids of the newest lines are remembered, and read from the file's end at first
    use: a document that was written before a crash and not yet acknowledged is not written twice,
    unless the file was rotated in between. Several processes may append: each write is locked.
    """

    def __init__(self, path: Path | str, *, name: str = "file") -> None:
        self._name = name
        self._path = Path(path)
        self._descriptor: int | None = None
        self._examined = False
        self._written: dict[str, None] = {}

    @property
    def name(self) -> str:
        """The sink's name."""
        return self._name

    def prepare(self) -> Retry | None:
        """Open the file, making it where it is missing; its directory must exist."""
        try:
            self._current()
        except OSError as error:
            return self._failed(error)
        return None

    def send(self, batch: Sequence[OutboxItem]) -> Sequence[Outcome]:
        """Append the documents that are not in the file yet, all or none of them."""
        try:
            with self._locked() as descriptor:
                new = {item.uid: item.body for item in batch if item.uid not in self._written}
                if new:
                    _append(descriptor, b"".join(body + b"\n" for body in new.values()))
        except OSError as error:
            failure = self._failed(error)
            return [failure] * len(batch)
        self._remember(new)
        return [Delivered(already=item.uid not in new) for item in batch]

    def diagnose(self) -> Sequence[Problem]:
        """Say whether the file can be opened for appending, or made. It is not: it would be the asking user's."""
        try:
            os.close(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))
        except OSError as error:
            folder = self._path.parent
            if isinstance(error, FileNotFoundError) and folder.is_dir():
                if os.access(folder, os.W_OK | os.X_OK):
                    return ()
                error = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            failure = self._failed(error)
            return (Problem(what=failure.reason, remedy="create the directory, or let cspmd's user write there"),)
        return ()

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _failed(self, error: OSError) -> Retry:
        self.close()
        what = error.strerror or type(error).__name__
        return Retry(reason=f"cannot append to {self._path}: {what}; documents wait until it can be written")

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Give the open file, locked against other processes of ours, its end whole."""
        descriptor = self._current()
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if not self._examined:
                if _is_regular(descriptor):
                    self._remember(_recover(self._path, descriptor))
                self._examined = True
            yield descriptor
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _current(self) -> int:
        """Return the open file that the path names now."""
        if self._descriptor is not None and _same_file(self._path, self._descriptor):
            return self._descriptor
        self.close()
        created = not self._path.exists()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        self._descriptor = descriptor
        self._examined = False
        if created:
            _sync_directory(self._path.parent)
        return descriptor

    def _remember(self, uids: Iterable[str]) -> None:
        self._written.update(dict.fromkeys(uids))
        while len(self._written) > _REMEMBERED:
            del self._written[next(iter(self._written))]


def _same_file(path: Path, descriptor: int) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def _is_regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _append(descriptor: int, lines: bytes) -> None:
    """Write whole lines and see them on disk; what got there of a failed write is taken back."""
    regular = _is_regular(descriptor)
    before = os.fstat(descriptor).st_size
    try:
        view = memoryview(lines)
        while view:
            view = view[os.write(descriptor, view) :]
        if regular:
            os.fsync(descriptor)
    except OSError:
        if regular:
            os.ftruncate(descriptor, before)
        raise


def _recover(path: Path, descriptor: int) -> Iterator[str]:
    """Mend a line that a crash left torn, and yield the ids of the newest lines, oldest first."""
    size = os.fstat(descriptor).st_size
    with path.open("rb") as readable:
        readable.seek(max(size - _TAIL_BYTES, 0))
        tail = readable.read()
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        fragment = tail[-torn:]
        if fragment.startswith(_OURS) or _OURS.startswith(fragment):
            os.ftruncate(descriptor, size - torn)
        else:
            # Nothing of ours ends like this: whoever wrote it keeps it, on a line of its own.
            _append(descriptor, b"\n")
    for line in tail.split(b"\n")[:-1][-_REMEMBERED:]:
        try:
            yield _DECODER.decode(line).event.id
        except msgspec.DecodeError:
            continue


def _sync_directory(directory: Path) -> None:
    """See a new file's name on disk, where the file system can do that for directories."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)
