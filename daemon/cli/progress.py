"""How far a scan has come, for a person at a terminal; nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Silence:
    """Tells nobody."""

    def planned(self, units: int) -> None:
        """Take note of how many units are to be read."""

    def resource(self) -> None:
        """Take note of one resource read."""

    def unit(self) -> None:
        """Take note of one unit read."""

    def shipping(self) -> None:
        """Take note that reading is over and shipping begins."""


class Bar(Silence):
    """A progress bar on stderr."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._resources = 0

    def planned(self, units: int) -> None:
        """Take note of how many units are to be read."""
        self._progress.update(self._task, total=units)

    def resource(self) -> None:
        """Take note of one resource read."""
        self._resources += 1
        self._progress.update(self._task, resources=self._resources)

    def unit(self) -> None:
        """Take note of one unit read."""
        self._progress.advance(self._task)

    def shipping(self) -> None:
        """Take note that reading is over and shipping begins."""
        self._progress.update(self._task, description="shipping")


@contextmanager
def following() -> Iterator[Silence]:
    """Show a progress bar while the block runs, if stderr is a terminal; log lines go above it."""
    if not sys.stderr.isatty():
        yield Silence()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:.0f}/{task.total:.0f} scopes, {task.fields[resources]} resources"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        yield Bar(progress, progress.add_task("reading", total=1, resources=0))
