"""Whatever an event of AWS may name is read by some unit of that account, and by none of another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from collectors.aws.catalogue import COLLECTORS
from collectors.aws.logs import families
from collectors.aws.logs.families import Family, Place
from collectors.aws.regions import EnabledRegions
from collectors.aws.session import AwsAccount
from collectors.model import GLOBAL, Provider, Scope
from daemon.targets import Unit
from daemon.targets.naming import readers

ACCOUNT = "123456789012"
REGIONS = ("eu-central-1", "us-east-1")
HERE = Place(partition="aws", region="eu-central-1", account=ACCOUNT)


def units(account: str = ACCOUNT) -> list[Unit]:
    """Return the units that would read an account with every collector there is."""
    connection = AwsAccount(account, regions=REGIONS)
    made = []
    for collector in (*(one(connection) for one in COLLECTORS), EnabledRegions(connection, lambda *_: None)):
        for region in REGIONS if collector.regional else (GLOBAL,):
            scope = Scope(target="prod", provider=Provider.AWS, account=account, region=region, collector=collector.uid)
            made.append(Unit(scope=scope, interval=timedelta(minutes=5), collector=collector))
    return made


FAMILIES = {name: one for name, one in vars(families).items() if isinstance(one, Family)}


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_family_that_an_event_may_name_is_read(name: str) -> None:
    family = FAMILIES[name]
    everything = family.every(HERE)
    found = readers(units(), everything, ACCOUNT)
    assert found
    assert all(unit.scope.region in {"eu-central-1", GLOBAL} for unit in found if family.regional)
    assert all(unit.collector.kinds for unit in found)
    assert readers(units("999999999999"), everything, ACCOUNT) == ()


@pytest.mark.parametrize(
    "uid", ["", "*", "nonsense", "arn:aws:s3", "arn:aws:lambda:eu-central-1:1:function:f", "//x/y"]
)
def test_what_no_unit_reads_is_nobodys(uid: str) -> None:
    assert readers(units(), uid, ACCOUNT) == ()
