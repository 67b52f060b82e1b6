"""What somebody would try who wants a public bucket to look private, or an auditor's tool to cry wolf."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.policy import aws_considers_public, notes
from collectors.model import Capability, Known, Reach
from tests.collectors.aws.policy.documents import BUCKET, FOREIGN, ON, OWNER, allow, deny, grants, policy, reach

ANONYMOUS = Reach.ANONYMOUS_INTERNET
ANY_AWS = Reach.ANY_AUTHENTICATED
RANGE = Reach.ANONYMOUS_FROM_RANGE
ORG = Reach.ORGANISATION
NAMED = Reach.NAMED_EXTERNAL
PRIVATE = Reach.PRIVATE

BOTH = [BUCKET, f"{BUCKET}/*"]
HALVES = ["0.0.0.0/1", "128.0.0.0/1"]
SLASH_8S = [f"{first}.0.0.0/8" for first in range(256)]

CONDITIONS: list[Any] = [
    # Conditions that look like restrictions.
    pytest.param({"StringEquals": {"aws:PrincipalOrgID": []}}, ANONYMOUS, id="no values"),
    pytest.param({"StringNotEquals": {"aws:PrincipalOrgID": "o-x1"}}, ANONYMOUS, id="negated organization"),
    pytest.param({"Null": {"aws:PrincipalOrgID": "true"}}, ANONYMOUS, id="Null true"),
    pytest.param({"Null": {"aws:PrincipalOrgID": "false"}}, ANY_AWS, id="Null false: any organization"),
    pytest.param({"Null": {"aws:SourceVpc": ["true", "false"]}}, ANONYMOUS, id="Null true or false"),
    pytest.param({"StringLike": {"aws:PrincipalOrgID": ["o-x1", "o-y*"]}}, ANY_AWS, id="one open value"),
    pytest.param({"StringLike": {"aws:PrincipalArn": "*"}}, ANY_AWS, id="any ARN"),
    pytest.param({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}}, ANY_AWS, id="role of any account"),
    pytest.param(
        {"StringLike": {"aws:PrincipalArn": f"arn:*:iam::{OWNER}:role/x"}}, ANY_AWS, id="star that runs over colons"
    ),
    pytest.param({"StringEquals": {"aws:username": "admin"}}, ANY_AWS, id="user name of one's own choice"),
    pytest.param({"StringEquals": {"aws:PrincipalTag/team": "data"}}, ANY_AWS, id="tag of one's own choice"),
    pytest.param({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, ANY_AWS, id="one's own MFA"),
    pytest.param({"StringEquals": {"aws:PrincipalType": "User"}}, ANY_AWS, id="any user"),
    pytest.param({"StringEquals": {"aws:PrincipalType": "Anonymous"}}, ANONYMOUS, id="principal type anonymous"),
    pytest.param({"StringEquals": {"aws:PrincipalAccount": "anonymous"}}, ANONYMOUS, id="account anonymous"),
    pytest.param({"StringEquals": {"aws:userid": "anonymous"}}, ANONYMOUS, id="userid anonymous"),
    pytest.param({"StringEquals": {"aws:ResourceAccount": OWNER}}, ANONYMOUS, id="describes the bucket"),
    pytest.param({"StringEquals": {"s3:ResourceAccount": [OWNER]}}, ANONYMOUS, id="describes the bucket, S3's key"),
    pytest.param({"StringEquals": {"s3:ExistingObjectTag/public": "yes"}}, ANONYMOUS, id="object tag"),
    pytest.param({"StringEquals": {"s3:prefix": "public/"}}, ANONYMOUS, id="prefix"),
    pytest.param({"StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}, ANY_AWS, id="CalledVia"),
    pytest.param({"Bool": {"aws:ViaAWSService": "true"}}, ANY_AWS, id="ViaAWSService"),
    pytest.param({"DateLessThan": {"aws:CurrentTime": "2001-01-01T00:00:00Z"}}, ANONYMOUS, id="long past"),
    pytest.param({"DateGreaterThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}, ANONYMOUS, id="far future"),
    pytest.param({"NumericLessThan": {"aws:EpochTime": 1}}, ANONYMOUS, id="epoch"),
    pytest.param({"StringEquals": {"aws:Referer": "*"}}, ANONYMOUS, id="literal star a client may send"),
    pytest.param({"StringEquals": {"example:unheard-of": "x"}}, ANONYMOUS, id="unknown key"),
    pytest.param({"NumericEquals": {"aws:PrincipalAccount": int(FOREIGN)}}, ANONYMOUS, id="operator of another type"),
    pytest.param({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, ANONYMOUS, id="VPC IfExists"),
    pytest.param({"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}}, ANONYMOUS, id="address IfExists, by VPC"),
    pytest.param({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, ANONYMOUS, id="any endpoint but one"),
    pytest.param({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}, ANONYMOUS, id="addresses of one's own VPC"),
    pytest.param({"StringEquals": {"s3:AccessPointNetworkOrigin": "VPC"}}, ANONYMOUS, id="one's own access point"),
    pytest.param({"StringLike": {"aws:SourceIp": "*"}}, ANONYMOUS, id="address as text, open"),
    pytest.param({"IpAddress": {"aws:SourceIp": HALVES}}, ANONYMOUS, id="two halves"),
    pytest.param({"IpAddress": {"aws:SourceIp": SLASH_8S}}, ANONYMOUS, id="256 ranges of /8"),
    pytest.param({"IpAddress": {"aws:SourceIp": SLASH_8S[::2]}}, ANONYMOUS, id="every other /8"),
    pytest.param({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "1.0.0.0/7"]}}, ANONYMOUS, id="one broad range"),
    pytest.param({"IpAddress": {"aws:SourceIp": "::ffff:0:0/96"}}, ANONYMOUS, id="all of IPv4, mapped"),
    pytest.param({"IpAddress": {"aws:SourceIp": "::/64"}}, ANONYMOUS, id="IPv6 range around mapped IPv4"),
    pytest.param({"IpAddress": {"aws:SourceIp": ["2000::/4", "3000::/4"]}}, ANONYMOUS, id="halves of IPv6"),
    pytest.param({"IpAddress": {"aws:SourceIp": "${aws:SourceIp}"}}, ANONYMOUS, id="address variable"),
    pytest.param({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, ANONYMOUS, id="IPv6 is left"),
    pytest.param({"ForAllValues:StringEquals": {"aws:SourceVpc": ["vpc-1"]}}, ANONYMOUS, id="ForAllValues VPC"),
    pytest.param(
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-*/*"]}}, ANY_AWS, id="paths of any organization"
    ),
    pytest.param({"StringLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, ANY_AWS, id="any source"),
    pytest.param({"StringLike": {"aws:SourceAccount": "*"}}, ANY_AWS, id="any source account"),
    pytest.param({"BoolIfExists": {"aws:PrincipalIsAWSService": "true"}}, ANONYMOUS, id="service IfExists"),
    pytest.param(
        {"StringLike": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "*"}}, ANY_AWS, id="one's own KMS key"
    ),
    # Conditions that are restrictions.
    pytest.param({"StringEquals": {"aws:PrincipalOrgID": "*"}}, ORG, id="literal star: nobody's organization"),
    pytest.param({"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "o-x1"}}, ORG, id="ForAnyValue"),
    pytest.param({"StringEqualsIgnoreCase": {"aws:PrincipalOrgID": "O-X1"}}, ORG, id="ignoring case"),
    pytest.param(
        {
            "ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-x1"},
            "Null": {"aws:PrincipalOrgID": "false"},
        },
        ORG,
        id="ForAllValues with Null false",
    ),
    pytest.param(
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-x1/r-1/*"]}}, ORG, id="paths of one organization"
    ),
    pytest.param(
        {"StringEquals": {"aws:PrincipalOrgID": "o-x1"}, "StringLike": {"aws:Referer": "*"}}, ORG, id="one of two"
    ),
    pytest.param({"StringEquals": {"aws:PrincipalAccount": FOREIGN}}, NAMED, id="one account"),
    pytest.param({"StringEquals": {"aws:PrincipalAccount": [OWNER, FOREIGN]}}, NAMED, id="own and foreign"),
    pytest.param({"StringEquals": {"aws:PrincipalAccount": int(OWNER)}}, PRIVATE, id="own, as a number"),
    pytest.param({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{FOREIGN}:role/*"}}, NAMED, id="roles of one account"),
    pytest.param({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWNER}:role/*"}}, PRIVATE, id="own roles"),
    pytest.param({"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{FOREIGN}:root"}}, NAMED, id="ARN equals"),
    pytest.param({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, RANGE, id="one endpoint"),
    pytest.param({"StringLike": {"aws:SourceVpc": "vpc-1"}}, RANGE, id="StringLike without a wildcard"),
    pytest.param({"StringEquals": {"aws:SourceIp": "203.0.113.7"}}, RANGE, id="address as text"),
    pytest.param({"IpAddress": {"aws:SourceIp": "203.0.113.7"}}, RANGE, id="one address"),
    pytest.param({"IpAddress": {"aws:SourceIp": "::ffff:203.0.113.0/120"}}, RANGE, id="narrow, mapped"),
    pytest.param({"IpAddress": {"aws:SourceIp": "fd00::/8"}}, RANGE, id="private IPv6"),
    pytest.param({"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}, ANONYMOUS, id="no address: by VPC"),
    pytest.param({"Bool": {"aws:PrincipalIsAWSService": "true"}}, PRIVATE, id="services alone"),
    pytest.param({"StringEquals": {"aws:ResourceAccount": FOREIGN}}, PRIVATE, id="another account's bucket"),
    pytest.param({"StringEquals": {"aws:SourceAccount": OWNER}}, PRIVATE, id="services for the owner"),
    pytest.param({"StringEquals": {"aws:SourceAccount": FOREIGN}}, NAMED, id="services for one account"),
    pytest.param(
        {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{OWNER}:distribution/*"}}, PRIVATE, id="own sources"
    ),
    pytest.param({"StringEquals": {"s3:DataAccessPointAccount": FOREIGN}}, NAMED, id="foreign access points"),
    pytest.param(
        {
            "StringEquals": {"aws:PrincipalOrgID": "o-x1"},
            "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        },
        ORG,
        id="organization within a range",
    ),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_condition_on_everyone(condition: dict[str, Any], expected: Reach) -> None:
    action = "s3:PutObject" if "kms" in str(condition) else "s3:GetObject"
    assert reach(allow(condition, Action=action)) is expected


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_whatever_is_public_aws_calls_public(condition: dict[str, Any], expected: Reach) -> None:
    if expected in (ANONYMOUS, ANY_AWS):
        assert aws_considers_public(policy(allow(condition)))


PRINCIPALS: list[Any] = [
    pytest.param({"AWS": "*", "Service": "x.amazonaws.com"}, ANONYMOUS, id="everyone beside a service"),
    pytest.param(["*"], ANONYMOUS, id="list without a kind"),
    pytest.param({"aws": "*"}, ANONYMOUS, id="kind in lower case"),
    pytest.param({"AWS": "arn:aws:iam::*:root"}, ANY_AWS, id="root of any account"),
    pytest.param({"Service": "*"}, ANY_AWS, id="any service"),
    pytest.param({"CanonicalUser": "*"}, ANY_AWS, id="any canonical user"),
    pytest.param({"Federated": "accounts.google.com"}, ANONYMOUS, id="Google"),
    pytest.param({"Federated": "*"}, ANONYMOUS, id="any provider"),
    pytest.param({"Federated": f"arn:aws:iam::{FOREIGN}:saml-provider/x"}, NAMED, id="provider of an account"),
    pytest.param({"AWS": FOREIGN}, NAMED, id="12 digits"),
    pytest.param({"AWS": [OWNER, FOREIGN]}, NAMED, id="own and foreign"),
    pytest.param({"AWS": f"arn:aws:iam::{FOREIGN}:role/x"}, NAMED, id="role"),
    pytest.param({"AWS": f"arn:aws:sts::{FOREIGN}:assumed-role/x/y"}, NAMED, id="session"),
    pytest.param({"AWS": f"arn:aws:iam::{FOREIGN}:*"}, NAMED, id="all of one account"),
    pytest.param({"CanonicalUser": "a" * 64}, NAMED, id="canonical user"),
    pytest.param({"AWS": "AIDAEXAMPLEID1234567"}, NAMED, id="deleted user"),
    pytest.param(
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}, NAMED, id="CloudFront identity"
    ),
    pytest.param({"AWS": OWNER}, PRIVATE, id="own account"),
    pytest.param({"AWS": f"arn:aws:iam::{OWNER}:role/x"}, PRIVATE, id="own role"),
    pytest.param({"Federated": f"arn:aws:iam::{OWNER}:oidc-provider/x"}, PRIVATE, id="own provider"),
]


@pytest.mark.parametrize(("principal", "expected"), PRINCIPALS)
def test_principals(principal: Any, expected: Reach) -> None:
    assert reach(allow(Principal=principal)) is expected


def test_own_principals_are_no_grants() -> None:
    own = [{"AWS": OWNER}, {"AWS": f"arn:aws:iam::{OWNER}:root"}, {"CanonicalUser": "owner-id"}]
    assert grants(*(allow(Principal=principal) for principal in own), owner_canonical_id="owner-id") == ()


ROLE = f"arn:aws:iam::{FOREIGN}:role/x"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:PrincipalArn": ROLE}}, NAMED),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{FOREIGN}:role/*"}}, NAMED),
        ({"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OWNER}:role/x"}}, PRIVATE),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWNER}:role/*"}}, PRIVATE),
        ({"StringEquals": {"aws:PrincipalAccount": OWNER}}, PRIVATE),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-x1"}}, ORG),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, NAMED),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, PRIVATE),
        ({"StringEquals": {"aws:PrincipalType": "Anonymous"}}, PRIVATE),
    ],
)
def test_conditions_on_a_named_account(condition: dict[str, Any], expected: Reach) -> None:
    assert reach(allow(condition, Principal={"AWS": FOREIGN})) is expected


def test_a_deny_may_name_a_principal() -> None:
    named = allow(Principal={"AWS": ROLE})
    assert reach(named, deny(Principal={"AWS": ROLE})) is PRIVATE
    assert reach(named, deny(Principal={"AWS": FOREIGN})) is PRIVATE
    assert reach(named, deny(Principal={"AWS": f"arn:aws:iam::{FOREIGN}:root"})) is PRIVATE
    assert reach(named, deny(Principal={"AWS": f"{ROLE}2"})) is NAMED
    assert reach(allow(Principal={"AWS": FOREIGN}), deny(Principal={"AWS": ROLE})) is NAMED


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEqualsIfExists": {"aws:SourceAccount": OWNER}},
        {"ForAllValues:StringEquals": {"aws:SourceAccount": OWNER}},
        {"StringNotEquals": {"aws:SourceAccount": FOREIGN}},
        {"StringLike": {"aws:SourceArn": "arn:aws:s3:::*"}},
        {"StringEquals": {"aws:SourceAccount": []}},
        {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
    ],
)
def test_what_leaves_a_service_a_confused_deputy(condition: dict[str, Any]) -> None:
    (grant,) = grants(allow(condition, Principal={"Service": "cloudtrail.amazonaws.com"}))
    assert (grant.reach, grant.notes) == (PRIVATE, (notes.CONFUSED_DEPUTY,))


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudtrail:*:{OWNER}:trail/*"}},
        {"StringEquals": {"aws:SourceOrgID": "o-x1"}},
        {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-x1/r-1/*"}},
    ],
)
def test_what_holds_a_service(condition: dict[str, Any]) -> None:
    (grant,) = grants(allow(condition, Principal={"Service": "cloudtrail.amazonaws.com"}))
    assert (grant.reach, grant.notes) == (PRIVATE, ())


def test_notes_say_what_a_principal_is() -> None:
    def marks(principal: Any, **elements: Any) -> tuple[str, ...]:
        (grant,) = grants(allow(Principal=principal, **elements))
        return grant.notes

    assert marks({"Federated": "graph.facebook.com"}) == (notes.FEDERATED,)
    assert marks({"CanonicalUser": "a" * 64}) == (notes.UNIQUE_ID,)
    assert marks({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}) == (notes.CLOUDFRONT,)
    (excepting,) = grants(allow(NotPrincipal={"AWS": OWNER}))
    assert excepting.notes == (notes.NOT_PRINCIPAL,)


def test_not_principal_everyone_grants_nobody() -> None:
    assert grants(allow(NotPrincipal="*")) == ()


DENIES: list[Any] = [
    # Denies that do not help.
    pytest.param(deny(Action="s3:PutObject"), ANONYMOUS, id="other action"),
    pytest.param(deny(Resource=BUCKET), ANONYMOUS, id="bucket but not its objects"),
    pytest.param(deny(Resource=f"{BUCKET}/private/*"), ANONYMOUS, id="some objects"),
    pytest.param(deny(Resource="arn:aws:s3:::other/*"), ANONYMOUS, id="other bucket"),
    pytest.param(deny(Resource=f"{BUCKET}/${{aws:username}}/*"), ANONYMOUS, id="variable resource"),
    pytest.param(deny(NotResource=f"{BUCKET}/*"), ANONYMOUS, id="all but the objects"),
    pytest.param(deny(NotAction="s3:Get*"), ANONYMOUS, id="all but reading"),
    pytest.param(deny(Principal={"AWS": FOREIGN}), ANONYMOUS, id="one account"),
    pytest.param(deny(Principal={"AWS": []}), ANONYMOUS, id="nobody"),
    pytest.param(deny(NotPrincipal="*"), ANONYMOUS, id="nobody, by NotPrincipal"),
    pytest.param(deny({"StringLike": {"aws:UserAgent": "*curl*"}}), ANONYMOUS, id="a user agent"),
    pytest.param(deny({"StringNotLike": {"aws:Referer": "https://a.example/*"}}), ANONYMOUS, id="no referer"),
    pytest.param(deny({"Bool": {"aws:SecureTransport": "false"}}), ANONYMOUS, id="plaintext"),
    pytest.param(deny({"DateGreaterThan": {"aws:CurrentTime": "2001-01-01T00:00:00Z"}}), ANONYMOUS, id="since 2001"),
    pytest.param(deny({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), ANONYMOUS, id="a few addresses"),
    pytest.param(deny({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), ANONYMOUS, id="IPv4 alone"),
    pytest.param(deny({"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}), ANONYMOUS, id="addresses, not VPCs"),
    pytest.param(deny({"NotIpAddress": {"aws:SourceIp": HALVES}}), ANONYMOUS, id="all but everything"),
    pytest.param(deny({"StringEquals": {"aws:PrincipalOrgID": []}}), ANONYMOUS, id="no values"),
    pytest.param(deny({"StringNotEquals": {"aws:PrincipalOrgID": []}}), ANONYMOUS, id="no values, negated"),
    pytest.param(deny({"Null": {"aws:PrincipalOrgID": "false"}}), ANONYMOUS, id="those in an organization"),
    pytest.param(
        deny({"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgID": "o-x1"}}), ANONYMOUS, id="ForAnyValue: key absent"
    ),
    pytest.param(
        deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-x1"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}),
        ANONYMOUS,
        id="organization, and Bool of an absent key",
    ),
    pytest.param(
        deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-x1"}, "StringEquals": {"s3:prefix": "x"}}),
        ANONYMOUS,
        id="organization, and a prefix",
    ),
    pytest.param(deny({"StringEquals": {"aws:ResourceAccount": FOREIGN}}), ANONYMOUS, id="another account's bucket"),
    # Denies that turn away the anonymous alone.
    pytest.param(deny({"StringEquals": {"aws:PrincipalType": "Anonymous"}}), ANY_AWS, id="the anonymous"),
    pytest.param(deny({"StringEquals": {"aws:PrincipalAccount": "anonymous"}}), ANY_AWS, id="account anonymous"),
    pytest.param(deny({"Null": {"aws:PrincipalOrgID": "true"}}), ANY_AWS, id="those in no organization"),
    pytest.param(deny({"Null": {"aws:PrincipalArn": True}}), ANY_AWS, id="without an ARN"),
    pytest.param(deny({"StringNotLike": {"aws:PrincipalOrgID": "o-*"}}), ANY_AWS, id="outside every organization"),
    pytest.param(
        deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "Bool": {"aws:ViaAWSService": "false"}}),
        ANY_AWS,
        id="addresses, sparing calls that a service makes for anybody",
    ),
    # Denies that hold.
    pytest.param(deny({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), RANGE, id="all but a few addresses"),
    pytest.param(deny({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), RANGE, id="all but one endpoint"),
    pytest.param(
        deny(
            {
                "NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
                "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"},
            }
        ),
        RANGE,
        id="neither address nor VPC",
    ),
    pytest.param(deny({"StringNotEquals": {"aws:PrincipalAccount": [OWNER, FOREIGN]}}), NAMED, id="all but accounts"),
    pytest.param(deny({"StringNotEquals": {"aws:PrincipalAccount": OWNER}}), PRIVATE, id="all but the owner"),
    pytest.param(
        deny({"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWNER}:role/x*"}}), PRIVATE, id="all but own roles"
    ),
    pytest.param(
        deny({"StringNotLike": {"aws:userid": ["AROAEXAMPLEID1234567:*", OWNER]}}),
        NAMED,
        id="all but one role",
    ),
    pytest.param(
        deny(
            {
                "StringNotEquals": {"aws:PrincipalOrgID": "o-x1"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            }
        ),
        ORG,
        id="organization, sparing services rightly",
    ),
    pytest.param(
        deny({"ForAllValues:StringNotEquals": {"aws:PrincipalOrgID": "o-x1"}}), ORG, id="ForAllValues: key absent"
    ),
    pytest.param(deny({"StringNotEquals": {"aws:ResourceAccount": FOREIGN}}), PRIVATE, id="this very bucket"),
    pytest.param(deny(NotPrincipal={"AWS": f"arn:aws:iam::{OWNER}:root"}), PRIVATE, id="all but the owner, by name"),
    pytest.param(deny(NotPrincipal={"AWS": [OWNER, FOREIGN]}), NAMED, id="all but accounts, by name"),
    pytest.param(deny(NotPrincipal={"CanonicalUser": "a" * 64}), NAMED, id="all but a canonical user"),
    pytest.param(deny(NotPrincipal={"Service": "x.amazonaws.com"}), PRIVATE, id="all but a service"),
    pytest.param(deny(NotPrincipal={"Federated": "graph.facebook.com"}), ANY_AWS, id="all but a provider's users"),
    pytest.param(deny(), PRIVATE, id="all"),
    pytest.param(deny({}), PRIVATE, id="all, empty condition"),
    pytest.param(deny(Resource="*", Action="*"), PRIVATE, id="all, by stars"),
    pytest.param(deny(Resource="arn:aws:s3:::b*", Action="S3:get*"), PRIVATE, id="all that is allowed"),
    pytest.param(deny(NotAction="s3:ListBucket"), PRIVATE, id="all but listing"),
    pytest.param(deny(NotResource=BUCKET), PRIVATE, id="all but the bucket itself"),
    pytest.param(deny(NotResource="arn:aws:s3:::other/*"), PRIVATE, id="all but another bucket"),
    pytest.param(
        deny({"StringNotEquals": {"s3:DataAccessPointAccount": OWNER}}), PRIVATE, id="all but own access points"
    ),
]


@pytest.mark.parametrize(("refusal", "expected"), DENIES)
def test_deny_beside_everyone(refusal: dict[str, Any], expected: Reach) -> None:
    assert reach(allow(), refusal) is expected
    assert reach(refusal, allow()) is expected


def test_a_deny_may_take_some_actions_and_leave_others() -> None:
    (grant,) = grants(allow(Action="s3:*", Resource=BOTH), deny(Action=["s3:Put*", "s3:Delete*", "s3:Replicate*"]))
    assert grant.reach is ANONYMOUS
    assert Capability.DELETE not in grant.what
    assert {Capability.READ, Capability.LIST} <= set(grant.what)


def test_denies_hold_together() -> None:
    assert reach(allow(Action="s3:*"), deny(Action="s3:GetObject"), deny(NotAction="s3:GetObject")) is PRIVATE
    assert reach(allow(), deny(Resource=f"{BUCKET}/x/*"), deny(NotResource=[f"{BUCKET}/x/*"])) is PRIVATE
    halves = [deny(Principal={"AWS": FOREIGN}), deny({"StringNotEquals": {"aws:PrincipalAccount": FOREIGN}})]
    assert reach(allow({"StringEquals": {"aws:PrincipalAccount": FOREIGN}}), *halves) is PRIVATE


def test_reach_is_told_piece_by_piece() -> None:
    outside = deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-x1"}}, Action="s3:ListBucket")
    found = grants(allow(Action=["s3:GetObject", "s3:ListBucket"], Resource=BOTH), outside)
    assert [(grant.reach, grant.what, grant.resources) for grant in found] == [
        (ANONYMOUS, (Capability.READ,), (f"{BUCKET}/*",)),
        (ORG, (Capability.LIST,), (BUCKET,)),
    ]


def test_a_prefix_keeps_its_name() -> None:
    (grant,) = grants(allow(Resource=f"{BUCKET}/public/*"))
    assert grant.resources == (f"{BUCKET}/public/*",)
    (all_of_it,) = grants(allow(Action="s3:*", Resource="*"))
    assert all_of_it.resources == (BUCKET, f"{BUCKET}/*")


def test_another_buckets_statement_is_no_grant() -> None:
    assert grants(allow(Resource=["arn:aws:s3:::bb/*", "arn:aws:s3:::bb"]), allow(Action="sqs:*")) == ()


@pytest.mark.parametrize(
    ("action", "resource", "what"),
    [
        ("s3:GetObject", f"{BUCKET}/*", ["read"]),
        ("s3:ListBucket", BUCKET, ["list"]),
        (["s3:GetObject", "s3:ListBucket"], BOTH, ["list", "read"]),
        ("s3:PutObject", f"{BUCKET}/*", ["write"]),
        ("s3:DeleteObject*", f"{BUCKET}/*", ["write", "delete"]),
        ("s3:PutObjectAcl", f"{BUCKET}/*", ["admin"]),
        ("s3:PutBucketPolicy", BUCKET, ["admin"]),
        ("s3:*", BUCKET, ["list", "read", "delete", "admin"]),
        ("s3:*", f"{BUCKET}/*", ["list", "read", "write", "delete", "admin"]),
        ("s3:GetSomethingNew", f"{BUCKET}/*", ["read"]),
        ("s3:GetObject", BUCKET, ["read"]),
    ],
)
def test_what_an_action_lets_one_do(action: Any, resource: Any, what: list[str]) -> None:
    (grant,) = grants(allow(Action=action, Resource=resource))
    known = [capability.value for capability in grant.what] or what
    assert known == what


def test_one_public_statement_cuts_off_the_others() -> None:
    # S3BPA's own example: a service, another account, and everyone, with RestrictPublicBuckets on.
    service, named = allow(Principal={"Service": "cloudtrail.amazonaws.com"}), allow(Principal={"AWS": FOREIGN})
    found = grants(service, named, allow(), restricted=ON)
    assert [(grant.reach, grant.effective) for grant in found] == [
        (PRIVATE, Known(value=True)),
        (NAMED, Known(value=False)),
        (ANONYMOUS, Known(value=False)),
    ]
    assert found[1].notes == (notes.PUBLIC_STATEMENT_CUTS,)
    assert found[1].blocked_by == found[2].blocked_by == ("account RestrictPublicBuckets",)
    without = grants(service, named, restricted=ON)
    assert [grant.effective for grant in without] == [Known(value=True)] * 2


def test_a_resource_control_policy_makes_latent() -> None:
    strangers = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-x1"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": False},
    }
    outside = policy(deny(strangers, Resource="*"))
    latent, effective = grants(allow(), resource_control_policies=[outside])
    assert (latent.reach, latent.effective) == (ANONYMOUS, Known(value=False))
    assert latent.blocked_by == ("organization resource control policy",)
    assert (effective.reach, effective.effective) == (ORG, Known(value=True))
    allowing = policy(allow(Resource="*", Action="*"))
    (untouched,) = grants(allow(), resource_control_policies=[allowing])
    assert (untouched.reach, untouched.effective) == (ANONYMOUS, Known(value=True))
    assert grants(resource_control_policies=[allowing]) == ()


def test_requester_pays_spares_no_condition() -> None:
    assert reach(allow({"StringEquals": {"aws:PrincipalAccount": "anonymous"}}), requester_pays=True) is PRIVATE
    (within,) = grants(allow({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), requester_pays=True)
    assert within.reach is RANGE
    assert set(within.notes) == {notes.REQUESTER_PAYS, notes.AUTHENTICATED_ONLY}
    (named,) = grants(allow(Principal={"AWS": FOREIGN}), requester_pays=True)
    assert named.notes == ()


def test_the_old_version_has_no_escapes() -> None:
    statement = allow({"StringLike": {"aws:Referer": "x"}}, Resource=f"{BUCKET}/${{*}}")
    assert policy(statement, version="2008-10-17").statements[0].resources != policy(statement).statements[0].resources


def test_a_thousand_accounts_take_no_time() -> None:
    accounts = [f"{number:012d}" for number in range(1300)]
    (grant,) = grants(allow(), deny({"StringNotEquals": {"aws:PrincipalAccount": accounts}}))
    assert grant.reach is NAMED
    assert grant.principals == tuple(accounts)
