"""Whom a bucket policy keeps from deleting, statement by statement."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.policy import MalformedPolicyError, deletion_rule, parse_policy
from collectors.model import DeletionRule

ARN = "arn:aws:s3:::log"
OWNER = "123456789012"
EVERY_DELETE = ["s3:DeleteObject", "s3:DeleteObjectVersion"]


def deny(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": EVERY_DELETE, "Resource": f"{ARN}/*"} | elements


def rule(*statements: dict[str, Any], versioned: bool = True, keys: str = "AWSLogs/*") -> DeletionRule:
    document = parse_policy({"Version": "2012-10-17", "Statement": list(statements)})
    return deletion_rule(document, bucket_arn=ARN, owner_account=OWNER, versioned=versioned, keys=keys)


def spared(operator: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {"aws:PrincipalArn": value}}}


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        (deny(), True),
        (deny(Principal={"AWS": "*"}), True),
        (deny(Principal={"AWS": f"arn:aws:iam::{OWNER}:root"}), True),
        (deny(Principal={"AWS": OWNER}), True),
        (deny(Action="s3:*"), True),
        (deny(Action="s3:Delete*"), True),
        (deny(Action="*", Resource="*"), True),
        (deny(Resource=f"{ARN}/AWSLogs/*"), True),
        (deny(Resource=f"{ARN}*"), True),
        (deny(**spared("ArnNotEquals", f"arn:aws:iam::{OWNER}:role/keeper")), True),
        (deny(**spared("StringNotLike", f"arn:aws:iam::{OWNER}:role/keepers/*")), True),
        (deny(Principal={"AWS": "210987654321"}), False),
        (deny(Principal={"AWS": f"arn:aws:iam::{OWNER}:user/intern"}), False),
        (deny(Principal={"Service": "cloudtrail.amazonaws.com"}), False),
        (deny(Resource=f"{ARN}/other/*"), False),
        (deny(Resource=ARN), False),
        (deny(Action="s3:PutObject"), False),
        (deny(NotAction="s3:DeleteObjectVersion") | {"Action": None}, False),
        (deny(**spared("ArnNotLike", f"arn:aws:iam::{OWNER}:*")), False),
        (deny(**spared("ArnNotLike", "arn:aws:iam::*:user/*")), False),
        (deny(Condition={"Bool": {"aws:SecureTransport": "false"}}), False),
        (deny(Condition={"StringEquals": {"aws:PrincipalTag/team": "dev"}}), False),
        (deny(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}}), False),
        (deny(Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorg1"}}), False),
        (deny(Condition={"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-exampleorg1/*"}}), False),
        (deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": OWNER}}), False),
        (deny(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), False),
        (deny(Condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}), False),
        (deny(Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), False),
        (deny(Condition={"NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}}), False),
        (deny(Condition={"Null": {"aws:SourceVpce": "true"}}), False),
        (deny(Effect="Allow"), False),
    ],
)
def test_only_what_binds_everybody_counts(statement: dict[str, Any], refused: bool) -> None:
    clean = {name: value for name, value in statement.items() if value is not None}
    assert rule(clean).refused is refused


KEEPER = f"arn:aws:iam::{OWNER}:role/keepers/keeper"
KEEPER_AT_WORK = f"arn:aws:sts::{OWNER}:assumed-role/keeper/archive"


@pytest.mark.parametrize(
    ("spared", "refused"),
    [
        ({"AWS": KEEPER}, True),
        ({"AWS": [KEEPER, KEEPER_AT_WORK]}, True),
        ({"AWS": [KEEPER, KEEPER_AT_WORK, f"arn:aws:iam::{OWNER}:root"]}, True),
        ({"AWS": [f"arn:aws:iam::{OWNER}:user/keeper", OWNER]}, True),
        ({"AWS": "210987654321"}, True),
        ({"Service": "cloudtrail.amazonaws.com"}, True),
        ({"AWS": f"arn:aws:iam::{OWNER}:root"}, False),
        ({"AWS": [OWNER, "arn:aws:iam::210987654321:role/keeper"]}, False),
        ({"AWS": f"arn:aws:iam::{OWNER}:role/somebody"}, False),
        ({"AWS": f"arn:aws:sts::{OWNER}:assumed-role/somebody/else"}, False),
        ({"AWS": "AROAEXAMPLEEXAMPLE123"}, False),
        ({"AWS": "*"}, False),
        ("*", False),
    ],
)
def test_a_deny_binds_everybody_but_those_whom_it_excepts_by_name(spared: Any, refused: bool) -> None:
    statement = deny(NotPrincipal=spared)
    del statement["Principal"]
    assert rule(statement).refused is refused


def test_of_versions_their_deletion_counts_and_of_objects_both() -> None:
    versions = deny(Action="s3:DeleteObjectVersion")
    assert rule(versions, versioned=True).refused
    assert not rule(versions, versioned=False).refused
    assert not rule(deny(Action="s3:DeleteObject"), versioned=True).refused
    assert rule(versions, deny(Action="s3:DeleteObject"), versioned=False).refused


def test_the_keys_asked_about_are_those_that_must_be_covered() -> None:
    of_logs = deny(Resource=f"{ARN}/AWSLogs/*")
    assert rule(of_logs, keys="AWSLogs/*").refused
    assert not rule(of_logs, keys="trail/AWSLogs/*").refused
    assert not rule(of_logs, keys="*").refused


def test_what_can_be_lifted_is_said() -> None:
    ways_round = ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutLifecycleConfiguration"]
    assert rule(deny()).liftable
    assert rule(deny(), deny(Action=ways_round[:2], Resource=ARN)).liftable
    assert not rule(deny(), deny(Action=ways_round, Resource=ARN)).liftable
    assert not rule(deny(Action="s3:*", Resource=[ARN, f"{ARN}/*"])).liftable


def test_the_statements_that_do_it_are_named() -> None:
    assert rule(deny(Sid="KeepIt"), deny()).statements == ("KeepIt", "statement 2")
    assert rule(deny(Action="s3:PutObject", Sid="Other")).statements == ()


def test_no_policy_refuses_nobody() -> None:
    found = deletion_rule(None, bucket_arn=ARN, owner_account=OWNER, versioned=True)
    assert found == DeletionRule(refused=False)


def test_a_deny_that_makes_no_sense_leaves_it_open_unless_another_does_it() -> None:
    broken = {"Effect": "Deny", "Principal": 7, "Action": "s3:*", "Resource": "*"}
    with pytest.raises(MalformedPolicyError):
        rule(broken)
    assert rule(broken, deny()).refused
    assert not rule(broken | {"Effect": "Allow"}).refused


def test_other_partitions_are_told_apart_by_the_bucket_s_arn() -> None:
    arn = "arn:aws-cn:s3:::log"
    statement = deny(Resource=f"{arn}/*", **spared("ArnNotEquals", f"arn:aws-cn:iam::{OWNER}:role/keeper"))
    document = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    assert deletion_rule(document, bucket_arn=arn, owner_account=OWNER, versioned=True).refused
