"""The collector of secrets: a region's in one list, and where each is replicated to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.entries import not_asked
from collectors.aws.keys import DESCRIBE_KEY, KeyHolders
from collectors.aws.operations import Attempt
from collectors.aws.pages import pages, parted, tags
from collectors.aws.regional import RegionalCollector
from collectors.aws.secretsmanager import operations as ops
from collectors.aws.workers import spread
from collectors.model import (
    Copy,
    CopyKind,
    Encryption,
    Fact,
    KeyHolder,
    Known,
    Provider,
    Resource,
    Secret,
    Unread,
)

_PAGE = 100
_NOBODYS = "cspmd-permission-probe"
_ALGORITHM = "AES256"
_NONE = frozenset({"Failed", "Detached"})
_REGION = 3


class SecretCollector(RegionalCollector):
    """Reads one region's secrets: one list, and one call for each secret that may be replicated elsewhere.

    The list does not tell the replicas of a secret; it does tell which secrets are replicas, which have none of their
    own. Where no rule asks for copies, the list is all. Secrets that wait for their deletion are not listed and cannot
    be used.
    """

    uid: ClassVar[str] = "aws.secretsmanager"
    service: ClassVar[str] = "secretsmanager"
    kinds: ClassVar[tuple[type[Resource], ...]] = (Secret,)
    operations = ops.OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream the region's secrets, each as soon as it is read."""
        keys = KeyHolders(self._account, region)
        listed, failed = parted(pages(self._account, ops.SECRETS, region, _with_arn, MaxResults=_PAGE))
        read = partial(self._read, region=region, keys=keys)
        for secret in spread(listed, read, self._account.cost):
            if secret is not None:
                yield secret
        yield from failed

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one secret anew by its ARN; None where it does not exist, or waits for its deletion."""
        try:
            described = self._account.read(ops.DESCRIBE_SECRET, region, _with_arn, SecretId=uid)
        except GoneError:
            return None
        if not isinstance(described, Known):
            return described if isinstance(described, Unread) else None
        entry = described.value
        if entry.get("DeletedDate"):
            return None
        keys = KeyHolders(self._account, region)
        return self._secret(entry, region, keys, Known(_copies(entry)))

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        yield Attempt(operation=ops.LIST_SECRETS, region=home, parameters={"MaxResults": 1})
        yield Attempt(operation=ops.DESCRIBE_SECRET, region=home, parameters={"SecretId": _NOBODYS})
        yield Attempt(operation=DESCRIBE_KEY, region=home, untried="no key is known to try it on")

    def _read(self, entry: Answer, region: str, keys: KeyHolders) -> Secret | None:
        """Read what the list leaves out of a secret; None where it is gone by now."""
        primary = str(entry.get("PrimaryRegion") or region)
        copies: Fact[tuple[Copy, ...]] = Known(())
        if not self._account.asked(Secret, "copies"):
            copies = not_asked(ops.DESCRIBE_SECRET)
        elif primary == region:
            try:
                copies = self._account.read(ops.DESCRIBE_SECRET, region, _copies, SecretId=entry["ARN"])
            except GoneError:
                return None
        return self._secret(entry, region, keys, copies)

    def _secret(self, entry: Answer, region: str, keys: KeyHolders, copies: Fact[tuple[Copy, ...]]) -> Secret:
        key = str(entry.get("KmsKeyId") or "")
        return Secret(
            uid=entry["ARN"],
            name=str(entry.get("Name") or entry["ARN"]),
            provider=Provider.AWS,
            account=self._account.account_id,
            region=region,
            tags=Known(tags(entry.get("Tags"))),
            places=Known((f"aws:{region}",)),
            copies=copies,
            # Secrets Manager User Guide, "Secret encryption": each is encrypted; without a key of one's own, with
            # the key aws/secretsmanager.
            encryption=Known(Encryption(holder=KeyHolder.PROVIDER, algorithm=_ALGORITHM, key_uid=key)),
            key_holder=keys.of(key),
        )


def _with_arn(entry: Answer) -> Answer:
    member(entry, "ARN")
    return entry


def _copies(answer: Answer) -> tuple[Copy, ...]:
    """Return the replicas of a secret, in other regions and of other accounts; one that was not made is none."""
    arn = str(member(answer, "ARN"))
    regions = sorted(
        str(member(one, "Region")) for one in answer.get("ReplicationStatus") or () if one.get("Status") not in _NONE
    )
    others = sorted(
        str(member(one, "ReplicaSecretARN"))
        for one in answer.get("CrossAccountReplicas") or ()
        if one.get("ReplicationStatus") not in _NONE
    )
    return (
        *(_copy(_in_region(arn, region), region, "replica secret") for region in regions),
        *(_copy(other, other.split(":")[_REGION], "replica secret of another account") for other in others),
    )


def _copy(destination: str, region: str, via: str) -> Copy:
    return Copy(kind=CopyKind.REPLICATION, destination=destination, places=Known((f"aws:{region}",)), via=via)


def _in_region(arn: str, region: str) -> str:
    parts = arn.split(":")
    return ":".join((*parts[:3], region, *parts[4:]))
