"""Where data lies. A place is ``provider:region`` in the provider's own words."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from collectors.model.facts import Fact
from collectors.model.resource import Resource


class CopyKind(StrEnum):
    """How a second copy of the data came to be."""

    REPLICATION = "replication"
    MULTI_REGION_ACCESS = "multi_region_access"
    SNAPSHOT_COPY = "snapshot_copy"
    READ_REPLICA = "read_replica"
    BACKUP_COPY = "backup_copy"
    GEO_REDUNDANCY = "geo_redundancy"
    KEY_REPLICA = "key_replica"
    LOG_DELIVERY = "log_delivery"


class Copy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A configured copy of a resource's data.

    ``destination`` is the provider's name of the receiving resource; ``places`` are all places the
    copy lies in (``aws:eu-west-1``), Unread where the destination cannot be seen; ``via`` names the
    rule that makes the copy.
    """

    kind: CopyKind
    destination: str
    places: Fact[tuple[str, ...]]
    via: str = ""


class Placed(Resource, frozen=True, kw_only=True, tag="data_store"):
    """The base of every kind that holds data and therefore lies somewhere.

    ``places`` are all places its own data lies in, ``copies`` what is configured on it to copy the
    data elsewhere.
    """

    places: Fact[tuple[str, ...]]
    copies: Fact[tuple[Copy, ...]]
