"""Where the data of global tables is replicated to. Raises MalformedAnswerError."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from collectors.aws.answers import Answer, member
from collectors.aws.dynamodb.operations import GLOBAL_TABLES, PAGE
from collectors.aws.memo import Memo
from collectors.aws.pages import gathered, pages
from collectors.aws.session import AwsAccount
from collectors.model import Copy, CopyKind, Fact, Known, Unread

_CURRENT = "2019.11.21"
_BOTH_IMAGES = "NEW_AND_OLD_IMAGES"


class Replicas:
    """The replicas of one region's tables in other regions. Safe for use by many threads."""

    def __init__(self, account: AwsAccount, region: str) -> None:
        self._account = account
        self._region = region
        self._legacy: Memo[str, Fact[Mapping[str, tuple[str, ...]]]] = Memo()

    def of(self, table: Answer) -> Iterator[Copy]:
        """Yield where a table's data goes, from its description.

        The region of a witness keeps the changes too, though nobody can read them there (DynamoDB Developer Guide,
        "Multi-Region strong consistency"). The legacy version of global tables shows in no description; one list
        tells of all of them, and is asked for only where a table could be one of them.
        """
        name = str(member(table, "TableName"))
        replicas = [str(member(one, "RegionName")) for one in table.get("Replicas") or ()]
        witnesses = [str(member(one, "RegionName")) for one in table.get("GlobalTableWitnesses") or ()]
        for region in replicas:
            yield from self._to(region, name, "global table")
        for region in witnesses:
            yield from self._to(region, name, "global table witness")
        if not replicas and _may_be_legacy(table):
            yield from self._of_legacy(name)

    def _of_legacy(self, name: str) -> Iterator[Copy]:
        via = "global table (version 2017.11.29)"
        listed = self._legacy.get("", self._list)
        if isinstance(listed, Unread):
            yield Copy(kind=CopyKind.REPLICATION, destination="", places=listed, via=via)
        elif isinstance(listed, Known):
            for region in listed.value.get(name, ()):
                yield from self._to(region, name, via)

    def _to(self, region: str, table: str, via: str) -> Iterator[Copy]:
        if region != self._region:
            account = self._account
            yield Copy(
                kind=CopyKind.REPLICATION,
                destination=f"arn:{account.partition}:dynamodb:{region}:{account.account_id}:table/{table}",
                places=Known((f"aws:{region}",)),
                via=via,
            )

    def _list(self) -> Fact[Mapping[str, tuple[str, ...]]]:
        listed = pages(self._account, GLOBAL_TABLES, self._region, _group, RegionName=self._region, Limit=PAGE)
        found = gathered(listed)
        return Known(dict(found.value)) if isinstance(found, Known) else found


def _may_be_legacy(table: Answer) -> bool:
    """Whether a table meets what the legacy version demands: a stream of new and old images.

    DynamoDB Developer Guide, "Best practices and requirements for managing global tables" (version 2017.11.29).
    """
    stream = table.get("StreamSpecification") or {}
    return bool(
        table.get("GlobalTableVersion") != _CURRENT
        and stream.get("StreamEnabled")
        and stream.get("StreamViewType") == _BOTH_IMAGES
    )


def _group(entry: Answer) -> tuple[str, tuple[str, ...]]:
    replicas = member(entry, "ReplicationGroup")
    return str(member(entry, "GlobalTableName")), tuple(str(member(one, "RegionName")) for one in replicas)
