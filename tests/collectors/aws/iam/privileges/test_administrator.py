"""Who is an administrator: a truth table, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.iam.privileges import Held, Holder, admin_paths, is_administrator
from collectors.model import Known, Unread, UnreadReason
from tests.collectors.aws.iam.documents import ACCOUNT, TERRITORY, allow, arn, deny, holder, rules

EVERYTHING = allow("*")
POWER_USER = allow(NotAction=["iam:*", "organizations:*", "account:*"])
DAY, NEXT = "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"
ALL_BUT_IAM = tuple(f"{letter}*" for letter in "abcdefghjklmnopqrstuvwxyz")

ADMINISTRATORS: dict[str, tuple[dict[str, Any], ...]] = {
    "every action on everything": (EVERYTHING,),
    "both in lists": (allow("s3:GetObject", "*", on=["arn:aws:s3:::b", "*"]),),
    "service and action starred": (allow("*:*"),),
    "doubled star": (allow("**", on="**"),),
    "every ARN of the partition": (allow("*", on="arn:aws:*"),),
    "every ARN, segment by segment": (allow("*", on="arn:aws:*:*:*:*"),),
    "every ARN of every partition": (allow("*", on="arn:*:*:*:*:*"),),
    "all that is the account's own": (allow("*", on=f"arn:aws:*:*:{ACCOUNT}:*"),),
    "all actions but a harmless one": (allow(NotAction="s3:DeleteBucket"),),
    "all actions but some billing": (allow(NotAction=["aws-portal:*", "budgets:*"]),),
    "all resources but one bucket": (allow("*", NotResource=["arn:aws:s3:::secret", "arn:aws:s3:::secret/*"]),),
    "power user, and IAM beside it": (POWER_USER, allow("iam:*")),
    "every service by its first letter": (allow(*ALL_BUT_IAM), allow("iam:*")),
    "with MFA": (allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),),
    "from the office": (allow("*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),),
    "by its own name": (allow("*", Condition={"StringEquals": {"aws:username": "me"}}),),
    "in IAM's own region": (allow("*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}}),),
    "since a date": (allow("*", Condition={"DateGreaterThan": {"aws:CurrentTime": DAY}}),),
    "until a date to come": (allow("*", Condition={"DateLessThan": {"aws:CurrentTime": "2999-01-01"}}),),
    "until either of two dates": (allow("*", Condition={"DateLessThan": {"aws:CurrentTime": [DAY, "2999-01-01"]}}),),
    "until a date that makes no sense": (allow("*", Condition={"DateLessThan": {"aws:CurrentTime": "then"}}),),
    "in sessions begun before a date": (allow("*", Condition={"DateLessThan": {"aws:TokenIssueTime": DAY}}),),
    "a Deny until a date that has passed": (
        EVERYTHING,
        deny("*", Condition={"DateLessThan": {"aws:CurrentTime": DAY}}),
    ),
    "a Deny from a date to come": (
        EVERYTHING,
        deny("*", Condition={"DateGreaterThan": {"aws:CurrentTime": "2999-01-01"}}),
    ),
    "a Deny that MFA lifts": (
        EVERYTHING,
        deny("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
    ),
    "a Deny outside the office": (
        EVERYTHING,
        deny("*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    ),
    "a Deny of one service": (EVERYTHING, deny("s3:*")),
    "a Deny of the audit trail's end": (EVERYTHING, deny("cloudtrail:StopLogging", "cloudtrail:DeleteTrail")),
    "a Deny that leaves keys": (EVERYTHING, deny("iam:Attach*", "iam:Put*", "iam:CreatePolicyVersion")),
    "a Deny on one role": (EVERYTHING, deny("iam:*", on=arn("role", "protected"))),
    "a Deny for somebody else": (EVERYTHING, deny("*", Condition={"StringEquals": {"aws:username": "mallory"}})),
    "a Deny of all but IAM elsewhere": (
        EVERYTHING,
        deny(NotAction="iam:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}),
    ),
}

OTHERS: dict[str, tuple[dict[str, Any], ...]] = {
    "nothing": (),
    "one service": (allow("s3:*"),),
    "reading one service": (allow("s3:Get*"),),
    "IAM alone": (allow("iam:*"),),
    "reading everything": (allow("*:Get*", "*:List*", "*:Describe*"),),
    "everything but IAM": (POWER_USER,),
    "a dozen services": (allow("iam:*", "s3:*", "ec2:*", "lambda:*", "rds:*", "kms:*", "sns:*", "sqs:*", "logs:*"),),
    "every action on a bucket": (allow("*", on=["arn:aws:s3:::b", "arn:aws:s3:::b/*"]),),
    "every action on users": (allow("*", on=arn("user", "*")),),
    "all but everything": (allow("*", NotResource="*"),),
    "nothing but NotAction of everything": (allow(NotAction="*"),),
    "NotAction of nearly everything": (allow(NotAction=[f"{letter}*" for letter in "abcdefghijklmnoqrstuvwxyz"]),),
    "denied everything": (EVERYTHING, deny("*")),
    "denied everything, spelled otherwise": (EVERYTHING, deny("*:*", on="arn:aws:*:*:*:*")),
    "denied IAM": (EVERYTHING, deny("iam:*")),
    "denied IAM by its resources": (EVERYTHING, deny("*", on="arn:aws:iam::*:*")),
    "denied IAM, kind by kind": (
        EVERYTHING,
        deny("iam:*", on=[arn("user", "*"), arn("role", "*")]),
        deny("iam:*", on=[f"arn:aws:iam::{ACCOUNT}:group/*", f"arn:aws:iam::{ACCOUNT}:policy/*"]),
    ),
    "denied all but one service": (EVERYTHING, deny(NotAction="s3:*")),
    "denied under its own name": (EVERYTHING, deny("*", Condition={"StringEquals": {"aws:username": "me"}})),
    "denied unless it is another": (
        EVERYTHING,
        deny("*", Condition={"ArnNotLike": {"aws:PrincipalArn": arn("user", "breakglass-*")}}),
    ),
    "until a date that has passed": (
        allow("*", Condition={"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
    ),
    "on one day that has passed": (
        allow("*", Condition={"DateGreaterThan": {"aws:CurrentTime": DAY}, "DateLessThan": {"aws:CurrentTime": NEXT}}),
    ),
    "until a second that has passed": (allow("*", Condition={"NumericLessThan": {"aws:EpochTime": "1577836800"}}),),
    "denied since a date": (EVERYTHING, deny("*", Condition={"DateGreaterThan": {"aws:CurrentTime": DAY}})),
    "on tagged resources": (allow("*", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}),),
    "for somebody else": (allow("*", Condition={"StringEquals": {"aws:username": "mallory"}}),),
    "in a region that IAM is not in": (allow("*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),),
}


def yes(*statements: dict[str, Any], **of: Any) -> bool:
    return is_administrator(admin_paths(holder(*statements, **of), TERRITORY))


@pytest.mark.parametrize("statements", ADMINISTRATORS.values(), ids=list(ADMINISTRATORS))
def test_an_administrator(statements: tuple[dict[str, Any], ...]) -> None:
    assert yes(*statements)


@pytest.mark.parametrize("statements", OTHERS.values(), ids=list(OTHERS))
def test_no_administrator(statements: tuple[dict[str, Any], ...]) -> None:
    assert not yes(*statements)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((EVERYTHING,), True),
        ((POWER_USER,), False),
        ((allow("s3:*"),), False),
        ((allow("iam:*"),), False),
        ((POWER_USER, allow("iam:*")), True),
        ((EVERYTHING, deny("iam:*")), False),
        ((EVERYTHING, deny("s3:*")), True),
        ((EVERYTHING, deny("iam:*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})), True),
        ((allow("*", on="arn:aws:s3:::*"),), False),
        ((), False),
    ],
)
def test_a_boundary_bounds_an_administrator(bounds: tuple[dict[str, Any], ...], *, expected: bool) -> None:
    (path,) = admin_paths(holder(EVERYTHING, boundary=rules(*bounds)), TERRITORY)
    assert path.effective == Known(expected)
    assert path.blocked_by == (() if expected else (f"permissions boundary {arn('policy', 'boundary')}",))


def test_a_boundary_that_grants_everything_grants_nothing() -> None:
    assert admin_paths(holder(allow("s3:*"), boundary=rules(EVERYTHING)), TERRITORY) == ()


def test_every_path_is_told_with_what_takes_it_back() -> None:
    both = holder(EVERYTHING, allow("*", Condition={"StringEquals": {"aws:ResourceTag/a": "b"}}), deny("iam:*"))
    first, second = admin_paths(both, TERRITORY)
    assert first.via == second.via == "inline policy own"
    assert first.effective == second.effective == Known(value=False)
    assert first.blocked_by == second.blocked_by == ("Deny in inline policy own",)
    assert (first.conditions, second.conditions) == ((), ("aws:resourcetag/a",))
    assert first.statement == EVERYTHING


def test_statements_of_several_policies_add_up() -> None:
    caller = holder().caller
    parts = [
        Held(via="managed policy a", rules=rules(POWER_USER)),
        Held(via="group g: inline policy b", rules=rules(allow("iam:*"))),
    ]
    (path,) = admin_paths(Holder(caller, parts), TERRITORY)
    assert path.effective == Known(value=True)
    assert path.via == "managed policy a, group g: inline policy b"


DENIED = Unread(reason=UnreadReason.ERROR, operation="iam:GetAccountAuthorizationDetails", detail="policy_not_listed")


def test_a_policy_that_could_not_be_read_leaves_it_open_and_hides_no_other() -> None:
    caller = holder().caller
    opaque = Held(via="managed policy x", rules=DENIED)
    (path,) = admin_paths(Holder(caller, [opaque]), TERRITORY)
    assert path.effective == DENIED
    known, unknown = admin_paths(Holder(caller, [opaque, Held(via="own", rules=rules(EVERYTHING))]), TERRITORY)
    assert (known.effective, unknown.effective) == (Known(value=True), DENIED)


def test_a_boundary_that_could_not_be_read_leaves_a_grant_open_and_nothing_else() -> None:
    (path,) = admin_paths(holder(EVERYTHING, boundary=DENIED), TERRITORY)
    assert path.effective == DENIED
    assert admin_paths(holder(allow("s3:*"), boundary=DENIED), TERRITORY) == ()
    (refused,) = admin_paths(holder(EVERYTHING, deny("iam:*"), boundary=DENIED), TERRITORY)
    assert refused.effective == Known(value=False)


def test_an_allow_that_makes_no_sense_leaves_it_open_and_a_deny_takes_nothing() -> None:
    (path,) = admin_paths(holder(allow("s3:*"), {"Effect": "Allow", "Action": 7, "Resource": "*"}), TERRITORY)
    assert isinstance(path.effective, Unread)
    assert path.effective.reason is UnreadReason.MALFORMED
    assert yes(EVERYTHING, {"Effect": "Deny", "Action": 7, "Resource": "*"})


def test_another_partition_has_its_own_arns() -> None:
    from collectors.aws.iam.privileges import Caller, Territory, compiled
    from tests.collectors.aws.iam.documents import parsed

    china = Territory(account=ACCOUNT, partition="aws-cn")
    caller = Caller(
        arn=f"arn:aws-cn:iam::{ACCOUNT}:user/me", name="me", account=ACCOUNT, partition="aws-cn", is_user=True
    )
    for on, expected in (("arn:aws-cn:*", True), ("arn:aws:*", False), ("*", True)):
        held = Held(via="own", rules=Known(compiled(parsed(allow("*", on=on)), china)))
        assert is_administrator(admin_paths(Holder(caller, [held]), china)) is expected
