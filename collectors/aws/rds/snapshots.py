"""Snapshots of instances and of clusters: two lists of the same shape under different names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from collectors.aws.answers import Answer, member
from collectors.aws.entries import not_asked
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed
from collectors.aws.places import place_of
from collectors.aws.rds import operations as ops
from collectors.aws.rds.region import Region, not_told, region_of
from collectors.aws.rds.sources import CLUSTER, INSTANCE, SourceKind, Sources
from collectors.model import DatabaseSnapshot, Fact, Known, NotNeeded, Sharing

_EVERYONE = "all"
_NEVER_SHARED = frozenset({"automated", "awsbackup"})
_PRIVATE: Fact[Sharing] = Known(Sharing(granted=False))
_NO_COPIES = NotNeeded("copies_are_resources_of_their_own")
_NOBODY: Fact[tuple[str, ...]] = Known(())


class SnapshotKind(msgspec.Struct, frozen=True, kw_only=True):
    """Snapshots of one sort: their list, and the members that hold what of an entry.

    ``what`` is the word for them in their ARN, ``identifier`` names them in entries and requests alike.
    """

    what: str
    listed: Listed
    attributes: Operation
    arn: str
    identifier: str
    source: str
    made_of: SourceKind
    copied_from: str
    encrypted: str
    attributes_result: str
    attributes_list: str

    def parameters(self, identifier: str) -> dict[str, str]:
        """Return what asks for one of them: one that RDS made by itself is found under its type alone."""
        kind, colon, _ = identifier.partition(":")
        made_by = {"rds": "automated"}.get(kind, kind)
        return {self.identifier: identifier, **({"SnapshotType": made_by} if colon else {})}


OF_INSTANCES = SnapshotKind(
    what="snapshot",
    listed=ops.SNAPSHOTS,
    attributes=ops.DESCRIBE_DB_SNAPSHOT_ATTRIBUTES,
    arn="DBSnapshotArn",
    identifier="DBSnapshotIdentifier",
    source="DBInstanceIdentifier",
    made_of=INSTANCE,
    copied_from="SourceDBSnapshotIdentifier",
    encrypted="Encrypted",
    attributes_result="DBSnapshotAttributesResult",
    attributes_list="DBSnapshotAttributes",
)
OF_CLUSTERS = SnapshotKind(
    what="cluster-snapshot",
    listed=ops.CLUSTER_SNAPSHOTS,
    attributes=ops.DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES,
    arn="DBClusterSnapshotArn",
    identifier="DBClusterSnapshotIdentifier",
    source="DBClusterIdentifier",
    made_of=CLUSTER,
    copied_from="SourceDBClusterSnapshotArn",
    encrypted="StorageEncrypted",
    attributes_result="DBClusterSnapshotAttributesResult",
    attributes_list="DBClusterSnapshotAttributes",
)
SORTS: Mapping[str, SnapshotKind] = {sort.what: sort for sort in (OF_INSTANCES, OF_CLUSTERS)}


def snapshot(entry: Answer, sort: SnapshotKind, region: Region, sources: Sources) -> DatabaseSnapshot | None:
    """Return the snapshot of one entry; None where it is another account's.

    One attribute call tells with whom a manual one is shared; those that RDS or AWS Backup made cannot be shared
    (Amazon RDS User Guide, "Sharing a DB snapshot"). Raises MalformedAnswerError, and GoneError where it does not
    exist any more.
    """
    if not region.owns(str(member(entry, sort.arn))):
        return None
    operation = sort.listed.operation
    alike = region.described(entry, operation, arn=sort.arn, name=sort.identifier, encrypted=sort.encrypted)
    copied_from = _copied_from(entry, sort, region)
    sharing: Fact[Sharing]
    accounts: Fact[tuple[str, ...]]
    if entry.get("SnapshotType") in _NEVER_SHARED:
        sharing, accounts = _PRIVATE, _NOBODY
    elif region.account.asked(DatabaseSnapshot, "sharing"):
        sharing, accounts = _shared(alike["name"], sort, region)
    else:
        sharing = accounts = not_asked(sort.attributes)
    return DatabaseSnapshot(
        **alike,
        places=_places(entry, region.name, operation),
        copies=_NO_COPIES,
        sharing=sharing,
        shared_accounts=accounts,
        source_tags=not_told(operation, "TagList of its source") if copied_from else sources.of(entry, sort.made_of),
        copied_from=Known(copied_from),
        source=Known(str(entry.get(sort.source) or "")),
    )


def _copied_from(entry: Answer, sort: SnapshotKind, region: Region) -> str:
    """Return the ARN of the snapshot in another region that this one was copied from, empty where it was made here.

    A snapshot of a cluster also names the one that it was copied from within the region (Amazon RDS API reference,
    "DBSnapshot" and "DBClusterSnapshot"). Raises MalformedAnswerError.
    """
    source = str(entry.get(sort.copied_from) or "")
    if not source.startswith("arn:"):
        return ""
    return source if region_of(source) != region.name else ""


def _shared(identifier: str, sort: SnapshotKind, region: Region) -> tuple[Fact[Sharing], Fact[tuple[str, ...]]]:
    def grantees(answer: Answer) -> frozenset[str]:
        attributes = member(member(answer, sort.attributes_result), sort.attributes_list)
        restore = [one for one in attributes if member(one, "AttributeName") == "restore"]
        return frozenset(str(grantee) for one in restore for grantee in one.get("AttributeValues") or ())

    asked: dict[str, Any] = {sort.identifier: identifier}
    granted = region.account.read(sort.attributes, region.name, grantees, **asked)
    if not isinstance(granted, Known):
        return granted, granted
    accounts = tuple(sorted(granted.value - {_EVERYONE}))
    return Known(Sharing(granted=_EVERYONE in granted.value)), Known(accounts)


def _places(entry: Answer, region: str, operation: Operation) -> Fact[tuple[str, ...]]:
    """Return where a snapshot is stored: in the region wherever the database was, unless it is said otherwise."""
    zone = str(entry.get("SnapshotAvailabilityZone") or "")
    if not zone and entry.get("SnapshotTarget") not in (None, "", "region"):
        return not_told(operation, "SnapshotAvailabilityZone")
    return Known((place_of(region, zone=zone),))
