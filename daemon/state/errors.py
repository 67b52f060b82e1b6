"""What can go wrong with the state, in an operator's words. No text here ever holds a password."""

from __future__ import annotations


class StateError(Exception):
    """The state cannot be used; the text says what failed, where, and what to do."""


class StateMissingError(StateError):
    """There is no state at this address yet, and it was not to be made."""


class StateUnavailableError(StateError):
    """The state cannot be reached or written just now; trying again later may help."""


class StateTooNewError(StateError):
    """A newer program wrote this state."""


class StateLockedError(StateError):
    """Another process of this program holds the state; ``holder`` says which, as far as is known."""

    def __init__(self, message: str, *, holder: str) -> None:
        super().__init__(message)
        self.holder = holder
