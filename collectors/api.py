"""What a collector is: permissions as data, ``collect`` that streams, ``refresh`` that reads one.

A provider's package implements :class:`Collector`; the daemon drives it and knows nothing else of
the provider. Adding a resource family is adding one module with one collector class.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol

import msgspec

from collectors.model import Provider, Resource, Scope, Unread


class Permission(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One permission a collector needs: the provider's action, the API operation, and what for."""

    action: str
    operation: str
    why: str


class CallObserver(Protocol):
    """Is told of every cloud API call as it ends."""

    def __call__(self, *, service: str, operation: str, outcome: str, seconds: float) -> None:
        """Take note of one call; ``outcome`` is ``ok`` or an :class:`UnreadReason` value."""


class Collector(Protocol):
    """Reads one resource family in one scope."""

    uid: ClassVar[str]
    provider: ClassVar[Provider]
    kinds: ClassVar[tuple[type[Resource], ...]]
    regional: ClassVar[bool]
    permissions: ClassVar[tuple[Permission, ...]]

    def collect(self, scope: Scope) -> Iterator[Resource | Unread]:
        """Stream every resource of the scope.

        An :class:`Unread` in the stream says that part of the listing failed: the snapshot is then
        incomplete and nothing missing from it counts as gone. A fact that failed stays inside its
        resource. Never raises for what the cloud answers.
        """

    def refresh(self, scope: Scope, uid: str) -> Resource | Unread | None:
        """Read one resource anew; None when the cloud says that it does not exist."""
