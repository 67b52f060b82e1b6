"""Whether a service exists in a region at all: not all of them do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TypeVar

from collectors.aws.session import AwsAccount
from collectors.model import Unread, UnreadReason

T = TypeVar("T")

_NO_ENDPOINT = "EndpointConnection"


def where_offered(account: AwsAccount, service: str, region: str, found: Iterator[T | Unread]) -> Iterator[T | Unread]:
    """Yield what was found, but not that a service could not be reached that the region does not have.

    Two things must agree for that: nothing answers under the service's name there, and the SDK's list of
    endpoints (which may be older than the region) has none for it. A service that is only out of reach is unread.
    """
    for entry in found:
        if isinstance(entry, Unread) and _nobody_answers(entry) and not offered(account, service, region):
            return
        yield entry


def offered(account: AwsAccount, service: str, region: str) -> bool:
    """Whether the SDK knows of the service in the region; an endpoint of one's own has every service."""
    if account.endpoint_url is not None:
        return True
    known = _regions(service, account.partition)
    return not known or region in known


@cache
def _regions(service: str, partition: str) -> frozenset[str]:
    from botocore.session import Session

    return frozenset(Session().get_available_regions(service, partition_name=partition))


def _nobody_answers(unread: Unread) -> bool:
    return unread.reason is UnreadReason.UNREACHABLE and unread.detail == _NO_ENDPOINT
