"""The collector of what EC2 keeps data in: a region's volumes, snapshots and machine images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar

from collectors.aws.answers import Answer, GoneError
from collectors.aws.ec2 import operations as ops
from collectors.aws.ec2.disks import disk, image, snapshot
from collectors.aws.ec2.listing import PAGE, listed
from collectors.aws.ec2.region import Region
from collectors.aws.ec2.sharing import PublicSnapshots, own
from collectors.aws.ec2.sources import Sources
from collectors.aws.keys import DESCRIBE_KEY
from collectors.aws.operations import Attempt, Operation
from collectors.aws.regional import RegionalCollector
from collectors.model import Disk, DiskSnapshot, MachineImage, Resource, Unread

T = TypeVar("T", bound=Resource)

_NOBODYS = "snap-00000000000000000"


class StorageCollector(RegionalCollector):
    """Reads one region's volumes, snapshots and images: a list of each, and one of the public snapshots.

    Beyond the lists each key is asked for once, and each snapshot that is said to be public.
    """

    uid: ClassVar[str] = "aws.ec2.storage"
    service: ClassVar[str] = "ec2"
    kinds: ClassVar[tuple[type[Resource], ...]] = (Disk, DiskSnapshot, MachineImage)
    operations = ops.STORAGE_OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream volumes, then snapshots, then images. A list that fails costs its own kind alone."""
        here, sources = Region(self._account, region), Sources(self._account, region)
        for read in (self._disks, self._snapshots, self._images):
            for found in read(here, sources):
                if isinstance(found, Unread):
                    sources.miss(found)
                yield found

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one volume, snapshot or image anew by its ARN; None where it does not exist."""
        what, _, own_uid = uid.rpartition(":")[2].partition("/")
        readers: dict[str, Callable[[Region, Sources, str], Iterator[Resource | Unread]]] = {
            "volume": self._disks,
            "snapshot": self._snapshots,
            "image": self._images,
        }
        try:
            sources = Sources(self._account, region, listed=False)
            return next(readers[what](Region(self._account, region), sources, own_uid), None)
        except (GoneError, KeyError):
            return None

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        few = {"MaxResults": 5}
        yield Attempt(operation=ops.DESCRIBE_VOLUMES, region=home, parameters=few)
        yield Attempt(operation=ops.DESCRIBE_SNAPSHOTS, region=home, parameters={**few, **own(self._account)})
        yield Attempt(
            operation=ops.DESCRIBE_SNAPSHOT_ATTRIBUTE,
            region=home,
            parameters={"SnapshotId": _NOBODYS, "Attribute": "createVolumePermission"},
        )
        yield Attempt(operation=ops.GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE, region=home)
        yield Attempt(operation=ops.DESCRIBE_IMAGES, region=home, parameters={"Owners": ["self"]})
        yield Attempt(operation=ops.GET_EBS_ENCRYPTION_BY_DEFAULT, region=home)
        yield Attempt(operation=DESCRIBE_KEY, region=home, untried="no key is known to try it on")

    def _disks(self, region: Region, sources: Sources, only: str = "") -> Iterator[Disk | Unread]:
        def take(entry: Answer) -> Disk:
            return disk(entry, region, sources)

        return self._entries(ops.DESCRIBE_VOLUMES, region, "Volumes", take, VolumeIds=only)

    def _snapshots(self, region: Region, sources: Sources, only: str = "") -> Iterator[DiskSnapshot | Unread]:
        public = PublicSnapshots(self._account, region.name, only=only)

        def take(entry: Answer) -> DiskSnapshot | None:
            return snapshot(entry, region, public, sources) if self._mine(entry) else None

        narrowed = own(self._account)
        return self._entries(ops.DESCRIBE_SNAPSHOTS, region, "Snapshots", take, SnapshotIds=only, **narrowed)

    def _images(self, region: Region, sources: Sources, only: str = "") -> Iterator[MachineImage | Unread]:
        def take(entry: Answer) -> MachineImage | None:
            return image(entry, region, sources) if self._mine(entry) else None

        return self._entries(ops.DESCRIBE_IMAGES, region, "Images", take, ImageIds=only, Owners=["self"])

    def _entries(
        self,
        operation: Operation,
        region: Region,
        name: str,
        take: Callable[[Answer], T | None],
        **parameters: Any,  # noqa: ANN401 - the API's parameters
    ) -> Iterator[T | Unread]:
        """Yield a list's entries that are the account's own; a parameter of ids that is empty asks for all."""
        asked = {key: [value] if isinstance(value, str) else value for key, value in parameters.items() if value}
        single = any(isinstance(value, str) and value for value in parameters.values())
        page = None if single else PAGE
        for found in listed(self._account, operation, region.name, name, take, page=page, **asked):
            if found is not None:
                yield found

    def _mine(self, entry: Answer) -> bool:
        return bool(entry.get("OwnerId", self._account.account_id) == self._account.account_id)
