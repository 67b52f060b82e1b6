"""Keeping secrets out of what is written down, whatever put them there.

This is the second line of defence: the first is that nothing hands a secret to a log, an error or a
metric. It knows the configured secrets themselves and the shapes in which credentials travel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "[hidden]"
SHORTEST_SECRET = 6
"""Shorter configured values are not searched for in text: they would blot out ordinary words."""

_SECRET_NAMES = re.compile(
    r"(?:^|[_.-])(?:password|passwd|passphrase|secret|api_?key|authorization|credentials?|cookie|private_?key"
    r"|(?:session|security|access|refresh|id)_?token|token|secret_?access_?key)$",
    re.IGNORECASE,
)
_SECRET_SHAPES = (
    (re.compile(r"(?P<kept>[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE), rf"\g<kept>{HIDDEN}"),
    (
        re.compile(r"(?P<kept>\b(?:Bearer|Basic|ApiKey)\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
        rf"\g<kept>{HIDDEN}",
    ),
    (
        re.compile(
            r"(?P<kept>\b(?:X-Amz-(?:Signature|Security-Token|Credential)|Signature|sig|aws_secret_access_key"
            r"|aws_session_token|password|api_key)['\"]?\s*[=:]\s*['\"]?)[^\s&'\",;]+",
            re.IGNORECASE,
        ),
        rf"\g<kept>{HIDDEN}",
    ),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL), HIDDEN),
)


class Redactor:
    """Replaces secrets in texts and in nested log values.

    ``know`` replaces the set of configured secret values; it is called again after each reload.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: re.Pattern[str] | None = None
        self.know(secrets)

    def know(self, secrets: Iterable[str]) -> None:
        """Search for these values from now on, longest first so that one within another is not missed."""
        values = sorted({value for value in secrets if len(value) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, values))) if values else None

    def text(self, text: str) -> str:
        """Return the text without known secrets and without anything shaped like a credential."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for shape, replacement in _SECRET_SHAPES:
            text = shape.sub(replacement, text)
        return text

    def value(self, value: Any) -> Any:  # noqa: ANN401 - log values are of any type
        """Return a log value without secrets; mappings and sequences are walked."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return self.named(value)
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(member) for member in value]
        if isinstance(value, BaseException):
            return self.text(f"{type(value).__name__}: {value}")
        return value

    def named(self, values: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return named values without secrets: a name that says "secret" hides its value whatever it is."""
        return {
            name: HIDDEN if isinstance(name, str) and _SECRET_NAMES.search(name) else self.value(value)
            for name, value in values.items()
        }
