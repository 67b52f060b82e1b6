"""What a collector is: permissions as data, ``collect`` that streams, ``refresh`` that reads one.

A provider's package implements :class:`Collector`; the daemon drives it and knows nothing else of
the provider. Adding a resource family is adding one module with one collector class.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Protocol

import msgspec

from collectors.model import Provider, Resource, Scope, Unread


class Permission(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One permission a collector needs: the provider's action, the API operation, and what for.

    ``resources`` are those that it is needed on (empty: all); ``via`` is the service through which alone it
    is used, empty where it is used directly. ``fact`` is the one fact of the collector's kinds that it is
    needed for, empty where it is needed whatever is asked.
    """

    action: str
    operation: str
    why: str
    resources: tuple[str, ...] = ()
    via: str = ""
    fact: str = ""


class CallObserver(Protocol):
    """Is told of every cloud API call as it ends."""

    def __call__(self, *, service: str, operation: str, outcome: str, seconds: float) -> None:
        """Take note of one call; ``outcome`` is ``ok`` or an :class:`UnreadReason` value."""


class Asks(Protocol):
    """Says whether anything looks at a fact; what nothing looks at a collector may leave out, as ``not_asked``."""

    def __call__(self, kind: type[Resource], fact: str) -> bool:
        """Whether this fact of this kind of resource is asked for."""


def everything(kind: type[Resource], fact: str) -> bool:  # noqa: ARG001 - the shape of Asks
    """Ask for every fact."""
    return True


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


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Some records of a log, and the position that is reached once they are dealt with.

    ``records`` are as the provider wrote them, each by itself and not yet decoded.
    ``cursor`` is opaque to everyone but the source. ``until`` is the moment up to which the source knows
    that it has told everything, None where it cannot know. ``receipt`` is for :meth:`LogSource.settle`.
    """

    records: tuple[bytes, ...]
    cursor: bytes
    until: datetime | None = None
    receipt: tuple[str, ...] = ()


class LogSource(Protocol):
    """Reads one audit or access log of one account, from a position on.

    ``uid`` is the name of the log in the configuration (``aws.cloudtrail``); ``position`` names the
    cursor, stable over restarts and different for each configured place.
    """

    uid: ClassVar[str]
    provider: ClassVar[Provider]
    permissions: ClassVar[tuple[Permission, ...]]

    @property
    def position(self) -> str:
        """The name that the cursor is kept under."""

    def read(self, cursor: bytes | None) -> Iterator[Delivery | Unread]:
        """Stream what came after the cursor (None: from when the source is first watched), in bounded pieces.

        Records come at least once and possibly late: events are told apart by their ids. A piece that
        cannot be read is an Unread, is passed over by no cursor, and is read again next time. What ends
        with a Delivery, perhaps an empty one, went through everything there is; what ends with an Unread was
        broken off by it. Never raises for what the cloud answers.
        """

    def settle(self, delivery: Delivery) -> None:
        """Let the cloud forget a delivery (a queue's messages) whose effects are committed by now."""
