"""Certificate authorities are loaded once an account, and whom nobody vouches for is not trusted."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from collectors.aws.operations import GET_CALLER_IDENTITY
from collectors.aws.regions import DESCRIBE_REGIONS
from collectors.aws.session import AwsAccount
from collectors.aws.trust import Trust
from collectors.model import Known, Unread, UnreadReason
from tests.fakes.aws_faults import Faults, fault_proxy
from tests.fakes.aws_moto import ACCOUNT, Moto


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that vouches for itself, and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "1", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def trusted(tmp_path: Path) -> tuple[Path, Path]:
    return certificate(tmp_path, "trusted")


@pytest.fixture
def secure(moto: Moto, trusted: tuple[Path, Path], credentials: pytest.MonkeyPatch) -> Iterator[Faults]:
    """The proxy over TLS; its certificate is in the bundle that the environment names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*trusted)
    with fault_proxy(moto.port, tls=context) as proxy, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_CA_BUNDLE", str(trusted[0]))
        assert credentials
        yield proxy


def regions(account: AwsAccount, region: str) -> Any:
    return account.read(DESCRIBE_REGIONS, region, lambda answer: len(answer["Regions"]))


def contexts(account: AwsAccount) -> list[ssl.SSLContext]:
    """Return the contexts of three of the account's clients."""
    clients: list[Any] = [account.client("ec2", region) for region in ("eu-central-1", "us-east-1")]
    clients.append(account.client("sts", account.home_region))
    return [context_of(client) for client in clients]


def context_of(client: Any) -> Any:
    return client._endpoint.http_session._manager.connection_pool_kw["ssl_context"]  # noqa: SLF001 - where botocore has it


def test_all_clients_of_an_account_share_one_context(secure: Faults) -> None:
    account, other = (AwsAccount(ACCOUNT, endpoint_url=secure.url) for _ in range(2))
    for one in (account, other):
        assert one.verify() is None
        for region in ("eu-central-1", "us-east-1"):
            assert isinstance(regions(one, region), Known)
        assert len(set(map(id, contexts(one)))) == 1
        assert len(contexts(one)[0].get_ca_certs()) == 1
    assert contexts(account)[0] is not contexts(other)[0]


def test_a_server_that_nobody_vouches_for_is_not_trusted(
    secure: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger, _ = certificate(tmp_path, "stranger")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(stranger))
    account = AwsAccount(ACCOUNT, endpoint_url=secure.url)
    found = account.read(GET_CALLER_IDENTITY, "us-east-1", lambda answer: answer["Account"])
    assert isinstance(found, Unread)
    assert found.reason is UnreadReason.UNREACHABLE


def test_authorities_that_change_on_disk_are_taken_up(
    secure: Faults, trusted: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(certificate(tmp_path, "stranger")[0].read_bytes())
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    account = AwsAccount(ACCOUNT, endpoint_url=secure.url)
    assert isinstance(regions(account, "us-east-1"), Unread)
    bundle.write_bytes(bundle.read_bytes() + trusted[0].read_bytes())
    assert isinstance(regions(account, "us-east-1"), Known)


def test_a_bundle_is_loaded_once_until_it_changes(tmp_path: Path) -> None:
    cert, _ = certificate(tmp_path, "one")
    client = Client()
    Trust().share(client)
    context = context_of(client)
    for _ in range(3):
        context.load_verify_locations(str(cert), None, None)
    assert client.loaded == [(str(cert),)]
    cert.write_bytes(cert.read_bytes() + b"\n")
    context.load_verify_locations(str(cert))
    context.load_verify_locations(None, str(tmp_path), None)
    assert client.loaded == [(str(cert),), (str(cert),), (None, str(tmp_path), None)]
    with pytest.raises(FileNotFoundError):
        context.load_verify_locations(str(tmp_path / "nowhere"))


class Secure(ssl.SSLContext):
    """A context that remembers what it was told to load."""

    def __new__(cls, *_: object) -> Self:
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, loaded: list[Any] | None = None) -> None:
        self.told = [] if loaded is None else loaded

    def load_verify_locations(self, *places: Any) -> None:
        self.told.append(places)
        super().load_verify_locations(*places)


class Client:
    """As much of botocore's client as has a context."""

    def __init__(self) -> None:
        self.loaded: list[Any] = []
        self._endpoint = self
        self.http_session = self
        self._manager = self
        self.connection_pool_kw = {"ssl_context": Secure(self.loaded)}


def test_a_client_of_another_make_keeps_what_it_has() -> None:
    class Bare:
        pass

    Trust().share(Bare())
