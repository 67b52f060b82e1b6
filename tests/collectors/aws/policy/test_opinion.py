"""AWS's own rule, by the examples of the S3 guide and the rules around them."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.policy import aws_considers_public
from tests.collectors.aws.policy.documents import FOREIGN, OWNER, allow, deny, policy

ROLE = f"arn:aws:iam::{FOREIGN}:role/x"
KMS = "s3:x-amz-server-side-encryption-aws-kms-key-id"
PUBLIC: list[Any] = [
    # The guide's examples.
    pytest.param(allow(Principal={"Federated": "graph.facebook.com"}), id="graph.facebook.com"),
    pytest.param(allow(), id="everyone"),
    pytest.param(allow({"StringLike": {"aws:SourceVpc": "vpc-*"}}), id="vpc-*"),
    # The rules.
    pytest.param(allow({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}), id="0.0.0.0/1"),
    pytest.param(allow({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "12.0.0.0/7"]}}), id="one bad member"),
    pytest.param(allow({"IpAddress": {"aws:SourceIp": "fc00::/7"}}), id="private IPv6 is not excepted"),
    pytest.param(allow({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}), id="key that is not listed"),
    pytest.param(allow({"StringLike": {"aws:SourceIp": "203.0.113.*"}}), id="address with a wildcard"),
    pytest.param(allow({"StringEquals": {"aws:PrincipalOrgID": "o-*"}}), id="wildcard, though compared literally"),
    pytest.param(allow({"StringEquals": {"aws:SourceVpc": "${aws:SourceVpc}"}}), id="variable"),
    pytest.param(allow({"StringLike": {"aws:userid": "AROAX:*"}}), id="any session of a role"),
    pytest.param(allow({"StringEquals": {"aws:PrincipalAccount": "anonymous"}}), id="account anonymous"),
    pytest.param(allow({"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/*"}}), id="any account"),
    pytest.param(allow({"StringEquals": {"aws:Referer": "x"}}), id="referer"),
    pytest.param(allow({"StringEquals": {"aws:ResourceAccount": OWNER}}), id="resource account"),
    pytest.param(allow({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}), id="IfExists"),
    pytest.param(allow({"ForAllValues:StringEquals": {"aws:SourceVpc": "vpc-1"}}), id="ForAllValues"),
    pytest.param(allow({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}), id="negated"),
    pytest.param(allow({"Null": {"aws:SourceVpc": "false"}}), id="Null"),
    pytest.param(allow({"StringEquals": {"aws:SourceVpc": []}}), id="no values"),
    pytest.param(allow(NotPrincipal={"AWS": ROLE}), id="NotPrincipal"),
    pytest.param(allow(Principal={"AWS": [ROLE, "*"]}), id="role beside everyone"),
    pytest.param(allow(Principal={"AWS": "arn:aws:iam::*:root"}), id="principal with a wildcard"),
]
FIXED: list[Any] = [
    # The guide's examples.
    pytest.param(allow({"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}), id="vpc-91237329"),
    pytest.param(allow(Principal={"Service": "cloudtrail.amazonaws.com"}), id="service"),
    pytest.param(allow(Principal={"AWS": f"arn:aws:iam::{FOREIGN}:root"}), id="account"),
    pytest.param(
        allow({"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*"}}),
        id="access points of one account",
    ),
    # The rules.
    pytest.param(allow({"StringEquals": {"aws:PrincipalOrgID": "o-x1"}}), id="organization"),
    pytest.param(allow({"StringEquals": {"aws:PrincipalOrgID": ["o-x1", "o-x2"]}}), id="two organizations"),
    pytest.param(allow({"IpAddress": {"aws:SourceIp": "203.0.0.0/8"}}), id="/8"),
    pytest.param(allow({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "172.16.0.0/12"]}}), id="RFC 1918"),
    pytest.param(allow({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}), id="IPv6 /32"),
    pytest.param(allow({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other"}}), id="SourceArn"),
    pytest.param(allow({"StringEquals": {"aws:SourceVpce": "vpce-1"}}), id="SourceVpce"),
    pytest.param(allow({"StringEquals": {"aws:SourceOwner": FOREIGN}}), id="SourceOwner"),
    pytest.param(allow({"StringEquals": {"aws:SourceAccount": FOREIGN}}), id="SourceAccount"),
    pytest.param(allow({"StringEquals": {KMS: "arn:aws:kms:eu-west-1:1:key/1"}}), id="KMS key"),
    pytest.param(allow({"StringEquals": {"aws:userid": "AIDAX"}}), id="userid"),
    pytest.param(allow({"StringLike": {"aws:userid": "AROAX:session"}}), id="one session"),
    pytest.param(allow({"StringEquals": {"s3:DataAccessPointAccount": FOREIGN}}), id="DataAccessPointAccount"),
    pytest.param(allow({"ArnLike": {"aws:PrincipalArn": ROLE}}), id="PrincipalArn"),
    pytest.param(allow({"ForAnyValue:StringEquals": {"aws:SourceVpc": "vpc-1"}}), id="ForAnyValue"),
    pytest.param(
        allow({"StringEquals": {"aws:SourceVpc": "vpc-1"}, "StringLike": {"aws:Referer": "*"}}), id="one of two"
    ),
    pytest.param(allow(Principal={"CanonicalUser": "a" * 64}), id="canonical user"),
    pytest.param(deny(), id="Deny"),
]


@pytest.mark.parametrize("statement", PUBLIC)
def test_public(statement: dict[str, Any]) -> None:
    assert aws_considers_public(policy(statement))
    assert aws_considers_public(policy(allow(Principal={"AWS": ROLE}), statement, deny()))


@pytest.mark.parametrize("statement", FIXED)
def test_not_public(statement: dict[str, Any]) -> None:
    assert not aws_considers_public(policy(statement))
    assert aws_considers_public(policy(statement, allow()))


def test_nothing_is_not_public() -> None:
    assert not aws_considers_public(None)
    assert not aws_considers_public(policy())
    assert not aws_considers_public(policy("Allow"))


def test_in_an_access_point_policy_naming_access_points_restricts_nothing() -> None:
    for key, value in (
        ("s3:DataAccessPointArn", f"arn:aws:s3:us-west-2:{OWNER}:accesspoint/p"),
        ("s3:DataAccessPointAccount", OWNER),
    ):
        document = policy(allow({"StringEquals": {key: value}}))
        assert not aws_considers_public(document)
        assert aws_considers_public(document, access_point=True)
