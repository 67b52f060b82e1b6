from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.aws.iam import IamCollector
from collectors.aws.session import AwsAccount
from collectors.model import Provider, Resource, Role, RootUser, Scope, Unread, User
from tests.fakes.aws_faults import Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

SCOPE = Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region="global", collector="aws.iam")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"

_KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
COLUMNS = (
    *("user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed"),
    *("password_next_rotation", "mfa_active"),
    *(f"access_key_{slot}_{column}" for slot in (1, 2) for column in _KEY),
    *("cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated"),
)
"""The report's columns in AWS's order."""


def row(name: str, arn: str = "", **columns: str) -> dict[str, str]:
    """A row of the report as AWS writes it for a user without any credentials, changed as told."""
    nothing = dict.fromkeys(COLUMNS, "N/A")
    switches = {"mfa_active", "access_key_1_active", "access_key_2_active", "cert_1_active", "cert_2_active"}
    return {
        **nothing,
        **dict.fromkeys(switches, "false"),
        "user": name,
        "arn": arn or f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "user_creation_time": "2024-01-02T03:04:05+00:00",
        "password_enabled": "false",
        **columns,
    }


def root_row(**columns: str) -> dict[str, str]:
    own = {"password_enabled": "not_supported", "password_last_changed": "not_supported"}
    return row("<root_account>", ROOT, **own, password_next_rotation="not_supported", **columns)


def csv_of(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def report_answer(content: bytes, generated: datetime | None = None) -> Fault:
    """A truthful answer of GetCredentialReport with this content, made just now unless told otherwise."""
    moment = (generated or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = (
        '<GetCredentialReportResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetCredentialReportResult>'
        f"<Content>{base64.b64encode(content).decode()}</Content><ReportFormat>text/csv</ReportFormat>"
        f"<GeneratedTime>{moment}</GeneratedTime></GetCredentialReportResult>"
        "<ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></GetCredentialReportResponse>"
    )
    return Fault(body=body.encode())


def summary_answer(**numbers: int) -> Fault:
    """A truthful answer of GetAccountSummary that says this."""
    entries = "".join(f"<entry><key>{name}</key><value>{value}</value></entry>" for name, value in numbers.items())
    body = (
        '<GetAccountSummaryResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetAccountSummaryResult>'
        f"<SummaryMap>{entries}</SummaryMap></GetAccountSummaryResult>"
        "<ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></GetAccountSummaryResponse>"
    )
    return Fault(body=body.encode())


def real_report(moto: Moto) -> list[dict[str, str]]:
    """The rows that moto's own report has."""
    iam = moto.client("iam")
    iam.generate_credential_report()
    content = iam.get_credential_report()["Content"].decode()
    return list(csv.DictReader(io.StringIO(content)))


class Clock:
    """A present that moves when told, and a sleep that moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def iam(moto: Moto) -> Any:
    """A client to seed identities with."""
    return moto.client("iam")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def collector(account: AwsAccount, clock: Clock) -> IamCollector:
    return IamCollector(account, sleep=clock.sleep, now=clock)


class Estate:
    """What one pass found, by kind and name."""

    def __init__(self, items: Iterator[Resource | Unread]) -> None:
        self.users: dict[str, User] = {}
        self.roles: dict[str, Role] = {}
        self.roots: list[RootUser] = []
        self.unread: list[Unread] = []
        for item in items:
            match item:
                case User():
                    self.users[item.name] = item
                case Role():
                    self.roles[item.name] = item
                case RootUser():
                    self.roots.append(item)
                case Unread():
                    self.unread.append(item)
                case _:
                    pytest.fail(f"unexpected {item!r}")

    @property
    def root(self) -> RootUser:
        (root,) = self.roots
        return root

    def whole(self) -> Estate:
        assert self.unread == []
        return self


@pytest.fixture
def collect(collector: IamCollector) -> Callable[[], Estate]:
    """Read everything."""
    return lambda: Estate(collector.collect(SCOPE))


@pytest.fixture
def says_all(faults: Faults) -> None:
    """An account summary like AWS's, which tells of the root what moto's leaves out."""
    numbers = {"AccountPasswordPresent": 1, "AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0, "Users": 1}
    faults.plan("iam:GetAccountSummary", summary_answer(**numbers))
