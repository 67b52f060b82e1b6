"""Opening what the command line names as its input."""

from __future__ import annotations

import io
from pathlib import Path

_STDIN = 0


def open_input(path: Path | None) -> io.BufferedReader:
    """Open a file, or stdin for None; raise OSError where that cannot be done."""
    return path.open("rb") if path is not None else open(_STDIN, "rb", closefd=False)
