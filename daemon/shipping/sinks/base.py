"""What a sink is, and the three ways a document can fare there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import msgspec

from daemon.state import OutboxItem


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """The sink holds the document; ``already`` where it held it before this sending."""

    already: bool = False


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """The sink does not take the document now.

    ``reason`` says what failed, where, and what to do, in words for an operator and without any
    secret. ``after`` is how many seconds the sink asked to be left alone, None where it did not say.
    """

    reason: str
    after: float | None = None


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The sink will never take the document as it is; it becomes a dead letter."""

    reason: str


Outcome: TypeAlias = Delivered | Retry | Rejected


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that keeps a sink from working, and how to mend it. ``fatal`` where nothing gets through."""

    what: str
    remedy: str
    fatal: bool = True


class Sink(Protocol):
    """Somewhere documents go. One thread at a time uses a sink."""

    @property
    def name(self) -> str:
        """The sink's name in the configuration, the outbox and the metrics."""

    def prepare(self) -> Retry | None:
        """Make ready to send, or say why that is not possible now. Cheap once it has succeeded."""

    def send(self, batch: Sequence[OutboxItem]) -> Sequence[Outcome]:
        """Send documents; return one outcome for each, in the same order. Never waits to try again."""

    def diagnose(self) -> Sequence[Problem]:
        """Try everything the sink needs without sending a document; nothing where all is well."""

    def close(self) -> None:
        """Let go of connections and files. The sink may be used again after it."""
