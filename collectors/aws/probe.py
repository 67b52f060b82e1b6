"""Trying each operation once, to say which permission is missing before anything is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from collectors.aws.answers import GoneError
from collectors.aws.catalogue import COLLECTORS
from collectors.aws.operations import GET_CALLER_IDENTITY, Attempt, Operation
from collectors.aws.regions import EnabledRegions
from collectors.aws.session import AwsAccount
from collectors.model import Known, Unread


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended: ``unread`` is None where the operation works.

    ``untried`` says why it was not tried, empty where it was. Without an ``optional`` operation only
    detail is lost, no verdict.
    """

    operation: str
    action: str
    why: str
    unread: Unread | None = None
    untried: str = ""
    optional: bool = False


def probe(account: AwsAccount, collectors: Sequence[type[Any]] = COLLECTORS) -> Iterator[Probe]:
    """Try the credentials, then each operation of each of these collectors once, and yield how each went.

    What one collector cannot try another may. Where the credentials are refused, or are not known to be this
    account's, nothing more is tried.
    """
    refusal = account.verify()
    if refusal is not None:
        yield _ended(GET_CALLER_IDENTITY, refusal)
        return
    # A role's credentials are good although STS cannot be asked, and that it cannot is worth knowing.
    yield _try(account, Attempt(operation=GET_CALLER_IDENTITY, region=account.home_region))
    untried: dict[str, Attempt] = {}
    tried: set[str] = set()
    for attempt in _attempts(account, collectors):
        if attempt.untried:
            untried.setdefault(attempt.operation.uid, attempt)
        elif attempt.operation.uid not in tried:
            tried.add(attempt.operation.uid)
            yield _try(account, attempt)
    for operation, attempt in untried.items():
        if operation not in tried:
            yield _try(account, attempt)


def each(account: AwsAccount, attempts: Iterable[Attempt]) -> Iterator[Probe]:
    """Make each attempt and yield how it went."""
    for attempt in attempts:
        yield _try(account, attempt)


def _attempts(account: AwsAccount, collectors: Sequence[type[Any]]) -> Iterator[Attempt]:
    if any(collector.regional for collector in collectors):
        yield from EnabledRegions(account, lambda _regions, _complete: None).attempts()
    for collector in collectors:
        yield from collector(account).attempts()


def _try(account: AwsAccount, attempt: Attempt) -> Probe:
    if attempt.untried:
        operation = attempt.operation
        return Probe(
            operation=operation.uid,
            action=operation.action,
            why=operation.why,
            untried=attempt.untried,
            optional=operation.optional,
        )
    try:
        answer = account.read(
            attempt.operation, attempt.region, lambda _: None, nothing=Known(None), **attempt.parameters
        )
    except GoneError:
        # Who may be told that something does not exist may ask for it.
        return _ended(attempt.operation, None)
    return _ended(attempt.operation, answer if isinstance(answer, Unread) else None)


def _ended(operation: Operation, unread: Unread | None) -> Probe:
    return Probe(
        operation=operation.uid, action=operation.action, why=operation.why, unread=unread, optional=operation.optional
    )
