"""Regional services are read once in each enabled region, as units of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.model import GLOBAL, Provider, Resource, Scope, Unread
from daemon.configuration import load
from daemon.targets import Observer, Targets, Unit
from tests.fakes.aws_faults import DENIED, Faults, fault_proxy
from tests.fakes.aws_moto import ACCOUNT, Moto, moto_server
from tests.fakes.program import HARMLESS

DESCRIBE_REGIONS = "ec2:DescribeRegions"


class Nothing:
    """Counts nothing."""

    def called(self, provider: str, service: str, operation: str, outcome: str) -> None:
        pass

    def disagreed(self, provider: str, account: str) -> None:
        pass


@pytest.fixture(scope="session")
def _moto() -> Iterator[Moto]:
    with moto_server() as server:
        yield server


@pytest.fixture
def faults(_moto: Moto, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    for name, value in HARMLESS.items():
        monkeypatch.setenv(name, value)
    _moto.reset()
    with fault_proxy(_moto.port) as proxy:
        yield proxy


@pytest.fixture
def make(tmp_path: Path, faults: Faults) -> Any:
    def target(regions: object, previous: Targets | None = None, **more: Any) -> Targets:
        settings = {"name": "prod", "provider": "aws", "regions": regions, "endpoint_url": faults.url, **more}
        path = tmp_path / "cspmd.yaml"
        path.write_text(yaml.safe_dump({"version": 1, "targets": [settings]}))
        return Targets(load(path, {}), Observer(Nothing()), previous=previous)

    return target


def read(unit: Unit) -> list[Resource | Unread]:
    return list(unit.collector.collect(unit.scope))


def discover(targets: Targets, account: str = ACCOUNT) -> list[Resource | Unread]:
    [unit] = [one for one in targets.discoveries() if one.scope.account == account]
    return read(unit)


def regions(targets: Targets, collector: str = "aws.ec2.network") -> list[str]:
    return [unit.scope.region for unit in targets.units() if unit.scope.collector == collector]


def scope(region: str, account: str = ACCOUNT) -> Scope:
    return Scope(target="prod", provider=Provider.AWS, account=account, region=region, collector="aws.ec2.network")


def test_each_enabled_region_is_a_unit_of_each_regional_collector(make: Any) -> None:
    targets = make("all", accounts=[ACCOUNT])
    assert regions(targets) == []
    assert discover(targets) == []
    assert {"eu-central-1", "us-east-1", "ap-southeast-2"} <= set(regions(targets))
    assert regions(targets) == regions(targets, "aws.ec2.storage")
    assert len({unit.key for unit in targets.units()}) == len(targets.units())
    assert regions(targets, "aws.s3") == [GLOBAL]


def test_a_list_bounds_them_and_units_keep_their_identity(make: Any) -> None:
    targets = make(["eu-central-1", "us-east-1"], accounts=[ACCOUNT])
    discover(targets)
    assert regions(targets) == ["eu-central-1", "us-east-1"]
    before = targets.units()
    discover(targets)
    assert all(one is other for one, other in zip(before, targets.units(), strict=True))


def test_refused_the_list_stands_in_and_nothing_counts_as_gone(make: Any, faults: Faults) -> None:
    faults.plan(DESCRIBE_REGIONS, DENIED)
    targets = make(["eu-central-1"], accounts=[ACCOUNT])
    [failure] = discover(targets)
    assert isinstance(failure, Unread)
    assert failure.permission == DESCRIBE_REGIONS
    assert regions(targets) == ["eu-central-1"]
    assert targets.undecided(scope("us-west-2"))
    assert not targets.undecided(scope(GLOBAL))
    everywhere = make("all", accounts=[ACCOUNT])
    [failure] = discover(everywhere)
    assert isinstance(failure, Unread)
    assert regions(everywhere) == []
    assert everywhere.undecided(scope("us-west-2"))


def test_a_later_refusal_takes_no_region_away_and_adds_none(make: Any, faults: Faults) -> None:
    targets = make("all", accounts=[ACCOUNT])
    discover(targets)
    found = regions(targets)
    faults.plan(DESCRIBE_REGIONS, DENIED)
    assert discover(targets)
    assert regions(targets) == found
    assert not targets.undecided(scope("us-west-2"))


def test_a_region_that_is_no_longer_configured_is_decided(make: Any) -> None:
    targets = make(["eu-central-1"], accounts=[ACCOUNT])
    assert targets.undecided(scope("us-west-2"))
    discover(targets)
    assert not targets.undecided(scope("us-west-2"))
    assert not targets.undecided(scope("us-west-2", account="999999999999"))


def test_a_reload_reads_on_in_the_regions_found_though_they_cannot_be_listed_now(make: Any, faults: Faults) -> None:
    before = make("all", accounts=[ACCOUNT])
    discover(before)
    faults.plan(DESCRIBE_REGIONS, DENIED)
    after = make("all", previous=before, accounts=[ACCOUNT], schedule={"config": "7m"})
    assert regions(after) == regions(before) != []
    assert not after.undecided(scope("mars-north-1"))
    assert {unit.interval.total_seconds() for unit in after.units() if unit.scope.region != GLOBAL} == {420}
    assert discover(after)
    assert regions(after) == regions(before)


def test_a_reload_with_fewer_regions_is_decided_and_one_with_more_is_not(make: Any, faults: Faults) -> None:
    before = make("all", accounts=[ACCOUNT])
    discover(before)
    faults.plan(DESCRIBE_REGIONS, DENIED)
    fewer = make(["us-east-1"], previous=before, accounts=[ACCOUNT])
    assert regions(fewer) == ["us-east-1"]
    assert not fewer.undecided(scope("eu-central-1"))

    more = make(["us-east-1", "eu-central-1"], previous=fewer, accounts=[ACCOUNT])
    assert regions(more) == ["us-east-1"]
    assert more.undecided(scope("eu-central-1"))
    assert discover(more)
    assert regions(more) == ["us-east-1", "eu-central-1"]
    everywhere = make("all", previous=fewer, accounts=[ACCOUNT])
    assert discover(everywhere)
    assert regions(everywhere) == ["us-east-1"]
    faults.clear()
    discover(everywhere)
    assert regions(everywhere) == regions(before)


def test_each_account_has_its_own_regions(make: Any, faults: Faults) -> None:
    second = "222222222222"
    targets = make(["eu-central-1"], accounts=[ACCOUNT, second], role_name="cspmd-read")
    faults.plan(DESCRIBE_REGIONS, DENIED, times=1)
    assert discover(targets)
    assert discover(targets, second) == []
    assert targets.undecided(scope("us-west-2"))
    assert not targets.undecided(scope("us-west-2", account=second))
    accounts = {unit.scope.account: unit.collector for unit in targets.units() if unit.scope.region == "eu-central-1"}
    assert accounts.keys() == {ACCOUNT, second}
    found = {
        account: {
            item.account for item in collector.collect(scope("eu-central-1", account)) if isinstance(item, Resource)
        }
        for account, collector in accounts.items()
    }
    assert all(held <= {account} for account, held in found.items())
