"""A service that a region does not have is no gap, and one that is out of reach is."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from collectors.aws.availability import offered, where_offered
from collectors.aws.backup import BackupCollector
from collectors.aws.session import AwsAccount
from collectors.model import Unread, UnreadReason
from tests.collectors.aws.looking import scope
from tests.fakes.aws_moto import ACCOUNT, Moto

NOBODY_ANSWERS = Unread(
    reason=UnreadReason.UNREACHABLE, operation="backup:ListBackupVaults", detail="EndpointConnection"
)
NOWHERE = "xx-moon-1"


@pytest.fixture
def nobody(credentials: pytest.MonkeyPatch, moto: Moto) -> Iterator[AwsAccount]:
    """An account whose AWS Backup nobody answers for."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with credentials.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL_BACKUP", f"http://127.0.0.1:{port}")
        environment.setenv("AWS_ENDPOINT_URL_STS", moto.url)
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        yield AwsAccount(ACCOUNT)


def test_the_sdk_knows_where_services_are() -> None:
    account = AwsAccount(ACCOUNT)
    assert offered(account, "backup", "eu-central-1")
    assert not offered(account, "backup", NOWHERE)


def test_an_endpoint_of_one_s_own_has_every_service() -> None:
    assert offered(AwsAccount(ACCOUNT, endpoint_url="http://127.0.0.1:1"), "backup", NOWHERE)


def test_what_nobody_answers_for_where_the_service_is_not_is_no_gap() -> None:
    account = AwsAccount(ACCOUNT)
    assert list(where_offered(account, "backup", NOWHERE, iter([NOBODY_ANSWERS]))) == []
    assert list(where_offered(account, "backup", "eu-central-1", iter([NOBODY_ANSWERS]))) == [NOBODY_ANSWERS]


@pytest.mark.parametrize(
    "unread",
    [
        Unread(reason=UnreadReason.UNREACHABLE, operation="backup:ListBackupVaults", detail="ReadTimeout"),
        Unread(reason=UnreadReason.DENIED, operation="backup:ListBackupVaults", detail="AccessDenied"),
        Unread(reason=UnreadReason.SERVICE_DISABLED, operation="backup:ListBackupVaults"),
    ],
)
def test_whatever_else_fails_is_a_gap_everywhere(unread: Unread) -> None:
    assert list(where_offered(AwsAccount(ACCOUNT), "backup", NOWHERE, iter([unread]))) == [unread]


def test_what_was_found_is_told(nobody: AwsAccount) -> None:
    assert list(where_offered(nobody, "backup", NOWHERE, iter(["a vault", NOBODY_ANSWERS]))) == ["a vault"]


@pytest.mark.parametrize(("region", "gaps"), [("eu-central-1", 2), (NOWHERE, 0)])
def test_a_region_is_read_whether_it_has_the_service_or_not(nobody: AwsAccount, region: str, gaps: int) -> None:
    found = list(BackupCollector(nobody).collect(scope(BackupCollector, region)))
    assert [one.reason for one in found if isinstance(one, Unread)] == [UnreadReason.UNREACHABLE] * gaps
    assert len(found) == gaps
