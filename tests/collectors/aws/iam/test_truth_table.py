"""Every identity of an estate judged, each judgement held against the truth beside it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.aws.iam import IamCollector
from collectors.aws.iam import operations as ops
from collectors.aws.session import AwsAccount
from collectors.model import Resource
from detectors.catalogue import catalogue, detectors_for
from detectors.engine import judge
from detectors.identity.role_trust_external import UID as EXTERNAL
from detectors.identity.role_trust_external import Parameters
from detectors.model import Judgement, Policy, Severity
from tests.collectors.aws.iam import truth
from tests.collectors.aws.iam.conftest import (
    SCOPE,
    Estate,
    csv_of,
    real_report,
    report_answer,
    root_row,
    summary_answer,
)
from tests.collectors.aws.iam.documents import allow, document
from tests.fakes.aws_faults import Fault, Faults, fault_proxy
from tests.fakes.aws_moto import ACCOUNT, Moto, moto_server

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
POLICY = Policy(parameters={EXTERNAL: Parameters(trusted_accounts=(truth.VETTED,))})
NONSENSE = "%7B%22Statement%22%3A7%7D"

Judged = dict[str, dict[str, Judgement]]


def text(*statements: Any) -> str:
    return json.dumps(document(*statements))


def seed(iam: Any) -> None:
    for name, statements in truth.POLICIES.items():
        iam.create_policy(PolicyName=name, PolicyDocument=text(*statements))
        if name in truth.TWO_VERSIONS:
            iam.create_policy_version(PolicyArn=truth.policy(name), PolicyDocument=text(allow("*")), SetAsDefault=False)
    for name, group in truth.GROUPS.items():
        iam.create_group(GroupName=name)
        for number, statement in enumerate(group.inline):
            iam.put_group_policy(GroupName=name, PolicyName=f"p{number}", PolicyDocument=text(statement))
        for arn in group.attached:
            iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    for name, user in truth.USERS.items():
        seed_user(iam, name, user)
    for name, role in truth.ROLES.items():
        seed_role(iam, name, role)
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")


def seed_user(iam: Any, name: str, user: truth.User) -> None:
    iam.create_user(UserName=name)
    if user.password:
        iam.create_login_profile(UserName=name, Password="a long password 1!")
    if user.device:
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
    for group in user.groups:
        iam.add_user_to_group(UserName=name, GroupName=group)
    for arn in user.attached:
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
    if user.inline:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text(*user.inline))
    if user.garbled:
        iam.put_user_policy(UserName=name, PolicyName=truth.GARBLED, PolicyDocument=text(allow("s3:*")))


def seed_role(iam: Any, name: str, role: truth.Role) -> None:
    bounded = {"PermissionsBoundary": truth.policy(role.boundary)} if role.boundary else {}
    iam.create_role(RoleName=name, Path=role.path, AssumeRolePolicyDocument=text(*role.trust), **bounded)
    for arn in role.attached:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    if role.inline:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=text(*role.inline))


def report_of(moto: Moto) -> bytes:
    """moto's report with the root that it leaves out, keys as old as they are to be, and one row of nonsense."""
    rows = real_report(moto)
    assert {row["user"] for row in rows} == set(truth.USERS)
    for row in rows:
        user = truth.USERS[row["user"]]
        for slot, (active, age) in enumerate(user.keys, start=1):
            row[f"access_key_{slot}_active"] = "true" if active else "false"
            row[f"access_key_{slot}_last_rotated"] = (NOW - timedelta(days=age)).isoformat()
        if user.row_makes_no_sense:
            row["password_enabled"] = "perhaps"
    return csv_of(root_row(mfa_active="true"), *rows)


def spoiled(body: bytes) -> bytes:
    """The listing with what is to be unreadable in it made so."""
    tree = ET.fromstring(body)  # noqa: S314 - the answer of our own server
    spoiled = {truth.GARBLED} | {name for name, role in truth.ROLES.items() if role.garbled_trust}
    done = 0
    for member in tree.iter():
        texts = {_plain(child.tag): child for child in member}
        name = next((texts[tag].text for tag in ("PolicyName", "RoleName") if tag in texts), None)
        for tag in ("PolicyDocument", "AssumeRolePolicyDocument"):
            if name in spoiled and tag in texts:
                texts[tag].text = NONSENSE
                done += 1
        if "PolicyVersionList" in texts and texts["Arn"].text == truth.policy(truth.UNLISTED):
            texts["Arn"].text = truth.policy("something-else")
            done += 1
    assert done == 2 + sum(user.garbled for user in truth.USERS.values())
    return ET.tostring(tree)


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    """A server that knows AWS's own policies, all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        with moto_server() as server:
            yield server


@pytest.fixture(scope="module")
def found(moto: Moto) -> Iterator[Estate]:
    seed(moto.client("iam"))
    with pytest.MonkeyPatch.context() as patch, fault_proxy(moto.port) as faults:
        for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")):
            patch.setenv(name, value)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield Estate(IamCollector(account(faults, moto)).collect(SCOPE)).whole()


def account(faults: Faults, moto: Moto) -> AwsAccount:
    faults.plan(ops.GET_CREDENTIAL_REPORT.uid, report_answer(report_of(moto)))
    faults.plan(ops.GET_ACCOUNT_AUTHORIZATION_DETAILS.uid, Fault(rewrite=spoiled))
    numbers = {"AccountPasswordPresent": 1, "AccountMFAEnabled": 1, "AccountAccessKeysPresent": 1}
    faults.plan(ops.GET_ACCOUNT_SUMMARY.uid, summary_answer(**numbers))
    return AwsAccount(ACCOUNT, endpoint_url=faults.url)


def judgements(resource: Resource) -> dict[str, Judgement]:
    made = (judge(detector, resource, POLICY, NOW) for detector in detectors_for(type(resource)))
    return {judgement.detector: judgement for judgement in made if judgement is not None}


@pytest.fixture(scope="module")
def judged(found: Estate) -> Judged:
    return {name: judgements(one) for name, one in (found.users | found.roles).items()}


def test_the_estate_is_large_and_found_whole(found: Estate) -> None:
    assert set(found.users) == set(truth.USERS)
    assert set(found.roles) == {*truth.ROLES, truth.SERVICE_LINKED}
    verdicts = "".join(one.truth for one in (*truth.USERS.values(), *truth.ROLES.values()))
    assert len(truth.USERS) + len(truth.ROLES) >= 60
    assert {verdicts.count(letter) > 5 for letter in "PFU"} == {True}


@pytest.mark.parametrize("name", truth.USERS)
def test_a_user(judged: Judged, name: str) -> None:
    seen = "".join(judged[name][uid].verdict.value[0] for uid in truth.OF_USERS)
    assert seen == truth.USERS[name].truth, {uid: judged[name][uid] for uid in truth.OF_USERS}


@pytest.mark.parametrize("name", truth.ROLES)
def test_a_role(judged: Judged, name: str) -> None:
    seen = "".join(judged[name][uid].verdict.value[0] for uid in truth.OF_ROLES)
    assert seen == truth.ROLES[name].truth, {uid: judged[name][uid] for uid in truth.OF_ROLES}


def test_a_role_of_a_service_and_the_root(found: Estate, judged: Judged) -> None:
    assert {one.verdict.value for one in judged[truth.SERVICE_LINKED].values()} == {"PASS"}
    assert judged[truth.SERVICE_LINKED]["identity.least_privilege"].notes == ("service_linked_role",)
    of_root = {uid: one.verdict.value for uid, one in judgements(found.root).items()}
    assert of_root == {"identity.root_mfa": "PASS", "identity.root_access_key": "FAIL"}


def test_every_detector_of_identities_was_tried() -> None:
    of_root = {"identity.root_mfa", "identity.root_access_key"}
    assert {*truth.OF_USERS, *truth.OF_ROLES, *of_root} == {uid for uid in catalogue() if uid.startswith("identity.")}


SEVERITIES = {
    ("bob", "identity.mfa_missing"): Severity.HIGH,
    ("ivan", "identity.mfa_missing"): Severity.CRITICAL,
    ("aldo", "identity.privilege_escalation"): Severity.HIGH,
    ("open", "identity.role_trust_public"): Severity.CRITICAL,
    ("open-with-id", "identity.role_trust_public"): Severity.HIGH,
    ("supplier", "identity.role_trust_external"): Severity.HIGH,
    ("supplier-with-id", "identity.role_trust_external"): Severity.MEDIUM,
    ("foreign-role", "identity.role_trust_external"): Severity.MEDIUM,
    ("people", "identity.role_assumption_without_mfa"): Severity.MEDIUM,
}
NOTES = {
    ("hana", "identity.mfa_missing"): {"mfa_mitigated_by_policy"},
    ("jack", "identity.mfa_missing"): {"mfa_rule_misses_access_keys"},
    ("carol", "identity.mfa_missing"): {"no_console_password"},
    ("mia", "identity.least_privilege"): {"administrator_grant_taken_back"},
    ("bounded", "identity.least_privilege"): {"administrator_grant_taken_back"},
    ("tina", "identity.least_privilege"): {"administrator_grant_conditional"},
    ("tina", "identity.privilege_escalation"): {"escalation_conditional"},
    ("heidi", "identity.privilege_escalation"): {"administrator_already"},
    ("federated", "identity.role_assumption_without_mfa"): {"mfa_at_identity_provider"},
    ("supplier", "identity.role_trust_external"): {"external_id_missing"},
    ("any-repository", "identity.role_trust_public"): {"federation_open_to_strangers"},
    ("pool-guests", "identity.role_trust_public"): {"federation_lets_guests_in"},
}


@pytest.mark.parametrize(("name", "uid"), SEVERITIES)
def test_how_bad_it_is(judged: Judged, name: str, uid: str) -> None:
    assert judged[name][uid].severity is SEVERITIES[name, uid]


@pytest.mark.parametrize(("name", "uid"), NOTES)
def test_what_is_noted(judged: Judged, name: str, uid: str) -> None:
    assert set(judged[name][uid].notes) >= NOTES[name, uid]


def test_what_is_unread_says_what(judged: Judged) -> None:
    assert {one.detail for one in judged["mona"]["identity.least_privilege"].unread} == {"policy_not_listed"}
    assert {one.detail for one in judged["nils"]["identity.least_privilege"].unread} == {"MalformedPolicyError"}
    assert {one.detail for one in judged["leo"]["identity.mfa_missing"].unread} == {"password_enabled"}
