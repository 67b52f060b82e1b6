from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from collectors.aws.s3 import S3Collector
from collectors.model import GLOBAL, Provider, Scope, Unread
from daemon.cli.app import build
from daemon.configuration import Configuration, load
from daemon.targets import Health, Observer, TargetError, Targets, Unit, diagnose
from daemon.targets.aws_organization import ORGANIZATION
from daemon.targets.aws_permissions import permissions
from detectors.asking import asked
from detectors.catalogue import catalogue
from tests.fakes.aws_families import supplement
from tests.fakes.aws_faults import DENIED, RESET, Fault, Faults, fault_proxy
from tests.fakes.aws_moto import ACCOUNT, Moto, moto_server
from tests.fakes.program import HARMLESS

LIST_ACCOUNTS = "organizations:ListAccounts"


class Tally:
    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str, str, str]] = Counter()
        self.disagreements: Counter[tuple[str, str]] = Counter()

    def called(self, provider: str, service: str, operation: str, outcome: str) -> None:
        self.calls[provider, service, operation, outcome] += 1

    def disagreed(self, provider: str, account: str) -> None:
        self.disagreements[provider, account] += 1


@pytest.fixture(scope="session")
def _moto() -> Iterator[Moto]:
    with moto_server() as server:
        yield server


@pytest.fixture
def moto(_moto: Moto, monkeypatch: pytest.MonkeyPatch) -> Moto:
    for name, value in HARMLESS.items():
        monkeypatch.setenv(name, value)
    _moto.reset()
    return _moto


@pytest.fixture
def faults(moto: Moto) -> Iterator[Faults]:
    with fault_proxy(moto.port) as proxy:
        yield proxy


@pytest.fixture
def organization(moto: Moto) -> list[str]:
    """The ids of the accounts of an organization of three."""
    client = moto.client("organizations")
    client.create_organization(FeatureSet="ALL")
    for number in range(2):
        client.create_account(Email=f"{number}@example.com", AccountName=f"account {number}")
    return sorted(account["Id"] for account in client.list_accounts()["Accounts"])


def configured(tmp_path: Path, *targets: dict[str, Any], **sections: Any) -> Configuration:
    path = tmp_path / "cspmd.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "targets": list(targets), **sections}))
    return load(path, {})


def aws(endpoint: str = "http://127.0.0.1:9", name: str = "prod", **more: Any) -> dict[str, Any]:
    usual = {"name": name, "provider": "aws", "regions": ["us-east-1"], "endpoint_url": endpoint}
    return usual | ({} if "organization" in more else {"accounts": [ACCOUNT]}) | more


def targets(configuration: Configuration, *names: str, previous: Targets | None = None) -> Targets:
    return Targets(configuration, Observer(Tally()), names, previous)


def buckets(made: Targets) -> dict[tuple[str, str], Unit]:
    """Return the units that read buckets, by target and account."""
    return {(unit.scope.target, unit.scope.account): unit for unit in made.units() if unit.scope.collector == "aws.s3"}


def read(unit: Unit) -> list[object]:
    return list(unit.collector.collect(unit.scope))


def test_each_account_is_a_unit_with_its_target_s_schedule(tmp_path: Path) -> None:
    second = "222222222222"
    found = buckets(
        targets(
            configured(
                tmp_path,
                aws(accounts=[ACCOUNT, second], role_name="r"),
                aws(name="other", schedule={"config": "1h"}),
                schedule={"config": "7m"},
            )
        )
    )
    assert found.keys() == {("prod", ACCOUNT), ("prod", second), ("other", ACCOUNT)}
    assert [unit.interval.total_seconds() for unit in found.values()] == [420, 420, 3600]
    scope = found["prod", second].scope
    assert scope == Scope(target="prod", provider=Provider.AWS, account=second, region=GLOBAL, collector="aws.s3")


def test_only_the_targets_asked_for_are_read(tmp_path: Path) -> None:
    configuration = configured(tmp_path, aws(), aws(name="other"))
    assert buckets(targets(configuration, "other")).keys() == {("other", ACCOUNT)}
    with pytest.raises(TargetError, match=r"no target nowhere in .*; it has prod, other"):
        targets(configuration, "other", "nowhere")


@pytest.mark.parametrize(
    "other",
    [
        {"name": "corp", "provider": "azure", "tenant_id": "t"},
        {"name": "corp", "provider": "gcp", "organization": "1"},
    ],
)
def test_a_cloud_that_is_not_read_is_refused_unless_it_is_not_asked_for(tmp_path: Path, other: dict[str, Any]) -> None:
    configuration = configured(tmp_path, aws(), other)
    with pytest.raises(TargetError, match=f"'corp': this build of cspmd reads AWS only, no {other['provider']} target"):
        targets(configuration)
    assert buckets(targets(configuration, "prod"))
    [check] = diagnose(configuration.targets[1], Observer(Tally()))
    assert check.health is Health.MISSING


def test_a_target_that_is_configured_as_before_keeps_its_units(tmp_path: Path) -> None:
    before = targets(configured(tmp_path, aws(), aws(name="other")))
    after = targets(configured(tmp_path, aws(), aws(name="other", accounts=["222222222222"])), previous=before)
    assert buckets(after)["prod", ACCOUNT] is buckets(before)["prod", ACCOUNT]
    assert buckets(after)["other", "222222222222"] not in buckets(before).values()
    slower = targets(configured(tmp_path, aws(), schedule={"config": "1h"}), previous=before)
    assert buckets(slower)["prod", ACCOUNT] is not buckets(before)["prod", ACCOUNT]


def test_the_accounts_of_an_organization_are_discovered_and_followed(
    tmp_path: Path, moto: Moto, organization: list[str]
) -> None:
    made = targets(configured(tmp_path, aws(moto.url, organization=True, role_name="cspmd-read")))
    [discovery] = made.discoveries()
    scope = discovery.scope
    assert (scope.account, scope.collector) == (ORGANIZATION, "aws.accounts")
    assert made.units() == (discovery,)
    some = Scope(target="prod", provider=Provider.AWS, account="1", region=GLOBAL, collector="aws.s3")
    assert made.undecided(some)

    assert read(discovery) == []
    assert [account for _, account in buckets(made)] == organization
    assert not made.undecided(some)
    before = buckets(made)

    moto.client("organizations").create_account(Email="3@example.com", AccountName="three")
    read(discovery)
    after = buckets(made)
    assert len(after) == len(organization) + 1
    assert all(after[key] is unit for key, unit in before.items())


def test_a_discovery_that_fails_is_told_and_takes_no_account_away(
    tmp_path: Path, faults: Faults, organization: list[str]
) -> None:
    made = targets(configured(tmp_path, aws(faults.url, organization=True, role_name="cspmd-read")))
    discovery = made.discoveries()[0]
    faults.plan(LIST_ACCOUNTS, DENIED)
    [failure] = read(discovery)
    assert isinstance(failure, Unread)
    assert failure.permission == LIST_ACCOUNTS
    assert buckets(made) == {}
    faults.clear()
    read(discovery)
    faults.plan(LIST_ACCOUNTS, DENIED)
    read(discovery)
    assert [account for _, account in buckets(made)] == organization


def test_a_reload_reads_on_in_the_accounts_found_though_they_cannot_be_listed_now(
    tmp_path: Path, faults: Faults, organization: list[str]
) -> None:
    settings = aws(faults.url, organization=True, role_name="cspmd-read")
    before = targets(configured(tmp_path, settings))
    read(before.discoveries()[0])
    faults.plan(LIST_ACCOUNTS, DENIED)
    after = targets(configured(tmp_path, settings, schedule={"config": "1h"}), previous=before)
    assert [account for _, account in buckets(after)] == organization
    assert not any(unit in buckets(before).values() for unit in buckets(after).values())
    gone = Scope(target="prod", provider=Provider.AWS, account="1", region=GLOBAL, collector="aws.s3")
    assert not after.undecided(gone)
    assert read(after.discoveries()[0])
    assert [account for _, account in buckets(after)] == organization

    elsewhere = targets(configured(tmp_path, settings | {"profile": "another"}), previous=after)
    assert buckets(elsewhere) == {}
    assert elsewhere.undecided(gone)


def test_an_account_that_was_closed_is_watched_no_more(tmp_path: Path, moto: Moto, organization: list[str]) -> None:
    made = targets(configured(tmp_path, aws(moto.url, organization=True, role_name="cspmd-read")))
    closed = next(account for account in organization if account != ACCOUNT)
    moto.client("organizations").close_account(AccountId=closed)
    read(made.discoveries()[0])
    assert closed not in {account for _, account in buckets(made)}


def test_whatever_is_read_by_default_is_read_twice_before_the_alert_of_the_readme_fires(
    tmp_path: Path, moto: Moto, organization: list[str]
) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    [seconds] = re.findall(r"expr: time\(\) - cspmd_last_success_timestamp_seconds > (\d+)", readme)
    settings = aws(
        moto.url, organization=True, role_name="cspmd-read", logs=[{"source": "aws.cloudtrail", "lookup": True}]
    )
    made = targets(configured(tmp_path, settings))
    for _ in range(2):
        for discovery in made.discoveries():
            read(discovery)
    units = [*made.units(), *made.log_sources()]
    assert {"aws.accounts", "aws.regions", "aws.s3", "aws.ec2.network"} <= {
        unit.scope.collector for unit in made.units()
    }
    assert {unit.scope.account for unit in made.units()} == {ORGANIZATION, *organization}
    assert {unit.key: unit.interval for unit in units if 2 * unit.interval.total_seconds() > int(seconds)} == {}


def test_calls_are_counted_with_their_outcome(tmp_path: Path, faults: Faults) -> None:
    tally = Tally()
    made = Targets(configured(tmp_path, aws(faults.url)), Observer(tally))
    faults.plan("s3:ListBuckets", DENIED)
    read(buckets(made)["prod", ACCOUNT])
    assert tally.calls["aws", "sts", "GetCallerIdentity", "ok"] == 1
    assert tally.calls["aws", "s3", "ListBuckets", "denied"] == 1


def test_doctor_tries_the_organization_and_each_account(
    tmp_path: Path, faults: Faults, organization: list[str]
) -> None:
    supplement(faults)
    configuration = configured(tmp_path, aws(faults.url, organization=True, role_name="cspmd-read"))
    [target] = configuration.targets
    checks = list(diagnose(target, Observer(Tally())))
    assert {check.area for check in checks} == {
        "target prod, organization",
        *(f"target prod, account {account}" for account in organization),
    }
    assert Health.MISSING not in {check.health for check in checks}
    faults.plan(LIST_ACCOUNTS, DENIED)
    [check] = diagnose(target, Observer(Tally()))
    assert (check.health, check.grant) == (Health.MISSING, LIST_ACCOUNTS)


@pytest.mark.parametrize("more", [{}, {"role_name": "cspmd-read"}], ids=["own", "role"])
@pytest.mark.parametrize("failing", [DENIED, RESET], ids=["denied", "reset"])
def test_doctor_tells_of_an_sts_that_does_not_say_whose_credentials_these_are(
    tmp_path: Path, faults: Faults, failing: Fault, more: dict[str, str]
) -> None:
    supplement(faults)
    configuration = configured(tmp_path, aws(faults.url, **more))
    [target] = configuration.targets
    faults.plan("sts:GetCallerIdentity", failing)
    [credentials, *others] = diagnose(target, Observer(Tally()))
    assert (credentials.what, credentials.health) == ("credentials", Health.MISSING)
    assert credentials.problem.startswith("sts:GetCallerIdentity: ")
    assert credentials.remedy
    assert credentials.grant == ""
    tried = {check.what for check in others if check.health is Health.OK}
    assert ("s3:ListAllMyBuckets" in tried) is bool(more)


def test_doctor_says_who_has_to_let_a_role_be_assumed(tmp_path: Path, faults: Faults) -> None:
    faults.plan("sts:AssumeRole", DENIED)
    [target] = configured(tmp_path, aws(faults.url, role_name="cspmd-read")).targets
    [credentials] = diagnose(target, Observer(Tally()))
    assert (credentials.what, credentials.health) == ("credentials", Health.MISSING)
    assert "cspmd permissions aws --for own" in credentials.remedy
    assert "trust" in credentials.remedy


def collectors_of(configuration: Configuration, *detectors: str) -> set[str]:
    targets = Targets(configuration, Observer(Tally()), detectors=detectors)
    return {unit.scope.collector for unit in targets.units()}


def test_what_no_detector_judges_is_not_read(tmp_path: Path) -> None:
    configuration = configured(tmp_path, aws())
    everything = collectors_of(configuration)
    assert "aws.s3" in everything
    assert collectors_of(configuration, "storage.versioning") == {"aws.s3"}
    assert collectors_of(configuration, "coverage.unread_scope") == everything
    assert collectors_of(configuration, "residency.out_of_region") >= {"aws.s3"}


def test_the_policy_and_doctor_know_what_is_enabled(tmp_path: Path, faults: Faults) -> None:
    path = tmp_path / "cspmd.yaml"
    of_buckets = {"disable": [uid for uid in catalogue() if not uid.startswith("storage.")]}
    configuration = configured(tmp_path, aws(faults.url), detectors=of_buckets)
    demand = asked(configuration.enabled_detectors(), configuration.policy())
    listed = {permission.action for permission in permissions(asked=demand)}
    assert {"s3:GetBucketAcl", "s3:GetBucketVersioning"} <= listed
    assert not listed & {"kms:DescribeKey", "s3:GetBucketTagging", "s3:GetReplicationConfiguration"}
    assert listed <= {permission.action for permission in S3Collector.permissions}
    done = CliRunner().invoke(build(), ["permissions", "aws", "--config", str(path)])
    printed = {action for statement in json.loads(done.stdout)["Statement"] for action in statement["Action"]}
    assert printed == listed
    [target] = configuration.targets
    tried = {check.what for check in diagnose(target, Observer(Tally()), demand)}
    assert tried >= listed
    assert not [action for action in tried if action.startswith(("iam:", "ec2:", "rds:"))]
    everything = {permission.action for permission in permissions()}
    assert everything > listed | {"ec2:DescribeRegions", "iam:GetAccountSummary"}
