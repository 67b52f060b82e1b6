"""Example disks, databases, tables, file systems and copies of them: well-kept, to be spoilt by an attribute."""

from __future__ import annotations

from typing import Any

from collectors.model import (
    Copy,
    CopyKind,
    Database,
    DatabaseBackup,
    DatabaseSnapshot,
    Disk,
    DiskSnapshot,
    Encryption,
    FileSystem,
    KeyHolder,
    Known,
    MachineImage,
    NotNeeded,
    Provider,
    PublicEndpoint,
    Sharing,
    Table,
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


_NO_DEFAULT: dict[str, Any] = {"default_encryption": NotNeeded("no_default_of_the_region")}


def database(**overrides: Any) -> Database:  # noqa: ANN401 - any attribute may be overridden
    """Return a private, encrypted database with a replica beside it, with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "arn:aws:rds:eu-central-1:123456789012:db:orders",
        "name": "orders",
        "copies": Known((copied("orders-reader"),)),
        "public_endpoint": Known(PublicEndpoint(on=False)),
        "endpoint": Known("orders.c9akciq32.eu-central-1.rds.amazonaws.com"),
        "firewall": Known(("sg-0a1b2c3d4e5f60718",)),
        "engine": Known("postgres"),
        "replica_of": Known(""),
    }
    return Database(**(_KEPT | _NO_DEFAULT | own | overrides))


def copied(destination: str, region: str = "eu-central-1", kind: CopyKind = CopyKind.READ_REPLICA) -> Copy:
    """Return a copy that lies in a region."""
    return Copy(kind=kind, destination=destination, places=Known((f"aws:{region}",)), via=kind.value.replace("_", " "))


def database_snapshot(**overrides: Any) -> DatabaseSnapshot:  # noqa: ANN401 - any attribute may be overridden
    """Return a private, encrypted snapshot of a database with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "arn:aws:rds:eu-central-1:123456789012:snapshot:orders-before-upgrade",
        "name": "orders-before-upgrade",
        "source": Known("orders"),
    }
    return DatabaseSnapshot(**(_KEPT | _NO_DEFAULT | _UNSHARED | own | overrides))


def database_backup(**overrides: Any) -> DatabaseBackup:  # noqa: ANN401 - any attribute may be overridden
    """Return the encrypted backup of a database with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "arn:aws:rds:eu-central-1:123456789012:auto-backup:ab-l2ijcexjp7xq7hoj4sieexample",
        "name": "orders",
        "copies": Known(()),
        "source": Known("arn:aws:rds:eu-west-1:123456789012:db:orders"),
    }
    return DatabaseBackup(**(_KEPT | _NO_DEFAULT | own | overrides))


def table(**overrides: Any) -> Table:  # noqa: ANN401 - any attribute may be overridden
    """Return a table that is encrypted with a key of one's own, with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "arn:aws:dynamodb:eu-central-1:123456789012:table/sessions",
        "name": "sessions",
        "copies": Known((copied("arn:aws:dynamodb:eu-west-1:123456789012:table/sessions", "eu-west-1"),)),
    }
    return Table(**(_KEPT | _NO_DEFAULT | own | overrides))


def file_system(**overrides: Any) -> FileSystem:  # noqa: ANN401 - any attribute may be overridden
    """Return an encrypted file system that is not replicated, with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-0a1b2c3d4e5f60718",
        "name": "home",
        "copies": Known(()),
    }
    return FileSystem(**(_KEPT | _NO_DEFAULT | own | overrides))
