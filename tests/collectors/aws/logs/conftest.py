from __future__ import annotations

from collections.abc import Iterator

import pytest

from collectors.aws.session import AwsAccount
from collectors.aws.throttle import Pacing
from tests.fakes.aws_log_cloud import ACCOUNT, LogCloud, log_cloud


@pytest.fixture
def cloud() -> Iterator[LogCloud]:
    with log_cloud() as served:
        yield served


@pytest.fixture
def reader(cloud: LogCloud) -> AwsAccount:
    """The account as cspmd reaches it at the loopback endpoint, which takes as many calls as come."""
    return AwsAccount(ACCOUNT, endpoint_url=cloud.url, pacing={"cloudtrail": Pacing(ceiling=10_000.0, floor=100.0)})
