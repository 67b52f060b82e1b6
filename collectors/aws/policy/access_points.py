"""The grants of access point policies."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from collectors.aws.policy.document import PolicyDocument
from collectors.model import Fact, Grant, Switch


class NetworkOrigin(StrEnum):
    """Where an access point takes requests from; the values are the API's."""

    INTERNET = "Internet"
    VPC = "VPC"


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

    ``restricted`` is RestrictPublicBuckets merged over organization, account, bucket and this access point.
    ``bucket_policy`` Unread makes ``effective`` of every grant that depends on it that Unread. A grant that the
    bucket policy does not allow comes back with reach ``private`` and the note ``bucket_policy_does_not_allow``.
    ``via`` is ``access point NAME`` or ``multi-region access point NAME``.
    """
    raise NotImplementedError
