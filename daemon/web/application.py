"""The pages: ``/metrics``, ``/healthz`` and ``/readyz``."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """The user name and password that ``/metrics`` asks for."""

    username: str
    password: str

    def __repr__(self) -> str:
        """Without the password."""
        return f"Credentials(username={self.username!r})"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the daemon can be relied on: what has not been tried yet, and what is out of reach.

    ``pending`` are the keys of units of work that were never tried; ``problems`` are sentences.
    """

    pending: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """True once nothing is pending and nothing is out of reach."""
        return not self.pending and not self.problems

    def body(self) -> Mapping[str, Any]:
        """Return the answer's JSON body."""
        return {"ready": self.ready, "pending": list(self.pending), "problems": list(self.problems)}


def application(
    registry: CollectorRegistry,
    readiness: Callable[[], Readiness],
    credentials: Callable[[], Credentials | None],
) -> Starlette:
    """Return the web application.

    ``readiness`` and ``credentials`` are asked at each request, so that a reload takes effect at
    once. Liveness and readiness never ask for a password: an orchestrator's probes have none.
    """

    def metrics(request: Request) -> Response:
        if not _allowed(request, credentials()):
            return PlainTextResponse(
                "authentication required\n",
                status_code=401,
                headers={"WWW-Authenticate": 'Basic realm="cspmd", charset="UTF-8"'},
            )
        encoder, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encoder(registry), headers={"Content-Type": content_type})

    def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(_: Request) -> Response:
        found = readiness()
        return JSONResponse(found.body(), status_code=200 if found.ready else 503)

    return Starlette(
        routes=[Route("/metrics", metrics), Route("/healthz", healthz), Route("/readyz", readyz)],
    )


def _allowed(request: Request, credentials: Credentials | None) -> bool:
    """Whether the request carries the right credentials, compared in constant time."""
    if credentials is None:
        return True
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(given, f"{credentials.username}:{credentials.password}".encode())
