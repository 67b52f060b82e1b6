"""The files a configuration is made of: read once, and remembered by what stood in them."""

from __future__ import annotations

import hashlib
from pathlib import Path

_LARGEST = 4 * 1024 * 1024


class UnreadableError(Exception):
    """Raised when a file cannot be used; the message says why and holds none of its content."""


def read_bytes(path: Path) -> bytes:
    """Return a file's content; raise UnreadableError where it cannot be read or is no such file."""
    try:
        if path.is_dir():
            message = "is a directory"
            raise UnreadableError(message)
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        message = "does not exist"
        raise UnreadableError(message) from None
    except PermissionError:
        message = "may not be read by this user"
        raise UnreadableError(message) from None
    except OSError as error:
        message = f"cannot be read ({error.strerror or type(error).__name__})"
        raise UnreadableError(message) from None
    except ValueError:
        message = "is no path"
        raise UnreadableError(message) from None
    if len(content) > _LARGEST:
        message = f"is larger than {_LARGEST // 1024 // 1024} MiB"
        raise UnreadableError(message)
    return content


def decode(content: bytes) -> str:
    """Return text; raise UnreadableError where it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text (line {line})"
        raise UnreadableError(message) from None


def _digest(path: Path) -> str:
    """Return what stands at a path as a digest; a directory counts with all files below it."""
    if path.is_dir():
        digest = hashlib.blake2b(digest_size=16)
        for member in sorted(path.rglob("*")):
            name = member.relative_to(path)
            # Kubernetes keeps the real files of a mount in directories like ..data.
            if member.is_file() and not any(part.startswith("..") for part in name.parts):
                digest.update(f"{name}\0{_digest(member)}\0".encode(errors="surrogateescape"))
        return f"directory {digest.hexdigest()}"
    try:
        return hashlib.blake2b(read_bytes(path), digest_size=16).hexdigest()
    except UnreadableError as error:
        return str(error)


class Sources:
    """Every file that one attempt to load looked at, with a digest of what it found there.

    Digests are of content, so that a mounted Kubernetes ConfigMap or Secret, which changes by
    swapping a symbolic link, counts as changed exactly when its content is another.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, str] = {}

    @property
    def files(self) -> tuple[Path, ...]:
        """The files and directories looked at, found or not."""
        return tuple(self._seen)

    def read(self, path: Path) -> bytes:
        """Return a file's content and remember it; raise UnreadableError as :func:`read_bytes`."""
        try:
            content = read_bytes(path)
        except UnreadableError as error:
            self._seen[path] = str(error)
            raise
        self._seen[path] = hashlib.blake2b(content, digest_size=16).hexdigest()
        return content

    def note(self, path: Path) -> None:
        """Remember a file or directory that is read elsewhere."""
        self._seen[path] = _digest(path)

    def changed(self) -> bool:
        """Whether any of the files holds something else by now, has gone, or has come."""
        return any(_digest(path) != seen for path, seen in self._seen.items())
