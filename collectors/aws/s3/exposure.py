"""Who can reach a bucket: its policy, its ACL and its access points, under the switches that silence them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from collectors.aws.answers import Answer, member
from collectors.aws.policy import (
    MalformedPolicyError,
    MergedBlocks,
    PolicyDocument,
    acl_grants,
    bucket_policy_grants,
    notes,
    parse_policy,
    tls_only,
)
from collectors.aws.policy.grants import RESOURCE_CONTROL_POLICY
from collectors.aws.s3.access_points import Door, door_grants
from collectors.aws.s3.operations import GET_BUCKET_ACL, GET_BUCKET_OWNERSHIP, GET_BUCKET_POLICY
from collectors.aws.session import AwsAccount
from collectors.model import PUBLIC_REACH, Fact, Grant, Known, NotNeeded, Reach, Switch, TlsOnly, Unread, UnreadReason

ACL_HIDDEN = NotNeeded("acl_hidden")
"""With IgnorePublicAcls on, S3 answers with the ACL as it is in force: what lies under it cannot be seen."""

Acl = dict[str, Any]
Controls = Sequence[PolicyDocument]

# Amazon S3 User Guide, "Access control list overview": what the permissions of a bucket's ACL stand for.
_ACL_ACTIONS = [
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:PutObject",
    "s3:GetBucketAcl",
    "s3:PutBucketAcl",
]


def read_policy(account: AwsAccount, region: str, name: str) -> Fact[PolicyDocument | None]:
    """Read the bucket policy, Known(None) where there is none; raises GoneError."""
    nothing: Known[PolicyDocument | None] = Known(None)
    return account.read(GET_BUCKET_POLICY, region, _policy, nothing=nothing, Bucket=name)


def read_acl(account: AwsAccount, region: str, name: str, ignored: Fact[Switch]) -> Fact[Acl]:
    """Read the bucket's ACL unless it is known to be hidden; raises GoneError."""
    if isinstance(ignored, Known) and ignored.value.on:
        return ACL_HIDDEN
    return account.read(GET_BUCKET_ACL, region, _acl, Bucket=name)


def read_ownership(account: AwsAccount, region: str, name: str) -> Fact[str]:
    """Read the bucket's object ownership, the empty string where none is set; raises GoneError."""
    return account.read(GET_BUCKET_OWNERSHIP, region, _ownership, nothing=Known(""), Bucket=name)


def grants_others(acl: Fact[Acl]) -> bool:
    """Whether an ACL has an entry for anyone but the owner, so that it matters whether ACLs are in force."""
    if not isinstance(acl, Known):
        return False
    owner = acl.value["Owner"].get("ID")
    return any(entry.get("Grantee", {}).get("ID") != owner for entry in acl.value["Grants"])


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that grants are made of, as it was read.

    ``doors`` are the access points with the merged RestrictPublicBuckets of calls through each;
    ``doors_unread`` says which listings of them failed.
    """

    bucket_arn: str
    owner_account: str
    owner_id: str
    merged: MergedBlocks
    policy: Fact[PolicyDocument | None]
    acl: Fact[Acl]
    ownership: Fact[str]
    doors: tuple[tuple[Door, Fact[Switch]], ...]
    doors_unread: tuple[Unread, ...] = ()


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """The grants of each source."""

    policy: Fact[tuple[Grant, ...]]
    acl: Fact[tuple[Grant, ...]]
    access_points: Fact[tuple[Grant, ...]]

    @property
    def public(self) -> bool:
        """Whether any source grants to the public, in force or not."""
        return any(
            grant.reach in PUBLIC_REACH
            for source in (self.policy, self.acl, self.access_points)
            if isinstance(source, Known)
            for grant in source.value
        )


def expose(sources: Sources, *, requester_pays: bool = False, controls: Controls = ()) -> Exposure:
    """Return the grants that the sources make, each source by itself, under the resource control policies."""
    return Exposure(
        policy=_policy_grants(sources, requester_pays=requester_pays, controls=controls),
        acl=_acl_grants(sources, requester_pays=requester_pays, controls=controls),
        access_points=_door_grants(sources, requester_pays=requester_pays, controls=controls),
    )


def uncertain(exposure: Exposure) -> Exposure:
    """Return the exposure with a note on each public grant: what the organization refuses could not be read."""
    return Exposure(
        policy=_noted(exposure.policy),
        acl=_noted(exposure.acl),
        access_points=_noted(exposure.access_points),
    )


def _noted(grants: Fact[tuple[Grant, ...]]) -> Fact[tuple[Grant, ...]]:
    if not isinstance(grants, Known):
        return grants
    return Known(
        tuple(
            structs.replace(grant, notes=(*grant.notes, notes.RESOURCE_CONTROLS_UNREAD))
            if grant.reach in PUBLIC_REACH and grant.effective == Known(value=True)
            else grant
            for grant in grants.value
        )
    )


def transport(policy: Fact[PolicyDocument | None], bucket_arn: str) -> Fact[TlsOnly]:
    """Return whether the policy refuses requests without TLS."""
    if not isinstance(policy, Known):
        return policy
    try:
        return Known(tls_only(policy.value, bucket_arn=bucket_arn))
    except MalformedPolicyError:
        return _malformed(GET_BUCKET_POLICY.uid)


def _policy_grants(sources: Sources, *, requester_pays: bool, controls: Controls) -> Fact[tuple[Grant, ...]]:
    if not isinstance(sources.policy, Known):
        return sources.policy
    return Known(
        bucket_policy_grants(
            sources.policy.value,
            bucket_arn=sources.bucket_arn,
            owner_account=sources.owner_account,
            restricted=sources.merged.restrict_public_buckets,
            requester_pays=requester_pays,
            resource_control_policies=controls,
            owner_canonical_id=sources.owner_id,
        )
    )


def _acl_grants(sources: Sources, *, requester_pays: bool, controls: Controls) -> Fact[tuple[Grant, ...]]:
    if not isinstance(sources.acl, Known):
        return sources.acl
    try:
        found = acl_grants(
            sources.acl.value,
            owner_id="",
            ignored=sources.merged.ignore_public_acls,
            ownership=sources.ownership,
            requester_pays=requester_pays,
        )
    except MalformedPolicyError:
        return _malformed(GET_BUCKET_ACL.uid)
    return Known(tuple(_within(grant, sources, controls) for grant in found) if controls else found)


def _within(grant: Grant, sources: Sources, controls: Controls) -> Grant:
    """Return an ACL's public grant as it is under resource control policies, which bind what ACLs allow as well.

    It is refused where a policy that lets everyone do the same would be refused to all of them.
    """
    if grant.reach not in PUBLIC_REACH or grant.effective != Known(value=True):
        return grant
    everyone = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": _ACL_ACTIONS,
        "Resource": [sources.bucket_arn, f"{sources.bucket_arn}/*"],
    }
    would_be = bucket_policy_grants(
        parse_policy({"Version": "2012-10-17", "Statement": [everyone]}),
        bucket_arn=sources.bucket_arn,
        owner_account=sources.owner_account,
        restricted=Known(Switch(on=False)),
        resource_control_policies=controls,
    )
    if any(one.reach in PUBLIC_REACH and one.effective != Known(value=False) for one in would_be):
        return grant
    return structs.replace(grant, effective=Known(value=False), blocked_by=(*grant.blocked_by, RESOURCE_CONTROL_POLICY))


def _door_grants(sources: Sources, *, requester_pays: bool, controls: Controls) -> Fact[tuple[Grant, ...]]:
    grants = [
        grant
        for door, restricted in sources.doors
        for grant in door_grants(
            door,
            bucket_arn=sources.bucket_arn,
            bucket_policy=sources.policy,
            owner_account=sources.owner_account,
            restricted=restricted,
            requester_pays=requester_pays,
            controls=controls,
        )
    ]
    if sources.doors_unread and not grants:
        return sources.doors_unread[0]
    return Known((*grants, *(_unlisted(unread) for unread in sources.doors_unread)))


def _unlisted(unread: Unread) -> Grant:
    """Stand for the access points that a failed listing may have hidden, beside those that were listed."""
    return Grant(reach=Reach.UNKNOWN, what=(), via="access points not listed", effective=unread)


def _malformed(operation: str) -> Unread:
    return Unread(reason=UnreadReason.MALFORMED, operation=operation, detail=MalformedPolicyError.__name__)


def _policy(answer: Answer) -> PolicyDocument:
    return parse_policy(member(answer, "Policy"))


def _acl(answer: Answer) -> Acl:
    return {"Owner": member(answer, "Owner"), "Grants": member(answer, "Grants")}


def _ownership(answer: Answer) -> str:
    return str(member(member(answer, "OwnershipControls"), "Rules")[0]["ObjectOwnership"])
