"""What tests of regional collectors have in common: reading a region, and judging what was found there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from collectors.aws.session import AwsAccount
from collectors.model import Provider, Resource, Scope
from detectors.catalogue import catalogue
from detectors.engine import judge
from detectors.model import Judgement, Policy
from tests.fakes.aws_moto import ACCOUNT

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def connected(url: str) -> AwsAccount:
    """Return one account for all tests: what it costs to make its clients anew is not what is tested."""
    return AwsAccount(ACCOUNT, endpoint_url=url)


def scope(collector: type[Any], region: str) -> Scope:
    """Return a region as a collector is given it."""
    return Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region=region, collector=collector.uid)


def read(collector: type[Any], account: AwsAccount, region: str) -> dict[str, Any]:
    """Read a region whole; resources by name."""
    found: dict[str, Any] = {}
    for item in collector(account).collect(scope(collector, region)):
        assert isinstance(item, Resource), item
        assert item.name not in found, item.name
        found[item.name] = item
    return found


def look(uid: str, resource: Resource, policy: Policy) -> Judgement:
    """Judge one resource by one detector."""
    judgement = judge(catalogue()[uid], resource, policy, NOW)
    assert judgement is not None
    return judgement


def verdicts(uid: str, found: Iterable[Resource], policy: Policy) -> dict[str, str]:
    """Return the verdict of one detector on each resource, by name."""
    return {resource.name: look(uid, resource, policy).verdict.value for resource in found}
