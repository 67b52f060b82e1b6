"""The databases of a region that its snapshots were made of: their tags, which carry the data class."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from collectors.aws.answers import Answer, GoneError
from collectors.aws.entries import as_listed, not_asked
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed, gathered
from collectors.aws.rds.operations import CLUSTERS, INSTANCES
from collectors.aws.rds.region import Region, tags_of
from collectors.model import DatabaseSnapshot, Fact, Known, Unread

SourceTags: TypeAlias = Fact[tuple[dict[str, str], ...]]


class SourceKind(msgspec.Struct, frozen=True):
    """Databases of one sort: their list, the member that names one, and the id that no other ever gets again.

    ``resource_id_there`` is what a snapshot calls that id of the database it was made of.
    """

    listed: Listed
    identifier: str
    resource_id: str
    resource_id_there: str


INSTANCE = SourceKind(INSTANCES, "DBInstanceIdentifier", "DbiResourceId", "DbiResourceId")
CLUSTER = SourceKind(CLUSTERS, "DBClusterIdentifier", "DbClusterResourceId", "DbClusterResourceId")


class _Database(msgspec.Struct, frozen=True):
    resource_id: str
    tags: Fact[dict[str, str]]


class Sources:
    """Holds what the lists of a pass told; with ``listed`` False each database is asked for by itself.

    A database that was deleted has no tags that anyone could read, and tells nothing of its snapshots.
    """

    def __init__(self, region: Region, *, listed: bool = True) -> None:
        self._region = region
        self._listed = listed
        self._told: dict[tuple[Operation, str], _Database] = {}
        self._unread: dict[Operation, Unread] = {}
        self._asked = region.account.asked(DatabaseSnapshot, "source_tags")

    def tell(self, entry: Answer, sort: SourceKind) -> None:
        """Keep what the list tells of a database; raises MalformedAnswerError."""
        if self._listed and self._asked:
            key = (sort.listed.operation, str(entry.get(sort.identifier) or ""))
            self._told[key] = _database(entry, sort)

    def miss(self, unread: Unread, sort: SourceKind) -> None:
        """Keep why a list, or the rest of it, could not be read."""
        self._unread.setdefault(sort.listed.operation, unread)

    def of(self, snapshot: Answer, sort: SourceKind) -> SourceTags:
        """Return the tags of the database that a snapshot was made of; raises MalformedAnswerError."""
        if not self._asked:
            return not_asked(sort.listed.operation)
        name = str(snapshot.get(sort.identifier) or "")
        found = self._from_list(name, sort) if self._listed else self._single(name, sort)
        if not isinstance(found, Known):
            return found
        resource_id = str(snapshot.get(sort.resource_id_there) or "")
        same = [one for one in found.value if not resource_id or one.resource_id in ("", resource_id)]
        unread = next((one.tags for one in same if isinstance(one.tags, Unread)), None)
        return unread or Known(tuple(one.tags.value for one in same))

    def _from_list(self, name: str, sort: SourceKind) -> Fact[tuple[_Database, ...]]:
        operation = sort.listed.operation
        if (operation, name) in self._told:
            return Known((self._told[operation, name],))
        return self._unread.get(operation, Known(()))

    def _single(self, name: str, sort: SourceKind) -> Fact[tuple[_Database, ...]]:
        account = self._region.account
        try:
            found = gathered(as_listed(account, sort.listed, self._region.name, **{sort.identifier: name}))
        except GoneError:
            return Known(())
        return Known(tuple(_database(one, sort) for one in found.value)) if isinstance(found, Known) else found


def _database(entry: Answer, sort: SourceKind) -> _Database:
    return _Database(str(entry.get(sort.resource_id) or ""), tags_of(entry, sort.listed.operation))
