from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from collectors.aws.s3 import S3Collector
from collectors.aws.session import AwsAccount
from collectors.model import Bucket, Provider, Scope
from tests.fakes.aws_faults import Faults, fault_proxy
from tests.fakes.aws_moto import ACCOUNT, Moto, moto_server

SCOPE = Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region="global", collector="aws.s3")


@pytest.fixture(scope="session")
def moto_process() -> Iterator[Moto]:
    with moto_server() as moto:
        yield moto


@pytest.fixture
def moto(moto_process: Moto) -> Moto:
    moto_process.reset()
    return moto_process


@pytest.fixture(scope="session")
def proxy(moto_process: Moto) -> Iterator[Faults]:
    with fault_proxy(moto_process.port) as faults:
        yield faults


@pytest.fixture
def faults(proxy: Faults, moto: Moto) -> Faults:  # noqa: ARG001 - an emptied server behind the proxy
    proxy.clear()
    return proxy


@pytest.fixture(scope="module", autouse=True)
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    """The environment an operator gives the program, and nothing of the machine the test runs on."""
    home = tmp_path_factory.mktemp("aws")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
            environment.delenv(name, raising=False)
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTTEST")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "secret/of/the/test")
        environment.setenv("AWS_CONFIG_FILE", str(home / "config"))
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield environment


@pytest.fixture
def s3(moto: Moto) -> Any:
    """A client to seed buckets with."""
    return moto.client("s3")


@pytest.fixture
def s3control(moto: Moto) -> Any:
    return moto.client("s3control")


@pytest.fixture
def account(faults: Faults) -> AwsAccount:
    """The account as cspmd reaches it, through the proxy."""
    return AwsAccount(ACCOUNT, endpoint_url=faults.url)


@pytest.fixture
def collect(account: AwsAccount) -> Callable[[], dict[str, Bucket]]:
    """Read everything; buckets by name. Fails where the listing was not whole."""

    def read() -> dict[str, Bucket]:
        found: dict[str, Bucket] = {}
        for item in S3Collector(account).collect(SCOPE):
            assert isinstance(item, Bucket), item
            found[item.name] = item
        return found

    return read
