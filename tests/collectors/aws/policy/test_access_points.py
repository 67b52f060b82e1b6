"""Access points and multi-region access points: their policy and the bucket's must both allow."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from collectors.aws.policy import (
    AccessPoint,
    NetworkOrigin,
    access_point_policy_grants,
    delegates_to_access_points,
    notes,
)
from collectors.model import Capability, Fact, Grant, Known, NotNeeded, Reach, Switch, Unread, UnreadReason
from tests.collectors.aws.policy.documents import BUCKET, FOREIGN, OFF, ON, OWNER, allow, deny, grants, policy

POINT = AccessPoint(name="p", arn=f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/p", account=OWNER)
VPC_POINT = replace(POINT, origin=NetworkOrigin.VPC, vpc_id="vpc-1")
MULTI = AccessPoint(name="m", arn=f"arn:aws:s3::{OWNER}:accesspoint/abc.mrap", account=OWNER, multi_region=True)
BOTH = [BUCKET, f"{BUCKET}/*"]
UNREAD = Unread(reason=UnreadReason.DENIED, operation="GetBucketPolicy", permission="s3:GetBucketPolicy")


def delegation(**condition: Any) -> dict[str, Any]:
    return allow(condition or {"StringEquals": {"s3:DataAccessPointAccount": OWNER}}, Action="s3:*", Resource=BOTH)


def opened(point: AccessPoint = POINT, **elements: Any) -> dict[str, Any]:
    elements.setdefault("Resource", f"{point.arn}/object/*")
    return allow(**elements)


def through(
    *statements: Any,
    behind: Any = None,
    point: AccessPoint = POINT,
    restricted: Fact[Switch] = OFF,
    **settings: Any,
) -> tuple[Grant, ...]:
    return access_point_policy_grants(
        policy(*statements),
        access_point=point,
        bucket_arn=BUCKET,
        bucket_policy=Known(policy(*behind)) if isinstance(behind, list) else behind or Known(policy(delegation())),
        owner_account=OWNER,
        restricted=restricted,
        **settings,
    )


def seen(found: tuple[Grant, ...]) -> list[tuple[Reach, bool]]:
    return [(grant.reach, grant.effective == Known(value=True)) for grant in found]


OPEN = [(Reach.ANONYMOUS_INTERNET, True)]
SILENT = [(Reach.PRIVATE, True)]


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        pytest.param([delegation()], OPEN, id="to the account"),
        pytest.param([delegation(StringEquals={"s3:DataAccessPointArn": POINT.arn})], OPEN, id="to this one"),
        pytest.param(
            [delegation(StringLike={"s3:DataAccessPointArn": f"arn:aws:s3:*:{OWNER}:accesspoint/*"})],
            OPEN,
            id="to all of the account",
        ),
        pytest.param([delegation(StringEquals={"s3:AccessPointNetworkOrigin": "Internet"})], OPEN, id="by origin"),
        pytest.param([allow(Resource=BOTH)], OPEN, id="everyone anyway"),
        pytest.param(
            [delegation(StringEquals={"s3:DataAccessPointArn": f"{POINT.arn}2"})], SILENT, id="to another one"
        ),
        pytest.param([delegation(StringEquals={"s3:AccessPointNetworkOrigin": "VPC"})], SILENT, id="other origin"),
        pytest.param([delegation(StringEquals={"s3:DataAccessPointAccount": FOREIGN})], SILENT, id="foreign account"),
        pytest.param([], SILENT, id="nothing"),
        pytest.param([allow(Action="s3:PutObject")], SILENT, id="another action"),
        pytest.param([allow(Resource=BUCKET, Action="s3:ListBucket")], SILENT, id="the bucket alone"),
        pytest.param([delegation(), deny(Action="s3:GetObject")], SILENT, id="and a Deny"),
        pytest.param([allow(Principal={"AWS": OWNER}, Resource=BOTH)], SILENT, id="own account only"),
        pytest.param(
            [delegation(StringEquals={"s3:DataAccessPointAccount": OWNER, "aws:PrincipalOrgID": "o-x1"})],
            [(Reach.ORGANISATION, True)],
            id="to the account, for an organization",
        ),
        pytest.param(
            [allow(Principal={"AWS": FOREIGN}, Resource=BOTH)], [(Reach.NAMED_EXTERNAL, True)], id="one account"
        ),
    ],
)
def test_the_bucket_must_allow_too(behind: list[dict[str, Any]], expected: list[tuple[Reach, bool]]) -> None:
    found = through(opened(), behind=behind)
    assert seen(found) == expected
    if expected == SILENT:
        assert found[0].notes == (notes.BUCKET_POLICY_SILENT,)


def test_a_bucket_without_a_policy_lets_nobody_through() -> None:
    assert seen(through(opened(), behind=Known(None))) == SILENT


def test_no_access_point_policy_grants_nothing() -> None:
    found = access_point_policy_grants(
        None, access_point=POINT, bucket_arn=BUCKET, bucket_policy=Known(None), owner_account=OWNER, restricted=OFF
    )
    assert found == ()


def test_an_unread_bucket_policy_leaves_the_effect_open() -> None:
    (grant,) = through(opened(), behind=UNREAD)
    assert (grant.reach, grant.effective) == (Reach.ANONYMOUS_INTERNET, UNREAD)
    (silenced,) = through(opened(), behind=UNREAD, restricted=ON)
    assert silenced.effective == Known(value=False)


def test_a_bucket_policy_that_was_not_needed_decides_nothing() -> None:
    assert seen(through(opened(), behind=NotNeeded("public_anyway"))) == OPEN


def test_only_what_both_allow() -> None:
    (grant,) = through(
        opened(Action="s3:*"), behind=[allow(Action=["s3:GetObject", "s3:PutObject"], Resource=f"{BUCKET}/x/*")]
    )
    assert grant.what == (Capability.READ, Capability.WRITE)
    (other,) = through(opened(Resource=f"{POINT.arn}/object/y/*"), behind=[allow(Resource=f"{BUCKET}/x/*")])
    assert other.notes == (notes.BUCKET_POLICY_SILENT,)


def test_resources_name_the_buckets_objects() -> None:
    (grant,) = through(opened(Resource=f"{POINT.arn}/object/public/*"))
    assert (grant.via, grant.resources) == ("access point p", (f"{BUCKET}/public/*",))
    (listing,) = through(opened(Resource=POINT.arn, Action="s3:ListBucket"))
    assert (listing.what, listing.resources) == ((Capability.LIST,), (BUCKET,))


def test_an_access_point_of_a_vpc() -> None:
    (grant,) = through(opened(), point=VPC_POINT)
    assert (grant.reach, grant.notes) == (Reach.ANONYMOUS_FROM_RANGE, (notes.VPC_ORIGIN,))
    (other_vpc,) = through(opened(condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}), opened(), point=VPC_POINT)
    assert other_vpc == grant
    # Its policy is never public for AWS: RestrictPublicBuckets cuts nobody off.
    (held,) = through(opened(), point=VPC_POINT, restricted=ON)
    assert held.effective == Known(value=True)
    (named,) = through(opened(Principal={"AWS": FOREIGN}), point=VPC_POINT)
    assert named.reach is Reach.NAMED_EXTERNAL


def test_own_block_silences() -> None:
    switch = Known(Switch(on=True, by=("access point RestrictPublicBuckets",)))
    (grant,) = through(opened(), restricted=switch)
    assert (grant.effective, grant.blocked_by) == (Known(value=False), ("access point RestrictPublicBuckets",))


def test_a_public_bucket_policy_cuts_off_named_accounts_at_the_access_point_too() -> None:
    (grant,) = through(opened(Principal={"AWS": FOREIGN}), behind=[allow(Resource=BOTH)], restricted=ON)
    assert (grant.reach, grant.effective) == (Reach.NAMED_EXTERNAL, Known(value=False))


def test_conditions_on_the_access_point_itself_restrict_nothing() -> None:
    for key, value in (
        ("s3:DataAccessPointArn", POINT.arn),
        ("s3:DataAccessPointAccount", OWNER),
        ("s3:AccessPointNetworkOrigin", "Internet"),
    ):
        assert seen(through(opened(condition={"StringEquals": {key: value}}))) == OPEN
        assert through(opened(condition={"StringNotEquals": {key: value}})) == ()


def test_a_multi_region_access_point() -> None:
    behind = [delegation(StringEquals={"s3:DataAccessPointArn": MULTI.arn})]
    (grant,) = through(opened(MULTI), point=MULTI, behind=behind)
    assert (grant.reach, grant.via) == (Reach.ANONYMOUS_INTERNET, "multi-region access point m")
    assert seen(through(opened(), behind=behind)) == SILENT


def test_denies_of_either_policy_and_of_the_organization_count() -> None:
    outside = {"StringNotEquals": {"aws:PrincipalOrgID": "o-x1"}}
    own = deny(outside, Resource=[POINT.arn, f"{POINT.arn}/object/*"])
    assert seen(through(opened(), own)) == [(Reach.ORGANISATION, True)]
    assert seen(through(opened(), behind=[delegation(), deny(outside)])) == [(Reach.ORGANISATION, True)]
    found = through(opened(), resource_control_policies=[policy(deny(outside, Resource="*"))])
    assert seen(found) == [(Reach.ANONYMOUS_INTERNET, False), (Reach.ORGANISATION, True)]


def test_requester_pays_and_broken_statements() -> None:
    (paying,) = through(opened(), requester_pays=True)
    assert (paying.reach, paying.notes) == (Reach.ANY_AUTHENTICATED, (notes.REQUESTER_PAYS,))
    sound, broken = through(opened(), "Allow")
    assert (sound.reach, broken.reach) == (Reach.ANONYMOUS_INTERNET, Reach.UNKNOWN)
    assert broken.unread is not None
    assert broken.unread.operation == "s3:GetAccessPointPolicy"
    (multi,) = through("Allow", point=MULTI)
    assert multi.unread is not None
    assert multi.unread.operation == "s3:GetMultiRegionAccessPointPolicy"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param([delegation()], True, id="delegates"),
        pytest.param([allow(Resource=BOTH)], True, id="open to everyone"),
        pytest.param([allow({"StringEquals": {"aws:PrincipalOrgID": "o-x1"}})], True, id="open to an organization"),
        pytest.param([allow(Principal={"AWS": FOREIGN})], True, id="open to an account"),
        pytest.param([allow(Principal={"AWS": OWNER})], False, id="own account"),
        pytest.param([allow(Principal={"Service": "cloudtrail.amazonaws.com"})], False, id="a service"),
        pytest.param([delegation(StringEquals={"s3:DataAccessPointAccount": FOREIGN})], False, id="to another account"),
        pytest.param([delegation(), deny()], False, id="taken back"),
        pytest.param([deny()], False, id="nothing allowed"),
        pytest.param([], False, id="no statements"),
        pytest.param(["Allow"], True, id="what cannot be read"),
        pytest.param([deny({"StringEqual": {}})], False, id="a Deny that cannot be read"),
    ],
)
def test_delegation(statements: list[Any], *, expected: bool) -> None:
    document = policy(*statements)
    assert delegates_to_access_points(document, bucket_arn=BUCKET, owner_account=OWNER) is expected
    if not expected:
        assert all(grant.reach in (Reach.PRIVATE, Reach.UNKNOWN) for grant in through(opened(), behind=Known(document)))


def test_no_policy_delegates_nothing() -> None:
    assert not delegates_to_access_points(None, bucket_arn=BUCKET, owner_account=OWNER)


def test_foreign_access_points_are_named_and_unknown_beyond() -> None:
    (grant,) = grants(delegation(StringEquals={"s3:DataAccessPointAccount": FOREIGN}))
    assert (grant.reach, grant.principals) == (Reach.NAMED_EXTERNAL, (FOREIGN,))
    assert notes.FOREIGN_ACCESS_POINT in grant.notes
