"""The root: the summary first-hand, the report for what it does not say, and whose device is whose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from collectors.aws.iam import IamCollector
from collectors.aws.iam import operations as ops
from collectors.aws.session import AwsAccount
from collectors.model import AccessKey, Known, MfaMethod, Unread, UnreadReason
from detectors.asking import asked
from detectors.catalogue import catalogue
from detectors.engine import judge
from detectors.identity.root_mfa import DETECTOR as ROOT_MFA
from detectors.identity.root_mfa import UID, Parameters, Requirement
from detectors.model import Policy, Verdict
from tests.collectors.aws.iam.conftest import (
    ROOT,
    SCOPE,
    Clock,
    Estate,
    csv_of,
    real_report,
    report_answer,
    root_row,
    summary_answer,
)
from tests.collectors.aws.iam.test_collect import give_device, put_user
from tests.fakes.aws_faults import DENIED, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

Collect = Callable[[], Estate]

PASSWORD, MFA, KEYS = "AccountPasswordPresent", "AccountMFAEnabled", "AccountAccessKeysPresent"
CERTIFICATES = "AccountSigningCertificatesPresent"
OLD_KEY = {"access_key_1_active": "true", "access_key_1_last_rotated": "2015-01-02T03:04:05+00:00"}

SAYS: list[tuple[dict[str, int], dict[str, str] | None, Verdict]] = [
    # The summary says all.
    ({PASSWORD: 1, MFA: 0, KEYS: 0}, None, Verdict.FAIL),
    ({PASSWORD: 0, MFA: 0, KEYS: 1}, None, Verdict.FAIL),
    ({PASSWORD: 1, MFA: 1, KEYS: 0}, None, Verdict.PASS),
    ({PASSWORD: 1, MFA: 1, KEYS: 1}, None, Verdict.PASS),
    ({PASSWORD: 0, MFA: 0, KEYS: 0}, None, Verdict.PASS),
    # It is fresher than the report.
    ({PASSWORD: 1, MFA: 0, KEYS: 0}, {"password_enabled": "false", "mfa_active": "true"}, Verdict.FAIL),
    ({PASSWORD: 0, MFA: 0, KEYS: 0}, {"password_enabled": "true", **OLD_KEY}, Verdict.PASS),
    # It says nothing of the password: the report decides, or nothing does.
    ({MFA: 0, KEYS: 0}, None, Verdict.UNKNOWN),
    ({MFA: 0, KEYS: 0}, {}, Verdict.UNKNOWN),
    ({MFA: 0, KEYS: 0}, {"password_enabled": "true"}, Verdict.FAIL),
    ({MFA: 0, KEYS: 0}, {"password_enabled": "false"}, Verdict.PASS),
    ({MFA: 0, KEYS: 1}, None, Verdict.FAIL),
    ({MFA: 1, KEYS: 0}, None, Verdict.PASS),
    # It says nothing of MFA.
    ({PASSWORD: 1, KEYS: 0}, {"mfa_active": "false"}, Verdict.FAIL),
    ({PASSWORD: 1, KEYS: 0}, {"mfa_active": "true"}, Verdict.PASS),
    ({PASSWORD: 1, KEYS: 0}, None, Verdict.UNKNOWN),
    ({PASSWORD: 0, KEYS: 0}, None, Verdict.PASS),
    # It says nothing of keys.
    ({PASSWORD: 0, MFA: 0}, {**OLD_KEY}, Verdict.FAIL),
    ({PASSWORD: 0, MFA: 0}, {}, Verdict.PASS),
    ({PASSWORD: 0, MFA: 0}, None, Verdict.UNKNOWN),
    ({PASSWORD: 1, MFA: 0}, None, Verdict.FAIL),
]


@pytest.mark.parametrize("case", SAYS, ids=str)
def test_what_decides(
    collect: Collect, faults: Faults, clock: Clock, case: tuple[dict[str, int], dict[str, str] | None, Verdict]
) -> None:
    summary, reported, verdict = case
    rows = [] if reported is None else [{**root_row(), **reported}]
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**{CERTIFICATES: 0, **summary}))
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, report_answer(csv_of(*rows), clock.now))
    judgement = judge(ROOT_MFA, collect().whole().root, Policy(), clock.now)
    assert judgement is not None
    assert judgement.verdict is verdict


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ({CERTIFICATES: 1}, Verdict.FAIL),
        ({CERTIFICATES: 0}, Verdict.PASS),
        ({}, Verdict.UNKNOWN),
        ({MFA: 1, CERTIFICATES: 1}, Verdict.PASS),
        ({MFA: 1}, Verdict.PASS),
        ({PASSWORD: 1}, Verdict.FAIL),
    ],
)
def test_a_signing_certificate_is_something_to_act_as_the_root_with(
    collect: Collect, faults: Faults, clock: Clock, told: dict[str, int], verdict: Verdict
) -> None:
    numbers = {PASSWORD: 0, MFA: 0, KEYS: 0, **told}
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**numbers))
    judgement = judge(ROOT_MFA, collect().whole().root, Policy(), clock.now)
    assert judgement is not None
    assert judgement.verdict is verdict
    assert ("root_without_credentials" in judgement.notes) is (verdict is Verdict.PASS and MFA not in told)


def test_a_key_that_the_summary_counts_is_told_with_its_age_from_the_report(collect: Collect, faults: Faults) -> None:
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**{PASSWORD: 1, MFA: 1, KEYS: 1}))
    assert collect().whole().root.access_keys == Known((AccessKey(active=True),))
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, report_answer(csv_of(root_row(**OLD_KEY))))
    (key,) = collect().whole().root.access_keys.value
    assert key.created is not None
    assert key.created.year == 2015


def test_both_refused_is_told_with_the_permission(collect: Collect, faults: Faults) -> None:
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, DENIED)
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, DENIED)
    root = collect().whole().root
    assert {unread.permission for unread in root.unread()} == {"iam:GetAccountSummary"}


def device(owner: str | None, serial: str = f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device") -> str:
    user = (
        ""
        if owner is None
        else f"<User><Path>/</Path><UserName>x</UserName><UserId>x</UserId><Arn>{owner}</Arn></User>"
    )
    return f"<member><SerialNumber>{serial}</SerialNumber>{user}<EnableDate>2024-01-01T00:00:00Z</EnableDate></member>"


def devices(*members: str, marker: str = "") -> Fault:
    more = f"<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>" if marker else "<IsTruncated>false</IsTruncated>"
    body = (
        '<ListVirtualMFADevicesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListVirtualMFADevicesResult>'
        f"<VirtualMFADevices>{''.join(members)}</VirtualMFADevices>{more}</ListVirtualMFADevicesResult>"
        "<ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></ListVirtualMFADevicesResponse>"
    )
    return Fault(body=body.encode())


USER = f"arn:aws:iam::{ACCOUNT}:user/root-account-mfa-device"
OTHER_ROOT = "arn:aws:iam::210987654321:root"
OTHER_SERIAL = "arn:aws:iam::210987654321:mfa/root-account-mfa-device"


@pytest.mark.parametrize(
    ("listed", "method"),
    [
        ((), MfaMethod.HARDWARE),
        ((device(ROOT),), MfaMethod.VIRTUAL),
        ((device(ROOT, f"arn:aws:iam::{ACCOUNT}:mfa/second-phone"),), MfaMethod.VIRTUAL),
        ((device(None),), MfaMethod.VIRTUAL),
        ((device(USER),), MfaMethod.HARDWARE),
        ((device(USER), device(ROOT)), MfaMethod.VIRTUAL),
        ((device(OTHER_ROOT, OTHER_SERIAL),), MfaMethod.HARDWARE),
        ((device(None, OTHER_SERIAL),), MfaMethod.HARDWARE),
        ((device(None, f"arn:aws:iam::{ACCOUNT}:mfa/eng/root-account-mfa-device"),), MfaMethod.HARDWARE),
    ],
)
def test_whose_device_it_is(collect: Collect, faults: Faults, listed: tuple[str, ...], method: MfaMethod) -> None:
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**{PASSWORD: 1, MFA: 1, KEYS: 0}))
    faults.plan(ops.LIST_VIRTUAL_MFA_DEVICES.uid, devices(*listed))
    assert collect().whole().root.mfa_methods == Known((method,))


def test_devices_come_in_pages(collect: Collect, faults: Faults) -> None:
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**{PASSWORD: 1, MFA: 1, KEYS: 0}))
    uid = ops.LIST_VIRTUAL_MFA_DEVICES.uid
    faults.plan(uid, devices(device(USER), marker="next"), times=1, when=lambda call: "Marker" not in call.form)
    faults.plan(uid, devices(device(ROOT)), times=1, when=lambda call: call.form.get("Marker") == "next")
    assert collect().whole().root.mfa_methods == Known((MfaMethod.VIRTUAL,))
    assert faults.count(uid) == 2


def test_a_users_own_device_at_moto_is_not_the_roots(iam: Any, moto: Moto, collect: Collect, faults: Faults) -> None:
    put_user(iam, "root-account-mfa-device")
    give_device(iam, "root-account-mfa-device")
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**{PASSWORD: 1, MFA: 1, KEYS: 0}))
    assert collect().whole().root.mfa_methods == Known((MfaMethod.HARDWARE,))
    assert len(real_report(moto)) == 1


@pytest.mark.parametrize(
    ("require", "verdict"), [(Requirement.ANY, Verdict.PASS), (Requirement.HARDWARE, Verdict.FAIL)]
)
def test_hardware_may_be_required(
    collect: Collect, faults: Faults, clock: Clock, require: Requirement, verdict: Verdict
) -> None:
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**{PASSWORD: 1, MFA: 1, KEYS: 0}))
    faults.plan(ops.LIST_VIRTUAL_MFA_DEVICES.uid, devices(device(ROOT)))
    policy = Policy(parameters={UID: Parameters(require=require)})
    judgement = judge(ROOT_MFA, collect().whole().root, policy, clock.now)
    assert judgement is not None
    assert judgement.verdict is verdict


def test_the_summary_without_its_map_is_no_zero(collect: Collect, faults: Faults) -> None:
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer())
    root = collect().whole().root
    assert isinstance(root.mfa, Unread)
    assert root.mfa.reason is UnreadReason.NOT_TOLD


def test_devices_are_listed_only_where_a_rule_asks_of_what_kind_they_are(faults: Faults, clock: Clock) -> None:
    policy = Policy()
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, asked=asked(tuple(catalogue().values()), policy))
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**{PASSWORD: 1, MFA: 1, KEYS: 0}))
    collector = IamCollector(account, sleep=clock.sleep, now=clock)
    root = Estate(collector.collect(SCOPE)).whole().root
    assert isinstance(root.mfa_methods, Unread)
    assert root.mfa_methods.reason is UnreadReason.NOT_ASKED
    judgement = judge(ROOT_MFA, root, policy, clock.now)
    assert judgement is not None
    assert judgement.verdict is Verdict.PASS
    assert judgement.unread == ()
    assert faults.count(ops.LIST_VIRTUAL_MFA_DEVICES.uid) == 0
    assert ops.LIST_VIRTUAL_MFA_DEVICES not in {attempt.operation for attempt in collector.attempts()}
    needed = {one.operation: one.fact for one in IamCollector.permissions}
    assert needed[ops.LIST_VIRTUAL_MFA_DEVICES.uid] == "mfa_methods"
    assert set(needed.values()) == {"", "mfa_methods"}
