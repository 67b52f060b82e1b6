"""Who holds the KMS keys that data is encrypted with."""

from __future__ import annotations

from collectors.aws.answers import Answer, MalformedAnswerError, member
from collectors.aws.memo import Memo
from collectors.aws.operations import Operation
from collectors.aws.session import AwsAccount
from collectors.model import Encryption, Fact, KeyHolder, Known, NotNeeded

DESCRIBE_KEY = Operation(
    service="kms",
    name="DescribeKey",
    action="kms:DescribeKey",
    why="who holds the keys that data is encrypted with",
)

_UNENCRYPTED = NotNeeded("nothing_encrypted")
_MANAGERS = {"AWS": KeyHolder.PROVIDER, "CUSTOMER": KeyHolder.CUSTOMER_KEY}
_OUTSIDE = frozenset({"AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"})
_ALIAS = "alias/"
_PARTS = 6
_ACCOUNT = 4


class KeyHolders:
    """The holders of one region's keys. Safe for use by many threads.

    Each key is asked for at most once, and one that was told to the account is asked for no more: who
    manages a key and where its material comes from never changes (KMS API reference, "KeyMetadata"). An alias
    may come to name another key, and so is asked for again by each pass.
    """

    def __init__(self, account: AwsAccount, region: str) -> None:
        self._account = account
        self._region = region
        self._asked: Memo[str, Fact[KeyHolder]] = Memo()

    def of(self, key: str) -> Fact[KeyHolder]:
        """Return who holds a key by its ARN or id; where none is named it counts as AWS's own, the weakest.

        A key of another account is a customer's: AWS's own keys of an account work for that account
        alone (AWS KMS Developer Guide, "AWS managed keys").
        """
        if not key:
            return Known(KeyHolder.PROVIDER)
        parts = key.split(":", _PARTS - 1)
        if len(parts) == _PARTS and parts[_ACCOUNT] != self._account.account_id:
            return Known(KeyHolder.CUSTOMER_KEY)
        return self._asked.get(key, lambda: self._ask(key))

    def behind(self, encryption: Fact[Encryption]) -> Fact[KeyHolder]:
        """Return who holds the key that something is encrypted with, NotNeeded where nothing is encrypted."""
        if not isinstance(encryption, Known):
            return encryption
        return _UNENCRYPTED if encryption.value.holder is KeyHolder.NONE else self.of(encryption.value.key_uid)

    def _ask(self, key: str) -> Fact[KeyHolder]:
        told: Fact[KeyHolder] | None = self._account.lasting.get((DESCRIBE_KEY.uid, self._region, key))
        if told is None:
            told = self._account.read(DESCRIBE_KEY, self._region, _holder, KeyId=key)
            if isinstance(told, Known) and _ALIAS not in key:
                self._account.lasting[DESCRIBE_KEY.uid, self._region, key] = told
        return told


def _holder(answer: Answer) -> KeyHolder:
    described = member(answer, "KeyMetadata")
    manager = str(member(described, "KeyManager"))
    if manager not in _MANAGERS:
        message = f"KeyManager {manager}"
        raise MalformedAnswerError(message)
    if manager == "CUSTOMER" and described.get("Origin") in _OUTSIDE:
        return KeyHolder.HSM
    return _MANAGERS[manager]
