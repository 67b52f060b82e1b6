"""A request with some of its condition keys given."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from collectors.aws.policy import dates
from collectors.aws.policy.requests import NOW, Request, State


class Overlay(msgspec.Struct, frozen=True):
    """A request from now on that carries ``given`` (keys in lower case) in place of what it would otherwise."""

    base: Request
    given: Mapping[str, State] = msgspec.field(default_factory=dict)

    def state(self, key: str) -> State:
        """Return what the request carries under a condition key (given in lower case)."""
        if key in dates.NAMES:
            return NOW
        found = self.given.get(key)
        return self.base.state(key) if found is None else found
