"""One key: from what KMS says of it to the model."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.aws.answers import Answer, MalformedAnswerError, member
from collectors.aws.kms.operations import DESCRIBE_KEY
from collectors.model import Copy, CopyKind, Fact, Known, NotNeeded, Unread, UnreadReason

# AWS KMS Developer Guide, "Rotate AWS KMS keys": automatic rotation is for symmetric encryption keys whose material
# KMS made, outside of custom key stores; of a multi-region key it is a property of the primary.
_ASYMMETRIC = NotNeeded("key_cannot_be_rotated")
_IMPORTED = NotNeeded("key_material_imported")
_OWN_STORE = NotNeeded("key_in_custom_key_store")
_REPLICA = NotNeeded("rotated_with_its_primary")
_NOT_USABLE = {
    "Disabled": NotNeeded("key_disabled"),
    "PendingDeletion": NotNeeded("key_pending_deletion"),
    "PendingReplicaDeletion": NotNeeded("key_pending_deletion"),
    "PendingImport": _IMPORTED,
}
_ROTATABLE = "SYMMETRIC_DEFAULT"
_KMS_MADE = "AWS_KMS"
_EXTERNAL_STORE = "EXTERNAL_KEY_STORE"


class Described:
    """A ``DescribeKey`` answer, ``copies`` its replicas; raises MalformedAnswerError for one that makes no sense."""

    def __init__(self, answer: Answer) -> None:
        described = member(answer, "KeyMetadata")
        self.arn = str(member(described, "Arn"))
        self.uid = str(member(described, "KeyId"))
        manager = str(member(described, "KeyManager"))
        if manager not in {"AWS", "CUSTOMER"}:
            message = f"KeyManager {manager}"
            raise MalformedAnswerError(message)
        self.of_customer = manager == "CUSTOMER"
        self.state = str(member(described, "KeyState"))
        self.origin = str(described.get("Origin") or "")
        self.spec = str(described.get("KeySpec") or described.get("CustomerMasterKeySpec") or "")
        self._regions: Answer = described.get("MultiRegionConfiguration") or {}
        self.copies = tuple(self._replicas())

    @property
    def unrotated(self) -> NotNeeded | None:
        """Why the question of rotation does not arise; None where it does."""
        if self.state in _NOT_USABLE:
            return _NOT_USABLE[self.state]
        if self.origin == "EXTERNAL":
            return _IMPORTED
        if self.origin and self.origin != _KMS_MADE:
            return _OWN_STORE
        if self.spec and self.spec != _ROTATABLE:
            return _ASYMMETRIC
        return _REPLICA if self._regions.get("MultiRegionKeyType") == "REPLICA" else None

    def places(self, region: str) -> Fact[tuple[str, ...]]:
        """Return where the key's material lies; that of an external key store lies where its owner keeps it."""
        if self.origin == _EXTERNAL_STORE:
            return Unread(reason=UnreadReason.NOT_TOLD, operation=DESCRIBE_KEY.uid, detail="external_key_store")
        return Known((f"aws:{region}",))

    def _replicas(self) -> Iterator[Copy]:
        """Yield the replicas of a primary; a replica has none of its own."""
        if self._regions.get("MultiRegionKeyType") != "PRIMARY":
            return
        listed = self._regions.get("ReplicaKeys") or ()
        for arn, region in sorted((str(member(one, "Arn")), str(member(one, "Region"))) for one in listed):
            if arn != self.arn:
                places: Fact[tuple[str, ...]] = Known((f"aws:{region}",))
                yield Copy(kind=CopyKind.KEY_REPLICA, destination=arn, places=places, via="multi-region key")
