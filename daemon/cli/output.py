"""What the commands print: answers on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPED_WIDTH = 200
"""Columns of a table that no terminal limits: wide enough that no resource name is cut."""


class OutputClosedError(Exception):
    """Whoever read our stdout has gone (``| head``): the command ends, and this is no failure."""


def emit(line: bytes | str) -> None:
    """Write one line to stdout and flush it, so that a reader sees each result as it comes.

    Raises OutputClosedError when the reader has gone.
    """
    text = line.decode() if isinstance(line, bytes) else line
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise OutputClosedError from None


def emit_all(lines: Iterable[bytes | str]) -> None:
    """Write several lines to stdout, flushed once at the end."""
    try:
        for line in lines:
            sys.stdout.write((line.decode() if isinstance(line, bytes) else line) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise OutputClosedError from None


def show(*renderables: RenderableType) -> None:
    """Print what rich can draw to stdout: coloured and fitted on a terminal, plain and wide elsewhere."""
    console = _console()
    with console.capture() as captured:
        for renderable in renderables:
            console.print(renderable)
    emit("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def _console() -> Console:
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=PIPED_WIDTH, no_color=True, emoji=False)


def say(message: str) -> None:
    """Tell the operator something that is no result, on stderr."""
    try:
        sys.stderr.write(message + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        raise OutputClosedError from None
