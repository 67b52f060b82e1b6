"""Keys of a key service: how they are replaced, and where their material lies."""

from __future__ import annotations

import msgspec

from collectors.model.facts import Fact
from collectors.model.places import Placed


class KeyRotation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the provider replaces a key's material by itself, and how often (None where it does not say)."""

    enabled: bool
    period_days: int | None = None


class EncryptionKey(Placed, frozen=True, kw_only=True, tag="encryption_key"):
    """A key that the customer made and manages.

    ``rotation`` is NotNeeded where the provider cannot rotate the key, or where nothing is encrypted with it any
    more: the code says which. ``state`` is the provider's own word (``Enabled``, ``PendingDeletion``).
    ``copies`` are the replicas that a multi-region key has in other regions.
    """

    rotation: Fact[KeyRotation]
    state: Fact[str]
