"""Block Public Access: four switches on up to four levels, each switch merged by itself.

Source: S3BPA (access-control-block-public-access), API-CTL (GetPublicAccessBlock of S3 Control), ORG-S3
(organization policies of type S3). Exposure now is decided by IgnorePublicAcls (ACLs) and RestrictPublicBuckets
(policies) alone: the two Block switches only refuse new public settings.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from collectors.aws.policy.problems import MalformedPolicyError
from collectors.model import Fact, Known, NotNeeded, Switch, Unread

SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class PublicAccessBlock(msgspec.Struct, frozen=True, kw_only=True):
    """The four switches as set at one level. All off is what "no configuration" means."""

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False

    @classmethod
    def from_api(cls, configuration: Mapping[str, object]) -> PublicAccessBlock:
        """Build from a ``PublicAccessBlockConfiguration`` answer; a member that is not there is off.

        Raises MalformedPolicyError for a member that is not a boolean.
        """
        values = {name: configuration.get(name, False) for name in SWITCHES}
        for name, value in values.items():
            if not isinstance(value, bool):
                message = f"PublicAccessBlockConfiguration: {name} is no boolean"
                raise MalformedPolicyError(message)
        return cls(
            block_public_acls=values["BlockPublicAcls"] is True,
            ignore_public_acls=values["IgnorePublicAcls"] is True,
            block_public_policy=values["BlockPublicPolicy"] is True,
            restrict_public_buckets=values["RestrictPublicBuckets"] is True,
        )

    @classmethod
    def everything(cls) -> PublicAccessBlock:
        """Return the block with all four on, as an organization policy of ``all`` sets it."""
        return cls(
            block_public_acls=True,
            ignore_public_acls=True,
            block_public_policy=True,
            restrict_public_buckets=True,
        )

    def switches(self) -> dict[str, bool]:
        """Return the four by AWS's own names, as ``Bucket.switches`` keeps them for one level."""
        return {
            "BlockPublicAcls": self.block_public_acls,
            "IgnorePublicAcls": self.ignore_public_acls,
            "BlockPublicPolicy": self.block_public_policy,
            "RestrictPublicBuckets": self.restrict_public_buckets,
        }


class MergedBlocks(msgspec.Struct, frozen=True, kw_only=True):
    """Each switch merged over all levels.

    ``ignore_public_acls`` is a bucket's ``acl_silenced``, ``restrict_public_buckets`` its ``policy_silenced``.
    """

    block_public_acls: Fact[Switch]
    ignore_public_acls: Fact[Switch]
    block_public_policy: Fact[Switch]
    restrict_public_buckets: Fact[Switch]


def merge_blocks(
    *,
    organization: Fact[PublicAccessBlock | None],
    account: Fact[PublicAccessBlock],
    bucket: Fact[PublicAccessBlock],
    access_point: Fact[PublicAccessBlock] | None = None,
) -> MergedBlocks:
    """Merge the levels: on where any level is on, unread where a level that could be on was not read.

    ``organization`` is the block that the organization's S3 policy sets, ``Known(None)`` where there is none; where
    it sets one it replaces the account's in both directions (ORG-S3). ``Unread`` or ``NotNeeded`` there leaves the
    account's answer, which S3 Control already gives as effective (API-CTL). ``access_point`` is given only for
    calls through one. ``Switch.by`` names the levels, as in ``account RestrictPublicBuckets``.
    """
    levels: dict[str, Fact[PublicAccessBlock]] = {}
    if isinstance(organization, Known) and organization.value is not None:
        levels["organization"] = Known(organization.value)
    else:
        levels["account"] = account
    levels["bucket"] = bucket
    if access_point is not None:
        levels["access point"] = access_point
    merged = {name: _merge(name, levels) for name in SWITCHES}
    return MergedBlocks(
        block_public_acls=merged["BlockPublicAcls"],
        ignore_public_acls=merged["IgnorePublicAcls"],
        block_public_policy=merged["BlockPublicPolicy"],
        restrict_public_buckets=merged["RestrictPublicBuckets"],
    )


def _merge(name: str, levels: Mapping[str, Fact[PublicAccessBlock]]) -> Fact[Switch]:
    on_at: list[str] = []
    unread: Unread | None = None
    for level, fact in levels.items():
        match fact:
            case Known(value):
                if value.switches()[name]:
                    on_at.append(f"{level} {name}")
            case Unread():
                unread = unread or fact
            case NotNeeded():
                # A read that was saved could not have decided: it counts as a level that is off.
                continue
    if on_at:
        return Known(Switch(on=True, by=tuple(on_at)))
    return unread if unread is not None else Known(Switch(on=False))
