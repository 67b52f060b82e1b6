"""The demo's child processes: started on a leash, ended together, whatever happens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

GRACE = 25.0
"""Seconds between asking a child to end and ending it: the daemon itself promises 20."""


class Child:
    """One child process: its name for messages, the files it writes to, and how to end it."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], out: Path, log: Path) -> None:
        self.name = name
        self.process = process
        self.out = out
        self.log = log

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def last_words(self, lines: int = 15) -> str:
        """Return the end of its log, or nothing where it wrote none."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Children:
    """Starts children and ends every one of them when the block is left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Child] = []

    def __enter__(self) -> Self:
        """Return the children to start."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every child: all are asked first, then each is waited for, last started first."""
        for child in reversed(self._started):
            child.process.terminate()
        for child in reversed(self._started):
            try:
                child.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            if child.process.stdin is not None:
                child.process.stdin.close()

    def start(self, name: str, *arguments: str) -> Child:
        """Start ``python -m daemon.demo.leash ARGUMENTS``: stdout in ``NAME.out``, stderr in ``NAME.log``.

        The child is in a session of its own, so that Ctrl-C reaches the demo alone, which then ends
        its children in order.
        """
        out, log = self._folder / f"{name}.out", self._folder / f"{name}.log"
        with out.open("w") as stdout, log.open("w") as stderr:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "daemon.demo.leash", *arguments],
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        child = Child(name, process, out, log)
        self._started.append(child)
        return child
