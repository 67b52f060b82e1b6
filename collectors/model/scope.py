"""What the program itself could and could not read, as a resource like any other."""

from __future__ import annotations

import msgspec

from collectors.model.facts import Fact, Unread
from collectors.model.resource import Resource


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a scope's last read ended: whether the listing was whole, and the distinct failures."""

    complete: bool
    unread: tuple[Unread, ...] = ()


class ReadScope(Resource, frozen=True, kw_only=True, tag="scope"):
    """One unit of work. ``uid`` is ``cspmd:<scope key>``."""

    collector: Fact[str]
    reading: Fact[Reading]
