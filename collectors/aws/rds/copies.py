"""Where the data of databases is copied to: replicas, global databases, backups kept in other regions."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.aws.answers import Answer, MalformedAnswerError, member
from collectors.aws.entries import as_listed
from collectors.aws.errors import malformed
from collectors.aws.memo import Memo
from collectors.aws.operations import Operation
from collectors.aws.pages import gathered
from collectors.aws.rds.operations import DESCRIBE_GLOBAL_CLUSTERS, GLOBAL_CLUSTERS, PAGE
from collectors.aws.rds.region import Region, region_of
from collectors.model import Copy, CopyKind, Fact, Known, Unread

_ARN = "arn:"


def copy_to(kind: CopyKind, destination: str, via: str, region: str, operation: Operation) -> Copy:
    """Return the copy at a destination: named by its ARN, or by its name alone if it lies in the same region."""
    places: Fact[tuple[str, ...]]
    try:
        places = Known((f"aws:{region_of(destination) if destination.startswith(_ARN) else region}",))
    except MalformedAnswerError as error:
        places = malformed(operation, str(error))
    return Copy(kind=kind, destination=destination, places=places, via=via)


def replicas(entry: Answer, region: str, operation: Operation, *members: str) -> Iterator[Copy]:
    """Yield the read replicas that an entry names in these members, each a list of ARNs or names."""
    for name in members:
        for destination in entry.get(name) or ():
            yield copy_to(CopyKind.READ_REPLICA, str(destination), "read replica", region, operation)


def replicated_backups(entry: Answer, region: str, operation: Operation) -> Iterator[Copy]:
    """Yield the replicas of automated backups that an instance or a backup names."""
    for replication in entry.get("DBInstanceAutomatedBackupsReplications") or ():
        destination = str(member(replication, "DBInstanceAutomatedBackupsArn"))
        yield copy_to(CopyKind.BACKUP_COPY, destination, "automated backup replication", region, operation)


class GlobalClusters:
    """The global databases that clusters of a region belong to: one list, read when the first cluster asks."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._listed: Memo[str, Fact[tuple[Answer, ...]]] = Memo()

    def copies(self, cluster: str) -> Iterator[Copy]:
        """Yield the other clusters that a cluster's data is replicated to, by its ARN.

        Data flows from the primary cluster to all others. Where none is said to be it, each is taken for the source
        of the others. Where the list could not be read there may be copies, and nobody knows where.
        """
        listed = self._listed.get("", self._list)
        if isinstance(listed, Unread):
            yield Copy(kind=CopyKind.GEO_REDUNDANCY, destination="", places=listed, via="global database")
        elif isinstance(listed, Known):
            for one in listed.value:
                yield from self._members(one, cluster)

    def _members(self, entry: Answer, cluster: str) -> Iterator[Copy]:
        members = {str(one.get("DBClusterArn") or ""): one for one in entry.get("GlobalClusterMembers") or ()}
        if cluster not in members:
            return
        primary = any(one.get("IsWriter") for one in members.values())
        if primary and not members[cluster].get("IsWriter"):
            return
        readers = {str(arn) for one in members.values() for arn in one.get("Readers") or ()}
        via = f"global database {entry.get('GlobalClusterIdentifier') or ''}".rstrip()
        for arn in sorted((members.keys() | readers) - {cluster, ""}):
            yield copy_to(CopyKind.GEO_REDUNDANCY, arn, via, self._region.name, DESCRIBE_GLOBAL_CLUSTERS)

    def _list(self) -> Fact[tuple[Answer, ...]]:
        account, name = self._region.account, self._region.name
        return gathered(as_listed(account, GLOBAL_CLUSTERS, name, MaxRecords=PAGE))
