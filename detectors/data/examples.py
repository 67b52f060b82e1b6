"""Example disks, snapshots and images: well-kept ones, to be spoilt by replacing an attribute."""

from __future__ import annotations

from typing import Any

from collectors.model import (
    Disk,
    DiskSnapshot,
    Encryption,
    KeyHolder,
    Known,
    MachineImage,
    NotNeeded,
    Provider,
    Sharing,
)

UNENCRYPTED = {"encryption": Known(Encryption(holder=KeyHolder.NONE)), "key_holder": NotNeeded("nothing_encrypted")}

_KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
_KEPT: dict[str, Any] = {
    "provider": Provider.AWS,
    "account": "123456789012",
    "region": "eu-central-1",
    "tags": Known({"data-class": "internal"}),
    "places": Known(("aws:eu-central-1",)),
    "copies": NotNeeded("copies_are_resources_of_their_own"),
    "encryption": Known(Encryption(holder=KeyHolder.PROVIDER, algorithm="AES256", key_uid=_KEY)),
    "key_holder": Known(KeyHolder.CUSTOMER_KEY),
    "default_encryption": Known(value=True),
}
_UNSHARED = {"sharing": Known(Sharing(granted=False)), "shared_accounts": Known(())}


def disk(**overrides: Any) -> Disk:  # noqa: ANN401 - any attribute may be overridden
    """Return a volume that is encrypted with a key of one's own, with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "arn:aws:ec2:eu-central-1:123456789012:volume/vol-0a1b2c3d4e5f60718",
        "name": "orders",
        "attached": Known(value=True),
    }
    return Disk(**(_KEPT | own | overrides))


def snapshot(**overrides: Any) -> DiskSnapshot:  # noqa: ANN401 - any attribute may be overridden
    """Return a private, encrypted snapshot with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "arn:aws:ec2:eu-central-1::snapshot/snap-0a1b2c3d4e5f60718",
        "name": "orders-nightly",
        "source": Known("vol-0a1b2c3d4e5f60718"),
    }
    return DiskSnapshot(**(_KEPT | _UNSHARED | own | overrides))


def image(**overrides: Any) -> MachineImage:  # noqa: ANN401 - any attribute may be overridden
    """Return a private, encrypted image with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "arn:aws:ec2:eu-central-1:123456789012:image/ami-0a1b2c3d4e5f60718",
        "name": "shop-2026-01",
        "sources": Known(("snap-0a1b2c3d4e5f60718",)),
    }
    return MachineImage(**(_KEPT | _UNSHARED | own | overrides))
