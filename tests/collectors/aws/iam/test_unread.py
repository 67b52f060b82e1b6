"""Every operation refused, broken or throttled in turn: what is lost, what is not, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from collectors.aws.iam import operations as ops
from collectors.aws.operations import Operation
from collectors.model import Known, NotNeeded, Resource, Unread, UnreadReason, User
from detectors.catalogue import detectors_for
from detectors.engine import judge
from detectors.model import Judgement, Policy, Verdict
from tests.collectors.aws.iam.conftest import Clock, Estate, summary_answer
from tests.collectors.aws.iam.documents import allow, trust_of
from tests.collectors.aws.iam.test_collect import give_device, put_user, text
from tests.fakes.aws_faults import DENIED, EXPIRED, GARBAGE, GATEWAY_PAGE, RESET, SLOW_DOWN, UNKNOWN_KEY, Fault, Faults
from tests.fakes.aws_moto import Moto

Collect = Callable[[], Estate]

OF_CREDENTIALS = {"console_access", "mfa", "access_keys"}
OF_POLICIES = {"admin_paths", "escalation_paths", "mfa_rules"}


@pytest.fixture
def estate(iam: Any, faults: Faults) -> None:
    """One user and one role that need every read, and a root with a device."""
    put_user(iam, "alice", allow("s3:*"))
    iam.create_login_profile(UserName="alice", Password="a long password 1!")
    give_device(iam, "alice")
    iam.create_access_key(UserName="alice")
    put_user(iam, "boss", allow("*"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=text(trust_of({"Service": "ec2.amazonaws.com"})))
    numbers = {"AccountPasswordPresent": 1, "AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**numbers))


def denied(operation: Operation) -> Unread:
    return Unread(
        reason=UnreadReason.DENIED, operation=operation.uid, permission=operation.action, detail="AccessDenied"
    )


def verdicts(resource: Resource, clock: Clock) -> dict[str, Judgement]:
    made = (judge(detector, resource, Policy(), clock.now) for detector in detectors_for(type(resource)))
    return {judgement.detector: judgement for judgement in made if judgement is not None}


@pytest.mark.usefixtures("estate")
def test_nothing_is_unread_where_nothing_fails(collect: Collect) -> None:
    found = collect().whole()
    for one in (*found.users.values(), *found.roles.values(), found.root):
        assert one.unread() == ()
        assert one.coverage()[0] == one.coverage()[1]


@pytest.mark.usefixtures("estate")
def test_without_the_report_how_users_sign_in_is_unknown_and_nothing_else(
    collect: Collect, faults: Faults, clock: Clock
) -> None:
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, DENIED)
    found = collect().whole()
    for user in found.users.values():
        assert {name for name, fact in user.facts() if fact == denied(ops.GET_CREDENTIAL_REPORT)} == OF_CREDENTIALS
        assert user.unread() == (denied(ops.GET_CREDENTIAL_REPORT),)
    assert found.roles["r"].unread() == ()
    assert found.root.unread() == ()
    judged = verdicts(found.users["alice"], clock)
    for uid in ("identity.mfa_missing", "identity.stale_access_key"):
        assert judged[uid].verdict is Verdict.UNKNOWN
        assert "iam:GetCredentialReport" in judged[uid].remediation
    assert judged["identity.least_privilege"].verdict is Verdict.PASS
    assert verdicts(found.users["boss"], clock)["identity.least_privilege"].verdict is Verdict.FAIL


@pytest.mark.usefixtures("estate")
def test_a_report_may_not_be_asked_for_and_is_there_all_the_same(moto: Moto, collect: Collect, faults: Faults) -> None:
    moto.client("iam").generate_credential_report()
    faults.plan(ops.GENERATE_CREDENTIAL_REPORT.uid, DENIED)
    assert collect().whole().users["alice"].unread() == ()


@pytest.mark.usefixtures("estate")
def test_a_report_that_nobody_may_ask_for_names_that_permission(collect: Collect, faults: Faults) -> None:
    faults.plan(ops.GENERATE_CREDENTIAL_REPORT.uid, DENIED)
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, Fault(status=410, code="ReportNotPresent"))
    assert collect().whole().users["alice"].unread() == (denied(ops.GENERATE_CREDENTIAL_REPORT),)


@pytest.mark.usefixtures("estate")
def test_without_the_summary_the_report_tells_of_the_root_what_it_can(collect: Collect, faults: Faults) -> None:
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, DENIED)
    root = collect().whole().root
    unread = denied(ops.GET_ACCOUNT_SUMMARY)
    assert (root.console_access, root.mfa, root.access_keys, root.mfa_methods) == (unread,) * 4


@pytest.mark.usefixtures("estate")
def test_without_the_devices_the_roots_mfa_is_still_known(collect: Collect, faults: Faults) -> None:
    faults.plan(ops.LIST_VIRTUAL_MFA_DEVICES.uid, DENIED)
    root = collect().whole().root
    assert root.mfa.value.enforced
    assert root.unread() == (denied(ops.LIST_VIRTUAL_MFA_DEVICES),)


@pytest.mark.usefixtures("estate")
def test_without_the_listing_the_report_still_tells_of_users(collect: Collect, faults: Faults, clock: Clock) -> None:
    faults.plan(ops.GET_ACCOUNT_AUTHORIZATION_DETAILS.uid, DENIED)
    found = collect()
    unread = denied(ops.GET_ACCOUNT_AUTHORIZATION_DETAILS)
    assert found.unread == [unread]
    assert found.roles == {}
    assert set(found.users) == {"alice", "boss"}
    alice = found.users["alice"]
    assert {name for name, fact in alice.facts() if fact == unread} == OF_POLICIES | {"tags"}
    assert {name for name, fact in alice.facts() if isinstance(fact, Known)} == OF_CREDENTIALS
    judged = verdicts(alice, clock)
    assert judged["identity.mfa_missing"].verdict is Verdict.PASS
    assert judged["identity.least_privilege"].verdict is Verdict.UNKNOWN
    assert judged["identity.privilege_escalation"].verdict is Verdict.UNKNOWN


@pytest.mark.usefixtures("estate")
def test_with_all_of_it_refused_the_root_remains_and_nothing_passes(
    collect: Collect, faults: Faults, clock: Clock
) -> None:
    for operation in ops.OPERATIONS:
        faults.plan(operation.uid, DENIED)
    found = collect()
    assert (found.users, found.roles) == ({}, {})
    assert len(found.unread) == 1
    assert {judgement.verdict for judgement in verdicts(found.root, clock).values()} == {Verdict.UNKNOWN}


@pytest.mark.usefixtures("estate")
def test_a_later_page_that_fails_makes_certain_what_was_seen_and_nothing_else(
    collect: Collect, iam: Any, faults: Faults, clock: Clock
) -> None:
    uid = ops.GET_ACCOUNT_AUTHORIZATION_DETAILS.uid
    put_user(iam, "climber", allow("iam:AttachUserPolicy"))
    more = b"<IsTruncated>true</IsTruncated><Marker>more</Marker>"
    faults.plan(
        uid,
        Fault(rewrite=lambda body: body.replace(b"<IsTruncated>false</IsTruncated>", more)),
        times=1,
        when=lambda call: "Marker" not in call.form,
    )
    faults.plan(uid, DENIED, times=1, when=lambda call: "Marker" in call.form)
    found = collect()
    assert found.unread == [denied(ops.GET_ACCOUNT_AUTHORIZATION_DETAILS)]
    expected = {"boss": Verdict.PASS, "climber": Verdict.FAIL, "alice": Verdict.UNKNOWN}
    judged = {name: verdicts(user, clock)["identity.privilege_escalation"] for name, user in found.users.items()}
    assert {name: judgement.verdict for name, judgement in judged.items()} == expected
    assert verdicts(found.users["boss"], clock)["identity.least_privilege"].verdict is Verdict.FAIL


READS = (ops.GET_CREDENTIAL_REPORT, ops.GET_ACCOUNT_SUMMARY, ops.GET_ACCOUNT_AUTHORIZATION_DETAILS)
AT_ONCE = {
    "expired": (EXPIRED, UnreadReason.CREDENTIALS),
    "unknown key": (UNKNOWN_KEY, UnreadReason.CREDENTIALS),
    "garbage": (GARBAGE, UnreadReason.MALFORMED),
    "a gateway's page": (GATEWAY_PAGE, UnreadReason.MALFORMED),
}
TRIED_AGAIN = {
    "throttled": (SLOW_DOWN, UnreadReason.THROTTLED),
    "reset": (RESET, UnreadReason.UNREACHABLE),
    "broken": (Fault(status=500, code="ServiceFailure"), UnreadReason.ERROR),
}
"""These take their time, so each is tried on one operation alone."""

FAILURES = [
    *(
        pytest.param(operation, *AT_ONCE[name], id=f"{operation.name}-{name}")
        for operation in READS
        for name in AT_ONCE
    ),
    *(
        pytest.param(operation, *TRIED_AGAIN[name], id=f"{operation.name}-{name}")
        for operation, name in zip(READS, TRIED_AGAIN, strict=True)
    ),
]


@pytest.mark.parametrize(("operation", "fault", "reason"), FAILURES)
@pytest.mark.usefixtures("estate")
def test_no_failure_of_any_sort_reads_as_an_absence(
    collect: Collect, faults: Faults, operation: Operation, fault: Fault, reason: UnreadReason
) -> None:
    faults.plan(operation.uid, fault)
    found = collect()
    every: list[Unread] = [*found.unread]
    for one in (*found.users.values(), *found.roles.values(), found.root):
        every += one.unread()
    assert every
    assert {unread.operation for unread in every} == {operation.uid}
    assert {unread.reason for unread in every} == {reason}
    assert not any("AKIA" in unread.detail or "dead-beef" in unread.detail for unread in every)
    assert bool(found.unread) is (operation is ops.GET_ACCOUNT_AUTHORIZATION_DETAILS)


@pytest.mark.usefixtures("estate")
def test_what_is_malformed_costs_its_holder_alone(collect: Collect, faults: Faults, clock: Clock) -> None:
    def broken(body: bytes) -> bytes:
        at = body.index(b"<UserName>boss</UserName>")
        head, tail = body[:at], body[at:]
        begin, end = tail.index(b"<PolicyDocument>"), tail.index(b"</PolicyDocument>")
        return head + tail[:begin] + b"<PolicyDocument>%7Bno%20json" + tail[end:]

    faults.plan(ops.GET_ACCOUNT_AUTHORIZATION_DETAILS.uid, Fault(rewrite=broken))
    users = collect().whole().users
    assert [unread.reason for unread in users["boss"].unread()] == [UnreadReason.MALFORMED]
    assert verdicts(users["boss"], clock)["identity.least_privilege"].verdict is Verdict.UNKNOWN
    assert users["alice"].unread() == ()


def test_a_user_who_is_newer_than_the_report_is_read_by_itself(iam: Any, collect: Collect, faults: Faults) -> None:
    put_user(iam, "known")
    collect().whole()
    put_user(iam, "newcomer")
    iam.create_login_profile(UserName="newcomer", Password="a long password 1!")
    iam.create_access_key(UserName="newcomer")

    def without(body: bytes) -> bytes:
        import base64
        import re

        found = re.search(rb"<Content>(.*?)</Content>", body, re.DOTALL)
        assert found
        lines = base64.b64decode(found[1]).decode().splitlines()
        kept = "\n".join(line for line in lines if not line.startswith("newcomer,")) + "\n"
        return body.replace(found[1], base64.b64encode(kept.encode()))

    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, Fault(rewrite=without))
    faults.calls.clear()
    users: dict[str, User] = collect().whole().users
    assert users["newcomer"].console_access == Known(value=True)
    assert len(users["newcomer"].access_keys.value) == 1
    assert users["newcomer"].unread() == users["known"].unread() == ()
    for operation in (ops.LIST_MFA_DEVICES, ops.GET_LOGIN_PROFILE, ops.LIST_ACCESS_KEYS, ops.GET_ACCESS_KEY_LAST_USED):
        assert faults.count(operation.uid) == 1


def test_a_root_without_a_device_is_asked_for_none(collect: Collect, faults: Faults) -> None:
    assert collect().whole().root.mfa_methods == NotNeeded("no_mfa_device")
    assert faults.count(ops.LIST_VIRTUAL_MFA_DEVICES.uid) == 0
