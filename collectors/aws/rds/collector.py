"""The collector of databases: a region's instances, clusters, snapshots and the backups that stand by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from collectors.aws.answers import Answer, GoneError, MalformedAnswerError
from collectors.aws.entries import as_listed, entries, understood, unless_gone
from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Attempt
from collectors.aws.rds import operations as ops
from collectors.aws.rds.backups import SORTS as SORTS_OF_BACKUPS
from collectors.aws.rds.backups import BackupKind, backup
from collectors.aws.rds.copies import GlobalClusters
from collectors.aws.rds.databases import cluster, instance
from collectors.aws.rds.region import Region, parts_of
from collectors.aws.rds.snapshots import OF_CLUSTERS, OF_INSTANCES, SORTS, SnapshotKind, snapshot
from collectors.aws.rds.sources import CLUSTER, INSTANCE, SourceKind, Sources
from collectors.aws.regional import RegionalCollector
from collectors.aws.workers import spread
from collectors.model import Database, DatabaseBackup, DatabaseSnapshot, Resource, Unread

_NOBODYS = "cspmd-permission-probe"
_FEW = {"MaxRecords": 20}
_ALL = {"MaxRecords": ops.PAGE}


class RdsCollector(RegionalCollector):
    """Reads one region's databases in six lists, and a seventh where there are clusters that may be global.

    Beyond the lists each manual snapshot is asked for whom it is shared with, and each key for its holder.
    """

    uid: ClassVar[str] = "aws.rds"
    service: ClassVar[str] = "rds"
    kinds: ClassVar[tuple[type[Resource], ...]] = (Database, DatabaseSnapshot, DatabaseBackup)
    operations = ops.OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream instances, clusters, snapshots and backups. A list that fails costs its own sort alone."""
        here = Region(self._account, region)
        sources = Sources(here)
        yield from _missed(self._instances(here, sources, **_ALL), sources, INSTANCE)
        clustered = False
        for found in _missed(self._clusters(here, sources, **_ALL), sources, CLUSTER):
            clustered = True
            yield found
        yield from self._snapshots(here, OF_INSTANCES, sources)
        for kept in self._snapshots(here, OF_CLUSTERS, sources):
            clustered = True
            yield kept
        for sort in SORTS_OF_BACKUPS.values():
            # Where there is neither a cluster nor a snapshot of one, nothing of clusters is kept: a call saved.
            if clustered or sort.listed is not ops.CLUSTER_AUTOMATED_BACKUPS:
                yield from self._backups(here, sort, **_ALL)

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one database, snapshot or backup anew by its ARN; None where it does not exist."""
        try:
            *_, what, own_uid = parts_of(uid)
            return next(self._one(Region(self._account, region), what, own_uid, uid), None)
        except (GoneError, MalformedAnswerError):
            return None

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        for listed in (
            ops.INSTANCES,
            ops.CLUSTERS,
            ops.GLOBAL_CLUSTERS,
            ops.SNAPSHOTS,
            ops.CLUSTER_SNAPSHOTS,
            ops.AUTOMATED_BACKUPS,
            ops.CLUSTER_AUTOMATED_BACKUPS,
        ):
            yield Attempt(operation=listed.operation, region=home, parameters=dict(_FEW))
        for sort in (OF_INSTANCES, OF_CLUSTERS):
            yield Attempt(operation=sort.attributes, region=home, parameters={sort.identifier: _NOBODYS})
        yield Attempt(operation=DESCRIBE_KEY, region=home, untried="no key is known to try it on")

    def _one(self, region: Region, what: str, own_uid: str, arn: str) -> Iterator[Resource | Unread]:
        sources = Sources(region, listed=False)
        if what in SORTS:
            sort = SORTS[what]
            make = partial(snapshot, sort=sort, region=region, sources=sources)
            return entries(self._account, sort.listed, region.name, make, **sort.parameters(own_uid))
        if what == "db":
            return self._instances(region, sources, DBInstanceIdentifier=own_uid)
        if what == "cluster":
            return self._clusters(region, sources, DBClusterIdentifier=own_uid)
        if what in SORTS_OF_BACKUPS:
            return self._backup(region, SORTS_OF_BACKUPS[what], arn)
        return iter(())

    def _backup(self, region: Region, sort: BackupKind, arn: str) -> Iterator[DatabaseBackup | Unread]:
        """Find one in its list: those of clusters cannot be asked for by their ARN."""
        asked = {sort.arn: arn} if sort.tells_copies else _ALL
        for one in self._backups(region, sort, **asked):
            if isinstance(one, Unread) or one.uid == arn:
                yield one

    def _instances(self, region: Region, sources: Sources, **asked: object) -> Iterator[Database | Unread]:
        def make(entry: Answer) -> Database | None:
            sources.tell(entry, INSTANCE)
            return instance(entry, region)

        return entries(self._account, ops.INSTANCES, region.name, make, **asked)

    def _clusters(self, region: Region, sources: Sources, **asked: object) -> Iterator[Database | Unread]:
        spread_over = GlobalClusters(region)

        def make(entry: Answer) -> Database | None:
            sources.tell(entry, CLUSTER)
            return cluster(entry, region, spread_over)

        return entries(self._account, ops.CLUSTERS, region.name, make, **asked)

    def _backups(self, region: Region, sort: BackupKind, **asked: object) -> Iterator[DatabaseBackup | Unread]:
        return entries(self._account, sort.listed, region.name, partial(backup, sort=sort, region=region), **asked)

    def _snapshots(self, region: Region, sort: SnapshotKind, sources: Sources) -> Iterator[DatabaseSnapshot | Unread]:
        make = partial(snapshot, sort=sort, region=region, sources=sources)

        def read(entry: Answer | Unread) -> DatabaseSnapshot | Unread | None:
            return unless_gone(lambda: understood(sort.listed.operation, entry, make))

        listed = as_listed(self._account, sort.listed, region.name, **_ALL)
        for found in spread(listed, read, self._account.cost):
            if found is not None:
                yield found


def _missed(found: Iterator[Database | Unread], sources: Sources, sort: SourceKind) -> Iterator[Database | Unread]:
    """Pass on what a list gives, and keep why the rest of it could not be read."""
    for one in found:
        if isinstance(one, Unread):
            sources.miss(one, sort)
        yield one
