"""What policies about MFA really do: the table of the IAM guide's condition keys, construct by construct."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.iam.privileges import mfa as codes
from collectors.aws.iam.privileges import mfa_rules
from collectors.model import MfaRule
from detectors.notes import NOTES
from tests.collectors.aws.iam.documents import NO_MFA, allow, arn, deny, holder

KEY = "aws:MultiFactorAuthPresent"
AGE = "aws:MultiFactorAuthAge"
SET_UP = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "sts:GetSessionToken"]


def rule(statement: dict[str, Any], **of: Any) -> MfaRule:
    (found,) = mfa_rules(holder(statement, **of))
    assert found.via == "inline policy own"
    assert found.statement == statement
    return found


def refuse(condition: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Deny everything but setting MFA up, under a condition."""
    return deny(NotAction=SET_UP, Condition=condition, **others)


DENIES: list[tuple[dict[str, Any], bool, str]] = [
    ({"BoolIfExists": {KEY: "false"}}, True, ""),
    ({"BoolIfExists": {KEY: False}}, True, ""),
    ({"boolifexists": {KEY.upper(): ["false"]}}, True, ""),
    ({"NumericGreaterThanIfExists": {AGE: "3600"}}, True, ""),
    ({"Bool": {KEY: "false"}}, False, codes.MISSES_KEYS),
    ({"StringEquals": {KEY: "false"}}, False, codes.MISSES_KEYS),
    ({"StringNotEquals": {KEY: "true"}}, True, ""),
    ({"Null": {KEY: "true"}}, False, codes.PRESENCE_ONLY),
    ({"Null": {AGE: "true"}}, True, ""),
    ({"Null": {KEY: "false"}}, False, codes.REFUSES_ALL),
    ({"Bool": {KEY: "true"}}, False, codes.REFUSES_ALL),
    ({"BoolIfExists": {KEY: ["true", "false"]}}, False, codes.REFUSES_ALL),
    ({"BoolIfExists": {KEY: "false"}, "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False, codes.NEVER_SURE),
    ({"BoolIfExists": {KEY: "false"}, "StringEquals": {"aws:username": "me"}}, True, ""),
]


@pytest.mark.parametrize(("condition", "mitigates", "note"), DENIES)
def test_a_deny(condition: dict[str, Any], *, mitigates: bool, note: str) -> None:
    found = rule(refuse(condition))
    assert found.mitigates is mitigates
    assert found.notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("condition", "note"),
    [
        ({"Bool": {KEY: "true"}}, codes.STRICT),
        ({"NumericLessThan": {AGE: "3600"}}, codes.STRICT),
        ({"StringEquals": {KEY: "true"}}, codes.STRICT),
        ({"Bool": {KEY: "true"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, codes.STRICT),
        ({"BoolIfExists": {KEY: "true"}}, codes.LETS_KEYS_THROUGH),
        ({"Null": {KEY: "false"}}, codes.PRESENCE_ONLY),
        ({"NumericLessThanIfExists": {AGE: "3600"}}, codes.PRESENCE_ONLY),
        ({"BoolIfExists": {KEY: "false"}}, codes.PRESENCE_ONLY),
    ],
)
def test_an_allow(condition: dict[str, Any], note: str) -> None:
    found = rule(allow("ec2:*", "iam:*", Condition=condition))
    assert not found.mitigates
    assert found.notes == (note,)


def test_the_construct_is_told_in_short() -> None:
    assert rule(refuse({"BoolIfExists": {KEY: False}})).construct == "Deny BoolIfExists false"
    both = {"Bool": {KEY: "true"}, "NumericLessThan": {AGE: 3600}}
    assert rule(allow("iam:*", Condition=both)).construct == "Allow NumericLessThan 3600 and Allow Bool true"


@pytest.mark.parametrize(
    ("statement", "mitigates", "note"),
    [
        (deny("*", Condition=NO_MFA), True, codes.LOCKS_OUT),
        (deny("iam:*", Condition=NO_MFA), False, codes.COVERS_PART),
        (deny("*", on="arn:aws:s3:::b/*", Condition=NO_MFA), False, codes.COVERS_PART),
        (deny("*", on=arn("user", "*"), Condition=NO_MFA), False, codes.COVERS_PART),
        (deny(NotAction=[*SET_UP, "iam:CreateAccessKey"], Condition=NO_MFA), False, codes.COVERS_PART),
        (deny(NotAction=[*SET_UP, "s3:*"], Condition=NO_MFA), False, codes.COVERS_PART),
        (deny(NotAction=[*SET_UP, "s3:ListAllMyBuckets", "iam:GetUser"], Condition=NO_MFA), True, ""),
    ],
)
def test_a_deny_has_to_cover_what_matters_and_leave_a_way_in(
    statement: dict[str, Any], *, mitigates: bool, note: str
) -> None:
    found = rule(statement)
    assert found.mitigates is mitigates
    assert found.notes == ((note,) if note else ())


MISSES, PRESENCE = {"Bool": {KEY: "false"}}, {"Null": {KEY: "true"}}


@pytest.mark.parametrize(
    ("statements", "mitigate", "notes"),
    [
        ((refuse(MISSES), refuse(PRESENCE)), (True, True), (codes.COMPLETED, codes.COMPLETED)),
        ((refuse(PRESENCE), refuse(MISSES)), (True, True), (codes.COMPLETED, codes.COMPLETED)),
        ((refuse(MISSES), refuse(MISSES)), (False, False), (codes.MISSES_KEYS, codes.MISSES_KEYS)),
        (
            (refuse(MISSES), deny("iam:*", Condition=PRESENCE)),
            (False, False),
            (codes.MISSES_KEYS, codes.PRESENCE_ONLY),
        ),
        ((refuse(MISSES), refuse({"Bool": {KEY: "true"}})), (False, False), (codes.MISSES_KEYS, codes.REFUSES_ALL)),
        ((refuse(MISSES), refuse(NO_MFA)), (True, True), (codes.COMPLETED,)),
        (
            (refuse(MISSES), refuse({**PRESENCE, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
            (False, False),
            (codes.MISSES_KEYS, codes.NEVER_SURE),
        ),
    ],
)
def test_denies_that_are_complete_only_together(
    statements: tuple[dict[str, Any], ...], mitigate: tuple[bool, ...], notes: tuple[str, ...]
) -> None:
    found = mfa_rules(holder(*statements))
    assert tuple(one.mitigates for one in found) == mitigate
    assert tuple(one.notes[0] for one in found if one.notes) == notes


def test_what_does_not_speak_of_mfa_is_no_rule() -> None:
    assert (
        mfa_rules(holder(allow("*"), deny("iam:*"), deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})))
        == ()
    )


def test_denies_come_first_and_each_is_told() -> None:
    found = mfa_rules(holder(allow("iam:*", Condition={"Bool": {KEY: "true"}}), refuse(NO_MFA)))
    assert [one.construct for one in found] == ["Deny BoolIfExists false", "Allow Bool true"]


def test_every_code_is_explained() -> None:
    found = {
        value
        for name, value in vars(codes).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    }
    assert len(found) == 9
    assert found <= set(NOTES)
