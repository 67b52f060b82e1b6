"""The grants of a bucket policy."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.aws.policy.document import PolicyDocument
from collectors.model import Fact, Grant, Switch


def bucket_policy_grants(  # noqa: PLR0913 - each is a separate fact of the account or bucket
    document: PolicyDocument | None,
    *,
    bucket_arn: str,
    owner_account: str,
    restricted: Fact[Switch],
    requester_pays: bool = False,
    resource_control_policies: Sequence[PolicyDocument] = (),
    owner_canonical_id: str = "",
) -> tuple[Grant, ...]:
    """Return the policy's grants to anyone outside the owner's account; none for ``None`` (no policy).

    ``restricted`` is the merged RestrictPublicBuckets (``merge_blocks(...).restrict_public_buckets``);
    ``owner_account`` 12 digits; ``requester_pays`` True where it is known on; ``resource_control_policies`` those
    that apply to this account (none in the organization's management account); ``owner_canonical_id`` the owner's
    canonical user id where known. Raises nothing for what the policy holds.
    """
    raise NotImplementedError


def delegates_to_access_points(document: PolicyDocument | None, *, bucket_arn: str, owner_account: str) -> bool:
    """Return whether some Allow admits outsiders that come through an access point of the owner's account."""
    raise NotImplementedError
