"""A sink that does what a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from daemon.shipping.sinks.base import Delivered, Outcome, Problem, Retry
from daemon.state import OutboxItem


class ScriptedSink:
    """Takes everything, unless ``answer`` says otherwise for a document or ``refusal`` for all of them.

    ``gate`` holds every sending until it is set. ``taken`` are the uids it took, in order.
    """

    def __init__(self, name: str, answer: Callable[[OutboxItem], Outcome] | None = None) -> None:
        self.name = name
        self.answer = answer or (lambda _item: Delivered())
        self.refusal: Retry | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.taken: list[str] = []
        self.batches: list[int] = []
        self.sending = threading.Event()
        self.crash: Exception | None = None
        self.closed = False

    def prepare(self) -> Retry | None:
        return self.refusal

    def send(self, batch: Sequence[OutboxItem]) -> Sequence[Outcome]:
        self.sending.set()
        self.gate.wait()
        if self.crash is not None:
            crash, self.crash = self.crash, None
            raise crash
        self.batches.append(len(batch))
        outcomes = [self.answer(item) for item in batch]
        self.taken += [
            item.uid for item, outcome in zip(batch, outcomes, strict=True) if isinstance(outcome, Delivered)
        ]
        return outcomes

    def diagnose(self) -> Sequence[Problem]:
        return ()

    def close(self) -> None:
        self.closed = True


class Counted:
    """Counts what the shipper tells its metrics."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], int] = {}

    def shipped(self, sink: str, outcome: str, documents: int = 1) -> None:
        key = (sink, outcome)
        self.found[key] = self.found.get(key, 0) + documents
