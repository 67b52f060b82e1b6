"""The grants of access points and multi-region access points.

Sources: S3AP (access point policies, restrictions), S3MRAP, S3BPA ("Access points").
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from collectors.aws.policy import notes
from collectors.aws.policy.document import PolicyDocument
from collectors.aws.policy.grants import Origin, organization_denies
from collectors.aws.policy.opinion import aws_considers_public
from collectors.aws.policy.probes import VPC_ORIGIN, Setting
from collectors.aws.policy.reaching import Allow, Reached, Reaching, rules
from collectors.aws.policy.rectangles import Container
from collectors.aws.policy.requests import Identity, Request
from collectors.model import Fact, Grant, Known, NotNeeded, Reach, Switch, Unread


class NetworkOrigin(StrEnum):
    """Where an access point takes requests from; the values are the API's."""

    INTERNET = "Internet"
    VPC = VPC_ORIGIN


class AccessPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One access point or multi-region access point.

    ``arn`` as its policy's Resource names it: ``arn:aws:s3:<region>:<account>:accesspoint/<name>``, or
    ``arn:aws:s3::<account>:accesspoint/<alias>.mrap``. ``account`` owns the access point.
    """

    name: str
    arn: str
    account: str
    origin: NetworkOrigin = NetworkOrigin.INTERNET
    vpc_id: str = ""
    multi_region: bool = False

    @property
    def via(self) -> str:
        """The path as ``Grant.via`` names it."""
        return f"{'multi-region ' if self.multi_region else ''}access point {self.name}"

    @property
    def request(self) -> Request:
        """A request through this access point, by anybody."""
        return Request(
            identity=Identity.OUTSIDER,
            access_point_account=self.account,
            access_point_arn=self.arn,
            access_point_origin=self.origin.value,
            vpc_id=self.vpc_id if self.origin is NetworkOrigin.VPC else "",
        )


def access_point_policy_grants(  # noqa: PLR0913 - each is a separate fact of the account, bucket or access point
    document: PolicyDocument | None,
    *,
    access_point: AccessPoint,
    bucket_arn: str,
    bucket_policy: Fact[PolicyDocument | None],
    owner_account: str,
    restricted: Fact[Switch],
    requester_pays: bool = False,
    resource_control_policies: Sequence[PolicyDocument] = (),
) -> tuple[Grant, ...]:
    """Return what the access point's policy, together with the bucket policy, grants to outsiders.

    ``restricted`` is RestrictPublicBuckets merged over organization, account, bucket and this access point;
    ``owner_account`` owns the bucket; ``bucket_policy`` is ``Known(None)`` where the bucket has none.
    ``bucket_policy`` Unread makes ``effective`` of every grant that depends on it that Unread. A grant that the
    bucket policy does not allow comes back with reach ``private`` and the note ``bucket_policy_does_not_allow``.
    ``via`` is ``access point NAME`` or ``multi-region access point NAME``; ``resources`` name the bucket's objects.
    A statement that could not be read is treated as in a bucket policy. Raises nothing for what the policies hold.
    """
    if document is None:
        return ()
    own = Container.of_access_point(access_point.arn)
    bucket = Container.of_bucket(bucket_arn)
    behind = bucket_policy.value if isinstance(bucket_policy, Known) else None
    vpc = access_point.origin is NetworkOrigin.VPC
    origin = Origin(
        via=access_point.via,
        operation="s3:GetMultiRegionAccessPointPolicy" if access_point.multi_region else "s3:GetAccessPointPolicy",
        container=bucket,
        restricted=restricted,
        considered_public=aws_considers_public(behind)
        or (not vpc and aws_considers_public(document, access_point=True)),
        marks=(notes.VPC_ORIGIN,) if vpc else (),
    )
    applied = rules(document, own)
    setting = Setting(owner_account=owner_account, requester_pays=requester_pays, via=access_point.request)
    overruled = (
        *organization_denies(resource_control_policies, own),
        *organization_denies(resource_control_policies, bucket),
    )
    alone = Reaching(applied.denies, setting)
    backing = None if isinstance(bucket_policy, Unread | NotNeeded) else rules(behind, bucket)
    backed = Reaching(applied.denies, setting, backing=backing)
    within = Reaching((*applied.denies, *overruled), setting, backing=backing)
    granted: list[Grant] = []
    for allow in applied.allows:
        reached = backed.of(allow)
        if backing is not None and not reached:
            granted += _silent(origin, allow, alone.of(allow))
            continue
        granted += origin.grants(allow, reached, within.of(allow) if overruled else None)
    if isinstance(bucket_policy, Unread):
        granted = [_depending_on(bucket_policy, grant) for grant in granted]
    return (*granted, *origin.unreadable(document))


def _silent(origin: Origin, allow: Allow, alone: tuple[Reached, ...]) -> list[Grant]:
    """Return what the access point would grant by itself: nobody gets in while the bucket policy does not allow it."""
    return [
        replace(origin.grant(allow, replace(reached, reach=Reach.PRIVATE)), notes=(notes.BUCKET_POLICY_SILENT,))
        for reached in alone
        if reached.reach is not Reach.PRIVATE
    ]


def _depending_on(bucket_policy: Unread, grant: Grant) -> Grant:
    """Return the grant with its effect left open, unless a switch that is known on silences it anyway."""
    silenced = isinstance(grant.effective, Known) and not grant.effective.value
    return grant if silenced else replace(grant, effective=bucket_policy)
