"""Backup vaults and plans, read from moto and judged by the real detectors against tables written by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.aws.backup import BackupCollector
from collectors.aws.session import AwsAccount
from collectors.model import BackupPlan, BackupVault, Known, NotNeeded, Unread
from detectors.data.encryption_at_rest import Parameters
from detectors.model import Policy, Residency
from detectors.requirement import Requirement
from tests.collectors.aws.looking import connected, look, read, scope, verdicts
from tests.fakes.aws_faults import DENIED, GATEWAY_PAGE, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

REGION = "eu-central-1"
FOREIGN = "210987654321"
POLICY = Policy(
    residency=Residency(default=("aws:eu-*",), classes={"personal": ("aws:eu-central-1",)}),
    parameters={"data.encryption_at_rest": Parameters(classes={"personal": Requirement.CUSTOMER_KEY})},
)
PASS, FAIL, UNKNOWN = "PASS", "FAIL", "UNKNOWN"
FILLED = Fault(rewrite=lambda body: body.replace(b'"NumberOfRecoveryPoints": 0', b'"NumberOfRecoveryPoints": 7'))
PERSONAL = {"data-class": "personal"}


def vault_in(region: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:backup:{region}:{account}:backup-vault:far"


class Backups:
    def __init__(self, moto: Moto, region: str = REGION) -> None:
        self.backup = moto.client("backup", region=region)

    def vault(self, name: str, **settings: Any) -> str:
        arn: str = self.backup.create_backup_vault(BackupVaultName=name, **settings)["BackupVaultArn"]
        return arn

    def plan(self, name: str, *destinations: str, tags: dict[str, str] | None = None) -> str:
        rules = [
            {
                "RuleName": f"rule{number}",
                "TargetBackupVaultName": "Default",
                "CopyActions": [{"DestinationBackupVaultArn": one}],
            }
            for number, one in enumerate(destinations)
        ]
        arn: str = self.backup.create_backup_plan(
            BackupPlan={
                "BackupPlanName": name,
                "Rules": rules or [{"RuleName": "daily", "TargetBackupVaultName": "Default"}],
            },
            BackupPlanTags=tags or {},
        )["BackupPlanArn"]
        return arn


@pytest.fixture
def backups(moto: Moto) -> Backups:
    return Backups(moto)


@pytest.fixture
def account(faults: Faults) -> AwsAccount:
    return connected(faults.url)


PLANS: dict[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    # where it copies to, its tags; copies
    "stays": ((), {}, PASS),
    "within Europe": ((vault_in("eu-west-1"), vault_in("eu-north-1")), {}, PASS),
    "to America": ((vault_in("eu-west-1"), vault_in("us-east-1")), {}, FAIL),
    "to another account": ((vault_in("eu-west-1", FOREIGN),), {}, PASS),
    "to another account in America": ((vault_in("us-west-2", FOREIGN),), {}, FAIL),
    "personal": ((), PERSONAL, PASS),
    "personal within Europe": ((vault_in("eu-west-1"),), PERSONAL, FAIL),
    "to nowhere that is known": ((vault_in("xx-moon-1"),), {}, UNKNOWN),
    "refused": ((vault_in("us-east-1"),), {}, UNKNOWN),
    "nonsense": ((vault_in("us-east-1"),), {}, UNKNOWN),
    "tags refused": ((vault_in("eu-west-1"),), {}, UNKNOWN),
    "tags refused, to America": ((vault_in("us-east-1"),), {}, FAIL),
}
VAULTS: dict[str, tuple[dict[str, str], str, str]] = {
    # its tags and key; encryption
    "plain": ({}, "", PASS),
    "keyed": ({}, "own", PASS),
    "personal": (PERSONAL, "", FAIL),
    "personal-keyed": (PERSONAL, "own", PASS),
    "personal-key-refused": (PERSONAL, "refused", UNKNOWN),
    "Default": ({}, "", PASS),
}


def test_plans_are_judged_as_a_person_judges_them(backups: Backups, account: AwsAccount, faults: Faults) -> None:
    arns = {name: backups.plan(name, *to, tags=tags) for name, (to, tags, _) in PLANS.items()}

    def on(operation: str, fault: Fault, *names: str) -> None:
        ids = [arns[name].rpartition(":")[2] for name in names]
        faults.plan(operation, fault, times=100, when=lambda call: any(one in call.form["Path"] for one in ids))

    on("backup:GetBackupPlan", DENIED, "refused")
    on("backup:GetBackupPlan", Fault(body=b'{"BackupPlan": {}}'), "nonsense")
    faults.plan("resourcegroupstaggingapi:GetResources", DENIED)
    on("backup:ListTags", DENIED, "tags refused", "tags refused, to America")
    found = read(BackupCollector, account, REGION)
    assert verdicts("residency.copy_out_of_region", found.values(), POLICY) == {
        name: verdict for name, (_, _, verdict) in PLANS.items()
    }
    assert set(verdicts("residency.out_of_region", found.values(), POLICY).values()) == {PASS}
    america = look("residency.copy_out_of_region", found["to America"], POLICY)
    (evidence,) = [one for one in america.evidence if one.violates]
    assert (evidence.data["destination"], evidence.data["via"]) == (vault_in("us-east-1"), "backup rule rule1")
    assert "update-backup-plan" in america.remediation


def test_vaults_are_judged_as_a_person_judges_them(
    backups: Backups, moto: Moto, account: AwsAccount, faults: Faults
) -> None:
    kms = moto.client("kms", region=REGION)
    keys = {name: kms.create_key()["KeyMetadata"]["Arn"] for name in ("own", "refused")}
    for name, (tags, key, _) in VAULTS.items():
        backups.vault(name, BackupVaultTags=tags, **({"EncryptionKeyArn": keys[key]} if key else {}))
    faults.plan(
        "kms:DescribeKey",
        Fault(status=400, code="AccessDeniedException"),
        when=lambda call: call.form["KeyId"] == keys["refused"],
    )
    found = read(BackupCollector, account, REGION)
    assert verdicts("data.encryption_at_rest", found.values(), POLICY) == {
        name: verdict for name, (_, _, verdict) in VAULTS.items()
    }
    assert set(verdicts("residency.out_of_region", found.values(), POLICY).values()) == {PASS}
    assert look("residency.copy_out_of_region", found["plain"], POLICY).notes == ("copies_are_made_by_plans",)
    assert faults.count("resourcegroupstaggingapi:GetResources") == 1
    assert faults.count("backup:ListTags") == 0


def test_the_tags_of_all_vaults_and_plans_are_one_list_for_which_each_stands_in(
    backups: Backups, account: AwsAccount, faults: Faults
) -> None:
    backups.vault("personal", BackupVaultTags=PERSONAL)
    backups.vault("untagged")
    backups.plan("of a plan", tags=PERSONAL)
    found = read(BackupCollector, account, REGION)
    assert (faults.count("resourcegroupstaggingapi:GetResources"), faults.count("backup:ListTags")) == (1, 0)
    faults.plan("resourcegroupstaggingapi:GetResources", DENIED)
    assert read(BackupCollector, account, REGION) == found
    assert faults.count("backup:ListTags") == len(found)
    assert found["personal"].tags == found["of a plan"].tags == Known(PERSONAL)


def test_a_vault_in_a_region_that_is_not_allowed_is_told_unless_aws_made_it_and_left_it_empty(
    moto: Moto, account: AwsAccount, faults: Faults
) -> None:
    far = Backups(moto, "us-east-1")
    for name in ("Default", "of-efs", "on-purpose"):
        far.vault(name)
    of_efs = b'"BackupVaultName": "aws/efs/automatic-backup-vault"'
    named = Fault(rewrite=lambda body: body.replace(b'"BackupVaultName": "of-efs"', of_efs))
    faults.plan("backup:ListBackupVaults", named)
    found = read(BackupCollector, account, "us-east-1")
    assert verdicts("residency.out_of_region", found.values(), POLICY) == {
        "Default": PASS,
        "aws/efs/automatic-backup-vault": PASS,
        "on-purpose": FAIL,
    }
    assert found["Default"].places == NotNeeded("vault_is_empty")
    assert faults.count("resourcegroupstaggingapi:GetResources") == 1
    faults.plan("backup:ListBackupVaults", FILLED)
    found = read(BackupCollector, account, "us-east-1")
    assert set(verdicts("residency.out_of_region", found.values(), POLICY).values()) == {FAIL}


def test_a_vault_that_another_account_shares_is_that_account_s(
    backups: Backups, account: AwsAccount, faults: Faults
) -> None:
    backups.vault("own")
    backups.vault("theirs")
    shared = f":{FOREIGN}:backup-vault:theirs".encode()
    own = f":{ACCOUNT}:backup-vault:theirs".encode()
    faults.plan("backup:ListBackupVaults", Fault(rewrite=lambda body: body.replace(own, shared)))
    assert set(read(BackupCollector, account, REGION)) == {"own"}


def test_how_many_backups_there_are_changes_nothing(backups: Backups, account: AwsAccount, faults: Faults) -> None:
    backups.vault("plain")
    before = read(BackupCollector, account, REGION)
    faults.plan("backup:ListBackupVaults", FILLED)
    assert read(BackupCollector, account, REGION) == before


def test_a_rule_that_fills_an_air_gapped_vault_elsewhere_copies(
    backups: Backups, account: AwsAccount, faults: Faults
) -> None:
    backups.plan("gapped")
    faults.plan(
        "backup:GetBackupPlan",
        Fault(
            body=json.dumps(
                {
                    "BackupPlan": {
                        "BackupPlanName": "gapped",
                        "Rules": [{"TargetLogicallyAirGappedBackupVaultArn": vault_in("us-east-1", FOREIGN)}],
                    }
                }
            ).encode()
        ),
    )
    (copy,) = read(BackupCollector, account, REGION)["gapped"].copies.value
    assert (copy.destination, copy.places) == (vault_in("us-east-1", FOREIGN), Known(("aws:us-east-1",)))


@pytest.mark.parametrize(
    ("operation", "kind"), [("backup:ListBackupVaults", BackupVault), ("backup:ListBackupPlans", BackupPlan)]
)
@pytest.mark.parametrize("fault", [DENIED, GATEWAY_PAGE, Fault(body=b"{}")])
def test_a_list_that_fails_costs_its_kind_and_is_no_empty_region(
    backups: Backups, account: AwsAccount, faults: Faults, *, operation: str, kind: type[Any], fault: Fault
) -> None:
    backups.vault("plain")
    backups.plan("stays")
    faults.plan(operation, fault)
    found = list(BackupCollector(account).collect(scope(BackupCollector, REGION)))
    (unread,) = [item for item in found if isinstance(item, Unread)]
    assert unread.operation == operation
    assert {type(item) for item in found} - {Unread} == {BackupVault, BackupPlan} - {kind}


def test_plans_are_not_read_where_no_rule_asks_for_copies(backups: Backups, faults: Faults) -> None:
    backups.vault("plain")
    backups.plan("to America", vault_in("us-east-1"))
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, asked=lambda _kind, fact: fact not in {"tags", "copies"})
    assert set(read(BackupCollector, account, REGION)) == {"plain"}
    assert [call.operation for call in faults.calls] == ["sts:GetCallerIdentity", "backup:ListBackupVaults"]


def test_each_is_read_anew_by_its_arn(backups: Backups, account: AwsAccount, faults: Faults) -> None:
    backups.vault("plain", BackupVaultTags=PERSONAL)
    plan = backups.plan("to America", vault_in("us-east-1"))
    found = read(BackupCollector, account, REGION)
    collector, where = BackupCollector(account), scope(BackupCollector, REGION)
    for one in found.values():
        assert collector.refresh(where, one.uid) == one
    backups.backup.delete_backup_plan(BackupPlanId=plan.rpartition(":")[2])
    backups.backup.delete_backup_vault(BackupVaultName="plain")
    assert collector.refresh(where, plan) is None
    assert collector.refresh(where, found["plain"].uid) is None
    faults.plan("backup:ListBackupVaults", DENIED)
    assert isinstance(collector.refresh(where, found["plain"].uid), Unread)
