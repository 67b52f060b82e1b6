"""The web server of a configuration, and replacing it when that changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from daemon.web.application import Credentials, Readiness, application
from daemon.web.server import Tls, WebServer

if TYPE_CHECKING:
    from daemon.configuration import HttpSettings


class Front:
    """Serves metrics and probes as ``http`` says. The address is bound when this is constructed.

    Raises ListenError where that, or the certificate, cannot be had.
    """

    def __init__(self, registry: CollectorRegistry, readiness: Callable[[], Readiness], settings: HttpSettings) -> None:
        self._settings = settings
        self._app = application(registry, readiness, self._credentials)
        self._server = self._build(settings)

    @property
    def url(self) -> str:
        """The base address that is really served."""
        return self._server.url

    def start(self) -> None:
        """Begin to serve."""
        self._server.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    def take_up(self, settings: HttpSettings) -> None:
        """Serve as these settings say from now on; raise ListenError, serving as before, where that fails.

        Certificate files that were renewed in place are read again.
        """
        if (settings.listen, settings.tls) == (self._settings.listen, self._settings.tls):
            self._settings = settings
            self._server.renew_certificate()
            return
        if settings.listen.port == self._server.port:
            # A port cannot be bound twice: the old server has to go first.
            new = self._exchange(settings)
        else:
            new = self._build(settings)
            self._server.stop()
        self._server = new
        self._settings = settings
        new.start()

    def _exchange(self, settings: HttpSettings) -> WebServer:
        self._server.stop()
        try:
            return self._build(settings)
        except BaseException:
            self._server = self._build(self._settings)
            self._server.start()
            raise

    def _build(self, settings: HttpSettings) -> WebServer:
        tls = None if settings.tls is None else Tls(cert=settings.tls.cert, key=settings.tls.key)
        return WebServer(self._app, settings.listen.host, settings.listen.port, tls)

    def _credentials(self) -> Credentials | None:
        auth = self._settings.basic_auth
        if auth is None:
            return None
        return Credentials(username=auth.username, password=auth.password.get_secret_value())
