"""Facts: a value that was read, a read that failed, or a read that could change nothing.

A failed read is never an absence. "Not configured" is a :class:`Known` value; "access denied",
"throttled" and "service disabled" are :class:`Unread`; :class:`NotNeeded` is a read that no verdict
could have depended on and that was therefore saved.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, NoReturn, TypeAlias, TypeVar, Union

import msgspec

T = TypeVar("T")


class UnreadReason(StrEnum):
    """Why a read failed, in words that are the same for every cloud.

    Two are no failures. ``not_told``: the cloud answered, and its answer leaves this out. ``not_asked``:
    nothing judged it when the resource was read, and so it was left out; it is read as soon as something does.
    """

    DENIED = "denied"
    CREDENTIALS = "credentials"
    THROTTLED = "throttled"
    SERVICE_DISABLED = "service_disabled"
    UNREACHABLE = "unreachable"
    UNSUPPORTED = "unsupported"
    NOT_TOLD = "not_told"
    NOT_ASKED = "not_asked"
    MALFORMED = "malformed"
    ERROR = "error"


_NO_FAILURES = frozenset({UnreadReason.NOT_TOLD, UnreadReason.NOT_ASKED})


class UnreadError(Exception):
    """Raised when a rule touches the value of a fact that could not be read.

    The engine turns it into UNKNOWN; nothing else may catch it.
    """

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.summary)
        self.unread = unread


class NotNeededError(Exception):
    """Raised when a rule touches the value of a fact whose read was saved as needless.

    The engine takes it as "this source adds nothing" and keeps the reason as a note.
    """

    def __init__(self, fact: NotNeeded) -> None:
        super().__init__(fact.because)
        self.fact = fact


class Known(msgspec.Struct, Generic[T], frozen=True, tag="known", tag_field="fact"):
    """A value the cloud answered with. "Not configured" is a value too."""

    value: T


class Unread(msgspec.Struct, frozen=True, kw_only=True, tag="unread", tag_field="fact", omit_defaults=True):
    """A read that failed: which one, why, and what would have to be granted.

    ``detail`` holds the provider's error code, never a request id, time or token: the fact is part
    of a content hash and must be equal for equal failures.
    """

    reason: UnreadReason
    operation: str
    permission: str = ""
    detail: str = ""

    @property
    def value(self) -> NoReturn:
        """Raise :class:`UnreadError`: there is no value to act on."""
        raise UnreadError(self)

    @property
    def failed(self) -> bool:
        """Whether a read failed, so that mending it would make the fact known; not where nothing was refused."""
        return self.reason not in _NO_FAILURES

    @property
    def summary(self) -> str:
        """One line for an operator: what failed, why, and the permission that would mend it."""
        code = f" ({self.detail})" if self.detail else ""
        grant = f"; needs {self.permission}" if self.permission else ""
        return f"{self.operation}: {self.reason.value}{code}{grant}"


class NotNeeded(msgspec.Struct, frozen=True, tag="not_needed", tag_field="fact"):
    """A read that was saved because no verdict could have depended on it. Never lowers coverage.

    ``because`` is a short code in snake case (``acl_hidden``); it becomes a note of the judgement.
    """

    because: str

    @property
    def value(self) -> NoReturn:
        """Raise :class:`NotNeededError`: the engine turns it into a note."""
        raise NotNeededError(self)


Fact: TypeAlias = Union[Known[T], Unread, NotNeeded]  # noqa: UP007 - "|" cannot be subscripted with a TypeVar at run time

FACT_TYPES = (Known, Unread, NotNeeded)


def either(*facts: Fact[bool]) -> Fact[bool]:
    """Kleene OR: one known True decides; else one unread leaves it open; else False.

    :class:`NotNeeded` members count as False: they were saved because they could not decide.
    """
    unread: Unread | None = None
    for fact in facts:
        if isinstance(fact, Known):
            if fact.value:
                return Known(value=True)
        elif isinstance(fact, Unread) and unread is None:
            unread = fact
    return unread if unread is not None else Known(value=False)
