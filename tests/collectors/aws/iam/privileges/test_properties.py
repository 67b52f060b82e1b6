"""What holds for any policies: a Deny never adds, an Allow never takes, and spelling means nothing."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.aws.iam.privileges import (
    Holder,
    Place,
    RoleSide,
    World,
    admin_paths,
    by_service,
    escalation,
    is_administrator,
    mfa_rules,
)
from collectors.aws.iam.privileges.actions import NAMES
from collectors.aws.iam.privileges.methods import METHODS
from collectors.model import Known
from tests.collectors.aws.iam.documents import ACCOUNT, TERRITORY, allow, arn, deny, holder, rules

SERVICES = frozenset(method.service for method in METHODS)
HELPER = RoleSide(arn=arn("role", "helper"), trusts_account=True)
DEPLOYER = RoleSide(arn=arn("role", "deployer"), trusts=frozenset({arn("user", "me")}), services=SERVICES)
WORLD = World(
    territory=TERRITORY,
    users=(arn("user", "boss"),),
    groups=(arn("group", "bosses"),),
    by_service=by_service([DEPLOYER]),
    roles=(DEPLOYER, HELPER),
    boundaries={arn("user", "boss"): arn("policy", "b")},
)
PLACE = Place(groups=(arn("group", "mine"),), policies={arn("policy", "mine"): 2})

ACTIONS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(["*", "*:*", "iam:*", "iam:Put*", "iam:*Policy*", "ec2:*", "s3:*", "lambda:*", "s?:Get*", "sts:*"]),
)
RESOURCES = st.sampled_from(
    [
        "*",
        "arn:aws:*",
        f"arn:aws:iam::{ACCOUNT}:*",
        *(
            arn(kind, name)
            for kind in ("user", "role", "group", "policy")
            for name in ("*", "me", "b*", "deployer", "mine")
        ),
        arn("user", "${aws:username}"),
        f"arn:aws:lambda:*:{ACCOUNT}:function:*",
    ]
)
CONDITIONS = st.sampled_from(
    [
        None,
        None,
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        {"StringEquals": {"aws:username": "me"}},
        {"StringNotEquals": {"aws:username": "me"}},
        {"StringEquals": {"aws:ResourceTag/team": "a"}},
        {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        {"StringEquals": {"iam:PermissionsBoundary": arn("policy", "b")}},
        {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    ]
)


@st.composite
def statements(draw: st.DrawFn, *, refuses: bool = False) -> dict[str, Any]:
    actions = draw(st.lists(ACTIONS, min_size=1, max_size=4))
    resources = draw(st.lists(RESOURCES, min_size=1, max_size=2))
    made: dict[str, Any] = {
        draw(st.sampled_from(["Action", "Action", "Action", "NotAction"])): actions,
        draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"])): resources,
    }
    condition = draw(CONDITIONS)
    if condition is not None:
        made["Condition"] = condition
    return {"Effect": "Deny" if refuses else "Allow", **made}


def policies(**of: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(statements(**of), min_size=1, max_size=4)


def powers(who: Holder) -> set[str]:
    """Everything that could be held against somebody: being an administrator, and each open method."""
    found = {path.method for path in escalation(who, PLACE, WORLD).paths if path.effective == Known(value=True)}
    return found | ({"administrator"} if is_administrator(admin_paths(who, TERRITORY)) else set())


@given(policies(), statements(refuses=True))
@settings(max_examples=120, deadline=None)
def test_adding_a_deny_never_adds_a_power(held: list[dict[str, Any]], refusal: dict[str, Any]) -> None:
    assert powers(holder(*held, refusal)) <= powers(holder(*held))


@given(policies(), policies(refuses=True), statements())
@settings(max_examples=120, deadline=None)
def test_adding_an_allow_never_takes_a_power(
    held: list[dict[str, Any]], refusals: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    assert powers(holder(*held, *refusals)) <= powers(holder(*held, *refusals, more))


@given(policies(), policies())
@settings(max_examples=80, deadline=None)
def test_a_boundary_never_adds_a_power_but_that_of_taking_it_off(
    held: list[dict[str, Any]], bounds: list[dict[str, Any]]
) -> None:
    assert powers(holder(*held, boundary=rules(*bounds))) - {"remove_own_boundary"} <= powers(holder(*held))


@given(policies())
@settings(max_examples=50, deadline=None)
def test_a_boundary_of_everything_and_a_deny_of_nothing_change_nothing(held: list[dict[str, Any]]) -> None:
    plain = powers(holder(*held))
    assert powers(holder(*held, boundary=rules(allow("*")))) == plain
    assert powers(holder(*held, deny("nosuchservice:*"))) == plain


@given(policies(), st.randoms())
@settings(max_examples=80, deadline=None)
def test_order_case_and_scalars_mean_nothing(held: list[dict[str, Any]], chance: random.Random) -> None:
    def respelled(statement: dict[str, Any]) -> dict[str, Any]:
        again = dict(statement)
        for element in ("Action", "NotAction"):
            if element in again:
                names = [name.swapcase() for name in again[element]]
                chance.shuffle(names)
                again[element] = names if len(names) > 1 else names[0]
        for element in ("Resource", "NotResource"):
            if element in again and len(again[element]) == 1:
                again[element] = again[element][0]
        pairs = list(again.items())
        chance.shuffle(pairs)
        return dict(pairs)

    others = [respelled(statement) for statement in held]
    chance.shuffle(others)
    assert powers(holder(*others)) == powers(holder(*held))


@given(policies(), policies(refuses=True))
@settings(max_examples=50, deadline=None)
def test_who_can_do_everything_has_every_other_power(
    held: list[dict[str, Any]], refusals: list[dict[str, Any]]
) -> None:
    who = holder(*held, *refusals)
    if is_administrator(admin_paths(who, TERRITORY)):
        assert powers(who) - {"administrator"}


@given(policies(), policies(refuses=True))
@settings(max_examples=50, deadline=None)
def test_what_is_found_can_be_encoded_and_is_found_again(
    held: list[dict[str, Any]], refusals: list[dict[str, Any]]
) -> None:
    from collectors.model import encode

    first, again = (
        encode((admin_paths(who, TERRITORY), escalation(who, PLACE, WORLD).paths, mfa_rules(who)))
        for who in (holder(*held, *refusals), holder(*json.loads(json.dumps(held)), *refusals))
    )
    assert first == again


@pytest.mark.parametrize("name", NAMES)
def test_each_action_alone_makes_no_administrator(name: str) -> None:
    assert "administrator" not in powers(holder(allow(name)))
