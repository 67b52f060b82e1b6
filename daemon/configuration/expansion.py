"""``${NAME}`` and ``${file:/path}`` inside the text of a configuration.

Expansion works on single values after the YAML is parsed: what is put in can never add keys,
lists or types to the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from daemon.configuration.sources import Sources, UnreadableError, decode

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<inside>[^{}\n]*)\}|\$\{")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FILE = "file:"


class ExpansionError(Exception):
    """Raised when a reference leads nowhere; the message says what is expected and shows no content."""


def has_reference(text: str) -> bool:
    """Whether the text refers to the environment or a file (an escaped ``$${`` does not)."""
    return any(match[0] != "$${" for match in _REFERENCE.finditer(text))


def is_reference(text: str) -> bool:
    """Whether the text is one reference and nothing else."""
    match = _REFERENCE.fullmatch(text)
    return match is not None and match["inside"] is not None


class Expander:
    """Replaces references; files are read through ``sources``, relative ones from ``directory``.

    ``contents`` is what the files held: each a secret, wherever it was put.
    """

    def __init__(self, environ: Mapping[str, str], directory: Path, sources: Sources) -> None:
        self._environ = environ
        self._directory = directory
        self._sources = sources
        self.contents: set[str] = set()

    def expand(self, text: str) -> str:
        """Return the text with every reference replaced; raise ExpansionError for the first that fails."""
        return _REFERENCE.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        inside = match["inside"]
        if inside is None:
            message = "expected ${NAME} or ${file:/path} (a literal ${ is written $${)"
            raise ExpansionError(message)
        if inside.startswith(_FILE) and inside != _FILE:
            return self._content(inside.removeprefix(_FILE))
        if _NAME.fullmatch(inside) is None:
            message = "expected ${NAME} or ${file:/path} (a literal ${ is written $${)"
            raise ExpansionError(message)
        try:
            return self._environ[inside]
        except KeyError:
            message = f"expected the environment variable {inside} to be set"
            raise ExpansionError(message) from None

    def _content(self, name: str) -> str:
        path = Path(self._directory, name)
        try:
            content = decode(self._sources.read(path))
        except UnreadableError as error:
            shown = str(path) if str(path).isprintable() else repr(str(path))
            message = f"expected the file {shown} to hold the value, but it {error}"
            raise ExpansionError(message) from None
        content = content.removesuffix("\n").removesuffix("\r")
        self.contents.add(content)
        return content
