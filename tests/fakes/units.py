"""Units to test the runtime with: a collector that yields what a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import ClassVar

from collectors.api import Permission
from collectors.model import Bucket, Provider, Resource, Scope, Unread
from daemon.targets import Unit
from tests.fakes.posture import SCOPE

INTERVAL = timedelta(minutes=5)


class Scripted:
    """A collector that streams what ``read`` returns at that moment."""

    uid: ClassVar[str] = "aws.s3"
    provider: ClassVar[Provider] = Provider.AWS
    kinds: ClassVar[tuple[type[Resource], ...]] = (Bucket,)
    regional: ClassVar[bool] = False
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def __init__(self, read: Callable[[], Iterable[Resource | Unread]]) -> None:
        self._read = read

    def collect(self, scope: Scope) -> Iterator[Resource | Unread]:  # noqa: ARG002 - the protocol's
        yield from self._read()

    def refresh(self, scope: Scope, uid: str) -> Resource | Unread | None:  # noqa: ARG002 - the protocol's
        return None


def unit(*found: Resource | Unread, scope: Scope = SCOPE, interval: timedelta = INTERVAL) -> Unit:
    """Return a unit whose every read yields the same."""
    return Unit(scope=scope, interval=interval, collector=Scripted(lambda: found))
