"""One identity read anew: as it is now, and kept so until the report has caught up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from collectors.aws.iam import IamCollector
from collectors.aws.iam import operations as ops
from collectors.aws.iam.report import PATIENCE, CredentialReports
from collectors.aws.session import AwsAccount
from collectors.model import Known, Role, RootUser, Unread, UnreadReason, User, encode
from tests.collectors.aws.iam.conftest import (
    ROOT,
    SCOPE,
    Clock,
    Estate,
    csv_of,
    real_report,
    report_answer,
    summary_answer,
)
from tests.collectors.aws.iam.documents import allow, arn, trust_of
from tests.collectors.aws.iam.test_collect import give_device, put_user, text
from tests.fakes.aws_faults import DENIED, UNKNOWN_KEY, Fault, Faults
from tests.fakes.aws_moto import Moto

Collect = Callable[[], Estate]


@pytest.fixture
def refresh(collector: IamCollector) -> Callable[[str], Any]:
    return lambda uid: collector.refresh(SCOPE, uid)


Refresh = Callable[[str], Any]


def test_a_user_read_by_itself_is_the_user_that_a_pass_reads(iam: Any, collect: Collect, refresh: Refresh) -> None:
    put_user(iam, "boss", allow("*"))
    put_user(
        iam, "u", allow("iam:CreateAccessKey", on=arn("user", "boss")), Path="/eng/", Tags=[{"Key": "a", "Value": "b"}]
    )
    iam.create_login_profile(UserName="u", Password="a long password 1!")
    iam.create_access_key(UserName="u")
    for name in ("u", "boss"):
        whole = collect().whole().users[name]
        assert encode(refresh(whole.uid)) == encode(whole)


def test_a_role_and_the_root_too(iam: Any, collect: Collect, refresh: Refresh) -> None:
    iam.create_role(RoleName="r", Path="/x/", AssumeRolePolicyDocument=text(trust_of({"AWS": "*"})))
    whole = collect().whole()
    assert refresh(arn("role", "x/r")) == whole.roles["r"]
    assert isinstance(refresh(arn("role", "x/r")), Role)
    assert refresh(ROOT) == whole.root
    assert isinstance(refresh(ROOT), RootUser)


def test_an_arn_without_its_path_will_do(iam: Any, refresh: Refresh) -> None:
    put_user(iam, "u", Path="/eng/")
    iam.create_role(RoleName="r", Path="/x/", AssumeRolePolicyDocument=text(trust_of({"AWS": "*"})))
    assert refresh(arn("user", "u")).uid == arn("user", "eng/u")
    assert refresh(arn("role", "r")).uid == arn("role", "x/r")


def test_what_does_not_exist_is_gone(iam: Any, refresh: Refresh) -> None:
    put_user(iam, "u")
    for uid in (arn("user", "nobody"), arn("role", "u"), arn("group", "u"), arn("policy", "u")):
        assert refresh(uid) is None


def test_what_may_not_be_asked_is_not_gone(iam: Any, refresh: Refresh, faults: Faults) -> None:
    put_user(iam, "u")
    for operation in (ops.GET_ROLE, ops.GET_ACCOUNT_AUTHORIZATION_DETAILS):
        faults.plan(operation.uid, DENIED)
    for uid in (arn("user", "u"), arn("role", "nobody")):
        found = refresh(uid)
        assert isinstance(found, Unread)
        assert found.reason is UnreadReason.DENIED
    faults.clear()
    faults.plan(ops.LIST_MFA_DEVICES.uid, DENIED)
    user = refresh(arn("user", "u"))
    assert isinstance(user, User)
    assert {name for name, fact in user.facts() if isinstance(fact, Unread)} == {"mfa"}
    faults.plan("sts:GetCallerIdentity", UNKNOWN_KEY)
    found = refresh(arn("user", "u"))
    assert isinstance(found, Unread)
    assert found.reason is UnreadReason.CREDENTIALS


def test_what_exists_and_is_not_listed_yet_is_not_gone(iam: Any, refresh: Refresh, faults: Faults) -> None:
    put_user(iam, "u")

    def without_users(body: bytes) -> bytes:
        begin, end = body.index(b"<UserDetailList>"), body.index(b"</UserDetailList>") + len(b"</UserDetailList>")
        return body[:begin] + b"<UserDetailList></UserDetailList>" + body[end:]

    faults.plan(ops.GET_ACCOUNT_AUTHORIZATION_DETAILS.uid, Fault(rewrite=without_users))
    found = refresh(arn("user", "u"))
    assert isinstance(found, Unread)
    assert found.detail == "not_listed_yet"


def test_a_change_is_not_taken_back_by_a_report_of_before(
    moto: Moto, collect: Collect, refresh: Refresh, faults: Faults, clock: Clock
) -> None:
    """A device is deactivated; the report that says it is active is up to four hours old."""
    iam = moto.client("iam")
    put_user(iam, "u")
    iam.create_login_profile(UserName="u", Password="a long password 1!")
    give_device(iam, "u")
    stale = report_answer(csv_of(*real_report(moto)), clock.now - timedelta(hours=1))
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, stale)
    assert collect().whole().users["u"].mfa.value.enforced
    (device,) = iam.list_mfa_devices(UserName="u")["MFADevices"]
    iam.deactivate_mfa_device(UserName="u", SerialNumber=device["SerialNumber"])
    assert not refresh(arn("user", "u")).mfa.value.enforced
    faults.calls.clear()
    assert not collect().whole().users["u"].mfa.value.enforced
    assert faults.count(ops.LIST_MFA_DEVICES.uid) == 1
    clock.now += timedelta(hours=3, minutes=1)
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, report_answer(csv_of(*real_report(moto)), clock.now))
    faults.calls.clear()
    assert not collect().whole().users["u"].mfa.value.enforced
    assert faults.count(ops.LIST_MFA_DEVICES.uid) == 0


def test_a_report_that_is_older_than_any_can_be_is_believed(
    iam: Any, collect: Collect, refresh: Refresh, faults: Faults
) -> None:
    """moto makes its report anew each time and stamps it 2015."""
    put_user(iam, "u")
    refresh(arn("user", "u"))
    faults.calls.clear()
    collect().whole()
    assert faults.count(ops.LIST_MFA_DEVICES.uid) == 0


def test_the_root_needs_no_report_where_the_summary_says_all(refresh: Refresh, faults: Faults) -> None:
    numbers = {"AccountPasswordPresent": 1, "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0}
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**numbers))
    assert refresh(ROOT).console_access == Known(value=True)
    assert faults.count(ops.GET_CREDENTIAL_REPORT.uid) == 0


IN_PROGRESS = Fault(status=404, code="ReportInProgress")
NOT_PRESENT = Fault(status=410, code="ReportNotPresent")
EXPIRED_REPORT = Fault(status=410, code="ReportExpired")


@pytest.fixture
def reports(account: AwsAccount, clock: Clock) -> CredentialReports:
    return CredentialReports(account, sleep=clock.sleep, now=clock)


def generating(state: str) -> Fault:
    body = (
        '<GenerateCredentialReportResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<GenerateCredentialReportResult><State>{state}</State></GenerateCredentialReportResult>"
        "<ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></GenerateCredentialReportResponse>"
    )
    return Fault(body=body.encode())


def test_a_report_that_is_being_made_is_waited_for(reports: CredentialReports, faults: Faults, clock: Clock) -> None:
    faults.plan(ops.GENERATE_CREDENTIAL_REPORT.uid, generating("INPROGRESS"), times=4)
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, IN_PROGRESS, times=3)
    assert reports.order() is None
    assert isinstance(reports.fetch(), Known)
    assert clock.slept == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("fault", [NOT_PRESENT, EXPIRED_REPORT])
def test_a_report_that_is_gone_is_asked_for_anew(reports: CredentialReports, faults: Faults, fault: Fault) -> None:
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, fault, times=1)
    assert isinstance(reports.fetch(), Known)
    assert faults.count(ops.GENERATE_CREDENTIAL_REPORT.uid) == 1


def test_patience_ends(reports: CredentialReports, faults: Faults, clock: Clock) -> None:
    faults.plan(ops.GENERATE_CREDENTIAL_REPORT.uid, generating("INPROGRESS"))
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, IN_PROGRESS)
    found = reports.fetch()
    assert isinstance(found, Unread)
    assert found.detail == "report_in_progress"
    assert PATIENCE <= sum(clock.slept) < PATIENCE + 10


def test_a_report_that_never_appears_ends_too(reports: CredentialReports, faults: Faults, clock: Clock) -> None:
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, NOT_PRESENT)
    assert isinstance(reports.fetch(), Unread)
    assert faults.count(ops.GENERATE_CREDENTIAL_REPORT.uid) < 20
    assert sum(clock.slept) < PATIENCE + 10


def test_too_many_reports_asked_for_is_told(reports: CredentialReports, faults: Faults) -> None:
    faults.plan(ops.GENERATE_CREDENTIAL_REPORT.uid, Fault(status=409, code="LimitExceeded"))
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, NOT_PRESENT)
    found = reports.fetch(reports.order())
    assert isinstance(found, Unread)
    assert (found.operation, found.detail) == (ops.GENERATE_CREDENTIAL_REPORT.uid, "LimitExceeded")
