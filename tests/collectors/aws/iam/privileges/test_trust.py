"""Whom a trust policy lets in: everybody, a foreign account, one's own people, machines."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.iam.privileges import issuers, role_side, trusts
from collectors.aws.policy import parse_policy
from collectors.model import Known, Reach, Trust, TrustedKind, Unread
from detectors.notes import NOTES
from tests.collectors.aws.iam.documents import ACCOUNT, FOREIGN, arn, document, trust_of

OWN_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
FOREIGN_ROOT = f"arn:aws:iam::{FOREIGN}:root"
GITHUB = "token.actions.githubusercontent.com"
WEB = "sts:AssumeRoleWithWebIdentity"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def read(*statements: Any) -> tuple[Trust, ...]:
    return trusts(parse_policy(document(*statements)), ACCOUNT)


def one(*statements: Any) -> Trust:
    (found,) = read(*statements)
    return found


PARTIES: list[tuple[Any, dict[str, Any], Reach, TrustedKind]] = [
    ({"AWS": "*"}, {}, Reach.ANY_AUTHENTICATED, TrustedKind.EVERYONE),
    ("*", {}, Reach.ANY_AUTHENTICATED, TrustedKind.EVERYONE),
    ({"AWS": [FOREIGN_ROOT, "*"]}, {}, Reach.NAMED_EXTERNAL, TrustedKind.ACCOUNT),
    ("*", {"StringEquals": {"sts:ExternalId": "x"}}, Reach.ANY_AUTHENTICATED, TrustedKind.EVERYONE),
    ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}}, Reach.ORGANISATION, TrustedKind.EVERYONE),
    ("*", {"StringLike": {"aws:PrincipalOrgID": "o-*"}}, Reach.ANY_AUTHENTICATED, TrustedKind.EVERYONE),
    (
        "*",
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorg1"}},
        Reach.ANY_AUTHENTICATED,
        TrustedKind.EVERYONE,
    ),
    ("*", {"StringEquals": {"aws:PrincipalAccount": FOREIGN}}, Reach.NAMED_EXTERNAL, TrustedKind.EVERYONE),
    ("*", {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, Reach.PRIVATE, TrustedKind.ACCOUNT),
    ("*", {"ArnLike": {"aws:PrincipalArn": arn("role", "ci")}}, Reach.PRIVATE, TrustedKind.ACCOUNT),
    ("*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, Reach.ANONYMOUS_FROM_RANGE, TrustedKind.EVERYONE),
    ({"AWS": FOREIGN_ROOT}, {}, Reach.NAMED_EXTERNAL, TrustedKind.ACCOUNT),
    ({"AWS": FOREIGN}, {}, Reach.NAMED_EXTERNAL, TrustedKind.ACCOUNT),
    ({"AWS": arn("user", "bob", FOREIGN)}, {}, Reach.NAMED_EXTERNAL, TrustedKind.USER),
    ({"AWS": arn("role", "ci", FOREIGN)}, {}, Reach.NAMED_EXTERNAL, TrustedKind.ROLE),
    ({"AWS": f"arn:aws:sts::{FOREIGN}:assumed-role/ci/job"}, {}, Reach.NAMED_EXTERNAL, TrustedKind.ROLE),
    (
        {"AWS": FOREIGN_ROOT},
        {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}},
        Reach.ORGANISATION,
        TrustedKind.ACCOUNT,
    ),
    ({"AWS": OWN_ROOT}, {}, Reach.PRIVATE, TrustedKind.ACCOUNT),
    ({"AWS": ACCOUNT}, {}, Reach.PRIVATE, TrustedKind.ACCOUNT),
    ({"AWS": arn("user", "eng/bob")}, {}, Reach.PRIVATE, TrustedKind.USER),
    ({"AWS": arn("role", "ci")}, {}, Reach.PRIVATE, TrustedKind.ROLE),
    ({"AWS": "AROAEXAMPLEEXAMPLE123"}, {}, Reach.UNKNOWN, TrustedKind.UNIQUE_ID),
    ({"Service": "ec2.amazonaws.com"}, {}, Reach.PRIVATE, TrustedKind.SERVICE),
]


@pytest.mark.parametrize(("principal", "condition", "reach", "kind"), PARTIES)
def test_who_gets_in(principal: Any, condition: dict[str, Any], reach: Reach, kind: TrustedKind) -> None:
    conditions = {"Condition": condition} if condition else {}
    found = read(trust_of(principal, **conditions))[0]
    assert (found.reach, found.kind) == (reach, kind)
    assert found.effective == Known(kind is not TrustedKind.UNIQUE_ID)


def test_every_member_is_told_in_order() -> None:
    found = read(
        trust_of({"AWS": [OWN_ROOT, FOREIGN_ROOT, "*"], "Service": ["ec2.amazonaws.com", "ssm.amazonaws.com"]})
    )
    assert [party.principal for party in found] == [
        OWN_ROOT,
        FOREIGN_ROOT,
        "*",
        "ec2.amazonaws.com",
        "ssm.amazonaws.com",
    ]


def test_not_principal_lets_everybody_else_in() -> None:
    found = one({"Effect": "Allow", "NotPrincipal": {"AWS": OWN_ROOT}, "Action": "sts:AssumeRole"})
    assert found.reach is Reach.ANY_AUTHENTICATED
    assert found.notes == ("allow_with_not_principal",)


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:SetSourceIdentity", ["sts:TagSession"], "s3:GetObject"])
def test_what_assumes_nothing_lets_nobody_in(action: Any) -> None:
    assert read(trust_of({"AWS": "*"}, action)) == ()


@pytest.mark.parametrize(
    "action", ["sts:*", "*", "STS:assumerole", ["sts:TagSession", "sts:AssumeRole"], "sts:Assume*"]
)
def test_any_spelling_of_assuming_counts(action: Any) -> None:
    assert one(trust_of({"AWS": FOREIGN_ROOT}, action)).reach is Reach.NAMED_EXTERNAL


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"sts:ExternalId": "a"}}, True),
        ({"StringLike": {"sts:ExternalId": ["a", "b"]}}, True),
        ({"ForAnyValue:StringEquals": {"sts:ExternalId": "a"}}, True),
        ({"StringLike": {"sts:ExternalId": "*"}}, False),
        ({"StringEqualsIfExists": {"sts:ExternalId": "a"}}, False),
        ({"StringNotEquals": {"sts:ExternalId": "a"}}, False),
        ({"Null": {"sts:ExternalId": "false"}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({}, False),
    ],
)
def test_a_fixed_external_id(condition: dict[str, Any], *, expected: bool) -> None:
    assert one(trust_of({"AWS": FOREIGN_ROOT}, Condition=condition)).external_id is expected


HUMANS: list[tuple[Any, dict[str, Any], bool]] = [
    ({"AWS": OWN_ROOT}, {}, True),
    ({"AWS": ACCOUNT}, {}, True),
    ({"AWS": arn("user", "bob")}, {}, True),
    ({"AWS": arn("user", "bob", FOREIGN)}, {}, True),
    ("*", {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, True),
    ("*", {}, True),
    ({"AWS": OWN_ROOT}, MFA, False),
    ({"AWS": OWN_ROOT}, {"Bool": {"AWS:multifactorauthpresent": True}}, False),
    ({"AWS": OWN_ROOT}, {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, False),
    ({"AWS": OWN_ROOT}, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True),
    ({"AWS": OWN_ROOT}, {"Null": {"aws:MultiFactorAuthPresent": "false"}}, True),
    ({"AWS": OWN_ROOT}, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
    ({"AWS": OWN_ROOT}, {"ArnLike": {"aws:PrincipalArn": arn("role", "*")}}, False),
    ({"AWS": OWN_ROOT}, {"ArnLike": {"aws:PrincipalArn": [arn("role", "*"), arn("user", "admin-*")]}}, True),
    ({"AWS": OWN_ROOT}, {"ArnNotLike": {"aws:PrincipalArn": arn("role", "*")}}, True),
    ({"AWS": OWN_ROOT}, {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}, False),
    ({"AWS": arn("user", "bob")}, {"StringEquals": {"aws:username": "mallory"}}, False),
    ({"AWS": arn("role", "ci")}, {}, False),
    ({"AWS": FOREIGN_ROOT}, {}, False),
    ({"Service": "ec2.amazonaws.com"}, {}, False),
]


@pytest.mark.parametrize(("principal", "condition", "expected"), HUMANS)
def test_a_person_without_mfa(principal: Any, condition: dict[str, Any], *, expected: bool) -> None:
    found = read(trust_of(principal, Condition=condition))
    assert any(party.human_without_mfa for party in found) is expected


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, True),
        ({"Null": {"aws:MultiFactorAuthPresent": "true"}}, True),
    ],
)
def test_a_deny_in_the_trust_policy_asks_for_mfa_or_only_seems_to(refusal: dict[str, Any], *, expected: bool) -> None:
    refuse = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": refusal}
    assert one(trust_of({"AWS": OWN_ROOT}), refuse).human_without_mfa is expected


def test_what_a_trust_policy_let_in_until_a_date_that_has_passed_gets_in_no_more() -> None:
    over = {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    to_come = {"DateLessThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"
    for principal, action in (
        ("*", "sts:AssumeRole"),
        ({"AWS": FOREIGN_ROOT}, "sts:AssumeRole"),
        ({"Federated": provider}, WEB),
    ):
        assert read(trust_of(principal, action, Condition=over)) == ()
        assert read(trust_of(principal, action, Condition=to_come)) != ()


def test_a_deny_of_strangers_leaves_the_organization() -> None:
    outside = {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}}
    refuse = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": outside}
    assert one(trust_of("*"), refuse).reach is Reach.ORGANISATION
    assert one(trust_of({"AWS": FOREIGN_ROOT}), refuse).reach is Reach.ORGANISATION
    assert read(trust_of({"AWS": FOREIGN_ROOT}), {**refuse, "Condition": {}}) == ()


def oidc(issuer: str, condition: dict[str, Any], *, bare: bool = False) -> Trust:
    provider = issuer if bare else f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"
    return one(trust_of({"Federated": provider}, WEB, Condition=condition))


@pytest.mark.parametrize(
    ("condition", "open_to_all"),
    [
        ({}, True),
        ({"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:*"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "*"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:*:ref:refs/heads/main"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:*:environment:production"}}, True),
        ({"StringEqualsIfExists": {f"{GITHUB}:aud": "sts.amazonaws.com"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:example/*"}}, False),
        ({"StringEquals": {f"{GITHUB}:sub": "repo:example/app:ref:refs/heads/main"}}, False),
        ({"StringLike": {f"{GITHUB.upper()}:SUB": ["repo:example/a:*", "repo:example/b:*"]}}, False),
        ({"StringLike": {f"{GITHUB}:sub": ["repo:example/a:*", "repo:*"]}}, True),
        ({"StringEquals": {f"{GITHUB}:repository_owner": "example"}}, False),
        ({"StringLike": {f"{GITHUB}:sub": "repo:*/infra:*"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:*:ref:refs/heads/master"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:*:ref:refs/tags/*"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:*/*:environment:prod"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "*/infra:*"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:example*"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:example?/app:*"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:${aws:PrincipalTag/owner}/app:*"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:example@1234/app@5678:*"}}, False),
        ({"ForAnyValue:StringLike": {f"{GITHUB}:sub": "repo:*/infra:*"}}, True),
        ({"StringNotLike": {f"{GITHUB}:sub": "repo:example/*"}}, True),
        ({"StringEquals": {f"{GITHUB}:sub": "environment:prod"}}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repository_owner:example:environment:*"}}, False),
        ({"StringLike": {f"{GITHUB}:sub": "repository_owner:example*"}}, True),
        ({"StringEquals": {f"{GITHUB}:sub": "repository_owner_id:1234"}}, False),
        ({"StringEquals": {f"{GITHUB}:ref": "refs/heads/main"}}, True),
        ({"StringEquals": {f"{GITHUB}:environment": "production"}}, True),
        ({"StringLike": {f"{GITHUB}:job_workflow_ref": "example/shared/.github/workflows/deploy.yml@*"}}, True),
        ({"StringLike": {f"{GITHUB}:repository": "example/*"}}, False),
        ({"StringLike": {f"{GITHUB}:repository": "*/infra"}}, True),
        ({"StringEquals": {f"{GITHUB}:repository_id": "1234"}}, False),
        (
            {
                "StringLike": {f"{GITHUB}:sub": "repo:*/infra:*"},
                "StringEquals": {f"{GITHUB}:repository_owner_id": "1"},
            },
            False,
        ),
    ],
)
def test_a_shared_provider_is_open_unless_the_subject_is_ones_own(
    condition: dict[str, Any], *, open_to_all: bool
) -> None:
    found = oidc(GITHUB, condition)
    assert found.kind is TrustedKind.OIDC
    assert found.reach is (Reach.ANONYMOUS_INTERNET if open_to_all else Reach.PRIVATE)
    assert found.notes == ((issuers.NO_SUBJECT,) if open_to_all else ())


OWN_SUBJECT = {"StringNotLike": {f"{GITHUB}:sub": "repo:example/*"}}


@pytest.mark.parametrize(
    ("refused", "elements", "open_to_all"),
    [
        (OWN_SUBJECT, {}, False),
        (OWN_SUBJECT, {"Principal": {"AWS": "*"}, "Action": "sts:*"}, False),
        (OWN_SUBJECT, {"Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"}}, False),
        (OWN_SUBJECT, {"Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com"}}, True),
        (OWN_SUBJECT, {"Principal": {"AWS": OWN_ROOT}}, True),
        (OWN_SUBJECT, {"Action": "sts:AssumeRole"}, True),
        ({"StringNotLike": {f"{GITHUB}:sub": "repo:*/infra:*"}}, {}, True),
        ({"StringNotEquals": {f"{GITHUB}:repository_owner": "example"}}, {}, False),
        ({"StringNotEquals": {f"{GITHUB}:ref": "refs/heads/main"}}, {}, True),
        ({"StringNotEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}, {}, True),
        ({"StringLike": {f"{GITHUB}:sub": "repo:stranger/*"}}, {}, True),
    ],
)
def test_a_deny_holds_strangers_off_a_shared_provider(
    refused: dict[str, Any], elements: dict[str, Any], *, open_to_all: bool
) -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"
    refuse = {"Effect": "Deny", "Principal": "*", "Action": WEB, "Condition": refused} | elements
    found = one(trust_of({"Federated": provider}, WEB), refuse)
    assert found.reach is (Reach.ANONYMOUS_INTERNET if open_to_all else Reach.PRIVATE)


def test_a_deny_keeps_an_identity_pool_s_guests_out() -> None:
    guests = {"ForAnyValue:StringEquals": {f"{COGNITO}:amr": "unauthenticated"}}
    refuse = {"Effect": "Deny", "Principal": "*", "Action": WEB, "Condition": guests}
    allow = trust_of({"Federated": COGNITO}, WEB, Condition=OWN_POOL)
    assert one(allow, refuse).notes == (issuers.APP_USERS,)


@pytest.mark.parametrize(
    ("provider", "action"), [(f"oidc-provider/{GITHUB}", WEB), ("saml-provider/corp", "sts:AssumeRoleWithSAML")]
)
def test_a_deny_without_conditions_lets_no_federated_user_in(provider: str, action: str) -> None:
    named = {"Federated": f"arn:aws:iam::{ACCOUNT}:{provider}"}
    refuse = {"Effect": "Deny", "Principal": "*", "Action": action}
    assert read(trust_of(named, action), refuse) == ()
    assert read(trust_of(named, action), {**refuse, "Action": "sts:AssumeRole"}) != ()
    spared = {"Effect": "Deny", "NotPrincipal": named, "Action": action}
    assert read(trust_of(named, action), spared) != ()


def test_other_shared_providers() -> None:
    assert oidc("gitlab.com", {"StringLike": {"gitlab.com:sub": "project_path:example/*"}}).reach is Reach.PRIVATE
    assert oidc("gitlab.com", {"StringLike": {"gitlab.com:sub": "project_path:*"}}).reach is Reach.ANONYMOUS_INTERNET
    anybodys = {"StringLike": {"gitlab.com:sub": "project_path:*/deploy:ref_type:branch:ref:master"}}
    assert oidc("gitlab.com", anybodys).reach is Reach.ANONYMOUS_INTERNET
    anybodys = {"StringLike": {"app.terraform.io:sub": "organization:*:project:prod:workspace:*:run_phase:*"}}
    assert oidc("app.terraform.io", anybodys).reach is Reach.ANONYMOUS_INTERNET
    anybodys = {"StringLike": {"agent.buildkite.com:sub": "organization:example*:pipeline:deploy:*"}}
    assert oidc("agent.buildkite.com", anybodys).reach is Reach.ANONYMOUS_INTERNET
    pulumi = {"StringLike": {"api.pulumi.com/oidc:sub": "pulumi:deploy:org:example:project:*"}}
    assert oidc("api.pulumi.com/oidc", pulumi).reach is Reach.PRIVATE
    terraform = {"StringLike": {"app.terraform.io:sub": "organization:example:project:*:workspace:*:run_phase:*"}}
    assert oidc("app.terraform.io", terraform).reach is Reach.PRIVATE


def test_a_provider_of_ones_own_is_ones_own() -> None:
    assert oidc("oidc.eks.eu-west-1.amazonaws.com/id/ABC", {}).reach is Reach.PRIVATE
    assert oidc("sso.example.com", {}).notes == ()


COGNITO = "cognito-identity.amazonaws.com"
OWN_POOL = {"StringEquals": {f"{COGNITO}:aud": "eu-west-1:11111111-2222-3333-4444-555555555555"}}


@pytest.mark.parametrize(
    ("condition", "reach", "note"),
    [
        ({}, Reach.ANONYMOUS_INTERNET, issuers.NO_SUBJECT),
        ({"ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"}}, Reach.ANONYMOUS_INTERNET, issuers.NO_SUBJECT),
        (
            {
                "StringLike": {f"{COGNITO}:aud": "eu-west-1:*"},
                "ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"},
            },
            Reach.ANONYMOUS_INTERNET,
            issuers.NO_SUBJECT,
        ),
        (OWN_POOL, Reach.ANONYMOUS_INTERNET, issuers.GUESTS),
        (
            {**OWN_POOL, "ForAnyValue:StringLike": {f"{COGNITO}:amr": "unauthenticated"}},
            Reach.ANONYMOUS_INTERNET,
            issuers.GUESTS,
        ),
        ({**OWN_POOL, "ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"}}, Reach.PRIVATE, issuers.APP_USERS),
    ],
)
def test_an_identity_pool(condition: dict[str, Any], reach: Reach, note: str) -> None:
    found = oidc(COGNITO, condition, bare=True)
    assert (found.reach, found.notes) == (reach, (note,))


def test_a_consumer_provider_is_open_unless_the_app_is_ones_own() -> None:
    assert oidc("accounts.google.com", {}, bare=True).reach is Reach.ANONYMOUS_INTERNET
    own = {"StringEquals": {"accounts.google.com:aud": "66677788899900pro0"}}
    assert oidc("accounts.google.com", own, bare=True).reach is Reach.PRIVATE
    verified = {"Bool": {"accounts.google.com:email_verified": "true"}}
    assert oidc("accounts.google.com", verified, bare=True).reach is Reach.ANONYMOUS_INTERNET
    person = {"StringEquals": {"accounts.google.com:sub": "110248495921238986420"}}
    assert oidc("accounts.google.com", person, bare=True).reach is Reach.PRIVATE
    app = {"StringEquals": {"graph.facebook.com:app_id": "111222333"}}
    assert oidc("graph.facebook.com", app, bare=True).reach is Reach.PRIVATE


def test_saml_is_the_companys_own_and_takes_its_own_action() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
    found = one(trust_of({"Federated": provider}, "sts:AssumeRoleWithSAML"))
    assert (found.reach, found.kind) == (Reach.PRIVATE, TrustedKind.SAML)
    assert read(trust_of({"Federated": provider}, "sts:AssumeRole")) == ()
    assert read(trust_of({"Federated": GITHUB}, "sts:AssumeRoleWithSAML")) == ()
    foreign = one(trust_of({"Federated": f"arn:aws:iam::{FOREIGN}:saml-provider/x"}, "sts:AssumeRoleWithSAML"))
    assert foreign.reach is Reach.NAMED_EXTERNAL


def test_a_statement_that_makes_no_sense_leaves_the_role_open_and_hides_no_other() -> None:
    known, unknown = read(
        {"Effect": "Allow", "Principal": 7, "Action": "sts:AssumeRole"}, trust_of({"AWS": FOREIGN_ROOT})
    )
    assert known.reach is Reach.NAMED_EXTERNAL
    assert unknown.reach is Reach.UNKNOWN
    assert isinstance(unknown.effective, Unread)
    assert read({"Effect": "Deny", "Principal": 7, "Action": "sts:AssumeRole"}) == ()


def test_a_role_as_others_see_it() -> None:
    found = read(
        trust_of({"AWS": [arn("user", "bob"), arn("role", "ci"), arn("role", "far", FOREIGN)]}),
        trust_of({"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com.cn"]}),
    )
    side = role_side(arn("role", "r"), found, ACCOUNT)
    assert side.trusts == {arn("user", "bob"), arn("role", "ci")}
    assert not side.trusts_account
    assert side.services == {"lambda.amazonaws.com", "ec2.amazonaws.com"}
    assert role_side("r", read(trust_of({"AWS": OWN_ROOT})), ACCOUNT).trusts_account
    assert role_side("r", read(trust_of("*")), ACCOUNT).trusts_account
    assert not role_side("r", read(trust_of({"AWS": FOREIGN_ROOT})), ACCOUNT).trusts_account


def test_every_note_is_explained() -> None:
    assert {issuers.NO_SUBJECT, issuers.GUESTS, issuers.APP_USERS} <= set(NOTES)
