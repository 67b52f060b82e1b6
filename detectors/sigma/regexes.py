"""Regular expressions of rules, checked without a word on stderr: whoever loads a rule says why it is refused."""

from __future__ import annotations

import re
from typing import cast

import re2  # type: ignore[import-untyped]  # google-re2, which pySigma brings and checks with, has no types
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine, RegexPattern

_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}


class UnusableRegexError(Exception):
    """A regular expression cannot be run. The text says what is odd."""


class QuietRegexEngine(RegexEngine):
    """RE2, as pySigma checks expressions by default: what it takes is never slow to match. It logs nothing."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        """Return the compiled expression; raise :attr:`error` for one that is none."""
        options = re2.Options()
        options.log_errors = False
        letters = "".join(letter for flag, letter in _FLAGS.items() if flags & flag)
        try:
            return cast("RegexPattern", re2.compile(f"(?{letters}){pattern}" if letters else pattern, options))
        except re2.error as error:
            told = error.args[0] if error.args else ""
            raise UnusableRegexError(told.decode("utf-8", "replace") if isinstance(told, bytes) else told) from None

    @property
    def error(self) -> type[Exception]:
        """What is raised for an expression that cannot be run."""
        return UnusableRegexError


POLICY = SigmaPolicy(regex_engine=QuietRegexEngine())
"""What rules are read with."""
