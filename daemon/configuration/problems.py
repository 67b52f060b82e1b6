"""What is wrong with a configuration, in words an operator can act on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

Location: TypeAlias = tuple[str | int, ...]
"""Where in the document: mapping keys and list positions, from the root."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def dotted(location: Location) -> str:
    """Return a location as text: ``targets[0].accounts[1]``, ``policy.parameters["a.b"]``."""
    text = ""
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            quoted = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{quoted}"]'
    return text


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, or (as a warning) that is probably not meant.

    ``path`` is the place in the file, empty for the file as a whole; ``value`` is what stands there
    as it is written (``${NAME}`` stays ``${NAME}``; a secret is never shown), empty where nothing
    stands there; ``expected`` says in plain words what should; ``line`` counts from 1.
    """

    file: str
    path: str
    value: str
    expected: str
    line: int | None = None

    def __str__(self) -> str:
        """One line: where, what stands there, what should."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [place]
        if self.path:
            parts.append(self.path)
        if self.value:
            parts.append(f"found {self.value}")
        return f"{': '.join(parts)}: {self.expected}"


class ConfigurationError(Exception):
    """Raised when a configuration cannot be used; carries every problem found, in file order.

    ``files`` are all files that the attempt looked at, found or not, so that a watcher knows what
    may mend it.
    """

    def __init__(self, problems: Sequence[Problem], files: Sequence[Path] = ()) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.files = tuple(files)
