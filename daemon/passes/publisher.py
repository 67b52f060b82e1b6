"""What turns transitions and judgements into documents for the sinks; the passes know no more of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from daemon.model import Document, Transition
from detectors.model import Judgement


class Publisher(Protocol):
    """Encodes what is to be shipped. Called inside a write transaction: it must be quick and do no I/O."""

    @property
    def posture_sinks(self) -> Collection[str]:
        """The names of the sinks that take posture documents."""

    def transition(self, transition: Transition, finding_id: str) -> Iterable[Document]:
        """Return the documents for one transition; ``finding_id`` names its finding over its life."""

    def posture(self, judgement: Judgement, at: datetime) -> Iterable[Document]:
        """Return the documents for one judgement as it stands at ``at``."""


class Silent:
    """A publisher for no sinks at all."""

    posture_sinks: Collection[str] = ()

    def transition(self, transition: Transition, finding_id: str) -> Iterable[Document]:  # noqa: ARG002 - the protocol
        """Return nothing."""
        return ()

    def posture(self, judgement: Judgement, at: datetime) -> Iterable[Document]:  # noqa: ARG002 - the protocol
        """Return nothing."""
        return ()
