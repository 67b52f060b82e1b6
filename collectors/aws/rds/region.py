"""What everything that RDS keeps in one region has in common."""

from __future__ import annotations

import re
from typing import Any

from collectors.aws.answers import Answer, MalformedAnswerError, member
from collectors.aws.errors import malformed
from collectors.aws.keys import KeyHolders
from collectors.aws.operations import Operation
from collectors.aws.pages import tags
from collectors.aws.session import AwsAccount
from collectors.model import Encryption, Fact, KeyHolder, Known, Provider, Unread, UnreadReason

_KEY = re.compile(r"arn:[^:]*:kms:.+|(?:mrk-)?[0-9a-f]{8}[0-9a-f-]{24,28}")
_PARTS = 7
_REGION, _ACCOUNT = 3, 4
_BY_RDS, _BY_KMS, _NOT = "sse-rds", "sse-kms", "none"


class Region:
    """One region of one account, and its keys."""

    def __init__(self, account: AwsAccount, name: str) -> None:
        self.name = name
        self.account = account
        self.keys = KeyHolders(account, name)

    def owns(self, arn: str) -> bool:
        """Whether a resource is the account's own; shared and public ones of others are judged where they belong."""
        return parts_of(arn)[_ACCOUNT] == self.account.account_id

    def described(self, entry: Answer, operation: Operation, *, arn: str, name: str, encrypted: str) -> dict[str, Any]:
        """Return what RDS says alike of all that it keeps: which it is, its tags, and how it is encrypted.

        ``arn``, ``name`` and ``encrypted`` are the members of the entry that hold these. Raises
        MalformedAnswerError.
        """
        encryption = encryption_of(entry, operation, encrypted)
        return {
            "uid": str(member(entry, arn)),
            "name": str(member(entry, name)),
            "provider": Provider.AWS,
            "account": self.account.account_id,
            "region": self.name,
            "tags": tags_of(entry, operation),
            "encryption": encryption,
            "key_holder": self.keys.behind(encryption),
        }


def parts_of(arn: str) -> list[str]:
    """Return the parts of an RDS ARN, the last one with all colons in it; raises MalformedAnswerError."""
    parts = arn.split(":", _PARTS - 1)
    if len(parts) != _PARTS:
        message = "no ARN"
        raise MalformedAnswerError(message)
    return parts


def region_of(arn: str) -> str:
    """Return the region an ARN names; raises MalformedAnswerError."""
    return parts_of(arn)[_REGION]


def not_told(operation: Operation, what: str) -> Unread:
    """Return the fact for what an answer leaves out."""
    return Unread(reason=UnreadReason.NOT_TOLD, operation=operation.uid, detail=what)


def tags_of(entry: Answer, operation: Operation) -> Fact[dict[str, str]]:
    """Return the tags; some partitions leave the list out, which is not the same as an empty one."""
    return Known(tags(entry["TagList"])) if "TagList" in entry else not_told(operation, "TagList")


def encryption_of(entry: Answer, operation: Operation, flag: str) -> Fact[Encryption]:
    """Return how the storage is encrypted: by type where it is told, else by the older flag.

    A key that AWS owns is named nowhere; with KMS, ``KmsKeyId`` is the key's ARN or id, and what is neither names
    none (Amazon RDS API reference, "DBInstance").
    """
    encrypted, told = entry.get(flag), entry.get("StorageEncryptionType")
    if told is None and isinstance(encrypted, bool):
        told = _BY_KMS if encrypted else _NOT
    if told == _NOT and encrypted is not True:
        return Known(Encryption(holder=KeyHolder.NONE))
    if told == _BY_RDS:
        return Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", explicit=False))
    if told == _BY_KMS:
        key = str(entry.get("KmsKeyId") or "")
        named = key if _KEY.fullmatch(key) else ""
        return Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", key_uid=named))
    return malformed(operation, f"no {flag}" if told is None else f"StorageEncryptionType {told}")
