"""Each known method, whole and with a piece missing; where it reaches; what stops it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from collectors.aws.iam.privileges import (
    Escalation,
    Holder,
    Place,
    RoleSide,
    World,
    by_service,
    escalation,
    role_side,
    trusts,
)
from collectors.aws.iam.privileges.actions import NAMES
from collectors.aws.iam.privileges.method import Method, Target
from collectors.aws.iam.privileges.methods import METHODS
from collectors.model import EscalationPath, Known, Unread, UnreadReason
from tests.collectors.aws.iam.documents import ACCOUNT, TERRITORY, allow, arn, deny, holder, parsed, rules, trust_of

BOSS = arn("user", "boss")
BOSSES = arn("group", "bosses")
DEPLOYER = arn("role", "deployer")
OWN_GROUP = arn("group", "mine")
OWN_POLICY = arn("policy", "mine")
SERVICES = frozenset(method.service for method in METHODS if method.service)

WORLD = World(
    territory=TERRITORY,
    users=(BOSS,),
    groups=(BOSSES,),
    by_service=by_service([RoleSide(arn=DEPLOYER, services=SERVICES)]),
    roles=(
        RoleSide(arn=DEPLOYER, services=SERVICES),
        RoleSide(arn=arn("role", "helper"), trusts=frozenset({arn("user", "me")})),
    ),
)
EMPTY = World(territory=TERRITORY)
PLACE = Place(groups=(OWN_GROUP,), policies={OWN_POLICY: 2})

EACH = [pytest.param(method, id=method.uid) for method in METHODS]


def look(who: Holder, world: World = WORLD, place: Place = PLACE) -> dict[str, EscalationPath]:
    return {path.method: path for path in escalation(who, place, world).paths}


def needed(method: Method) -> tuple[str, ...]:
    """The first action of each group."""
    return tuple(group[0] for group in method.groups)


def found(who: Holder, world: World = WORLD, place: Place = PLACE) -> set[str]:
    """Methods that are open."""
    return {uid for uid, path in look(who, world, place).items() if path.effective == Known(value=True)}


@pytest.mark.parametrize("method", EACH)
def test_with_all_it_takes_the_method_is_there(method: Method) -> None:
    path = look(holder(allow(*needed(method))))[method.uid]
    assert path.effective == Known(value=True)
    assert not path.open_ended
    assert path.actions == needed(method)
    assert path.via == ("inline policy own",)
    assert path.summary
    leads = method.target not in {Target.SELF, Target.NEW_USER, Target.NEW_ROLE}
    assert bool(path.targets) is leads


@pytest.mark.parametrize("method", EACH)
def test_each_other_action_of_a_group_will_do(method: Method) -> None:
    for number, group in enumerate(method.groups):
        for action in group:
            actions = [*needed(method)]
            actions[number] = action
            assert method.uid in found(holder(allow(*actions))), action


@pytest.mark.parametrize("method", EACH)
def test_without_any_one_group_of_actions_it_is_not(method: Method) -> None:
    for number in range(len(method.groups)):
        rest = [action for other, action in enumerate(needed(method)) if other != number]
        rest = [action for action in rest if action not in method.groups[number]]
        assert method.uid not in found(holder(allow(*rest, "sts:GetCallerIdentity")))


@pytest.mark.parametrize("method", EACH)
def test_a_deny_of_one_group_of_actions_ends_it(method: Method) -> None:
    everything = allow("*", on="*")
    for group in method.groups:
        assert method.uid not in found(holder(everything, deny(*group)))


@pytest.mark.parametrize("method", EACH)
def test_a_boundary_without_it_ends_it(method: Method) -> None:
    bounds = rules(allow(NotAction=list(method.groups[0])))
    assert method.uid not in found(holder(allow(*needed(method)), boundary=bounds))


@pytest.mark.parametrize("method", EACH)
def test_where_nobody_is_more_powerful_it_is_open_ended_or_not_there(method: Method) -> None:
    path = look(holder(allow(*needed(method))), EMPTY, Place()).get(method.uid)
    if method.needs_target:
        assert path is None
        return
    assert path is not None
    by_itself = method.target in {Target.SELF, Target.NEW_USER, Target.NEW_ROLE}
    assert path.open_ended is not by_itself
    assert path.targets == ()


@pytest.mark.parametrize("method", EACH)
def test_a_condition_that_cannot_be_decided_makes_it_a_circumstance(method: Method) -> None:
    tagged = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    path = look(holder(allow(*needed(method), Condition=tagged)))[method.uid]
    assert path.effective == Known(value=False)
    assert path.conditions == ("aws:resourcetag/team",)


@pytest.mark.parametrize("method", EACH)
def test_a_condition_on_who_and_whence_takes_nothing_off(method: Method) -> None:
    with_mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {"aws:username": "me"}}
    path = look(holder(allow(*needed(method), Condition=with_mfa)))[method.uid]
    assert path.effective == Known(value=True)
    assert path.conditions == ("aws:multifactorauthpresent", "aws:username")
    other = {"StringEquals": {"aws:username": "mallory"}}
    assert method.uid not in look(holder(allow(*needed(method), Condition=other)))


ON_TARGET = {
    Target.OTHER_USER: (BOSS, arn("user", "peer")),
    Target.OTHER_GROUP: (BOSSES, arn("group", "peers")),
    Target.OTHER_ROLE: (DEPLOYER, arn("role", "helper")),
    Target.PASSED_ROLE: (DEPLOYER, arn("role", "helper")),
    Target.OWN_GROUP: (OWN_GROUP, arn("group", "others")),
    Target.OWN_POLICY: (OWN_POLICY, arn("policy", "others")),
    Target.OWN_POLICY_WITH_VERSIONS: (OWN_POLICY, arn("policy", "others")),
    Target.ASSUMABLE_ROLE: (arn("role", "helper"), DEPLOYER),
    Target.SELF: (arn("user", "me"), arn("user", "peer")),
}
SCOPED = [pytest.param(method, id=method.uid) for method in METHODS if method.target in ON_TARGET]


@pytest.mark.parametrize("method", SCOPED)
def test_on_the_target_alone_it_is_there_and_on_another_it_is_not(method: Method) -> None:
    right, wrong = ON_TARGET[method.target]
    beside = [group[0] for group in method.beside]
    others = [allow(*beside)] if beside else []
    decisive = [group[0] for group in method.on_target]
    there = look(holder(allow(*decisive, on=right), *others))[method.uid]
    assert there.effective == Known(value=True)
    assert there.targets == (() if method.target is Target.SELF else (right,))
    assert method.uid not in look(holder(allow(*decisive, on=wrong), *others))
    by_pattern = right.rpartition("/")[0] + "/" + right.rpartition("/")[2][:2] + "*"
    assert method.uid in found(holder(allow(*decisive, on=by_pattern), *others))


def test_what_only_concerns_itself_is_no_escalation() -> None:
    """The self-service policy that AWS publishes: one's own keys, password and MFA device."""
    own = arn("user", "${aws:username}").replace(ACCOUNT, "*")
    who = holder(allow("iam:*AccessKey*", "iam:*LoginProfile", "iam:ChangePassword", "iam:*MFADevice*", on=own))
    assert look(who) == {}


def test_a_variable_that_names_oneself_reaches_oneself() -> None:
    own = arn("user", "${aws:username}").replace(ACCOUNT, "*")
    assert found(holder(allow("iam:AttachUserPolicy", on=own))) == {"attach_user_policy"}
    assert found(holder(allow("iam:CreateAccessKey", on=own), name="boss"), place=Place()) == set()


def test_a_variable_of_a_session_may_reach_anyone() -> None:
    path = look(holder(allow("iam:CreateAccessKey", on=arn("user", "${aws:PrincipalTag/owner}")), kind="role"))
    assert path["create_access_key"].effective == Known(value=False)
    tagged = holder(allow("iam:CreateAccessKey", on=arn("user", "${aws:PrincipalTag/owner}")), tags={"owner": "boss"})
    assert found(tagged) == {"create_access_key"}


def test_passing_is_held_to_the_service_it_names() -> None:
    passing = allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}})
    who = holder(passing, allow("lambda:CreateFunction", "lambda:InvokeFunction", "glue:CreateDevEndpoint"))
    assert found(who) == {"pass_role_glue_dev_endpoint"}


def test_attaching_is_held_to_the_policies_it_names() -> None:
    def attach(policy: str) -> Holder:
        return holder(allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": policy}}))

    assert found(attach("arn:aws:iam::aws:policy/*")) == {"attach_user_policy"}
    assert found(attach("arn:aws:iam::aws:policy/ReadOnlyAccess")) == set()


ADMIN, IAM_FULL = "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/IAMFullAccess"
OWN_ADMIN = arn("policy", "platform/everything")


def only(operator: str, *policies: str) -> dict[str, Any]:
    return {"Condition": {operator: {"iam:PolicyARN": list(policies)}}}


@pytest.mark.parametrize(
    ("statements", "listed", "actions"),
    [
        ([allow("iam:AttachUserPolicy"), deny("iam:AttachUserPolicy", **only("ArnEquals", ADMIN))], (), 1),
        ([allow("iam:AttachUserPolicy", **only("ArnNotEquals", ADMIN))], (), 1),
        ([allow("iam:AttachUserPolicy", **only("ArnEquals", IAM_FULL))], (), 1),
        ([allow("iam:AttachUserPolicy", **only("ArnLike", arn("policy", "*")))], (OWN_ADMIN,), 1),
        ([allow("iam:AttachUserPolicy", **only("ArnLike", arn("policy", "*")))], (), 0),
        ([allow("iam:AttachUserPolicy", **only("ArnLike", arn("policy", "*"))), allow("iam:CreatePolicy")], (), 2),
        (
            [
                allow("iam:AttachUserPolicy", **only("ArnLike", arn("policy", "team/*"))),
                allow("iam:CreatePolicy", on=arn("policy", "team/*")),
            ],
            (),
            2,
        ),
        (
            [
                allow("iam:AttachUserPolicy", **only("ArnLike", arn("policy", "team/*"))),
                allow("iam:CreatePolicy", on=arn("policy", "other/*")),
            ],
            (OWN_ADMIN,),
            0,
        ),
        ([allow("iam:AttachUserPolicy", **only("ArnNotEquals", ADMIN, IAM_FULL))], (), 0),
        ([allow("iam:AttachUserPolicy", **only("ArnNotEquals", ADMIN, IAM_FULL))], (OWN_ADMIN,), 1),
    ],
)
def test_a_guard_on_what_is_attached_has_to_hold_for_all_that_leads_up(
    statements: list[dict[str, Any]], listed: tuple[str, ...], actions: int
) -> None:
    paths = look(holder(*statements), World(territory=TERRITORY, policies=listed), Place())
    shown = [path.actions for path in paths.values() if path.effective == Known(value=True)]
    assert shown == ([("iam:AttachUserPolicy", "iam:CreatePolicy")[:actions]] if actions else [])


def test_a_guard_that_a_policy_to_come_may_pass_is_looked_at_again() -> None:
    guarded = holder(allow("iam:AttachUserPolicy", **only("ArnLike", arn("policy", "*"))))
    assert escalation(guarded, Place(), EMPTY).missed
    assert not escalation(holder(allow("iam:AttachUserPolicy")), Place(), EMPTY).missed


def test_what_is_open_for_certain_is_not_hidden_by_what_depends_on_a_target() -> None:
    tagged = allow("iam:AttachRolePolicy", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}})
    certain = allow("iam:AttachRolePolicy", NotResource=f"arn:aws:iam::{ACCOUNT}:role/helper")
    assert "attach_role_policy" in found(holder(certain))
    assert "attach_role_policy" in found(holder(certain, tagged))


def test_what_may_be_made_only_under_a_boundary_is_no_way_up() -> None:
    bounded = {"StringEquals": {"iam:PermissionsBoundary": arn("policy", "team")}}
    makes = ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy")
    assert found(holder(allow(*makes, on=arn("role", "team/*"))), place=Place()) == {"create_role"}
    assert found(holder(allow(*makes, on=arn("role", "team/*"), Condition=bounded)), place=Place()) == set()


def test_a_new_role_is_one_that_all_its_steps_reach() -> None:
    who = holder(allow("iam:CreateRole", on=arn("role", "app-*")), allow("iam:PutRolePolicy", on=arn("role", "web-*")))
    assert "create_role" not in found(who)
    who = holder(allow("iam:CreateRole", on=arn("role", "app-*")), allow("iam:PutRolePolicy", on=arn("role", "app-?*")))
    assert "create_role" in found(who)


def test_a_guard_on_the_powerful_leaves_what_is_open_to_come() -> None:
    guard = deny("iam:PassRole", on=DEPLOYER)
    who = holder(allow("iam:PassRole", "ec2:RunInstances"), guard)
    path = look(who)["pass_role_ec2_run_instances"]
    assert path.open_ended
    assert look(holder(allow("iam:PassRole", on=arn("role", "dep*")), allow("ec2:RunInstances"), guard)) == {}


def test_workloads_of_one_region_are_enough_and_one_workload_is_not() -> None:
    def on(resource: str) -> Holder:
        return holder(allow("lambda:UpdateFunctionCode", on=f"arn:aws:lambda:{resource}"))

    assert found(on("*:*:function:*")) == {"lambda_update_code"}
    assert found(on(f"eu-west-1:{ACCOUNT}:function:*")) == {"lambda_update_code"}
    assert found(on(f"eu-west-1:{ACCOUNT}:function:app-*")) == set()
    assert found(on("*:210987654321:function:*")) == set()


def test_a_role_escalates_by_what_roles_can_do() -> None:
    who = holder(allow("iam:PutRolePolicy", on=arn("role", "me")), kind="role")
    assert found(who, EMPTY, Place()) == {"put_role_policy"}
    path = look(holder(allow("iam:AttachUserPolicy"), kind="role"), EMPTY, Place())["attach_user_policy"]
    assert path.open_ended


BOSS_ROLE = arn("role", "boss")
OWN_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ASKS = allow("sts:AssumeRole", on=BOSS_ROLE)
NEVER = deny("sts:AssumeRole", on=BOSS_ROLE)
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
WITH_ID = {"StringEquals": {"sts:ExternalId": "x"}}


def assumes(who: Holder, *trust: dict[str, Any]) -> EscalationPath | None:
    policy = parsed(*trust)
    side = replace(role_side(BOSS_ROLE, trusts(policy, ACCOUNT), ACCOUNT), trust_policy=policy)
    world = World(territory=TERRITORY, roles=(side,), leading=(side,))
    assert escalation(who, Place(), World(territory=TERRITORY, roles=(side,))).paths == ()
    return look(who, world, Place()).get("assume_role")


@pytest.mark.parametrize(
    ("who", "trust", "conditions"),
    [
        (holder(allow("s3:*")), trust_of({"AWS": arn("user", "me")}), ()),
        (holder(allow("s3:*"), kind="role"), trust_of({"AWS": arn("role", "me")}), ()),
        (holder(ASKS), trust_of({"AWS": OWN_ROOT}), ()),
        (holder(ASKS, kind="role"), trust_of({"AWS": ACCOUNT}), ()),
        (holder(ASKS), trust_of({"AWS": OWN_ROOT}, Condition=WITH_MFA), ("aws:multifactorauthpresent",)),
        (holder(ASKS), trust_of({"AWS": OWN_ROOT}, Condition=WITH_ID), ("sts:externalid",)),
        (holder(allow("sts:*", Condition=WITH_MFA)), trust_of({"AWS": OWN_ROOT}), ("aws:multifactorauthpresent",)),
        (holder(allow("s3:*"), boundary=rules(allow("s3:*"))), trust_of({"AWS": arn("user", "me")}), ()),
    ],
)
def test_assuming_a_role_with_more_privileges(who: Holder, trust: dict[str, Any], conditions: tuple[str, ...]) -> None:
    path = assumes(who, trust)
    assert path is not None
    assert path.effective == Known(value=True)
    assert path.actions == ("sts:AssumeRole",)
    assert path.targets == (BOSS_ROLE,)
    assert path.conditions == conditions
    by_name = who.caller.arn in str(trust)
    assert path.via == (f"trust policy of {BOSS_ROLE}" if by_name else "inline policy own",)


@pytest.mark.parametrize(
    ("who", "trust"),
    [
        (holder(allow("s3:*")), [trust_of({"AWS": OWN_ROOT})]),
        (holder(ASKS), [trust_of({"AWS": arn("user", "someone-else")})]),
        (holder(ASKS), [trust_of({"Service": "ec2.amazonaws.com"})]),
        (holder(ASKS, NEVER), [trust_of({"AWS": OWN_ROOT})]),
        (holder(ASKS, NEVER), [trust_of({"AWS": arn("user", "me")})]),
        (holder(ASKS, boundary=rules(allow("s3:*"))), [trust_of({"AWS": OWN_ROOT})]),
        (holder(ASKS, kind="role", boundary=rules(allow("s3:*"))), [trust_of({"AWS": arn("role", "me")})]),
        (holder(ASKS, boundary=rules(allow("*"), NEVER)), [trust_of({"AWS": arn("user", "me")})]),
        (
            holder(ASKS),
            [trust_of({"AWS": OWN_ROOT}, Condition={"ArnLike": {"aws:PrincipalArn": arn("role", "ci-*")}})],
        ),
        (
            holder(ASKS),
            [trust_of({"AWS": OWN_ROOT}), {**trust_of({"AWS": arn("user", "me")}), "Effect": "Deny"}],
        ),
    ],
)
def test_a_role_that_does_not_let_it_in(who: Holder, trust: list[dict[str, Any]]) -> None:
    assert assumes(who, *trust) is None


def test_permission_that_depends_on_a_condition_makes_assuming_depend_on_it() -> None:
    tagged = allow("sts:AssumeRole", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}})
    path = assumes(holder(tagged), trust_of({"AWS": OWN_ROOT}))
    assert path is not None
    assert path.effective == Known(value=False)
    assert path.conditions == ("aws:resourcetag/team",)


def test_who_may_assume_a_role_is_looked_at_again_when_the_role_turns_out_powerful() -> None:
    side = RoleSide(arn=BOSS_ROLE, trusts=frozenset({arn("user", "me")}))
    world = World(territory=TERRITORY, roles=(side,))
    assert escalation(holder(allow("s3:*")), Place(), world).missed
    assert not escalation(holder(allow("s3:*"), name="other"), Place(), world).missed


def test_a_role_that_trusts_the_account_takes_permission_to_assume() -> None:
    world = World(territory=TERRITORY, roles=(RoleSide(arn=arn("role", "open"), trusts_account=True),))
    put = allow("iam:PutRolePolicy", on=arn("role", "open"))
    assert found(holder(put), world) == set()
    assert found(holder(put, allow("sts:AssumeRole", on=arn("role", "open"))), world) == {"put_role_policy"}


@pytest.mark.parametrize(
    ("action", "versions", "there"),
    [
        ("iam:CreatePolicyVersion", 1, True),
        ("iam:SetDefaultPolicyVersion", 2, True),
        ("iam:SetDefaultPolicyVersion", 1, False),
    ],
)
@pytest.mark.parametrize("boundary", [None, rules(allow("iam:*"))], ids=["free", "bounded"])
def test_the_policy_of_a_role_that_it_may_assume(action: str, versions: int, boundary: Any, *, there: bool) -> None:
    helpers = arn("policy", "helpers")

    def methods(*, bounded: bool = False, trusts: str = "me", on: str = helpers) -> dict[str, EscalationPath]:
        side = RoleSide(
            arn=arn("role", "helper"),
            trusts=frozenset({arn("user", trusts)}),
            policies={helpers: versions},
            bounded=bounded,
        )
        return look(holder(allow(action, on=on), boundary=boundary), World(territory=TERRITORY, roles=(side,)), Place())

    found = methods()
    assert len(found) == there
    assert all(path.targets == (helpers,) and path.actions == (action,) for path in found.values())
    assert methods(trusts="someone-else") == {}
    assert methods(on=arn("policy", "others")) == {}
    assert methods(bounded=True) == {}


def test_what_is_written_into_a_bounded_role_stays_within_its_boundary() -> None:
    side = RoleSide(arn=arn("role", "helper"), trusts=frozenset({arn("user", "me")}), bounded=True)
    who = holder(allow("iam:PutRolePolicy", on=arn("role", "helper")))
    assert look(who, World(territory=TERRITORY, roles=(side,)), Place()) == {}
    itself = holder(allow("iam:PutRolePolicy", on=arn("role", "me")), kind="role", boundary=rules(allow("iam:*")))
    assert look(itself, EMPTY, Place()) == {}


def test_within_its_own_boundary_it_cannot_lift_itself_but_others() -> None:
    bounds = rules(allow("iam:*", "s3:*"))
    who = holder(allow("iam:AttachUserPolicy", "iam:CreatePolicyVersion", "iam:CreateAccessKey"), boundary=bounds)
    assert found(who) == {"create_access_key"}
    wide = holder(allow("iam:AttachUserPolicy"), boundary=rules(allow("*")))
    assert found(wide) == {"attach_user_policy"}


@pytest.mark.parametrize("kind", ["user", "role"])
def test_taking_off_its_own_boundary(kind: str) -> None:
    remove = f"iam:Delete{kind.capitalize()}PermissionsBoundary"
    bounds = rules(allow("s3:*", remove))
    assert "remove_own_boundary" in found(holder(allow("*"), kind=kind, boundary=bounds))
    assert "remove_own_boundary" not in found(holder(allow("s3:*", remove), kind=kind, boundary=bounds))
    assert "remove_own_boundary" not in found(holder(allow("*"), kind=kind, boundary=rules(allow("s3:*"))))
    elsewhere = rules(allow("s3:*"), allow(remove, on=arn(kind, "other")))
    assert "remove_own_boundary" not in found(holder(allow("*"), kind=kind, boundary=elsewhere))
    guarded = rules(allow("*"), deny("s3:*"), deny("iam:*", on=arn(kind, "*")))
    assert "remove_own_boundary" not in found(holder(allow("*"), kind=kind, boundary=guarded))


@pytest.mark.parametrize("kind", ["user", "role"])
@pytest.mark.parametrize(
    ("action", "versions", "there"),
    [
        ("iam:CreatePolicyVersion", 1, True),
        ("iam:CreatePolicyVersion", 0, False),
        ("iam:SetDefaultPolicyVersion", 2, True),
        ("iam:SetDefaultPolicyVersion", 1, False),
        ("iam:DeletePolicyVersion", 2, False),
    ],
)
def test_rewriting_its_own_boundary(kind: str, action: str, versions: int, *, there: bool) -> None:
    boundary, place = arn("policy", "boundary"), Place(boundary_versions=versions)
    bounds = rules(allow("s3:*", action))
    paths = look(holder(allow("*"), kind=kind, boundary=bounds), EMPTY, place)
    assert ("rewrite_own_boundary" in paths) is there
    if there:
        assert paths["rewrite_own_boundary"].actions == (action,)
        assert paths["rewrite_own_boundary"].targets == (boundary,)
        assert paths["rewrite_own_boundary"].effective == Known(value=True)
    elsewhere = rules(allow("s3:*"), allow(action, on=arn("policy", "other")))
    assert "rewrite_own_boundary" not in look(holder(allow("*"), kind=kind, boundary=elsewhere), EMPTY, place)
    guarded = [allow("*"), deny(action, on=boundary)]
    assert "rewrite_own_boundary" not in look(holder(*guarded, kind=kind, boundary=bounds), EMPTY, place)
    little = holder(allow("s3:*"), allow(action, on=boundary), kind=kind, boundary=bounds)
    assert "rewrite_own_boundary" not in look(little, EMPTY, place)


def test_an_unread_boundary_leaves_each_method_open() -> None:
    unread = Unread(reason=UnreadReason.ERROR, operation="iam:x", detail="policy_not_listed")
    path = look(holder(allow("iam:AttachUserPolicy"), boundary=unread))["attach_user_policy"]
    assert path.effective == unread


def test_an_unread_policy_is_one_open_path() -> None:
    who = holder({"Effect": "Allow", "Action": [], "Resource": "*"}, allow("iam:CreateAccessKey"))
    paths = look(who)
    assert isinstance(paths["unread_policy"].effective, Unread)
    assert paths["create_access_key"].effective == Known(value=True)


def test_what_lacks_only_a_target_is_said_to() -> None:
    def missed(who: Holder) -> bool:
        result: Escalation = escalation(who, Place(), EMPTY)
        return result.missed

    assert missed(holder(allow("iam:CreateAccessKey", on=BOSS)))
    assert missed(holder(allow("iam:PassRole", on=DEPLOYER), allow("ec2:RunInstances")))
    assert not missed(holder(allow("s3:*")))


READ_ONLY: tuple[dict[str, Any], ...] = (
    allow("s3:*"),
    allow("*:Get*", "*:List*", "*:Describe*"),
    allow("ec2:Describe*", "ec2:RunInstances", "ec2:StartInstances"),
    allow("lambda:InvokeFunction", "states:StartExecution", "sqs:*", "sns:*", "dynamodb:*"),
    allow("sts:AssumeRole", on=DEPLOYER),
    allow("iam:PassRole"),
)


@pytest.mark.parametrize("statement", READ_ONLY)
def test_ordinary_permissions_are_none(statement: dict[str, Any]) -> None:
    assert look(holder(statement)) == {}


def test_the_methods_are_many_distinct_and_spelled_as_services_spell_them() -> None:
    uids = [method.uid for method in METHODS]
    assert len(uids) == len(set(uids)) > 40
    assert all(name.count(":") == 1 for name in NAMES)
    assert len({name.lower() for name in NAMES}) == len(NAMES)
