"""Listing page by page, one thing at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from collectors.aws.answers import Answer, expect_root, member
from collectors.aws.operations import Operation
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known, Unread

T = TypeVar("T")

PAGE = 1000
"""What most of EC2's lists give at most in one answer."""


def listed(  # noqa: PLR0913 - what to call, where, and how to take it
    account: AwsAccount,
    operation: Operation,
    region: str,
    name: str,
    take: Callable[[Answer], T],
    *,
    page: int | None = PAGE,
    **parameters: Any,  # noqa: ANN401 - the API's parameters
) -> Iterator[T | Unread]:
    """Yield what ``take`` makes of each entry of a list called ``name``, over all pages.

    Ends with an Unread where a page could not be read; the rest of the list is then unknown. ``page``
    is left out where single ones are asked for by their ids, as EC2 demands. Raises GoneError where
    the service says that what was asked for does not exist.
    """
    if page is not None:
        parameters["MaxResults"] = page

    def page_of(answer: Answer) -> tuple[tuple[T, ...], str]:
        # EC2 leaves out a list that is empty: without its root, any other XML would be an empty list.
        expect_root(answer, f"{operation.name}Response")
        return tuple(take(entry) for entry in answer.get(name) or ()), str(answer.get("NextToken") or "")

    while True:
        answered = account.read(operation, region, page_of, **parameters)
        if not isinstance(answered, Known):
            if isinstance(answered, Unread):
                yield answered
            return
        entries, token = answered.value
        yield from entries
        if not token or token == parameters.get("NextToken"):
            return
        parameters["NextToken"] = token


def gathered(found: Iterator[T | Unread]) -> Fact[tuple[T, ...]]:
    """Return a whole list as a fact: one page that could not be read leaves it unread."""
    entries: list[T] = []
    for entry in found:
        if isinstance(entry, Unread):
            return entry
        entries.append(entry)
    return Known(tuple(entries))


def tags(entry: Answer) -> dict[str, str]:
    """Return the tags of an entry; an entry without any has no such member."""
    return {str(member(tag, "Key")): str(tag.get("Value") or "") for tag in entry.get("Tags") or ()}


def name_of(entry_tags: dict[str, str], otherwise: str) -> str:
    """Return what a person calls the resource: its Name tag if it has one."""
    return entry_tags.get("Name", "").strip() or otherwise
