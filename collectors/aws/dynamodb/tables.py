"""Tables and their backups: from DynamoDB's answers to the model. Each raises MalformedAnswerError."""

from __future__ import annotations

from collections.abc import Container

from collectors.aws.answers import Answer, member
from collectors.aws.dynamodb.operations import DESCRIBE_TABLE, LIST_BACKUPS, LIST_TAGS_OF_RESOURCE
from collectors.aws.dynamodb.replicas import Replicas
from collectors.aws.entries import not_asked
from collectors.aws.keys import KeyHolders
from collectors.aws.session import AwsAccount
from collectors.aws.tagged import Tagged
from collectors.model import (
    Copy,
    DatabaseBackup,
    Encryption,
    Fact,
    KeyHolder,
    Known,
    NotNeeded,
    Provider,
    Resource,
    Table,
    Unread,
    UnreadReason,
)

_BY_DYNAMODB = Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", explicit=False)
_OFF = frozenset({"DISABLED", "DISABLING"})
_NO_COPIES = NotNeeded("backups_are_not_copied")


class Tables:
    """Reads the tables of one region; what they have in common is read once. Safe for use by many threads."""

    def __init__(self, account: AwsAccount, region: str, tags: Tagged) -> None:
        self._account = account
        self._region = region
        self._tags = tags
        self._keys = KeyHolders(account, region)
        self._replicas = Replicas(account, region)

    def arn(self, table: str) -> str:
        """Return the ARN of a table of this region."""
        return f"arn:{self._account.partition}:dynamodb:{self._region}:{self._account.account_id}:table/{table}"

    def table(self, name: str) -> Table:
        """Read a table by its name; raises GoneError where it does not exist.

        Every table is encrypted: one that says nothing of it with a key that DynamoDB owns (Developer Guide,
        "DynamoDB encryption at rest"). One that could not be described lies in the region all the same.
        """
        described: Fact[tuple[Encryption, Fact[tuple[Copy, ...]]]] = not_asked(DESCRIBE_TABLE)
        if any(self._account.asked(Table, fact) for fact in ("encryption", "copies")):
            described = self._account.read(DESCRIBE_TABLE, self._region, self._described, TableName=name)
        encryption: Fact[Encryption]
        copies: Fact[tuple[Copy, ...]]
        if isinstance(described, Known):
            own, copies = described.value
            encryption = Known(own)
        else:
            encryption = copies = described
        return Table(
            uid=self.arn(name),
            name=name,
            provider=Provider.AWS,
            account=self._account.account_id,
            region=self._region,
            tags=self._tags_of(name, Table),
            places=Known((f"aws:{self._region}",)),
            copies=copies,
            encryption=encryption,
            key_holder=self._keys.behind(encryption),
        )

    def backup(self, entry: Answer, tables: Container[str]) -> DatabaseBackup | None:
        """Return the backup of one entry of ``ListBackups``; None where it is deleted.

        Its data class is that of its table, for it can have no tags; with the table (not in ``tables``) that is lost.
        The list does not tell the key, which was the table's when the backup was made.
        """
        if entry.get("BackupStatus") == "DELETED":
            return None
        table = str(member(entry, "TableName"))
        return DatabaseBackup(
            uid=str(member(entry, "BackupArn")),
            name=str(member(entry, "BackupName")),
            provider=Provider.AWS,
            account=self._account.account_id,
            region=self._region,
            tags=self._tags_of(table, DatabaseBackup) if table in tables else _not_told("tags"),
            places=Known((f"aws:{self._region}",)),
            copies=_NO_COPIES,
            encryption=Known(_BY_DYNAMODB),
            key_holder=_not_told("SSEDescription"),
            source=Known(table),
        )

    def _described(self, answer: Answer) -> tuple[Encryption, Fact[tuple[Copy, ...]]]:
        table = member(answer, "Table")
        if not self._account.asked(Table, "copies"):
            return _encryption(table), not_asked(DESCRIBE_TABLE)
        return _encryption(table), Known(tuple(self._replicas.of(table)))

    def _tags_of(self, table: str, kind: type[Resource]) -> Fact[dict[str, str]]:
        return self._tags.of(self.arn(table)) if self._account.asked(kind, "tags") else not_asked(LIST_TAGS_OF_RESOURCE)


def _encryption(table: Answer) -> Encryption:
    described = table.get("SSEDescription") or {}
    if not described or described.get("Status") in _OFF or described.get("SSEType") == "AES256":
        return _BY_DYNAMODB
    return Encryption(holder=KeyHolder.PROVIDER, algorithm="aws:kms", key_uid=str(member(described, "KMSMasterKeyArn")))


def _not_told(what: str) -> Unread:
    return Unread(reason=UnreadReason.NOT_TOLD, operation=LIST_BACKUPS.uid, detail=what)
