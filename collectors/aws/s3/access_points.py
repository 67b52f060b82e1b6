"""Access points, the doors to a bucket that have policies of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.memo import Memo
from collectors.aws.policy import (
    AccessPoint,
    NetworkOrigin,
    PolicyDocument,
    PublicAccessBlock,
    access_point_policy_grants,
    parse_policy,
)
from collectors.aws.policy.notes import VPC_ORIGIN
from collectors.aws.s3.operations import GET_ACCESS_POINT, GET_ACCESS_POINT_POLICY, LIST_ACCESS_POINTS
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Grant, Known, NotNeeded, Reach, Switch, Unread

PAGE = 1000

Doors = Mapping[str, tuple[AccessPoint, ...]]
"""Access points by the name of the bucket that they open."""


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """One access point with its own policy and its own block."""

    point: AccessPoint
    policy: Fact[PolicyDocument | None]
    block: Fact[PublicAccessBlock]


class AccessPoints:
    """The account's access points, listed once a region. Safe for use by many threads.

    With ``bucket`` only that bucket's are listed.
    """

    def __init__(self, account: AwsAccount, *, bucket: str = "") -> None:
        self._account = account
        self._bucket = bucket
        self._regions: Memo[str, Fact[Doors]] = Memo()

    def on(self, bucket: str, region: str) -> Fact[tuple[AccessPoint, ...]]:
        """Return the account's access points on one of its buckets."""
        doors = self._regions.get(region, lambda: self._list(region))
        return Known(doors.value.get(bucket, ())) if isinstance(doors, Known) else doors

    def read(self, point: AccessPoint, region: str) -> Door | None:
        """Read one access point's policy and block; None where it is gone by now."""
        nothing: Known[PolicyDocument | None] = Known(None)
        asked: dict[str, Any] = {"AccountId": self._account.account_id, "Name": point.name}
        try:
            policy = self._account.read(GET_ACCESS_POINT_POLICY, region, _policy, nothing=nothing, **asked)
            if policy == nothing:
                return Door(point=point, policy=policy, block=NotNeeded("access_point_without_policy"))
            return Door(point=point, policy=policy, block=self._account.read(GET_ACCESS_POINT, region, _block, **asked))
        except GoneError:
            return None

    def _list(self, region: str) -> Fact[Doors]:
        parameters: dict[str, Any] = {"AccountId": self._account.account_id, "MaxResults": PAGE}
        if self._bucket:
            parameters["Bucket"] = self._bucket
        found: dict[str, tuple[AccessPoint, ...]] = {}
        while True:
            page = self._account.read(LIST_ACCESS_POINTS, region, self._page, **parameters)
            if not isinstance(page, Known):
                return page
            points, token = page.value
            for bucket, point in points:
                found[bucket] = (*found.get(bucket, ()), point)
            if not token or token == parameters.get("NextToken"):
                return Known(found)
            parameters["NextToken"] = token

    def _page(self, answer: Answer) -> tuple[tuple[tuple[str, AccessPoint], ...], str]:
        return tuple(self._points(member(answer, "AccessPointList"))), answer.get("NextToken", "")

    def _points(self, entries: Iterable[Answer]) -> Iterable[tuple[str, AccessPoint]]:
        for entry in entries:
            # A door to data that is not ours, or to a file system rather than a bucket.
            if entry.get("BucketAccountId", self._account.account_id) != self._account.account_id:
                continue
            if "DataSourceType" in entry and "Bucket" not in entry:
                continue
            yield (
                entry["Bucket"],
                AccessPoint(
                    name=entry["Name"],
                    arn=entry["AccessPointArn"],
                    account=self._account.account_id,
                    origin=NetworkOrigin(entry["NetworkOrigin"]),
                    vpc_id=(entry.get("VpcConfiguration") or {}).get("VpcId", ""),
                ),
            )


def _block(answer: Answer) -> PublicAccessBlock:
    return PublicAccessBlock.from_api(member(answer, "PublicAccessBlockConfiguration"))


def _policy(answer: Answer) -> PolicyDocument:
    return parse_policy(member(answer, "Policy"))


def door_grants(  # noqa: PLR0913 - each is a separate fact of the account, bucket or access point
    door: Door,
    *,
    bucket_arn: str,
    bucket_policy: Fact[PolicyDocument | None],
    owner_account: str,
    restricted: Fact[Switch],
    requester_pays: bool,
    controls: Sequence[PolicyDocument] = (),
) -> tuple[Grant, ...]:
    """Return what one access point opens; a policy that could not be read is a grant of unknown reach."""
    if isinstance(door.policy, Known):
        return access_point_policy_grants(
            door.policy.value,
            access_point=door.point,
            bucket_arn=bucket_arn,
            bucket_policy=bucket_policy,
            owner_account=owner_account,
            restricted=restricted,
            requester_pays=requester_pays,
            resource_control_policies=controls,
        )
    if not isinstance(door.policy, Unread):
        return ()
    silenced = isinstance(restricted, Known) and restricted.value.on
    in_vpc = door.point.origin is NetworkOrigin.VPC
    kind = "multi-region access point" if door.point.multi_region else "access point"
    return (
        Grant(
            # From a VPC alone it cannot reach the public, whatever its policy says.
            reach=Reach.ANONYMOUS_FROM_RANGE if in_vpc else Reach.UNKNOWN,
            what=(),
            via=f"{kind} {door.point.name}",
            effective=Known(value=False) if silenced else door.policy,
            blocked_by=restricted.value.by if isinstance(restricted, Known) and silenced else (),
            resources=(door.point.arn,),
            notes=(VPC_ORIGIN,) if in_vpc else (),
        ),
    )
