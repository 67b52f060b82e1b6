"""Multi-Region Access Points: one door to buckets in several regions.

Their control plane is in us-west-2 whatever regions they span, and they exist in the commercial
partition alone (Amazon S3 User Guide, "Multi-Region Access Point restrictions and limitations").
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.memo import Memo
from collectors.aws.policy import AccessPoint, PolicyDocument, PublicAccessBlock, parse_policy
from collectors.aws.s3.access_points import Door
from collectors.aws.s3.operations import GET_MULTI_REGION_ACCESS_POINT_POLICY, LIST_MULTI_REGION_ACCESS_POINTS
from collectors.aws.s3.regions import BucketRegions, joined
from collectors.aws.session import AwsAccount
from collectors.model import Copy, CopyKind, Fact, Known

CONTROL_PLANE = "us-west-2"
PARTITION = "aws"


class MultiRegionPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One multi-region access point: the door, its block, and the buckets behind it with their regions."""

    point: AccessPoint
    block: PublicAccessBlock
    buckets: tuple[tuple[str, str], ...]


class MultiRegionPoints:
    """The account's multi-region access points, listed once. Safe for use by many threads."""

    def __init__(self, account: AwsAccount) -> None:
        self._account = account
        self._listed: Memo[str, Fact[tuple[MultiRegionPoint, ...]]] = Memo()
        self._policies: Memo[str, Fact[PolicyDocument | None] | None] = Memo()

    def on(self, bucket: str) -> Fact[tuple[MultiRegionPoint, ...]]:
        """Return those that lead to this bucket."""
        listed = self._listed.get(CONTROL_PLANE, self._list)
        if not isinstance(listed, Known):
            return listed
        return Known(tuple(found for found in listed.value if any(name == bucket for name, _ in found.buckets)))

    def read(self, found: MultiRegionPoint) -> Door | None:
        """Return the door with its policy; None where it is gone by now."""
        policy = self._policies.get(found.point.name, lambda: self._policy(found.point.name))
        return None if policy is None else Door(point=found.point, policy=policy, block=Known(found.block))

    def _policy(self, name: str) -> Fact[PolicyDocument | None] | None:
        nothing: Known[PolicyDocument | None] = Known(None)
        try:
            return self._account.read(
                GET_MULTI_REGION_ACCESS_POINT_POLICY,
                CONTROL_PLANE,
                _established,
                nothing=nothing,
                AccountId=self._account.account_id,
                Name=name,
            )
        except GoneError:
            return None

    def _list(self) -> Fact[tuple[MultiRegionPoint, ...]]:
        if self._account.partition != PARTITION:
            return Known(())
        parameters: dict[str, Any] = {"AccountId": self._account.account_id}
        found: list[MultiRegionPoint] = []
        while True:
            page = self._account.read(LIST_MULTI_REGION_ACCESS_POINTS, CONTROL_PLANE, self._page, **parameters)
            if not isinstance(page, Known):
                return page
            points, token = page.value
            found.extend(points)
            if not token or token == parameters.get("NextToken"):
                return Known(tuple(found))
            parameters["NextToken"] = token

    def _page(self, answer: Answer) -> tuple[tuple[MultiRegionPoint, ...], str]:
        return tuple(self._point(entry) for entry in member(answer, "AccessPoints")), answer.get("NextToken", "")

    def _point(self, entry: Answer) -> MultiRegionPoint:
        account = self._account.account_id
        return MultiRegionPoint(
            point=AccessPoint(
                name=entry["Name"],
                arn=f"arn:{PARTITION}:s3::{account}:accesspoint/{entry['Alias']}",
                account=account,
                multi_region=True,
            ),
            block=PublicAccessBlock.from_api(member(entry, "PublicAccessBlock")),
            buckets=tuple((region["Bucket"], region.get("Region", "")) for region in member(entry, "Regions")),
        )


def _established(answer: Answer) -> PolicyDocument | None:
    """Return the policy in force; a proposed one is not yet."""
    text = (member(answer, "Policy").get("Established") or {}).get("Policy")
    return parse_policy(text) if text else None


def spread(found: MultiRegionPoint, regions: BucketRegions) -> Copy:
    """Return a multi-region access point as the places that data behind it lies in."""
    regions_behind: list[Fact[str]] = []
    for name, told in found.buckets:
        # A deleted bucket stays listed behind its access point: the data is in the others.
        with suppress(GoneError):
            regions_behind.append(regions.of(name, told))
    return Copy(
        kind=CopyKind.MULTI_REGION_ACCESS,
        destination=found.point.arn,
        places=joined(regions_behind),
        via=f"multi-region access point {found.point.name}",
    )
