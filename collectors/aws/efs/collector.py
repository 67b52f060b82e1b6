"""The collector of a region's EFS file systems."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.efs import operations as ops
from collectors.aws.efs.replications import Replications
from collectors.aws.entries import entries, not_asked
from collectors.aws.errors import malformed
from collectors.aws.keys import DESCRIBE_KEY, KeyHolders
from collectors.aws.operations import Attempt
from collectors.aws.pages import tags
from collectors.aws.places import place_of
from collectors.aws.regional import RegionalCollector
from collectors.model import (
    Copy,
    Encryption,
    Fact,
    FileSystem,
    KeyHolder,
    Known,
    Provider,
    Resource,
    Unread,
    UnreadReason,
)

_ALL: dict[str, Any] = {"MaxItems": ops.PAGE}
_NOBODYS = "fs-00000000000000000"


class EfsCollector(RegionalCollector):
    """Reads one region's file systems in one list, and their replications in another where there are any."""

    uid: ClassVar[str] = "aws.efs"
    service: ClassVar[str] = "efs"
    kinds: ClassVar[tuple[type[Resource], ...]] = (FileSystem,)
    operations = ops.OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream the region's file systems. Where the list fails there is nothing but that it did."""
        replications = Replications(self._account, region)
        yield from self._file_systems(region, replications, **_ALL)

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one file system anew by its ARN; None where it does not exist."""
        own_uid = uid.rpartition("/")[2]
        replications = Replications(self._account, region, only=own_uid)
        try:
            return next(self._file_systems(region, replications, FileSystemId=own_uid), None)
        except GoneError:
            return None

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        yield Attempt(operation=ops.DESCRIBE_FILE_SYSTEMS, region=home, parameters={"MaxItems": 1})
        yield Attempt(
            operation=ops.DESCRIBE_REPLICATION_CONFIGURATIONS, region=home, parameters={"FileSystemId": _NOBODYS}
        )
        yield Attempt(operation=DESCRIBE_KEY, region=home, untried="no key is known to try it on")

    def _file_systems(
        self,
        region: str,
        replications: Replications,
        **asked: Any,  # noqa: ANN401 - the API's parameters
    ) -> Iterator[FileSystem | Unread]:
        make = partial(self._file_system, region=region, keys=KeyHolders(self._account, region), to=replications)
        return entries(self._account, ops.FILE_SYSTEMS, region, make, **asked)

    def _file_system(self, entry: Answer, region: str, keys: KeyHolders, to: Replications) -> FileSystem | None:
        account = self._account
        if str(entry.get("OwnerId") or account.account_id) != account.account_id:
            return None
        uid = str(member(entry, "FileSystemId"))
        encryption = _encryption(entry)
        copies: Fact[tuple[Copy, ...]] = not_asked(ops.DESCRIBE_REPLICATION_CONFIGURATIONS)
        if account.asked(FileSystem, "copies"):
            copies = to.of(uid)
        return FileSystem(
            uid=f"arn:{account.partition}:elasticfilesystem:{region}:{account.account_id}:file-system/{uid}",
            name=str(entry.get("Name") or uid),
            provider=Provider.AWS,
            account=account.account_id,
            region=region,
            tags=Known(tags(entry["Tags"])) if "Tags" in entry else _NO_TAGS_TOLD,
            places=Known((place_of(region, zone=str(entry.get("AvailabilityZoneName") or "")),)),
            copies=copies,
            encryption=encryption,
            key_holder=keys.behind(encryption),
        )


_NO_TAGS_TOLD = Unread(reason=UnreadReason.NOT_TOLD, operation=ops.DESCRIBE_FILE_SYSTEMS.uid, detail="Tags")


def _encryption(entry: Answer) -> Fact[Encryption]:
    """Return how a file system is encrypted; one that does not say is not taken for an unencrypted one."""
    encrypted = entry.get("Encrypted")
    if not isinstance(encrypted, bool):
        return malformed(ops.DESCRIBE_FILE_SYSTEMS, "no Encrypted")
    if not encrypted:
        return Known(Encryption(holder=KeyHolder.NONE))
    return Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", key_uid=str(entry.get("KmsKeyId") or "")))
