"""Lists whose entries are resources: one that makes no sense costs itself, never the rest of its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from collectors.aws import errors
from collectors.aws.answers import Answer, GoneError
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed, pages
from collectors.aws.session import AwsAccount
from collectors.model import Known, Unread, UnreadReason

T = TypeVar("T")


def as_listed(
    account: AwsAccount,
    listed: Listed,
    region: str,
    **parameters: Any,  # noqa: ANN401 - the API's parameters
) -> Iterator[Answer | Unread]:
    """Yield each entry as it is, over all pages; an Unread where the rest of the list could not be read."""
    return pages(account, listed, region, _itself, **parameters)


def entries(
    account: AwsAccount,
    listed: Listed,
    region: str,
    make: Callable[[Answer], T | None],
    **parameters: Any,  # noqa: ANN401 - the API's parameters
) -> Iterator[T | Unread]:
    """Yield what ``make`` makes of each entry, over all pages; None stands for an entry that is none of ours.

    An Unread says that an entry made no sense, or that the rest of the list could not be read. Raises GoneError
    where the service says that what was asked for does not exist.
    """
    for entry in as_listed(account, listed, region, **parameters):
        found = understood(listed.operation, entry, make)
        if found is not None:
            yield found


def understood(operation: Operation, entry: Answer | Unread, make: Callable[[Answer], T | None]) -> T | Unread | None:
    """Return what ``make`` makes of one entry of an operation's answer, an Unread where that makes no sense."""
    if isinstance(entry, Unread):
        return entry
    fact = errors.read(lambda: entry, operation, make, None)
    if isinstance(fact, Known):
        return fact.value
    return fact if isinstance(fact, Unread) else None


def not_asked(operation: Operation) -> Unread:
    """Return the fact for what was left out because no rule looks at it."""
    return Unread(reason=UnreadReason.NOT_ASKED, operation=operation.uid)


def unless_gone(read: Callable[[], T]) -> T | None:
    """Return what ``read`` returns, None where what it reads is gone by now."""
    try:
        return read()
    except GoneError:
        return None


def _itself(entry: Answer) -> Answer:
    return entry
