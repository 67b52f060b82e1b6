from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from collectors.model import Bucket, Capability, Fact, Grant, Known, NotNeeded, Reach, Switch
from tests.fakes.aws_estate import BLOCK, NO_BLOCK, policy, statement
from tests.fakes.aws_moto import ACCOUNT, Moto

Collect = Callable[[], dict[str, Bucket]]


def grants(fact: Fact[tuple[Grant, ...]]) -> tuple[Grant, ...]:
    assert isinstance(fact, Known), fact
    return fact.value


def switch(on: bool, *by: str) -> Known[Switch]:
    return Known(Switch(on=on, by=by))


def test_an_ordinary_private_bucket_is_known_in_full(s3: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="private")
    bucket = collect()["private"]
    assert bucket.uid == "arn:aws:s3:::private"
    assert (bucket.account, bucket.region, bucket.kind()) == (ACCOUNT, "us-east-1", "bucket")
    assert bucket.policy_grants == bucket.acl_grants == bucket.access_point_grants == Known(())
    assert bucket.policy_silenced == bucket.acl_silenced == switch(False)
    assert bucket.provider_opinion == NotNeeded("nothing_granted")
    assert bucket.website == bucket.requester_pays == NotNeeded("nothing_public")
    assert bucket.unread() == ()


def test_a_public_policy_is_a_grant_to_anyone_with_its_statement(s3: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="public")
    s3.put_bucket_policy(Bucket="public", Policy=policy(statement("public")))
    bucket = collect()["public"]
    (grant,) = grants(bucket.policy_grants)
    assert grant.reach is Reach.ANONYMOUS_INTERNET
    assert grant.what == (Capability.READ,)
    assert grant.via == "bucket policy"
    assert grant.effective == Known(value=True)
    assert grant.statement == statement("public")
    assert isinstance(bucket.provider_opinion, Known)
    assert bucket.requester_pays == Known(value=False)


@pytest.mark.parametrize("level", ["account", "bucket"])
def test_restricted_public_buckets_on_any_level_makes_the_grant_latent(
    s3: Any, s3control: Any, collect: Collect, level: str
) -> None:
    s3.create_bucket(Bucket="latent")
    s3.put_bucket_policy(Bucket="latent", Policy=policy(statement("latent")))
    restrict = {**NO_BLOCK, "RestrictPublicBuckets": True}
    if level == "account":
        s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=restrict)
    else:
        s3.put_public_access_block(Bucket="latent", PublicAccessBlockConfiguration=restrict)
    bucket = collect()["latent"]
    (grant,) = grants(bucket.policy_grants)
    assert grant.reach is Reach.ANONYMOUS_INTERNET
    assert grant.effective == Known(value=False)
    assert grant.blocked_by == (f"{level} RestrictPublicBuckets",)
    assert bucket.policy_silenced == switch(True, f"{level} RestrictPublicBuckets")
    assert bucket.acl_silenced == switch(False)


def test_the_block_switches_stop_nothing_that_exists(s3: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="open")
    s3.put_bucket_policy(Bucket="open", Policy=policy(statement("open")))
    s3.put_public_access_block(
        Bucket="open",
        PublicAccessBlockConfiguration={**NO_BLOCK, "BlockPublicPolicy": True, "BlockPublicAcls": True},
    )
    (grant,) = grants(collect()["open"].policy_grants)
    assert grant.effective == Known(value=True)


def test_switches_of_different_levels_add_up(s3: Any, s3control: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="covered")
    s3control.put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration={**NO_BLOCK, "IgnorePublicAcls": True}
    )
    s3.put_public_access_block(
        Bucket="covered", PublicAccessBlockConfiguration={**NO_BLOCK, "RestrictPublicBuckets": True}
    )
    bucket = collect()["covered"]
    assert bucket.acl_silenced == switch(True, "account IgnorePublicAcls")
    assert bucket.policy_silenced == switch(True, "bucket RestrictPublicBuckets")
    assert bucket.switches == Known(
        {
            "account": {**NO_BLOCK, "IgnorePublicAcls": True},
            "bucket": {**NO_BLOCK, "RestrictPublicBuckets": True},
        }
    )


@pytest.mark.parametrize(
    ("acl", "reach", "what"),
    [
        ("public-read", Reach.ANONYMOUS_INTERNET, Capability.LIST),
        ("authenticated-read", Reach.ANY_AUTHENTICATED, Capability.LIST),
    ],
)
def test_a_public_acl_is_a_grant(s3: Any, collect: Collect, acl: str, reach: Reach, what: Capability) -> None:
    s3.create_bucket(Bucket="listed")
    s3.put_bucket_acl(Bucket="listed", ACL=acl)
    (grant,) = grants(collect()["listed"].acl_grants)
    assert grant.reach is reach
    assert what in grant.what
    assert grant.effective == Known(value=True)


def test_log_delivery_is_no_public_grant(s3: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="logs")
    s3.put_bucket_acl(Bucket="logs", ACL="log-delivery-write")
    reaches = {grant.reach for grant in grants(collect()["logs"].acl_grants)}
    assert not reaches & {Reach.ANONYMOUS_INTERNET, Reach.ANY_AUTHENTICATED, Reach.UNKNOWN}


@pytest.mark.parametrize("level", ["account", "bucket"])
def test_an_acl_that_is_ignored_is_hidden_and_not_read(
    s3: Any, s3control: Any, collect: Collect, faults: Any, level: str
) -> None:
    s3.create_bucket(Bucket="hidden")
    ignore = {**NO_BLOCK, "IgnorePublicAcls": True}
    if level == "account":
        s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=ignore)
    else:
        s3.put_public_access_block(Bucket="hidden", PublicAccessBlockConfiguration=ignore)
    assert collect()["hidden"].acl_grants == NotNeeded("acl_hidden")
    assert faults.count("s3:GetBucketAcl") == 0


def test_ownership_enforced_makes_an_acl_grant_latent(s3: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="enforced")
    s3.put_bucket_acl(Bucket="enforced", ACL="public-read")
    s3.put_bucket_ownership_controls(
        Bucket="enforced", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    public = [grant for grant in grants(collect()["enforced"].acl_grants) if grant.reach is Reach.ANONYMOUS_INTERNET]
    assert [grant.effective for grant in public] == [Known(value=False)]


def test_a_policy_held_to_an_organization_is_no_public_grant(s3: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="shared")
    within = {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}}
    s3.put_bucket_policy(Bucket="shared", Policy=policy(statement("shared", Condition=within)))
    (grant,) = grants(collect()["shared"].policy_grants)
    assert grant.reach is Reach.ORGANISATION


def test_a_website_is_read_where_something_is_public(s3: Any, collect: Collect) -> None:
    for name in ("site", "quiet"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_policy(Bucket="site", Policy=policy(statement("site")))
    found = collect()
    assert isinstance(found["site"].website, Known)
    assert found["site"].website.value.endpoint == "http://site.s3-website-us-east-1.amazonaws.com"
    assert found["quiet"].website == NotNeeded("nothing_public")


def test_an_access_point_opens_a_bucket_that_delegates_to_it(s3: Any, s3control: Any, collect: Collect) -> None:
    delegating = statement(
        "delegating",
        Principal={"AWS": "*"},
        Action="*",
        Resource=["arn:aws:s3:::delegating", "arn:aws:s3:::delegating/*"],
        Condition={"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}},
    )
    for name in ("delegating", "alone"):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket="delegating", Policy=policy(delegating))
    for name, bucket, where in (
        ("door", "delegating", {}),
        ("inside", "delegating", {"VpcConfiguration": {"VpcId": "vpc-1"}}),
        ("wall", "alone", {}),
    ):
        s3control.create_access_point(
            AccountId=ACCOUNT, Name=name, Bucket=bucket, PublicAccessBlockConfiguration=NO_BLOCK, **where
        )
        arn = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/{name}"
        s3control.put_access_point_policy(
            AccountId=ACCOUNT, Name=name, Policy=policy(statement(bucket, Resource=f"{arn}/object/*"))
        )
    found = collect()
    by_via = {grant.via: grant for grant in grants(found["delegating"].access_point_grants)}
    assert by_via["access point door"].reach is Reach.ANONYMOUS_INTERNET
    assert by_via["access point door"].effective == Known(value=True)
    assert by_via["access point inside"].reach is Reach.ANONYMOUS_FROM_RANGE
    (wall,) = grants(found["alone"].access_point_grants)
    assert wall.reach is not Reach.ANONYMOUS_INTERNET


def test_an_access_points_own_block_silences_it(s3: Any, s3control: Any, collect: Collect) -> None:
    s3.create_bucket(Bucket="delegating")
    s3.put_bucket_policy(
        Bucket="delegating",
        Policy=policy(
            statement(
                "delegating",
                Action="*",
                Resource=["arn:aws:s3:::delegating", "arn:aws:s3:::delegating/*"],
                Condition={"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}},
            )
        ),
    )
    s3control.create_access_point(
        AccountId=ACCOUNT, Name="blocked", Bucket="delegating", PublicAccessBlockConfiguration=BLOCK
    )
    arn = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/blocked"
    s3control.put_access_point_policy(
        AccountId=ACCOUNT, Name="blocked", Policy=policy(statement("delegating", Resource=f"{arn}/object/*"))
    )
    (grant,) = grants(collect()["delegating"].access_point_grants)
    assert grant.effective == Known(value=False)
    assert grant.blocked_by == ("access point RestrictPublicBuckets",)


def test_the_organizations_part_of_the_block_is_named(moto: Moto, s3: Any, collect: Collect, faults: Any) -> None:
    s3.create_bucket(Bucket="member")
    moto.client("organizations").create_organization(FeatureSet="ALL")
    effective = {"s3_attributes": {"public_access_block_configuration": "all"}}
    answer = {"EffectivePolicy": {"PolicyContent": json.dumps(effective), "PolicyType": "S3_POLICY"}}
    faults.plan("organizations:DescribeEffectivePolicy", faults_answer(answer))
    bucket = collect()["member"]
    assert bucket.policy_silenced == switch(True, "organization RestrictPublicBuckets")
    assert isinstance(bucket.switches, Known)
    assert bucket.switches.value["organization"] == BLOCK


def test_an_organization_that_sets_nothing_opens_what_the_account_had_closed(
    moto: Moto, s3: Any, s3control: Any, collect: Collect, faults: Any
) -> None:
    s3.create_bucket(Bucket="member")
    s3.put_bucket_policy(Bucket="member", Policy=policy(statement("member")))
    s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=BLOCK)
    moto.client("organizations").create_organization(FeatureSet="ALL")
    effective = {"s3_attributes": {"public_access_block_configuration": "none"}}
    answer = {"EffectivePolicy": {"PolicyContent": json.dumps(effective), "PolicyType": "S3_POLICY"}}
    faults.plan("organizations:DescribeEffectivePolicy", faults_answer(answer))
    (grant,) = grants(collect()["member"].policy_grants)
    assert grant.effective == Known(value=True)


def faults_answer(answer: dict[str, Any]) -> Any:
    from tests.fakes.aws_faults import Fault

    return Fault(body=json.dumps(answer).encode())
