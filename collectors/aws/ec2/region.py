"""What everything that EC2 keeps in one region has in common, read once."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.aws.answers import Answer, expect_root, member
from collectors.aws.ec2.operations import GET_EBS_ENCRYPTION_BY_DEFAULT
from collectors.aws.errors import malformed
from collectors.aws.keys import KeyHolders
from collectors.aws.memo import Memo
from collectors.aws.operations import Operation
from collectors.aws.places import place_of
from collectors.aws.session import AwsAccount
from collectors.model import Encryption, Fact, KeyHolder, Known


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
        return self._keys.behind(encryption)

    def places(self, entry: Answer) -> tuple[str, ...]:
        """Return where an entry's data lies: the region, or the Local Zone or Outpost outside of its data centers."""
        zone, outpost = str(entry.get("AvailabilityZone") or ""), str(entry.get("OutpostArn") or "")
        return (place_of(self.name, zone=zone, outpost=outpost),)


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
