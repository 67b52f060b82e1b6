from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from collectors.aws.dynamodb import DynamoDbCollector
from collectors.aws.efs import EfsCollector
from collectors.aws.rds import RdsCollector
from collectors.aws.session import AwsAccount
from collectors.model import Provider, Resource, Scope, Unread
from tests.collectors.aws.data.small import HOME
from tests.fakes.aws_moto import ACCOUNT

Found = dict[str, Any]
Read = Callable[..., tuple[Found, list[Unread]]]


def scope(collector: type, region: str = HOME) -> Scope:
    return Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region=region, collector=collector.uid)


@pytest.fixture
def read(account: AwsAccount) -> Read:
    """Read one region with the given collectors (all three); resources by name, and what failed."""

    def collect(*collectors: Any, region: str = HOME, within: AwsAccount = account) -> tuple[Found, list[Unread]]:
        found: Found = {}
        unread: list[Unread] = []
        for collector in collectors or (RdsCollector, DynamoDbCollector, EfsCollector):
            for item in collector(within).collect(scope(collector, region)):
                if isinstance(item, Resource):
                    found[item.name] = item
                else:
                    unread.append(item)
        return found, unread

    return collect
