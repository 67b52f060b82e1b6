"""Where a bucket's objects are copied to."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.s3.operations import GET_BUCKET_REPLICATION, HEAD_BUCKET
from collectors.aws.s3.regions import BucketRegions, place
from collectors.aws.session import AwsAccount
from collectors.model import Copy, CopyKind, Fact, Known, Unread, UnreadReason


class ReplicationRule(msgspec.Struct, frozen=True):
    """One rule that is on: its id and the ARN of the bucket that receives the copies."""

    uid: str
    destination: str


def read_copies(account: AwsAccount, region: str, name: str, regions: BucketRegions) -> Fact[tuple[Copy, ...]]:
    """Read a bucket's replication with the region of each destination; raises GoneError."""
    nothing: Known[tuple[ReplicationRule, ...]] = Known(())
    rules = account.read(GET_BUCKET_REPLICATION, region, replication_rules, nothing=nothing, Bucket=name)
    if not isinstance(rules, Known):
        return rules
    return Known(tuple(_copies(rules.value, regions)))


def replication_rules(answer: Answer) -> tuple[ReplicationRule, ...]:
    """Return the rules of a ``GetBucketReplication`` answer that are on."""
    rules = member(member(answer, "ReplicationConfiguration"), "Rules")
    return tuple(
        ReplicationRule(rule.get("ID", ""), rule["Destination"]["Bucket"])
        for rule in rules
        if rule["Status"] == "Enabled"
    )


def _copies(rules: tuple[ReplicationRule, ...], regions: BucketRegions) -> Iterator[Copy]:
    for destination in dict.fromkeys(rule.destination for rule in rules):
        ids = ", ".join(rule.uid for rule in rules if rule.destination == destination and rule.uid)
        yield Copy(
            kind=CopyKind.REPLICATION,
            destination=destination,
            places=_destination_places(destination, regions),
            via=f"replication rule {ids}" if ids else "replication rule",
        )


def _destination_places(arn: str, regions: BucketRegions) -> Fact[tuple[str, ...]]:
    try:
        return place(regions.of(arn.rpartition(":")[2]))
    except GoneError:
        # The rule stays when its destination is deleted; whoever takes the name decides where it lies.
        return Unread(reason=UnreadReason.ERROR, operation=HEAD_BUCKET.uid, detail="destination_does_not_exist")
