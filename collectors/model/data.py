"""What holds data besides object storage: disks, and the copies that are made of them."""

from __future__ import annotations

import msgspec

from collectors.model.facts import Fact, NotNeeded
from collectors.model.places import Placed
from collectors.model.storage import Encryption, KeyHolder


class DataStore(Placed, frozen=True, kw_only=True, tag="encrypted_store"):
    """The base of every kind whose data at rest is encrypted as a whole, or is not.

    ``encryption.holder`` is what the cloud says beside the resource itself: ``none``, or at least
    ``provider``. ``key_holder`` is who really holds the key, NotNeeded where nothing is encrypted.
    ``default_encryption``: the cloud encrypts new ones here whether asked to or not.
    """

    encryption: Fact[Encryption]
    key_holder: Fact[KeyHolder]
    default_encryption: Fact[bool] = NotNeeded("no_default_of_the_region")


class Sharing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether everyone with an account at the cloud may make a copy of it.

    ``granted`` is the grant itself, ``blocked_by`` the switches known to silence it now. ``notes``
    are codes that a reader needs to weigh it.
    """

    granted: bool
    blocked_by: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def public(self) -> bool:
        """Whether the grant bites now."""
        return self.granted and not self.blocked_by


class DataCopy(DataStore, frozen=True, kw_only=True, tag="data_copy"):
    """The base of copies of data that others can be given: snapshots, images.

    ``shared_accounts`` are the accounts of others that it is given to by name, NotNeeded where that
    was not read. ``source_tags`` are the tags of what it was made of, a set for each source that still exists:
    a copy holds the data of its source also where nobody tagged it. ``copied_from`` is the provider's name of what
    it was copied from in another region, empty where it was made in its own.
    """

    sharing: Fact[Sharing]
    shared_accounts: Fact[tuple[str, ...]]
    source_tags: Fact[tuple[dict[str, str], ...]] = NotNeeded("source_not_told")
    copied_from: Fact[str] = NotNeeded("source_not_told")


class Disk(DataStore, frozen=True, kw_only=True, tag="disk"):
    """A block storage volume."""

    attached: Fact[bool]


class DiskSnapshot(DataCopy, frozen=True, kw_only=True, tag="disk_snapshot"):
    """A copy of a disk at one moment; ``source`` is the provider's name of the disk."""

    source: Fact[str]


class MachineImage(DataCopy, frozen=True, kw_only=True, tag="machine_image"):
    """An image that machines are started from; ``sources`` are the snapshots that its disks come from."""

    sources: Fact[tuple[str, ...]]
