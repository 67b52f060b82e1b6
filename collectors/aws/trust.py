"""The certificate authorities that one account's clients trust, loaded once and not by every connection.

Each of botocore's clients has a TLS context of its own, and urllib3 loads the whole bundle of authorities into it again
for each connection: 0.7 MB a client and 15 to 25 ms of CPU a connection, for a client a service and region.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

_Bundle = tuple[str, int]
"""A file of authorities, and when it was last changed, in nanoseconds."""


class Trust:
    """One TLS context for all clients of an account. Safe for use by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._context: Any = None
        self._loaded: set[_Bundle] = set()

    def share(self, client: Any) -> None:  # noqa: ANN401 - the SDK builds its clients at run time
        """Let a client that has not connected yet use the account's context.

        Where the SDK keeps contexts elsewhere than it does now, each client goes on with its own.
        """
        try:
            settings = client._endpoint.http_session._manager.connection_pool_kw  # noqa: SLF001 - there is no other way
            own = settings["ssl_context"]
        except (AttributeError, KeyError):
            return
        with self._lock:
            if self._context is None:
                self._context = self._loading_once(own)
        settings["ssl_context"] = self._context

    def _loading_once(self, context: Any) -> Any:  # noqa: ANN401 - a context of whichever TLS library
        load = context.load_verify_locations

        def once(cafile: str | None = None, capath: str | None = None, cadata: str | bytes | None = None) -> None:
            if cafile is None or capath is not None or cadata is not None:
                load(cafile, capath, cadata)
                return
            bundle = (cafile, _changed(cafile))
            with self._lock:
                if bundle not in self._loaded:
                    load(cafile)
                    self._loaded.add(bundle)

        context.load_verify_locations = once
        return context


def _changed(file: str) -> int:
    """Return when a file was last changed; loading one that is not there says so better than this could."""
    try:
        return Path(file).stat().st_mtime_ns
    except OSError:
        return 0
