"""The golden cases of what "public" means for a bucket, numbered as the domain description numbers them."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.policy import (
    AccessPoint,
    NetworkOrigin,
    PublicAccessBlock,
    access_point_policy_grants,
    acl_grants,
    aws_considers_public,
    bucket_policy_grants,
    delegates_to_access_points,
    merge_blocks,
    notes,
)
from collectors.model import Capability, Grant, Known, NotNeeded, Reach, Switch, Unread, UnreadReason
from tests.collectors.aws.policy.documents import (
    BUCKET,
    OFF,
    ON,
    ORDER,
    OWNER,
    allow,
    deny,
    grants,
    policy,
    reach,
    widest,
)

ANONYMOUS = Reach.ANONYMOUS_INTERNET
ANY_AWS = Reach.ANY_AUTHENTICATED
RANGE = Reach.ANONYMOUS_FROM_RANGE
ORG = Reach.ORGANISATION
NAMED = Reach.NAMED_EXTERNAL
PRIVATE = Reach.PRIVATE
NO_BLOCK = Known(PublicAccessBlock())
ALL_ON = Known(PublicAccessBlock.everything())
DENIED = Unread(reason=UnreadReason.DENIED, operation="GetBucketAcl", permission="s3:GetBucketAcl")
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"

STATEMENTS: list[Any] = [
    pytest.param([allow()], ANONYMOUS, True, id="1 everyone"),
    pytest.param([allow({"StringEquals": {"aws:PrincipalOrgID": "o-x1"}})], ORG, False, id="4 organization"),
    pytest.param([allow({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-x1"}})], ANONYMOUS, True, id="4b IfExists"),
    pytest.param(
        [allow({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-x1"}})], ANONYMOUS, True, id="4c ForAllValues"
    ),
    pytest.param([allow({"StringLike": {"aws:PrincipalOrgID": "o-*"}})], ANY_AWS, True, id="4d any organization"),
    pytest.param([allow({"IpAddress": {"aws:SourceIp": "8.0.0.0/8"}})], RANGE, False, id="5 /8"),
    pytest.param([allow({"IpAddress": {"aws:SourceIp": "8.0.0.0/7"}})], ANONYMOUS, True, id="5 /7"),
    pytest.param([allow({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], RANGE, False, id="5 RFC 1918"),
    pytest.param([allow({"IpAddress": {"aws:SourceIp": "::/0"}})], ANONYMOUS, True, id="5 all of IPv6"),
    pytest.param([allow({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}})], RANGE, False, id="5 IPv6 /32"),
    pytest.param([allow({"IpAddress": {"aws:SourceIp": "2001:db8::/31"}})], ANONYMOUS, True, id="5 IPv6 /31"),
    pytest.param([allow({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], ANONYMOUS, True, id="6 NotIpAddress"),
    pytest.param([allow(Principal={"AWS": ["*"]})], ANONYMOUS, True, id="7 list of *"),
    pytest.param([allow(Principal={"AWS": "*"})], ANONYMOUS, True, id="7 AWS *"),
    pytest.param(
        [allow(Principal={"AWS": [f"arn:aws:iam::{OWNER}:root", "*"]})], ANONYMOUS, True, id="7 root beside *"
    ),
    pytest.param([allow(Principal={"Federated": "graph.facebook.com"})], ANONYMOUS, True, id="8 Federated"),
    pytest.param([allow(Principal={"Service": "cloudtrail.amazonaws.com"})], PRIVATE, False, id="8 Service"),
    pytest.param([allow({"StringLike": {"aws:SourceVpc": "vpc-*"}})], ANONYMOUS, True, id="9 any VPC"),
    pytest.param([allow({"StringEquals": {"aws:SourceVpc": "vpc-1"}})], RANGE, False, id="9 one VPC"),
    pytest.param([allow({"StringEquals": {"aws:Referer": "https://a.example"}})], ANONYMOUS, True, id="10 Referer"),
    pytest.param([allow({"StringEquals": {"aws:UserAgent": "mine"}})], ANONYMOUS, True, id="10 UserAgent"),
    pytest.param([allow({"Bool": {"aws:SecureTransport": True}})], ANONYMOUS, True, id="10 SecureTransport"),
    pytest.param(
        [allow({"StringLike": {"aws:userid": "AROAEXAMPLEID1234567:*"}})], ANY_AWS, True, id="11 any session of a role"
    ),
    pytest.param(
        [allow({"StringEquals": {"aws:userid": "AROAEXAMPLEID1234567:session"}})], NAMED, False, id="11 one session"
    ),
    pytest.param([allow({"StringLike": {"aws:userid": "AIDAEXAMPLEID1234567"}})], NAMED, False, id="11 one user"),
    pytest.param(
        [
            allow(
                {
                    "StringEquals": {
                        "s3:x-amz-server-side-encryption-aws-kms-key-id": f"arn:aws:kms:eu-west-1:{OWNER}:key/1"
                    }
                },
                Action="s3:PutObject",
            )
        ],
        PRIVATE,
        False,
        id="12 KMS key",
    ),
    pytest.param(
        [allow({"StringLike": {"s3:DataAccessPointArn": f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/*"}})],
        PRIVATE,
        False,
        id="13 access points of one account",
    ),
    pytest.param(
        [allow({"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:*:accesspoint/*"}})],
        ANONYMOUS,
        True,
        id="13 access points of any account",
    ),
    pytest.param([allow(NotPrincipal={"AWS": f"arn:aws:iam::{OWNER}:root"})], ANONYMOUS, True, id="14 NotPrincipal"),
    pytest.param(
        [allow(), deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-x1"}})], ORG, True, id="15 Deny outside the org"
    ),
    pytest.param(
        [allow(), deny({"Bool": {"aws:PrincipalIsAWSService": "false"}})], ANONYMOUS, True, id="15b Deny non-services"
    ),
    pytest.param(
        [allow({"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}})], ANY_AWS, True, id="27 variable"
    ),
]


@pytest.mark.parametrize(("statements", "expected", "aws_public"), STATEMENTS)
def test_reach_and_aws_opinion(statements: list[dict[str, Any]], expected: Reach, *, aws_public: bool) -> None:
    assert reach(*statements) is expected
    assert aws_considers_public(policy(*statements)) is aws_public


def test_2_account_restrict_makes_latent() -> None:
    (grant,) = grants(allow(), restricted=ON)
    assert grant.reach is ANONYMOUS
    assert grant.effective == Known(value=False)
    assert grant.blocked_by == ("account RestrictPublicBuckets",)


def test_3_block_public_policy_changes_nothing() -> None:
    merged = merge_blocks(
        organization=Known(None), account=Known(PublicAccessBlock(block_public_policy=True)), bucket=NO_BLOCK
    )
    assert merged.block_public_policy == Known(Switch(on=True, by=("account BlockPublicPolicy",)))
    (grant,) = grants(allow(), restricted=merged.restrict_public_buckets)
    assert (grant.reach, grant.effective, grant.blocked_by) == (ANONYMOUS, Known(value=True), ())


def test_7_three_spellings_of_everyone_are_one() -> None:
    found = [grants(allow(Principal=principal)) for principal in ("*", {"AWS": "*"}, {"AWS": ["*"]})]
    assert len({(grant.reach, grant.what, grant.principals, grant.resources) for (grant,) in found}) == 1


def test_8_service_without_source_is_a_confused_deputy() -> None:
    service = {"Service": "cloudtrail.amazonaws.com"}
    (bare,) = grants(allow(Principal=service))
    assert bare.notes == (notes.CONFUSED_DEPUTY,)
    for key, value in (
        ("aws:SourceArn", f"arn:aws:cloudtrail:eu-west-1:{OWNER}:trail/t"),
        ("aws:SourceAccount", OWNER),
    ):
        (held,) = grants(allow({"StringEquals": {key: value}}, Principal=service))
        assert held.reach is PRIVATE
        assert held.notes == ()


def test_13_access_point_arn_restricts_nothing_in_an_access_point_policy() -> None:
    condition = {"StringLike": {"s3:DataAccessPointArn": f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/*"}}
    statement = allow(condition, Resource=f"{POINT.arn}/object/*")
    assert aws_considers_public(policy(statement), access_point=True)
    assert not aws_considers_public(policy(statement))
    assert widest(through(statement)) is ANONYMOUS


def acl(*entries: tuple[dict[str, str], str]) -> dict[str, Any]:
    own = ({"Type": "CanonicalUser", "ID": "owner-id"}, "FULL_CONTROL")
    return {
        "Owner": {"ID": "owner-id"},
        "Grants": [{"Grantee": grantee, "Permission": permission} for grantee, permission in (own, *entries)],
    }


def group(uri: str, permission: str) -> tuple[dict[str, str], str]:
    return {"Type": "Group", "URI": uri}, permission


def acl_of(*entries: tuple[dict[str, str], str], ignored: Any = OFF, ownership: Any = Known("")) -> tuple[Grant, ...]:  # noqa: B008 - facts are immutable
    return acl_grants(acl(*entries), owner_id="owner-id", ignored=ignored, ownership=ownership)


def test_16_acl_to_all_users() -> None:
    (grant,) = acl_of(group(ALL_USERS, "READ"))
    assert (grant.reach, grant.what, grant.effective) == (ANONYMOUS, (Capability.LIST,), Known(value=True))
    assert acl_of(ignored=Known(Switch(on=True, by=("account IgnorePublicAcls",)))) == ()
    (latent,) = acl_of(group(ALL_USERS, "READ"), ownership=Known("BucketOwnerEnforced"))
    assert latent.effective == Known(value=False)
    assert latent.blocked_by == ("ObjectOwnership BucketOwnerEnforced",)


def test_17_acl_to_authenticated_users() -> None:
    (grant,) = acl_of(group(AUTHENTICATED_USERS, "WRITE"))
    assert (grant.reach, grant.what, grant.effective) == (ANY_AWS, (Capability.WRITE,), Known(value=True))


def test_18_acl_to_log_delivery_is_private() -> None:
    found = acl_of(group(LOG_DELIVERY, "WRITE"), group(LOG_DELIVERY, "READ_ACP"))
    assert [grant.reach for grant in found] == [PRIVATE, PRIVATE]


def test_19_switches_merge_separately() -> None:
    merged = merge_blocks(
        organization=Known(None),
        account=Known(PublicAccessBlock(ignore_public_acls=True)),
        bucket=Known(PublicAccessBlock(restrict_public_buckets=True)),
    )
    assert merged.ignore_public_acls == Known(Switch(on=True, by=("account IgnorePublicAcls",)))
    assert merged.restrict_public_buckets == Known(Switch(on=True, by=("bucket RestrictPublicBuckets",)))
    assert merged.block_public_acls == Known(Switch(on=False))


def test_20_organization_none_opens() -> None:
    merged = merge_blocks(organization=NO_BLOCK, account=ALL_ON, bucket=NO_BLOCK)
    assert merged.ignore_public_acls == Known(Switch(on=False))
    assert merged.restrict_public_buckets == Known(Switch(on=False))


def test_20_organization_all_closes() -> None:
    merged = merge_blocks(organization=ALL_ON, account=NO_BLOCK, bucket=NO_BLOCK)
    assert merged.restrict_public_buckets == Known(Switch(on=True, by=("organization RestrictPublicBuckets",)))


def test_21_detached_organization_policy_leaves_the_account() -> None:
    off = merge_blocks(organization=Known(None), account=NO_BLOCK, bucket=NO_BLOCK)
    assert off.restrict_public_buckets == Known(Switch(on=False))
    on = merge_blocks(organization=Known(None), account=ALL_ON, bucket=NO_BLOCK)
    assert on.restrict_public_buckets == Known(Switch(on=True, by=("account RestrictPublicBuckets",)))


def test_22_unread_levels() -> None:
    unread = merge_blocks(organization=Known(None), account=DENIED, bucket=NO_BLOCK)
    assert unread.ignore_public_acls == DENIED
    decided = merge_blocks(organization=Known(None), account=DENIED, bucket=ALL_ON)
    assert decided.ignore_public_acls == Known(Switch(on=True, by=("bucket IgnorePublicAcls",)))
    (open_question,) = grants(allow(), restricted=unread.restrict_public_buckets)
    assert open_question.effective == DENIED
    assert merge_blocks(organization=DENIED, account=ALL_ON, bucket=DENIED).restrict_public_buckets == Known(
        Switch(on=True, by=("account RestrictPublicBuckets",))
    )
    assert merge_blocks(
        organization=NotNeeded("not_a_member"), account=NO_BLOCK, bucket=NO_BLOCK
    ).restrict_public_buckets == Known(Switch(on=False))


POINT = AccessPoint(name="p", arn=f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/p", account=OWNER)
DELEGATION = allow({"StringEquals": {"s3:DataAccessPointAccount": OWNER}}, Action="*", Resource=[BUCKET, f"{BUCKET}/*"])


def through(*statements: dict[str, Any], point: AccessPoint = POINT, **settings: Any) -> tuple[Grant, ...]:
    settings.setdefault("bucket_policy", Known(policy(DELEGATION)))
    settings.setdefault("restricted", OFF)
    return access_point_policy_grants(
        policy(*statements), access_point=point, bucket_arn=BUCKET, owner_account=OWNER, **settings
    )


def test_23_vpc_access_point_is_not_the_internet() -> None:
    point = AccessPoint(
        name="p", arn=POINT.arn, account=OWNER, origin=NetworkOrigin.VPC, vpc_id="vpc-0123456789abcdef0"
    )
    (grant,) = through(allow(Resource=f"{POINT.arn}/object/*"), point=point)
    assert grant.reach is RANGE
    assert grant.effective == Known(value=True)
    assert notes.VPC_ORIGIN in grant.notes


def test_24_delegated_bucket_is_as_open_as_its_access_points() -> None:
    document = policy(DELEGATION)
    assert delegates_to_access_points(document, bucket_arn=BUCKET, owner_account=OWNER)
    assert not aws_considers_public(document)
    (bucket_grant,) = bucket_policy_grants(document, bucket_arn=BUCKET, owner_account=OWNER, restricted=OFF)
    assert (bucket_grant.reach, bucket_grant.notes) == (PRIVATE, (notes.DELEGATED,))
    (grant,) = through(allow(Resource=f"{POINT.arn}/object/*"))
    assert (grant.reach, grant.effective, grant.via) == (ANONYMOUS, Known(value=True), "access point p")
    assert grant.resources == (f"{BUCKET}/*",)
    (blocked,) = through(
        allow(Resource=f"{POINT.arn}/object/*"),
        restricted=Known(Switch(on=True, by=("access point RestrictPublicBuckets",))),
    )
    assert blocked.effective == Known(value=False)


def test_25_requester_pays_refuses_the_anonymous() -> None:
    (grant,) = grants(allow(), requester_pays=True)
    assert (grant.reach, grant.notes) == (ANY_AWS, (notes.REQUESTER_PAYS,))
    (entry,) = acl_grants(
        acl(group(ALL_USERS, "READ")), owner_id="owner-id", ignored=OFF, ownership=Known(""), requester_pays=True
    )
    assert (entry.reach, entry.notes) == (ANY_AWS, (notes.REQUESTER_PAYS,))


def test_every_reach_has_its_place() -> None:
    assert {*ORDER, Reach.UNKNOWN} == set(Reach)
