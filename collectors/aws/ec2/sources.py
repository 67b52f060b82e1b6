"""What snapshots and images were made of, as far as the region still tells: tags, which carry the data class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from collectors.aws.answers import Answer, member
from collectors.aws.ec2.listing import gathered, listed, tags
from collectors.aws.ec2.operations import DESCRIBE_SNAPSHOTS, DESCRIBE_VOLUMES
from collectors.aws.ec2.sharing import own
from collectors.aws.entries import not_asked
from collectors.aws.operations import Operation
from collectors.aws.session import AwsAccount
from collectors.model import DiskSnapshot, Fact, Known, MachineImage, Unread, UnreadReason

Tags: TypeAlias = Mapping[str, str]
SourceTags: TypeAlias = Fact[tuple[dict[str, str], ...]]

# EBS User Guide, "Copy an Amazon EBS snapshot": copies and imported disks bear this arbitrary volume id.
_ANY_VOLUME = "vol-ffffffff"


class Sources:
    """The volumes and snapshots of one region that others were made of.

    Holds what the lists of a pass told. With ``listed`` False there is no such pass, and each source is asked for by
    itself. What was deleted since has no tags that anyone could read, and tells nothing of its copies.
    """

    def __init__(self, account: AwsAccount, region: str, *, listed: bool = True) -> None:
        self._account = account
        self._region = region
        self._listed = listed
        self._volumes: dict[str, Tags] = {}
        self._snapshots: dict[str, SourceTags] = {}
        self._unread: dict[str, Unread] = {}
        self._of_snapshots = account.asked(DiskSnapshot, "source_tags")
        self._of_images = account.asked(MachineImage, "source_tags")

    def volume(self, uid: str, own: Tags) -> None:
        """Keep what the list tells of a volume."""
        if self._listed and (self._of_snapshots or self._of_images):
            self._volumes[uid] = own

    def snapshot(self, uid: str, own: Tags, volume: str) -> None:
        """Keep what the list tells of a snapshot."""
        if self._listed and self._of_images:
            self._snapshots[uid] = self._with_own(own, volume)

    def miss(self, unread: Unread) -> None:
        """Keep why a list, or the rest of it, could not be read."""
        self._unread.setdefault(unread.operation, unread)

    def of_snapshot(self, volume: str) -> SourceTags:
        """Return the tags of the volume that a snapshot was made of."""
        return self._of_volume(volume) if self._of_snapshots else not_asked(DESCRIBE_VOLUMES)

    def of_image(self, snapshots: Iterable[str]) -> SourceTags:
        """Return the tags of the snapshots that an image consists of; each bears those of its volume, too."""
        if not self._of_images:
            return not_asked(DESCRIBE_SNAPSHOTS)
        found: list[dict[str, str]] = []
        for uid in snapshots:
            of_one = self._of_listed_snapshot(uid) if self._listed else self._of_single_snapshot(uid)
            if not isinstance(of_one, Known):
                return of_one
            found += of_one.value
        return Known(tuple(found))

    def _of_volume(self, uid: str) -> SourceTags:
        if not uid or uid == _ANY_VOLUME:
            return Unread(reason=UnreadReason.NOT_TOLD, operation=DESCRIBE_SNAPSHOTS.uid, detail="VolumeId")
        if self._listed:
            return self._told(DESCRIBE_VOLUMES, self._volumes.get(uid))
        volumes = self._ask(DESCRIBE_VOLUMES, "Volumes", "volume-id", uid)
        return Known(tuple(tags(one) for one in volumes.value)) if isinstance(volumes, Known) else volumes

    def _of_listed_snapshot(self, uid: str) -> SourceTags:
        return self._snapshots.get(uid) or self._told(DESCRIBE_SNAPSHOTS, None)

    def _of_single_snapshot(self, uid: str) -> SourceTags:
        found = self._ask(DESCRIBE_SNAPSHOTS, "Snapshots", "snapshot-id", uid)
        if not isinstance(found, Known):
            return found
        one = next(iter(found.value), None)
        return Known(()) if one is None else self._with_own(tags(one), str(one.get("VolumeId") or ""))

    def _with_own(self, own: Tags, volume: str) -> SourceTags:
        inherited = self._of_volume(volume)
        if isinstance(inherited, Known):
            return Known(({**next(iter(inherited.value), {}), **own},))
        return inherited

    def _told(self, operation: Operation, found: Tags | None) -> SourceTags:
        if found is not None:
            return Known((dict(found),))
        return self._unread.get(operation.uid, Known(()))

    def _ask(self, operation: Operation, name: str, key: str, uid: str) -> Fact[tuple[Answer, ...]]:
        narrowed: dict[str, Any] = own(self._account) if operation is DESCRIBE_SNAPSHOTS else {}
        narrowed["Filters"] = [*narrowed.get("Filters", ()), {"Name": key, "Values": [uid]}]
        return gathered(listed(self._account, operation, self._region, name, _tagged, **narrowed))


def _tagged(entry: Answer) -> Answer:
    # Looked at here, so that tags that make no sense are an unread page and no error later on.
    for tag in entry.get("Tags") or ():
        member(tag, "Key")
    return entry
