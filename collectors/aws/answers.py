"""What comes back from a call before it is a fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Answer = Mapping[str, Any]
"""One parsed answer, with the API reference's own member names."""


class GoneError(Exception):
    """The resource that was asked about does not exist: deleted since it was listed."""


class MalformedAnswerError(ValueError):
    """An answer that came with success but is not what the operation returns; says what is missing."""


def member(answer: Answer, name: str) -> Any:  # noqa: ANN401 - the SDK's answers are untyped
    """Return a member that the operation always answers with; raise MalformedAnswerError without it."""
    try:
        return answer[name]
    except (KeyError, TypeError):
        message = f"no {name}"
        raise MalformedAnswerError(message) from None


ROOT = "RootElement"
"""Where the session keeps the name of an XML answer's root element, beside what the SDK parsed."""


def expect_root(answer: Answer, word: str) -> None:
    """Raise MalformedAnswerError unless the answer's root element has ``word`` in its name.

    The SDK takes any XML for an answer with nothing in it. Where nothing in it means "off", a page of
    some gateway in between would read as a setting.
    """
    if word not in answer.get(ROOT, ""):
        message = f"no {word}"
        raise MalformedAnswerError(message)
