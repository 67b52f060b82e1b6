"""Who may reach a resource, through what, and whether the grant bites now."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from collectors.model.facts import Fact, Unread


class Reach(StrEnum):
    """How far a grant reaches, widest first."""

    ANONYMOUS_INTERNET = "anonymous-internet"
    ANY_AUTHENTICATED = "any-authenticated"
    ANONYMOUS_FROM_RANGE = "anonymous-from-range"
    NAMED_EXTERNAL = "named-external"
    ORGANISATION = "organisation"
    PRIVATE = "private"
    UNKNOWN = "unknown"


PUBLIC_REACH = frozenset({Reach.ANONYMOUS_INTERNET, Reach.ANY_AUTHENTICATED})
"""Anyone on the internet, or anyone who holds any account at the cloud."""


class Capability(StrEnum):
    """What a grant lets its holder do."""

    LIST = "list"
    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    ADMIN = "admin"


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """The merged state of a switch that silences grants, and which levels hold it on.

    ``by`` names each level that is on, for example ``account IgnorePublicAcls``.
    """

    on: bool
    by: tuple[str, ...] = ()


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One grant to someone outside the owner's own principals.

    ``via`` names the path (``bucket policy``, ``bucket ACL``, ``access point NAME``, ``container
    NAME``). ``effective`` is Known(False) while a switch silences it: the grant is then latent and
    ``blocked_by`` names the switches. ``resources`` are the provider's own names of what it covers
    (for a prefix, the prefix). ``statement`` is the exact statement, ACL entry or binding.
    ``notes`` are facts a reader needs to weigh it (requester pays, confused deputy, ...).
    ``unread`` says what could not be read where the reach is unknown for that reason.
    """

    reach: Reach
    what: tuple[Capability, ...]
    via: str
    effective: Fact[bool]
    blocked_by: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    statement: Any = None
    notes: tuple[str, ...] = ()
    unread: Unread | None = None
