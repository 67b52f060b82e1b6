from __future__ import annotations

import socket
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.configuration import BasicAuthSettings, HttpSettings, Listen, TlsSettings
from daemon.runtime.front import Front
from daemon.web.application import Readiness
from daemon.web.metrics import Metrics
from daemon.web.server import ListenError

ANY = HttpSettings(listen=Listen("127.0.0.1", 0))


def status(url: str, **headers: str) -> int:
    """Return a page's status, 0 where nobody listens."""
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - a loopback address of this test
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the same
            found: int = answer.status
            return found
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.fixture
def front() -> Iterator[Front]:
    made = Front(Metrics("1", process=False).registry, Readiness, ANY)
    made.start()
    yield made
    made.stop()


def test_a_new_address_is_served_and_the_old_one_is_not(front: Front) -> None:
    old = front.url
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    front.take_up(HttpSettings(listen=Listen("127.0.0.1", port)))
    assert front.url == f"http://127.0.0.1:{port}"
    assert status(f"{front.url}/healthz") == 200
    assert status(f"{old}/healthz") == 0


def test_an_address_that_cannot_be_had_leaves_the_old_one(front: Front) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ListenError):
        front.take_up(HttpSettings(listen=Listen("127.0.0.1", taken.getsockname()[1])))
    assert status(f"{front.url}/healthz") == 200


def test_tls_that_cannot_be_used_leaves_the_server_as_it_was(front: Front, tmp_path: Path) -> None:
    port = int(front.url.rpartition(":")[2])
    plain = HttpSettings(listen=Listen("127.0.0.1", port))
    front.take_up(plain)
    broken = TlsSettings.model_construct(cert=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    with pytest.raises(ListenError):
        front.take_up(plain.model_copy(update={"tls": broken}))
    assert front.url == f"http://127.0.0.1:{port}"
    assert status(f"{front.url}/healthz") == 200


def test_a_password_takes_effect_at_once(front: Front) -> None:
    assert status(f"{front.url}/metrics") == 200
    auth = BasicAuthSettings.model_validate({"username": "prometheus", "password": "swordfish"})
    front.take_up(HttpSettings(listen=ANY.listen, basic_auth=auth))
    assert status(f"{front.url}/metrics") == 401
    right = "Basic " + b64encode(b"prometheus:swordfish").decode()
    assert status(f"{front.url}/metrics", Authorization=right) == 200
