"""What signals ask of the daemon, handed over in a way that is safe inside a signal handler."""

from __future__ import annotations

import os
import queue
import signal
from enum import Enum, auto
from types import FrameType


class Command(Enum):
    """What the daemon is to do."""

    STOP = auto()
    RELOAD = auto()


class Commands:
    """Commands in the order they came. ``SimpleQueue.put`` alone may be called from a signal handler."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._stopping = False

    def give(self, command: Command) -> None:
        """Hand a command over."""
        self._queue.put(command)

    def next(self, seconds: float) -> Command | None:
        """Return the next command, None where none comes within these seconds."""
        try:
            return self._queue.get(timeout=seconds)
        except queue.Empty:
            return None

    def follow_signals(self) -> None:
        """Take SIGTERM and SIGINT as stop and SIGHUP as reload. For the main thread.

        A second SIGTERM or SIGINT ends the process at once: the state bears that.
        """
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, self._reload)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            os._exit(128 + number)
        self._stopping = True
        self.give(Command.STOP)

    def _reload(self, _number: int, _frame: FrameType | None) -> None:
        self.give(Command.RELOAD)
