"""How people and the root sign in: every mix of what is known, and keys as time goes by."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.model import AccessKey, Known, MfaMethod, NotNeeded, RootUser, User
from detectors.catalogue import catalogue
from detectors.engine import judge, recheck_at
from detectors.identity import root_mfa, stale_access_key
from detectors.identity.examples import NO_KEYS, WITH_MFA, WITHOUT_MFA, admin_path, mfa_rule, root, user
from detectors.model import Judgement, Policy, Severity, Verdict
from tests.detectors.blinding import BLIND

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
YES, NO = Known(value=True), Known(value=False)
KEY = AccessKey(active=True, created=datetime(2026, 1, 1, tzinfo=UTC))


def look(uid: str, resource: User | RootUser, now: datetime = NOW, **parameters: Any) -> Judgement:
    detector = catalogue()[f"identity.{uid}"]
    kind = detector.parameters
    policy = Policy(parameters={detector.uid: kind(**parameters)}) if kind is not None and parameters else Policy()
    judgement = judge(detector, resource, policy, now)
    assert judgement is not None
    return judgement


@pytest.mark.parametrize(
    ("console", "mfa", "verdict"),
    [
        (YES, WITHOUT_MFA, Verdict.FAIL),
        (YES, WITH_MFA, Verdict.PASS),
        (YES, BLIND, Verdict.UNKNOWN),
        (NO, WITHOUT_MFA, Verdict.PASS),
        (NO, WITH_MFA, Verdict.PASS),
        (NO, BLIND, Verdict.PASS),
        (BLIND, WITHOUT_MFA, Verdict.UNKNOWN),
        (BLIND, WITH_MFA, Verdict.PASS),
        (BLIND, BLIND, Verdict.UNKNOWN),
    ],
)
def test_mfa_missing(console: Any, mfa: Any, verdict: Verdict) -> None:
    assert look("mfa_missing", user(console_access=console, mfa=mfa)).verdict is verdict


def test_what_policies_do_is_noted_and_shown_and_changes_no_verdict() -> None:
    rules = (mfa_rule(construct="Deny BoolIfExists false", mitigates=True, notes=()), mfa_rule())
    judgement = look("mfa_missing", user(mfa=WITHOUT_MFA, mfa_rules=Known(rules)))
    assert judgement.verdict is Verdict.FAIL
    assert judgement.notes == ("mfa_mitigated_by_policy", "mfa_rule_misses_access_keys")
    assert [evidence.violates for evidence in judgement.evidence] == [True, False, False]
    plain = look("mfa_missing", user(mfa=WITHOUT_MFA, mfa_rules=BLIND))
    assert (plain.verdict, plain.notes, plain.unread) == (Verdict.FAIL, (), ())
    assert look("mfa_missing", user(mfa_rules=Known(rules))).notes == ()


def test_an_administrator_without_mfa_is_worse() -> None:
    assert look("mfa_missing", user(mfa=WITHOUT_MFA)).severity is Severity.HIGH
    for paths, severity in (
        (Known((admin_path(),)), Severity.CRITICAL),
        (Known((admin_path(effective=NO),)), Severity.HIGH),
        (Known((admin_path(effective=BLIND),)), Severity.HIGH),
        (BLIND, Severity.HIGH),
    ):
        assert look("mfa_missing", user(mfa=WITHOUT_MFA, admin_paths=paths)).severity is severity


@pytest.mark.parametrize(
    ("rules", "keys", "verdict"),
    [
        ((), (KEY,), Verdict.PASS),
        (("mfa_rule_misses_access_keys",), (KEY,), Verdict.FAIL),
        (("mfa_rule_misses_access_keys",), (), Verdict.PASS),
        (("mfa_rule_misses_access_keys",), (AccessKey(active=False),), Verdict.PASS),
        (("mfa_rule_lets_access_keys_through",), (KEY,), Verdict.FAIL),
        (("mfa_rule_tests_presence_only",), (), Verdict.FAIL),
        (("mfa_allow_strict",), (KEY,), Verdict.PASS),
        (("mfa_rule_covers_part",), (KEY,), Verdict.PASS),
    ],
)
def test_a_rule_that_only_seems_to(rules: tuple[str, ...], keys: tuple[AccessKey, ...], verdict: Verdict) -> None:
    one = user(mfa_rules=Known(tuple(mfa_rule(notes=(note,)) for note in rules)), access_keys=Known(keys))
    assert look("mfa_rule_ineffective", one).verdict is verdict


def test_a_rule_that_is_open_to_all_needs_no_keys_to_be_known() -> None:
    presence = mfa_rule(notes=("mfa_rule_tests_presence_only",))
    assert look("mfa_rule_ineffective", user(mfa_rules=Known((presence,)), access_keys=BLIND)).verdict is Verdict.FAIL
    assert (
        look("mfa_rule_ineffective", user(mfa_rules=Known((mfa_rule(),)), access_keys=BLIND)).verdict is Verdict.UNKNOWN
    )


STATES = {"yes": YES, "no": NO, "blind": BLIND}


@pytest.mark.parametrize(("password", "keys", "mfa"), list(itertools.product(STATES, repeat=3)))
def test_root_mfa_in_every_mix(password: str, keys: str, mfa: str) -> None:
    one = root(
        console_access=STATES[password],
        access_keys={"yes": Known((KEY,)), "no": NO_KEYS, "blind": BLIND}[keys],
        mfa={"yes": WITH_MFA, "no": WITHOUT_MFA, "blind": BLIND}[mfa],
    )
    usable = "yes" if "yes" in (password, keys) else "blind" if "blind" in (password, keys) else "no"
    if mfa == "yes" or usable == "no":
        expected = Verdict.PASS
    else:
        expected = Verdict.FAIL if (usable, mfa) == ("yes", "no") else Verdict.UNKNOWN
    judgement = look("root_mfa", one)
    assert judgement.verdict is expected
    assert ("root_without_credentials" in judgement.notes) is (usable == "no")


def test_a_root_that_fails_is_told_that_aws_will_ask() -> None:
    assert look("root_mfa", root(mfa=WITHOUT_MFA)).notes == ("provider_requires_root_mfa",)
    assert look("root_mfa", root()).notes == ()


@pytest.mark.parametrize(
    ("methods", "require", "verdict"),
    [
        (Known((MfaMethod.VIRTUAL,)), "any", Verdict.PASS),
        (Known((MfaMethod.HARDWARE,)), "hardware", Verdict.PASS),
        (Known((MfaMethod.VIRTUAL,)), "hardware", Verdict.FAIL),
        (Known((MfaMethod.HARDWARE, MfaMethod.VIRTUAL)), "hardware", Verdict.FAIL),
        (BLIND, "any", Verdict.PASS),
        (BLIND, "hardware", Verdict.UNKNOWN),
        (NotNeeded("no_mfa_device"), "hardware", Verdict.PASS),
    ],
)
def test_hardware(methods: Any, require: str, verdict: Verdict) -> None:
    one = root(mfa_methods=methods)
    assert look("root_mfa", one, require=root_mfa.Requirement(require)).verdict is verdict


def test_a_root_key_weighs_less_while_it_is_off() -> None:
    on, off = AccessKey(active=True), AccessKey(active=False)
    for keys, severity in (((on,), Severity.CRITICAL), ((off,), Severity.MEDIUM), ((off, on), Severity.CRITICAL)):
        judgement = look("root_access_key", root(access_keys=Known(keys)))
        assert (judgement.verdict, judgement.severity) == (Verdict.FAIL, severity)
        assert len(judgement.evidence) == len(keys)


CREATED = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
ONE_KEY = user(access_keys=Known((AccessKey(active=True, created=CREATED),)))


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (timedelta(0), Verdict.PASS),
        (timedelta(days=90), Verdict.PASS),
        (timedelta(days=90, hours=23, minutes=59), Verdict.PASS),
        (timedelta(days=91), Verdict.FAIL),
        (timedelta(days=4000), Verdict.FAIL),
        (timedelta(days=-1), Verdict.PASS),
    ],
)
def test_a_key_is_stale_when_its_age_in_whole_days_is_more_than_it_may_be(age: timedelta, verdict: Verdict) -> None:
    assert look("stale_access_key", ONE_KEY, CREATED + age).verdict is verdict


@given(age=st.timedeltas(timedelta(0), timedelta(days=2000)), most=st.timedeltas(timedelta(0), timedelta(days=1000)))
def test_the_rule_in_other_words(age: timedelta, most: timedelta) -> None:
    judgement = look("stale_access_key", ONE_KEY, CREATED + age, max_age=most)
    assert (judgement.verdict is Verdict.FAIL) is (timedelta(days=age.days) > most)


@given(age=st.timedeltas(timedelta(0), timedelta(days=200)), most=st.timedeltas(timedelta(0), timedelta(days=150)))
def test_it_is_looked_at_again_when_time_alone_changes_it_and_not_before(age: timedelta, most: timedelta) -> None:
    detector = stale_access_key.DETECTOR
    policy = Policy(parameters={detector.uid: stale_access_key.Parameters(max_age=most)})
    now = CREATED + age
    due = recheck_at(detector, ONE_KEY, policy, now)
    if look("stale_access_key", ONE_KEY, now, max_age=most).verdict is Verdict.FAIL:
        assert due is None
        return
    assert due is not None
    assert due > now
    assert look("stale_access_key", ONE_KEY, due, max_age=most).verdict is Verdict.FAIL
    assert look("stale_access_key", ONE_KEY, due - timedelta(microseconds=1), max_age=most).verdict is Verdict.PASS


def test_the_next_key_of_several_is_the_one_waited_for() -> None:
    keys = tuple(
        AccessKey(active=active, created=NOW - timedelta(days=days))
        for active, days in ((True, 10), (True, 80), (False, 89), (True, 300))
    )
    due = recheck_at(stale_access_key.DETECTOR, user(access_keys=Known(keys)), Policy(), NOW)
    assert due == NOW + timedelta(days=11)
    assert recheck_at(stale_access_key.DETECTOR, user(access_keys=NO_KEYS), Policy(), NOW) is None
    assert recheck_at(stale_access_key.DETECTOR, user(access_keys=BLIND), Policy(), NOW) is None


def test_a_key_of_unknown_age_leaves_it_open_and_hides_no_old_one() -> None:
    unknown = AccessKey(active=True)
    old = AccessKey(active=True, created=NOW - timedelta(days=500))
    assert look("stale_access_key", user(access_keys=Known((unknown,)))).verdict is Verdict.UNKNOWN
    assert look("stale_access_key", user(access_keys=Known((unknown, old)))).verdict is Verdict.FAIL
    off = AccessKey(active=False)
    assert look("stale_access_key", user(access_keys=Known((off,)))).verdict is Verdict.PASS


def test_evidence_does_not_change_from_day_to_day() -> None:
    first, later = (look("stale_access_key", ONE_KEY, CREATED + timedelta(days=days)) for days in (91, 400))
    assert first == later
