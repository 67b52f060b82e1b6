"""Databases, their snapshots and backups, tables of key-value services, and shared file systems."""

from __future__ import annotations

import msgspec

from collectors.model.data import DataCopy, DataStore
from collectors.model.facts import Fact


class PublicEndpoint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the provider gives a database an address that the internet can reach: its own public flag.

    ``by`` are the provider's names of the settings that do (``PubliclyAccessible``, ``publicNetworkAccess``,
    ``ipv4Enabled``). What a firewall then lets in is another matter.
    """

    on: bool
    by: tuple[str, ...] = ()


class Database(DataStore, frozen=True, kw_only=True, tag="database"):
    """A database server, or a cluster of such.

    ``engine`` is the provider's word, ``endpoint`` the name that clients connect to (empty where there is none yet).
    ``firewall`` is what stands before the public endpoint, in the provider's own names: security groups, rules,
    networks. ``replica_of`` names the database that this one receives its data from, empty where there is none.
    """

    public_endpoint: Fact[PublicEndpoint]
    endpoint: Fact[str]
    firewall: Fact[tuple[str, ...]]
    engine: Fact[str]
    replica_of: Fact[str]


class DatabaseSnapshot(DataCopy, frozen=True, kw_only=True, tag="database_snapshot"):
    """A copy of a database at one moment; ``source`` is the provider's name of the database."""

    source: Fact[str]


class DatabaseBackup(DataStore, frozen=True, kw_only=True, tag="database_backup"):
    """What a database or table can be restored from and that cannot be shared; ``source`` is the name of that."""

    source: Fact[str]


class Table(DataStore, frozen=True, kw_only=True, tag="table"):
    """A table that a key-value service keeps without a server of one's own."""


class FileSystem(DataStore, frozen=True, kw_only=True, tag="file_system"):
    """A file system that many machines mount over the network."""
