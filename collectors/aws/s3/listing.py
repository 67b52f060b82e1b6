"""Which buckets the account has."""

from __future__ import annotations

from typing import Any

import msgspec

from collectors.aws.answers import Answer, member
from collectors.aws.s3.operations import LIST_BUCKETS
from collectors.aws.session import AwsAccount
from collectors.model import Known, Unread

# The most that S3 gives in one answer. Without this parameter the answer has no regions; a smaller
# page would only cost calls.
PAGE = 10_000


class ListedBucket(msgspec.Struct, frozen=True):
    """One bucket as the listing tells it; ``region`` is empty where the listing does not say."""

    name: str
    region: str = ""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What was listed, and why the rest was not. ``owner_id`` is the account's canonical user id."""

    buckets: tuple[ListedBucket, ...]
    owner_id: str = ""
    unread: Unread | None = None


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    buckets: tuple[ListedBucket, ...]
    owner_id: str
    token: str


def list_buckets(account: AwsAccount, *, prefix: str = "") -> Listing:
    """List the account's buckets, those whose names begin with ``prefix`` where it is given."""
    parameters: dict[str, Any] = {"MaxBuckets": PAGE}
    if prefix:
        parameters["Prefix"] = prefix
    found: list[ListedBucket] = []
    owner_id = ""
    while True:
        page = account.read(LIST_BUCKETS, account.home_region, _page, **parameters)
        if not isinstance(page, Known):
            return Listing(buckets=tuple(found), owner_id=owner_id, unread=page if isinstance(page, Unread) else None)
        found.extend(page.value.buckets)
        owner_id = owner_id or page.value.owner_id
        if not page.value.token or page.value.token == parameters.get("ContinuationToken"):
            return Listing(buckets=tuple(found), owner_id=owner_id)
        parameters["ContinuationToken"] = page.value.token


def _page(answer: Answer) -> _Page:
    return _Page(
        buckets=tuple(
            ListedBucket(entry["Name"], entry.get("BucketRegion", "")) for entry in member(answer, "Buckets")
        ),
        owner_id=answer.get("Owner", {}).get("ID", ""),
        token=answer.get("ContinuationToken", ""),
    )
