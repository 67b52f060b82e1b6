from __future__ import annotations

import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemon.web.application import Credentials, Readiness, application
from daemon.web.metrics import Metrics
from daemon.web.server import ListenError, Tls, WebServer


@contextmanager
def _serving(
    *,
    readiness: Callable[[], Readiness] = Readiness,
    credentials: Callable[[], Credentials | None] = lambda: None,
    tls: Tls | None = None,
) -> Iterator[WebServer]:
    app = application(Metrics("1.2.3", process=False).registry, readiness, credentials)
    server = WebServer(app, "127.0.0.1", 0, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _get(url: str, *, context: ssl.SSLContext | None = None, **headers: str) -> tuple[int, str, str]:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - a loopback address of this test
    try:
        with urllib.request.urlopen(request, timeout=5, context=context) as answer:  # noqa: S310 - the same
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def test_port_zero_shows_the_real_port_and_serves_there() -> None:
    with _serving() as server:
        assert not server.url.endswith(":0")
        assert _get(f"{server.url}/healthz") == (200, "text/plain; charset=utf-8", "ok\n")


def test_metrics_speak_the_format_that_was_asked_for() -> None:
    with _serving() as server:
        status, content_type, body = _get(f"{server.url}/metrics")
        assert (status, content_type.split(";")[0]) == (200, "text/plain")
        assert 'cspmd_build_info{python="' in body
        status, content_type, body = _get(f"{server.url}/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert (status, content_type.split(";")[0]) == (200, "application/openmetrics-text")
        assert body.endswith("# EOF\n")


def test_ready_only_when_every_unit_was_tried_and_nothing_is_out_of_reach() -> None:
    found = [Readiness(pending=("t/aws/1/global/aws.s3",)), Readiness(problems=("state: gone",)), Readiness()]
    with _serving(readiness=lambda: found.pop(0)) as server:
        assert _get(f"{server.url}/readyz")[0::2] == (
            503,
            '{"ready":false,"pending":["t/aws/1/global/aws.s3"],"problems":[]}',
        )
        assert _get(f"{server.url}/readyz")[0::2] == (503, '{"ready":false,"pending":[],"problems":["state: gone"]}')
        assert _get(f"{server.url}/readyz")[0::2] == (200, '{"ready":true,"pending":[],"problems":[]}')


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", 401),
        ("Bearer x", 401),
        ("Basic !!", 401),
        ("Basic " + b64encode(b"prometheus:wrong").decode(), 401),
        ("Basic " + b64encode(b"prometheus:p\xc3\xa4ss").decode(), 200),
        ("basic " + b64encode(b"prometheus:p\xc3\xa4ss").decode(), 200),
    ],
)
def test_metrics_ask_for_the_password_and_probes_do_not(authorization: str, status: int) -> None:
    with _serving(credentials=lambda: Credentials(username="prometheus", password="päss")) as server:
        assert _get(f"{server.url}/metrics", Authorization=authorization)[0] == status
        assert _get(f"{server.url}/healthz")[0] == 200
        assert _get(f"{server.url}/readyz")[0] == 200


def test_credentials_do_not_show_their_password() -> None:
    assert "secret-word" not in repr(Credentials(username="u", password="secret-word"))


def _certificate(directory: Path, name: str) -> Tls:
    cert, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "1", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return Tls(cert=cert, key=key)


def _served_name(server: WebServer) -> str:
    port = int(server.url.rpartition(":")[2])
    pem = ssl.get_server_certificate(("127.0.0.1", port), timeout=5)
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-subject"], input=pem, text=True, check=True, capture_output=True
    )
    return shown.stdout.strip().rpartition("CN")[2].strip(" =")


def test_serves_tls_and_takes_up_a_renewed_certificate(tmp_path: Path) -> None:
    tls = _certificate(tmp_path, "first")
    with _serving(tls=tls) as server:
        context = ssl.create_default_context(cafile=str(tls.cert))
        assert server.url.startswith("https://")
        assert _get(f"{server.url}/healthz", context=context)[0] == 200
        assert _served_name(server) == "first"
        _certificate(tmp_path, "second")
        server.renew_certificate()
        assert _served_name(server) == "second"
        tls.cert.write_text("broken")
        server.renew_certificate()
        assert _served_name(server) == "second"


def test_a_taken_port_is_told_in_the_words_of_the_configuration() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ListenError, match=f"http.listen: cannot listen on 127.0.0.1:{port}: Address already in use"
        ):
            WebServer(application(Metrics("1").registry, Readiness, lambda: None), "127.0.0.1", port)


def test_a_certificate_that_cannot_be_used_names_its_files(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("x")
    app = application(Metrics("1").registry, Readiness, lambda: None)
    with pytest.raises(ListenError, match=r"http\.tls: the certificate or its key cannot be used \(.*/c, .*/k\)"):
        WebServer(app, "127.0.0.1", 0, Tls(cert=tmp_path / "c", key=tmp_path / "k"))


def test_stopping_frees_the_port() -> None:
    with _serving() as server:
        port = int(server.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        pass
