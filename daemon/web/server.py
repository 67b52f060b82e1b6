"""The HTTP server: uvicorn on a thread of its own, on sockets that were bound before anything else began."""

from __future__ import annotations

import errno
import socket
import threading
from pathlib import Path

import msgspec
import structlog
import uvicorn
from starlette.applications import Starlette

log = structlog.get_logger(__name__)

STOP_SECONDS = 3.0

_FAMILY_MISSING = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""A name may have an address of a family that this machine lacks (localhost without ::1); one is enough."""


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """The files of the server's certificate chain and private key (PEM)."""

    cert: Path
    key: Path


class ListenError(Exception):
    """Raised when an address cannot be listened on, or a certificate cannot be used."""


class WebServer:
    """Serves one application until it is stopped.

    ``host`` and ``port`` are bound at once (port 0: any free port); raises ListenError when that, or
    loading the certificate, fails. ``url`` is the real address afterwards.
    """

    def __init__(self, app: Starlette, host: str, port: int, tls: Tls | None = None) -> None:
        self._tls = tls
        self._config = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
            ssl_certfile=None if tls is None else str(tls.cert),
            ssl_keyfile=None if tls is None else str(tls.key),
        )
        try:
            self._config.load()
        except OSError as error:  # ssl.SSLError is one
            where = "" if tls is None else f" ({tls.cert}, {tls.key})"
            message = f"http.tls: the certificate or its key cannot be used{where}: {error}"
            raise ListenError(message) from None
        self._sockets = _bind(host, port)
        self._server = uvicorn.Server(self._config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": self._sockets},
            name="web",
            daemon=True,
        )

    @property
    def port(self) -> int:
        """The port that was really bound."""
        return int(self._sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """The base address, with the port that was really bound: ``http://127.0.0.1:9464``."""
        host = self._sockets[0].getsockname()[0]
        shown = f"[{host}]" if ":" in host else host
        return f"{'http' if self._tls is None else 'https'}://{shown}:{self.port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()
        log.info("serving metrics", url=f"{self.url}/metrics")

    def renew_certificate(self) -> None:
        """Read the certificate files again; connections made from now on use them.

        A certificate that cannot be read leaves the old one in use and is logged.
        """
        if self._tls is None or self._config.ssl is None:
            return
        try:
            self._config.ssl.load_cert_chain(self._tls.cert, self._tls.key)
        except OSError as error:
            log.error("certificate not renewed, the old one stays in use", error=str(error))  # noqa: TRY400 - no traceback wanted
        else:
            log.info("certificate renewed", cert=str(self._tls.cert))

    def stop(self) -> None:
        """Stop serving: answers under way are finished, for at most a few seconds."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        for listener in self._sockets:
            listener.close()


def _bind(host: str, port: int) -> list[socket.socket]:
    """Return listening sockets for every address of the host; with port 0 all get one port."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        message = f"http.listen: {host} is no address of this machine: {error.strerror}"
        raise ListenError(message) from None
    bound: list[socket.socket] = []
    missing = ""
    for family, kind, protocol, _, address in dict.fromkeys(addresses):
        wanted = bound[0].getsockname()[1] if bound else port
        try:
            bound.append(_listener(family, kind, protocol, (address[0], wanted, *address[2:])))
        except OSError as error:
            if error.errno in _FAMILY_MISSING:
                missing = str(error.strerror)
                continue
            for listener in bound:
                listener.close()
            message = f"http.listen: cannot listen on {host}:{port}: {error.strerror}"
            raise ListenError(message) from None
    if not bound:
        message = f"http.listen: cannot listen on {host}:{port}: {missing}"
        raise ListenError(message)
    return bound


def _listener(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
