"""Who may do what, and whom roles trust: what is proven stands whatever else is unread."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from collectors.model import Known, Manager, NotNeeded, Principal, Reach, TrustedKind
from detectors.catalogue import catalogue, detectors_for
from detectors.engine import judge, recheck_at
from detectors.identity.examples import FOREIGN, admin_path, escalation_path, role, trust, user
from detectors.model import Judgement, Policy, Severity, Verdict
from tests.detectors.blinding import BLIND

NO = Known(value=False)


def look(uid: str, resource: Principal, **parameters: Any) -> Judgement:
    detector = catalogue()[f"identity.{uid}"]
    kind = detector.parameters
    policy = Policy(parameters={detector.uid: kind(**parameters)}) if kind is not None and parameters else Policy()
    judgement = judge(detector, resource, policy, detector.example_now)
    assert judgement is not None
    return judgement


@pytest.mark.parametrize("uid", ["least_privilege", "privilege_escalation"])
def test_users_and_roles_are_judged_alike(uid: str) -> None:
    for kind in (type(user()), type(role())):
        assert f"identity.{uid}" in {detector.uid for detector in detectors_for(kind)}


PATHS = {
    "least_privilege": ("admin_paths", admin_path),
    "privilege_escalation": ("escalation_paths", escalation_path),
}


@pytest.mark.parametrize("uid", PATHS)
@pytest.mark.parametrize(
    ("effects", "verdict"),
    [
        ((), Verdict.PASS),
        ((Known(value=True),), Verdict.FAIL),
        ((NO,), Verdict.PASS),
        ((BLIND,), Verdict.UNKNOWN),
        ((NO, BLIND), Verdict.UNKNOWN),
        ((BLIND, Known(value=True)), Verdict.FAIL),
        ((Known(value=True), NO, BLIND), Verdict.FAIL),
    ],
)
def test_one_path_that_is_proven_is_enough(uid: str, effects: tuple[Any, ...], verdict: Verdict) -> None:
    fact, make = PATHS[uid]
    paths = Known(tuple(make(effective=effect) for effect in effects))
    for resource in (user(**{fact: paths}), role(**{fact: paths})):
        judgement = look(uid, resource)
        assert judgement.verdict is verdict
        shown = [evidence.violates for evidence in judgement.evidence]
        assert shown.count(True) == effects.count(Known(value=True))
        assert shown.count(False) == effects.count(NO)
        assert bool(judgement.unread) is (BLIND in effects)


def test_why_a_grant_of_everything_is_none_is_noted() -> None:
    taken = admin_path(effective=NO, blocked_by=("permissions boundary x",))
    narrow = admin_path(effective=NO, conditions=("aws:resourcetag/a",))
    assert look("least_privilege", user(admin_paths=Known((taken,)))).notes == ("administrator_grant_taken_back",)
    assert look("least_privilege", user(admin_paths=Known((narrow,)))).notes == ("administrator_grant_conditional",)


def test_what_was_not_looked_for_passes_with_the_reason() -> None:
    linked = role(admin_paths=NotNeeded("service_linked_role"), escalation_paths=NotNeeded("service_linked_role"))
    for uid in PATHS:
        judgement = look(uid, linked)
        assert (judgement.verdict, judgement.notes) == (Verdict.PASS, ("service_linked_role",))
    boss = user(admin_paths=Known((admin_path(),)), escalation_paths=NotNeeded("administrator_already"))
    assert look("privilege_escalation", boss).notes == ("administrator_already",)


def test_ways_that_lead_nowhere_today_weigh_less() -> None:
    nowhere = escalation_path(targets=(), open_ended=True)
    for paths, severity in (
        ((nowhere,), Severity.MEDIUM),
        ((nowhere, escalation_path()), Severity.HIGH),
        ((escalation_path(),), Severity.HIGH),
    ):
        judgement = look("privilege_escalation", user(escalation_paths=Known(paths)))
        assert judgement.severity is severity
    assert look("privilege_escalation", user(escalation_paths=Known((nowhere,)))).notes == (
        "escalation_without_target_today",
    )


TRUST = {
    "role_trust_public": {Reach.ANONYMOUS_INTERNET: Verdict.FAIL, Reach.ANY_AUTHENTICATED: Verdict.FAIL},
    "role_trust_external": {Reach.NAMED_EXTERNAL: Verdict.FAIL},
    "role_assumption_without_mfa": {},
}


@pytest.mark.parametrize("uid", TRUST)
@pytest.mark.parametrize("reach", [reach for reach in Reach if reach is not Reach.UNKNOWN])
def test_each_reach_is_one_detectors_matter(uid: str, reach: Reach) -> None:
    expected = TRUST[uid].get(reach, Verdict.PASS)
    assert look(uid, role(trust=Known((trust(reach=reach),)))).verdict is expected
    assert look(uid, role(trust=Known((trust(reach=reach, effective=NO),)))).verdict is Verdict.PASS


@pytest.mark.parametrize("uid", TRUST)
def test_a_statement_that_was_not_understood_leaves_every_question_open(uid: str) -> None:
    opaque = trust(reach=Reach.UNKNOWN, kind=TrustedKind.EVERYONE, principal="", account="", effective=BLIND)
    assert look(uid, role(trust=Known((opaque,)))).verdict is Verdict.UNKNOWN
    assert look(uid, role(trust=BLIND)).verdict is Verdict.UNKNOWN


def test_accounts_that_were_vouched_for_are_shown_and_pass() -> None:
    one = role(trust=Known((trust(),)))
    assert look("role_trust_external", one).verdict is Verdict.FAIL
    judgement = look("role_trust_external", one, trusted_accounts=(FOREIGN,))
    assert judgement.verdict is Verdict.PASS
    assert [evidence.violates for evidence in judgement.evidence] == [False]
    assert look("role_trust_external", one, trusted_accounts=("999999999999",)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("kind", "external_id", "severity"),
    [
        (TrustedKind.ACCOUNT, True, Severity.MEDIUM),
        (TrustedKind.ACCOUNT, False, Severity.HIGH),
        (TrustedKind.EVERYONE, False, Severity.HIGH),
        (TrustedKind.ROLE, False, Severity.MEDIUM),
        (TrustedKind.USER, False, Severity.MEDIUM),
    ],
)
def test_a_whole_account_without_an_external_id_is_worse(
    kind: TrustedKind, severity: Severity, *, external_id: bool
) -> None:
    judgement = look("role_trust_external", role(trust=Known((trust(kind=kind, external_id=external_id),))))
    assert judgement.severity is severity
    assert ("external_id_missing" in judgement.notes) is (severity is Severity.HIGH)


def test_people_without_mfa_in_an_administrators_role_are_worse() -> None:
    own = Known((trust(reach=Reach.PRIVATE, human_without_mfa=True),))
    plain = look("role_assumption_without_mfa", role(trust=own))
    assert (plain.verdict, plain.severity) == (Verdict.FAIL, Severity.MEDIUM)
    powerful = look("role_assumption_without_mfa", role(trust=own, admin_paths=Known((admin_path(),))))
    assert powerful.severity is Severity.HIGH


def test_where_mfa_is_somebody_elses_matter_it_says_so() -> None:
    saml = trust(reach=Reach.PRIVATE, kind=TrustedKind.SAML)
    judgement = look(
        "role_assumption_without_mfa", role(trust=Known((saml,)), managed_by=Known(Manager.IDENTITY_CENTER))
    )
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.notes == ("mfa_at_identity_provider", "identity_center_role")


CORP = "arn:aws:iam::123456789012:saml-provider/corp"
SSO = "arn:aws:iam::123456789012:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"
LATER, PAST = date(2026, 3, 31), date(2025, 12, 31)


@pytest.mark.parametrize(
    ("attested", "verdict"),
    [
        ({}, Verdict.UNKNOWN),
        ({CORP: LATER, SSO: LATER}, Verdict.PASS),
        ({CORP: LATER}, Verdict.UNKNOWN),
        ({CORP: LATER, SSO: PAST}, Verdict.UNKNOWN),
        ({CORP: date(2026, 1, 1), SSO: LATER}, Verdict.PASS),
        ({CORP: LATER, SSO.replace("0123456789abcdef", "*"): LATER}, Verdict.PASS),
        ({"arn:aws:iam::*:saml-provider/*": LATER, CORP: PAST}, Verdict.PASS),
    ],
)
def test_mfa_at_an_identity_provider_is_unknown_until_it_is_attested(
    attested: dict[str, date], verdict: Verdict
) -> None:
    parties = [trust(reach=Reach.PRIVATE, kind=TrustedKind.SAML, principal=arn) for arn in (CORP, SSO)]
    judgement = look("role_assumption_without_mfa", role(trust=Known(tuple(parties))), attested_providers=attested)
    assert judgement.verdict is verdict
    assert {one.detail for one in judgement.unread} == (
        {"mfa_at_identity_provider"} if verdict is Verdict.UNKNOWN else set()
    )


def test_a_user_who_gets_in_without_mfa_outweighs_what_the_provider_asks() -> None:
    saml = trust(reach=Reach.PRIVATE, kind=TrustedKind.SAML, principal=CORP)
    own = trust(reach=Reach.PRIVATE, human_without_mfa=True)
    assert look("role_assumption_without_mfa", role(trust=Known((saml, own)))).verdict is Verdict.FAIL


def test_a_role_is_looked_at_again_when_a_proof_runs_out() -> None:
    detector = catalogue()["identity.role_assumption_without_mfa"]
    assert detector.parameters is not None
    policy = Policy(parameters={detector.uid: detector.parameters(attested_providers={CORP: LATER, SSO: PAST})})
    parties = tuple(trust(reach=Reach.PRIVATE, kind=TrustedKind.SAML, principal=arn) for arn in (CORP, SSO))
    due = recheck_at(detector, role(trust=Known(parties)), policy, detector.example_now)
    assert due == datetime(2026, 4, 1, tzinfo=UTC)
    assert recheck_at(detector, role(trust=BLIND), policy, detector.example_now) is None


def test_what_is_no_identity_provider_is_refused() -> None:
    detector = catalogue()["identity.role_assumption_without_mfa"]
    assert detector.parameters is not None
    with pytest.raises(ValueError, match="SAML provider"):
        detector.parameters(attested_providers={"corp": LATER})
