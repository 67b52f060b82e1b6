"""Lists of the services that speak JSON, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from collectors.aws.answers import Answer, member
from collectors.aws.operations import Operation
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known, Unread

T = TypeVar("T")


class Listed(msgspec.Struct, frozen=True):
    """How an operation lists: the member that holds the entries, and those that carry it on to the next page.

    ``answered`` is the token in an answer, ``asked`` what it is given back as. Every answer of success holds the
    entries, if none, then as an empty list (the services' API references): one without is no empty list.
    """

    operation: Operation
    entries: str
    answered: str = "NextToken"
    asked: str = "NextToken"


def pages(
    account: AwsAccount,
    listed: Listed,
    region: str,
    take: Callable[[Answer], T],
    **parameters: Any,  # noqa: ANN401 - the API's parameters
) -> Iterator[T | Unread]:
    """Yield what ``take`` makes of each entry, over all pages.

    Ends with an Unread where a page could not be read; the rest of the list is then unknown. Raises GoneError
    where the service says that what was asked for does not exist.
    """

    def page_of(answer: Answer) -> tuple[tuple[T, ...], str]:
        entries = tuple(take(entry) for entry in member(answer, listed.entries))
        return entries, str(answer.get(listed.answered) or "")

    while True:
        answered = account.read(listed.operation, region, page_of, **parameters)
        if not isinstance(answered, Known):
            if isinstance(answered, Unread):
                yield answered
            return
        entries, token = answered.value
        yield from entries
        if not token or token == parameters.get(listed.asked):
            return
        parameters[listed.asked] = token


def gathered(found: Iterator[T | Unread]) -> Fact[tuple[T, ...]]:
    """Return a whole list as a fact: one page that could not be read, or what is gone meanwhile, leaves it unread."""
    entries: list[T] = []
    for entry in found:
        if isinstance(entry, Unread):
            return entry
        entries.append(entry)
    return Known(tuple(entries))


def parted(found: Iterator[T | Unread]) -> tuple[list[T], list[Unread]]:
    """Return what was listed, and why the rest was not: for reading each entry further on many threads."""
    entries: list[T] = []
    failed: list[Unread] = []
    for entry in found:
        if isinstance(entry, Unread):
            failed.append(entry)
        else:
            entries.append(entry)
    return entries, failed


def tags(entries: Any, key: str = "Key", value: str = "Value") -> dict[str, str]:  # noqa: ANN401 - the API's own shape
    """Return tags that a service tells as pairs; raises MalformedAnswerError."""
    return {str(member(tag, key)): str(tag.get(value) or "") for tag in entries or ()}
