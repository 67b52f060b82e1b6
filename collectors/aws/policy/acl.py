"""Bucket ACLs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.model import Fact, Grant, Switch


def acl_grants(
    acl: Mapping[str, Any],
    *,
    owner_id: str,
    ignored: Fact[Switch],
    ownership: Fact[str],
    requester_pays: bool = False,
) -> tuple[Grant, ...]:
    """Return the grants of a ``GetBucketAcl`` answer to anyone but the owner.

    ``owner_id`` is the owner's canonical user id (the answer's own ``Owner.ID`` where empty); ``ignored`` the merged
    IgnorePublicAcls; ``ownership`` the ObjectOwnership value, ``Known("")`` where none is configured. One Grant per
    grantee. Raises MalformedPolicyError where ``Grants`` is no list.
    """
    raise NotImplementedError
