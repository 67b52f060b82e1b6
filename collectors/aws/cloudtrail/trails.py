"""The collector of trails as data that lies somewhere: each read in its home region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.cloudtrail import operations as ops
from collectors.aws.cloudtrail.entry import Entry
from collectors.aws.entries import not_asked
from collectors.aws.operations import Attempt
from collectors.aws.pages import pages, parted, tags
from collectors.aws.regional import RegionalCollector
from collectors.aws.s3.operations import HEAD_BUCKET
from collectors.aws.s3.regions import BucketRegions, place
from collectors.model import (
    Copy,
    CopyKind,
    Fact,
    Known,
    LogTrail,
    Provider,
    Resource,
    Unread,
    UnreadReason,
)

_NOBODYS = "cspmd-permission-probe"
_MOST_TAGGED = 20


class TrailCollector(RegionalCollector):
    """Reads the account's own trails of one region, and where they deliver to: one call a region.

    Each trail is told by its home region alone, without the shadows that it has in the others. A region with trails
    costs one call more for the tags of up to twenty of them, and one for each bucket's region.
    """

    uid: ClassVar[str] = "aws.cloudtrail.trails"
    service: ClassVar[str] = "cloudtrail"
    kinds: ClassVar[tuple[type[Resource], ...]] = (LogTrail,)
    operations = ops.TRAIL_OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream the trails whose home the region is."""
        yield from self._trails(region)

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one trail anew by its ARN; None where it does not exist."""
        found = tuple(self._trails(region, trailNameList=[uid]))
        trail = next((one for one in found if isinstance(one, LogTrail) and one.uid == uid), None)
        return trail or next((one for one in found if isinstance(one, Unread)), None)

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        arn = f"arn:{self._account.partition}:cloudtrail:{home}:{self._account.account_id}:trail/{_NOBODYS}"
        yield Attempt(operation=ops.DESCRIBE_TRAILS, region=home, parameters={"includeShadowTrails": False})
        yield Attempt(operation=ops.LIST_TAGS, region=home, parameters={"ResourceIdList": [arn]})
        yield Attempt(operation=HEAD_BUCKET, region=home, untried="needs no permission")

    def _trails(self, region: str, **parameters: Any) -> Iterator[LogTrail | Unread]:  # noqa: ANN401 - the API's parameters
        entries, failed = parted(
            pages(self._account, ops.TRAILS, region, Entry, includeShadowTrails=False, **parameters)
        )
        # A trail that another account keeps for the organization is that account's to judge.
        own = [one for one in entries if one.account == self._account.account_id and one.region == region]
        buckets = BucketRegions(self._account, ())
        for first in range(0, len(own), _MOST_TAGGED):
            some = own[first : first + _MOST_TAGGED]
            tagged = self._tags(region, some)
            for entry in some:
                yield self._trail(entry, region, buckets, tagged)
        yield from failed

    def _trail(
        self, entry: Entry, region: str, buckets: BucketRegions, tagged: Fact[dict[str, dict[str, str]]]
    ) -> LogTrail:
        return LogTrail(
            uid=entry.arn,
            name=entry.name,
            provider=Provider.AWS,
            account=self._account.account_id,
            region=region,
            tags=Known(tagged.value.get(entry.arn, {})) if isinstance(tagged, Known) else tagged,
            places=Known((f"aws:{region}",)),
            copies=Known(tuple(_delivered(entry, self._account.partition, buckets))),
        )

    def _tags(self, region: str, entries: list[Entry]) -> Fact[dict[str, dict[str, str]]]:
        if not self._account.asked(LogTrail, "tags"):
            return not_asked(ops.LIST_TAGS)
        try:
            return self._account.read(ops.LIST_TAGS, region, _tags, ResourceIdList=[entry.arn for entry in entries])
        except GoneError:
            # One of them is gone by now, and the service does not say which.
            return Unread(reason=UnreadReason.ERROR, operation=ops.LIST_TAGS.uid, detail="trail_gone_meanwhile")


def _delivered(entry: Entry, partition: str, buckets: BucketRegions) -> Iterator[Copy]:
    yield Copy(
        kind=CopyKind.LOG_DELIVERY,
        destination=f"arn:{partition}:s3:::{entry.bucket}",
        places=_bucket_places(entry.bucket, buckets),
        via="delivery to S3",
    )
    if entry.log_group:
        yield Copy(
            kind=CopyKind.LOG_DELIVERY,
            destination=entry.log_group,
            places=Known((f"aws:{entry.log_group_region}",)),
            via="delivery to CloudWatch Logs",
        )


def _bucket_places(name: str, buckets: BucketRegions) -> Fact[tuple[str, ...]]:
    try:
        return place(buckets.of(name))
    except GoneError:
        return Unread(reason=UnreadReason.ERROR, operation=HEAD_BUCKET.uid, detail="destination_does_not_exist")


def _tags(answer: Answer) -> dict[str, dict[str, str]]:
    listed = member(answer, "ResourceTagList")
    return {str(member(one, "ResourceId")): tags(one.get("TagsList")) for one in listed}
