"""The collector of a region's DynamoDB tables and their on-demand backups."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from collectors.aws.answers import GoneError
from collectors.aws.dynamodb import operations as ops
from collectors.aws.dynamodb.tables import Tables
from collectors.aws.dynamodb.tagged import table_tags
from collectors.aws.entries import entries, unless_gone
from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Attempt
from collectors.aws.pages import pages
from collectors.aws.regional import RegionalCollector
from collectors.aws.tagged import GET_RESOURCES
from collectors.aws.workers import spread
from collectors.model import DatabaseBackup, Resource, Table, Unread

_NOBODYS = "cspmd-permission-probe"
_ALL_BACKUPS = {"BackupType": "ALL", "Limit": ops.PAGE}


class DynamoDbCollector(RegionalCollector):
    """Reads one region's tables, each in one call: no list says more of a table than its name.

    Besides, there is a list of tables, one of tags, one of backups, one of legacy global tables where a table could
    be such a one, and one call a key.
    """

    uid: ClassVar[str] = "aws.dynamodb"
    service: ClassVar[str] = "dynamodb"
    kinds: ClassVar[tuple[type[Resource], ...]] = (Table, DatabaseBackup)
    operations = ops.OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream tables, each as soon as it is read, and then backups. A list that fails costs its own kind alone."""
        tables = Tables(self._account, region, table_tags(self._account, region))
        names: set[str] = set()

        def read(name: str | Unread) -> Table | Unread | None:
            if isinstance(name, Unread):
                return name
            names.add(name)
            return unless_gone(lambda: tables.table(name))

        listed = pages(self._account, ops.TABLES, region, str, Limit=ops.PAGE)
        for found in spread(listed, read, self._account.cost):
            if found is not None:
                yield found
        make = partial(tables.backup, tables=names)
        yield from entries(self._account, ops.BACKUPS, region, make, **_ALL_BACKUPS)

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one table or backup anew by its ARN; None where it does not exist."""
        tables = Tables(self._account, region, table_tags(self._account, region, listed=False))
        name, _, backup = uid.rpartition(":")[2].removeprefix("table/").partition("/backup/")
        if not backup:
            return unless_gone(lambda: tables.table(name))
        return self._refreshed(tables, region, name, uid)

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        own = Tables(self._account, home, table_tags(self._account, home)).arn(_NOBODYS)
        yield Attempt(operation=ops.LIST_TABLES, region=home, parameters={"Limit": 1})
        yield Attempt(operation=ops.DESCRIBE_TABLE, region=home, parameters={"TableName": _NOBODYS})
        yield Attempt(operation=ops.LIST_TAGS_OF_RESOURCE, region=home, parameters={"ResourceArn": own})
        yield Attempt(operation=ops.LIST_GLOBAL_TABLES, region=home, parameters={"Limit": 1})
        yield Attempt(operation=ops.LIST_BACKUPS, region=home, parameters={"Limit": 1})
        yield Attempt(operation=GET_RESOURCES, region=home, parameters={"ResourcesPerPage": 1})
        yield Attempt(operation=DESCRIBE_KEY, region=home, untried="no key is known to try it on")

    def _refreshed(self, tables: Tables, region: str, table: str, uid: str) -> Resource | Unread | None:
        """Find a backup in the list of its table's: that of a single one would tell other things of it."""
        for exists in ({table}, frozenset[str]()):
            make = partial(tables.backup, tables=exists)
            listed = entries(self._account, ops.BACKUPS, region, make, TableName=table, **_ALL_BACKUPS)
            try:
                found = (one for one in listed if isinstance(one, Unread) or one.uid == uid)
                return next(found, None)
            except GoneError:
                continue
        return None
