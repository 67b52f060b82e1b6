"""A request with some of its condition keys given."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from collectors.aws.policy.requests import Request, State


class Overlay(msgspec.Struct, frozen=True):
    """A request that carries ``given`` (keys in lower case) in place of what it would otherwise."""

    base: Request
    given: Mapping[str, State] = msgspec.field(default_factory=dict)

    def state(self, key: str) -> State:
        """Return what the request carries under a condition key (given in lower case)."""
        found = self.given.get(key)
        return self.base.state(key) if found is None else found
