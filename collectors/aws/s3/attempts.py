"""One harmless call of each operation, so that a missing permission shows before it costs a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.aws.answers import GoneError
from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Attempt, Operation
from collectors.aws.s3 import operations as ops
from collectors.aws.s3.asked import used
from collectors.aws.s3.listing import list_buckets
from collectors.aws.s3.multi_region import CONTROL_PLANE, PARTITION
from collectors.aws.s3.regions import BucketRegions
from collectors.aws.session import AwsAccount
from collectors.model import Known

# A name that nobody has: S3 says so to those who may ask, and refuses the others.
_NOBODYS = "cspmd-permission-probe"

_ON_BUCKETS = tuple(
    operation
    for operation in ops.OPERATIONS
    if operation.service == "s3" and operation.action and operation != ops.LIST_BUCKETS
)
_ON_ACCESS_POINTS = (ops.GET_ACCESS_POINT, ops.GET_ACCESS_POINT_POLICY)
_ON_MULTI_REGION = (ops.LIST_MULTI_REGION_ACCESS_POINTS, ops.GET_MULTI_REGION_ACCESS_POINT_POLICY)


def attempts(account: AwsAccount) -> Iterator[Attempt]:
    """Yield what to try: on the account, on its first bucket, and on access points that do not exist."""
    home = account.home_region
    of_account = {"AccountId": account.account_id}
    yield Attempt(operation=ops.LIST_BUCKETS, region=home, parameters={"MaxBuckets": 1})
    yield from _on_a_bucket(account)
    if used(account, DESCRIBE_KEY):
        yield Attempt(operation=DESCRIBE_KEY, region=home, untried="no key is known to try it on")
    yield Attempt(operation=ops.GET_ACCOUNT_PUBLIC_ACCESS_BLOCK, region=home, parameters=of_account)
    yield Attempt(operation=ops.LIST_ACCESS_POINTS, region=home, parameters=of_account)
    for operation in _ON_ACCESS_POINTS:
        yield Attempt(operation=operation, region=home, parameters={**of_account, "Name": _NOBODYS})
    yield from _multi_region(account)
    yield from _organization(account)


def _on_a_bucket(account: AwsAccount) -> Iterator[Attempt]:
    operations = tuple(operation for operation in _ON_BUCKETS if used(account, operation))
    listing = list_buckets(account)
    if not listing.buckets:
        reason = "the account has no bucket" if listing.unread is None else "the buckets could not be listed"
        yield from _untried(account, operations, reason)
        return
    name = listing.buckets[0].name
    try:
        located = BucketRegions(account, listing.buckets).own(name)
    except GoneError:
        located = Known(account.home_region)
    region = located.value if isinstance(located, Known) else account.home_region
    for operation in operations:
        yield Attempt(operation=operation, region=region, parameters={"Bucket": name})


def _multi_region(account: AwsAccount) -> Iterator[Attempt]:
    if account.partition != PARTITION:
        yield from _untried(account, _ON_MULTI_REGION, f"the partition {account.partition} has none")
        return
    of_account = {"AccountId": account.account_id}
    yield Attempt(operation=ops.LIST_MULTI_REGION_ACCESS_POINTS, region=CONTROL_PLANE, parameters=of_account)
    yield Attempt(
        operation=ops.GET_MULTI_REGION_ACCESS_POINT_POLICY,
        region=CONTROL_PLANE,
        parameters={**of_account, "Name": _NOBODYS},
    )


def _organization(account: AwsAccount) -> Iterator[Attempt]:
    home = account.home_region
    yield Attempt(operation=ops.DESCRIBE_ORGANIZATION, region=home)
    none: Known[bool] = Known(value=False)
    if account.read(ops.DESCRIBE_ORGANIZATION, home, lambda _: True, nothing=none) == none:
        in_none = (ops.DESCRIBE_EFFECTIVE_POLICY, *ops.ASKED_FOR_MEMBERS)
        yield from _untried(account, in_none, "the account is in no organization")
        return
    yield from _untried(account, ops.ASKED_FOR_MEMBERS, "its management account alone may ask")
    yield Attempt(operation=ops.DESCRIBE_EFFECTIVE_POLICY, region=home, parameters={"PolicyType": ops.S3_POLICY_TYPE})


def _untried(account: AwsAccount, operations: tuple[Operation, ...], reason: str) -> Iterator[Attempt]:
    for operation in operations:
        yield Attempt(operation=operation, region=account.home_region, untried=reason)
