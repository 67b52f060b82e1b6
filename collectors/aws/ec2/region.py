"""What everything that EC2 keeps in one region has in common, read once."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_lowercase

from collectors.aws.answers import Answer, expect_root, member
from collectors.aws.ec2.operations import GET_EBS_ENCRYPTION_BY_DEFAULT
from collectors.aws.errors import malformed
from collectors.aws.keys import KeyHolders
from collectors.aws.memo import Memo
from collectors.aws.operations import Operation
from collectors.aws.session import AwsAccount
from collectors.model import Encryption, Fact, KeyHolder, Known, NotNeeded

_UNENCRYPTED = NotNeeded("nothing_encrypted")


class Region:
    """One region of one account: its name, its keys, its default encryption."""

    def __init__(self, account: AwsAccount, name: str) -> None:
        self.name = name
        self.account = account
        self.partition = account.partition
        self._keys = KeyHolders(account, name)
        self._default: Memo[str, Fact[bool]] = Memo()

    def default_encryption(self) -> Fact[bool]:
        """Return whether new volumes and copies of snapshots are encrypted here without being asked to."""
        return self._default.get(self.name, lambda: self.account.read(GET_EBS_ENCRYPTION_BY_DEFAULT, self.name, _on))

    def key_holder(self, encryption: Fact[Encryption]) -> Fact[KeyHolder]:
        """Return who holds the key, NotNeeded where nothing is encrypted."""
        if not isinstance(encryption, Known):
            return encryption
        return _UNENCRYPTED if encryption.value.holder is KeyHolder.NONE else self._keys.of(encryption.value.key_uid)

    def places(self, entry: Answer) -> tuple[str, ...]:
        """Return where an entry's data lies: the region, or the Local Zone or Outpost outside of its data centers."""
        outpost = str(entry.get("OutpostArn") or "")
        if outpost:
            return (f"aws:{outpost.rpartition('/')[2]}",)
        zone = str(entry.get("AvailabilityZone") or "")
        # A zone of the region itself is the region and one letter; a Local Zone names its city before that.
        inside = not zone or (zone.startswith(self.name) and len(zone) == len(self.name) + 1)
        return (f"aws:{self.name if inside else zone.rstrip(ascii_lowercase)}",)


def encryption(entry: Mapping[str, object], operation: Operation) -> Fact[Encryption]:
    """Return an entry's encryption; an entry that does not say is not taken for an unencrypted one."""
    encrypted = entry.get("Encrypted")
    if not isinstance(encrypted, bool):
        return malformed(operation, "no Encrypted")
    if not encrypted:
        return Known(Encryption(holder=KeyHolder.NONE))
    return Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", key_uid=str(entry.get("KmsKeyId") or "")))


def _on(answer: Answer) -> bool:
    expect_root(answer, "GetEbsEncryptionByDefaultResponse")
    return bool(member(answer, "EbsEncryptionByDefault"))
