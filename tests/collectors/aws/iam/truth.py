"""A company's identities in a moto server, and beside each what is true of it, written by hand.

Verdicts: ``P`` pass, ``F`` fail, ``U`` unknown, in the order of ``OF_USERS`` and ``OF_ROLES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.collectors.aws.iam.documents import ACCOUNT, FOREIGN, NO_MFA, allow, arn, deny, trust_of

OF_USERS = (
    "identity.mfa_missing",
    "identity.stale_access_key",
    "identity.least_privilege",
    "identity.privilege_escalation",
    "identity.mfa_rule_ineffective",
)
OF_ROLES = (
    "identity.least_privilege",
    "identity.privilege_escalation",
    "identity.role_trust_public",
    "identity.role_trust_external",
    "identity.role_assumption_without_mfa",
)
VETTED = "111122223333"
"""The one account that the operator vouched for."""

AWS = "arn:aws:iam::aws:policy/"
OWN_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
GITHUB = "token.actions.githubusercontent.com"
SET_UP = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "sts:GetSessionToken"]
OWN = arn("user", "${aws:username}")

ADMIN = f"{AWS}AdministratorAccess"
POWER = f"{AWS}PowerUserAccess"


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of the estate."""

    inline: tuple[dict[str, Any], ...] = ()
    attached: tuple[str, ...] = ()


GROUPS = {
    "admins": Group(attached=(ADMIN,)),
    "developers": Group(attached=(POWER,)),
    "readers": Group(inline=(allow("s3:Get*"),)),
    "empty": Group(),
    "guarded": Group(inline=(deny(NotAction=SET_UP, Condition=NO_MFA),)),
    "keyless": Group(inline=(deny(NotAction=SET_UP, Condition={"Null": {"aws:MultiFactorAuthPresent": "true"}}),)),
    "seeming": Group(inline=(deny(NotAction=SET_UP, Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),)),
}

POLICIES: dict[str, tuple[dict[str, Any], ...]] = {
    "mine": (allow("s3:Get*"),),
    "old": (allow("s3:*"),),
    "only-s3": (allow("s3:*"),),
    "s3-and-off": (allow("s3:*"), allow("iam:DeleteRolePermissionsBoundary")),
    "s3-and-versions": (allow("s3:*"), allow("iam:CreatePolicyVersion")),
    "s3-and-older": (allow("s3:*"), allow("iam:SetDefaultPolicyVersion")),
    "s3-and-none-older": (allow("s3:*"), allow("iam:SetDefaultPolicyVersion")),
    "helpers": (allow("s3:*"),),
    "unlisted": (allow("s3:*"),),
    "platform": (allow("*"),),
}
TWO_VERSIONS = ("old", "s3-and-older")
UNLISTED = "unlisted"
"""Left out of the listing, as if it had failed to come."""

GARBLED = "garbled"
"""Policies of this name make no sense on the wire."""


@dataclass(frozen=True, kw_only=True)
class User:
    """A user: what it signs in with (keys: active, age in days), what it is under, and the truth."""

    truth: str
    password: bool = False
    device: bool = False
    keys: tuple[tuple[bool, int], ...] = ()
    groups: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    inline: tuple[dict[str, Any], ...] = ()
    garbled: bool = False
    row_makes_no_sense: bool = False


def policy(name: str) -> str:
    return arn("policy", name)


def until(moment: str) -> dict[str, Any]:
    """A condition that ends at this moment, given as a date or in seconds."""
    if moment.isdigit():
        return {"Condition": {"NumericLessThan": {"aws:EpochTime": moment}}}
    return {"Condition": {"DateLessThan": {"aws:CurrentTime": moment}}}


def attaching(operator: str, what: str) -> dict[str, Any]:
    """A condition on the policy that is attached."""
    return {"Condition": {operator: {"iam:PolicyARN": what}}}


PASS_TO_APPS = allow("iam:PassRole", on=arn("role", "app-*"))
LAMBDA = allow("lambda:CreateFunction", "lambda:InvokeFunction")

USERS: dict[str, User] = {
    #          MFA key admin climbs rule
    "ada": User(truth="PPPPP", password=True, device=True, keys=((True, 30),)),
    "bob": User(truth="FPPPP", password=True),
    "carol": User(truth="PFPPP", keys=((True, 91),)),
    "dave": User(truth="PPPPP", keys=((True, 90),)),
    "erin": User(truth="PPPPP", keys=((False, 400),)),
    "frank": User(truth="PFPPP", keys=((True, 10), (True, 200))),
    "grace": User(truth="PPPPP", keys=((True, 10), (False, 900))),
    "heidi": User(truth="PPFPP", password=True, device=True, attached=(ADMIN,)),
    "ivan": User(truth="FPFPP", password=True, groups=("admins",)),
    "judy": User(truth="PPFPP", inline=(allow("*"),)),
    "kim": User(truth="PPFPP", inline=(allow(NotAction="s3:DeleteBucket"),)),
    "liam": User(truth="PPFPP", inline=(allow("*:*", on="arn:aws:*"),)),
    "mia": User(truth="PPPPP", attached=(ADMIN,), inline=(deny("*"),)),
    "noah": User(truth="PPPFP", attached=(ADMIN,), inline=(deny("iam:*"),)),
    "olga": User(truth="PPPFP", attached=(POWER,)),
    "pete": User(truth="PPPPP", attached=(f"{AWS}ReadOnlyAccess",)),
    "quinn": User(truth="PPPPP", inline=(allow("s3:*", "sqs:*", "dynamodb:*"),)),
    "rita": User(truth="PPPFP", attached=(f"{AWS}IAMFullAccess",)),
    "sam": User(truth="PPFPP", inline=(allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),)),
    "tina": User(truth="PPPPP", inline=(allow("*", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}),)),
    "uma": User(truth="PPPPP", inline=(allow("iam:*AccessKey*", "iam:*LoginProfile", "iam:*MFADevice", on=OWN),)),
    "vic": User(truth="PPPFP", inline=(allow("iam:CreateAccessKey", on=arn("user", "heidi")),)),
    "walt": User(truth="PPPPP", inline=(allow("iam:CreateAccessKey", on=arn("user", "quinn")),)),
    "wanda": User(truth="PPPFP", inline=(allow("iam:CreateAccessKey", on=arn("user", "olga")),)),
    "xena": User(truth="PPPFP", inline=(allow("iam:AddUserToGroup", on=arn("group", "admins")),)),
    "yuri": User(truth="PPPFP", inline=(allow("iam:AddUserToGroup", on=arn("group", "developers")),)),
    "yves": User(truth="PPPPP", groups=("empty",), inline=(allow("iam:AddUserToGroup", on=arn("group", "readers")),)),
    "zoe": User(truth="PPPFP", inline=(allow("iam:PutUserPolicy", on=OWN),)),
    "aldo": User(truth="PPPFP", inline=(PASS_TO_APPS, LAMBDA)),
    "bea": User(truth="PPPPP", inline=(allow("iam:PassRole", on=arn("role", "web-*")), LAMBDA)),
    "cleo": User(
        truth="PPPPP",
        inline=(
            allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
            LAMBDA,
        ),
    ),
    "dora": User(
        truth="PPPFP", attached=(policy("mine"),), inline=(allow("iam:CreatePolicyVersion", on=policy("mine")),)
    ),
    "emil": User(
        truth="PPPPP", attached=(policy("mine"),), inline=(allow("iam:CreatePolicyVersion", on=policy("old")),)
    ),
    "fay": User(truth="PPPFP", inline=(allow("iam:UpdateAssumeRolePolicy", on=arn("role", "app-admin")),)),
    "gus": User(truth="PPPPP", inline=(PASS_TO_APPS, LAMBDA, deny("lambda:CreateFunction"))),
    "hana": User(truth="FPPPP", password=True, groups=("guarded",)),
    "ines": User(truth="PPPPF", keys=((True, 5),), groups=("seeming",)),
    "jack": User(truth="FPPPP", password=True, groups=("seeming",)),
    "jill": User(truth="PPPPP", keys=((True, 5),), groups=("seeming", "keyless")),
    "joan": User(truth="PPPPP", keys=((True, 5),), groups=("seeming", "guarded")),
    "kate": User(
        truth="PPPFF",
        keys=((True, 5),),
        inline=(allow("iam:*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),),
    ),
    "leo": User(truth="UPPPP", password=True, row_makes_no_sense=True),
    "mona": User(truth="PPUUP", attached=(policy(UNLISTED),)),
    "nils": User(truth="PPUUP", garbled=True),
    "olav": User(truth="PPFPP", groups=("admins",), garbled=True),
    "ravi": User(truth="PPPFP", inline=(allow("iam:PutRolePolicy", on=arn("role", "helper")),)),
    "rosa": User(truth="PPPPP", inline=(allow("iam:PutRolePolicy", on=arn("role", "web-plain")),)),
    "sara": User(truth="PPPFP", attached=(policy("old"),), inline=(allow("iam:SetDefaultPolicyVersion"),)),
    "theo": User(truth="PPPPP", inline=(allow("sts:AssumeRole", on=arn("role", "app-admin")),)),
    "ursula": User(truth="PPPFP", inline=(allow("iam:CreateRole", "iam:AttachRolePolicy", on=arn("role", "team/*")),)),
    "wes": User(truth="PPPPP", inline=(allow("iam:AttachUserPolicy", **attaching("ArnEquals", policy("mine"))),)),
    "xavi": User(truth="PPPFP", inline=(allow("iam:AttachUserPolicy", **attaching("ArnNotEquals", ADMIN)),)),
    "yara": User(truth="PPPFP", inline=(allow("iam:AttachUserPolicy", **attaching("ArnLike", policy("*"))),)),
    "zack": User(
        truth="PPPFP",
        inline=(allow("iam:AttachUserPolicy"), deny("iam:AttachUserPolicy", **attaching("ArnEquals", ADMIN))),
    ),
    "abel": User(
        truth="PPPFP",
        inline=(
            allow("iam:CreatePolicy", on=policy("new-*")),
            allow("iam:AttachUserPolicy", **attaching("ArnLike", policy("new-*"))),
        ),
    ),
    "bela": User(truth="PPPPP", inline=(allow("iam:AttachUserPolicy", **attaching("ArnLike", policy("new-*"))),)),
    "cyd": User(truth="PPPFP", inline=(allow("iam:CreatePolicyVersion", on=policy("helpers")),)),
    "dina": User(truth="PPPPP", inline=(allow("iam:CreatePolicyVersion", on=policy("helpers")),)),
    "eddy": User(truth="PPPFP"),
    "elsa": User(truth="PPPPP", inline=(deny("sts:AssumeRole"),)),
    "finn": User(truth="PPPFP", inline=(allow("sts:AssumeRole", on=arn("role", "break-glass")),)),
    "gail": User(truth="PPPFP", inline=(allow("sts:AssumeRole", on=arn("role", "first-step")),)),
    "hugo": User(truth="PPPPP", inline=(allow("sts:AssumeRole", on=arn("role", "people")),)),
    "inga": User(truth="PPPFP", inline=(allow("sts:AssumeRole", on=arn("role", "climbs-itself")),)),
    "kurt": User(truth="PPPPP", inline=(allow("*", **until("2020-01-01T00:00:00Z")),)),
    "lena": User(truth="PPFPP", inline=(allow("*", **until("2199-01-01T00:00:00Z")),)),
    "mark": User(truth="PPFPP", inline=(allow("*"), deny("*", **until("2020-01-01T00:00:00Z")))),
    "nora": User(truth="PPPPP", inline=(allow("iam:PutUserPolicy", on=OWN, **until("1577836800")),)),
    "otto": User(truth="PPPPP"),
    "vera": User(truth="FFFPP", password=True, keys=((True, 1000),), groups=("readers", "admins")),
}


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role: whom it trusts, what it is under, and the truth."""

    truth: str
    trust: tuple[dict[str, Any], ...]
    path: str = "/"
    attached: tuple[str, ...] = ()
    inline: tuple[dict[str, Any], ...] = ()
    boundary: str = ""
    garbled_trust: bool = False


def service(*names: str) -> tuple[dict[str, Any], ...]:
    return (trust_of({"Service": [f"{name}.amazonaws.com" for name in names]}),)


def trusting(principal: Any, condition: dict[str, Any] | None = None) -> tuple[dict[str, Any], ...]:
    return (trust_of(principal, **({} if condition is None else {"Condition": condition})),)


def oidc(issuer: str, condition: dict[str, Any] | None = None, *, bare: bool = False) -> tuple[dict[str, Any], ...]:
    provider = issuer if bare else f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"
    conditions = {} if condition is None else {"Condition": condition}
    return (trust_of({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", **conditions),)


SAML = (trust_of({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"}, "sts:AssumeRoleWithSAML"),)
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
POOL = {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:11111111-2222-3333-4444-555555555555"}}

ROLES: dict[str, Role] = {
    #     admin climbs public external person
    "app-admin": Role(truth="FPPPP", trust=service("lambda"), attached=(ADMIN,)),
    "web-plain": Role(truth="PPPPP", trust=service("lambda", "ec2"), inline=(allow("s3:*"),)),
    "open": Role(truth="PPFPF", trust=trusting({"AWS": "*"})),
    "open-with-id": Role(truth="PPFPF", trust=trusting("*", {"StringEquals": {"sts:ExternalId": "x"}})),
    "in-organization": Role(
        truth="PPPPF", trust=trusting("*", {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}})
    ),
    "all-but-root": Role(
        truth="PPFPF", trust=({"Effect": "Allow", "NotPrincipal": {"AWS": OWN_ROOT}, "Action": "sts:AssumeRole"},)
    ),
    "supplier-with-id": Role(
        truth="PPPFP",
        trust=trusting({"AWS": f"arn:aws:iam::{FOREIGN}:root"}, {"StringEquals": {"sts:ExternalId": "x"}}),
    ),
    "supplier": Role(truth="PPPFP", trust=trusting({"AWS": FOREIGN})),
    "foreign-user": Role(truth="PPPFF", trust=trusting({"AWS": arn("user", "x", FOREIGN)})),
    "foreign-role": Role(truth="PPPFP", trust=trusting({"AWS": arn("role", "x", FOREIGN)})),
    "vetted": Role(truth="PPPPP", trust=trusting({"AWS": f"arn:aws:iam::{VETTED}:root"})),
    "vetted-and-not": Role(truth="PPPFP", trust=trusting({"AWS": [VETTED, FOREIGN]})),
    "people": Role(truth="PPPPF", trust=trusting({"AWS": OWN_ROOT})),
    "people-with-mfa": Role(truth="PPPPP", trust=trusting({"AWS": OWN_ROOT}, MFA)),
    "people-if-exists": Role(
        truth="PPPPF", trust=trusting({"AWS": OWN_ROOT}, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}})
    ),
    "people-from-office": Role(
        truth="PPPPF", trust=trusting({"AWS": OWN_ROOT}, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    ),
    "bobs": Role(truth="PPPPF", trust=trusting({"AWS": arn("user", "bob")})),
    "roles-only": Role(truth="PPPPP", trust=trusting({"AWS": arn("role", "web-plain")})),
    "roles-by-pattern": Role(
        truth="PPPPP", trust=trusting({"AWS": OWN_ROOT}, {"ArnLike": {"aws:PrincipalArn": arn("role", "ci-*")}})
    ),
    "federated": Role(truth="PPPPU", trust=SAML),
    "any-repository": Role(truth="PPFPP", trust=oidc(GITHUB, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}})),
    "own-repository": Role(truth="PPPPP", trust=oidc(GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:example/*"}})),
    "cluster": Role(truth="PPPPP", trust=oidc("oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF")),
    "pool-guests": Role(truth="PPFPP", trust=oidc("cognito-identity.amazonaws.com", POOL, bare=True)),
    "AWSReservedSSO_Admin_0123456789abcdef": Role(
        truth="FPPPU", path="/aws-reserved/sso.amazonaws.com/eu-west-1/", trust=SAML, attached=(ADMIN,)
    ),
    "garbled-trust": Role(truth="PPUUU", trust=service("ec2"), garbled_trust=True),
    "climber": Role(
        truth="PFPPP", trust=service("ec2"), inline=(allow("iam:PutRolePolicy", on=arn("role", "climber")),)
    ),
    "ci": Role(truth="PFPPP", trust=service("codebuild"), inline=(PASS_TO_APPS, LAMBDA)),
    "bounded": Role(truth="PPPPP", trust=service("ec2"), attached=(ADMIN,), boundary="only-s3"),
    "bounded-for-now": Role(truth="PFPPP", trust=service("ec2"), attached=(ADMIN,), boundary="s3-and-off"),
    "bounded-by-what-it-writes": Role(
        truth="PFPPP", trust=service("ec2"), attached=(ADMIN,), boundary="s3-and-versions"
    ),
    "bounded-by-what-it-chooses": Role(truth="PFPPP", trust=service("ec2"), attached=(ADMIN,), boundary="s3-and-older"),
    "bounded-by-its-one-version": Role(
        truth="PPPPP", trust=service("ec2"), attached=(ADMIN,), boundary="s3-and-none-older"
    ),
    "cyds": Role(truth="PPPPF", trust=trusting({"AWS": arn("user", "cyd")}), attached=(policy("helpers"),)),
    "named-admins": Role(
        truth="FPPPF", trust=trusting({"AWS": [arn("user", "eddy"), arn("user", "elsa")]}), attached=(ADMIN,)
    ),
    "break-glass": Role(truth="FPPPP", trust=trusting({"AWS": OWN_ROOT}, MFA), attached=(ADMIN,)),
    "first-step": Role(
        truth="PFPPF",
        trust=trusting({"AWS": OWN_ROOT}),
        inline=(allow("sts:AssumeRole", on=arn("role", "break-glass")),),
    ),
    "climbs-itself": Role(
        truth="PFPPF",
        trust=trusting({"AWS": OWN_ROOT}),
        inline=(allow("iam:PutRolePolicy", on=arn("role", "climbs-itself")),),
    ),
    "was-ottos": Role(
        truth="FPPPP",
        trust=trusting({"AWS": arn("user", "otto")}, until("2020-01-01T00:00:00Z")["Condition"]),
        attached=(ADMIN,),
    ),
    "helper": Role(truth="PPPPF", trust=trusting({"AWS": arn("user", "ravi")})),
}
SERVICE_LINKED = "AWSServiceRoleForAutoScaling"
"""Made by the service; all of it passes."""
