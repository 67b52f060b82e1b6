"""Why a rule is not run."""

from __future__ import annotations


class UnsupportedRuleError(Exception):
    """A rule asks for something that cannot be evaluated on single log records."""


def refuse(reason: str) -> None:
    """Raise UnsupportedRuleError with the reason."""
    raise UnsupportedRuleError(reason)


def first_line(error: Exception) -> str:
    """Return an error's first line, or its type's name where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]
