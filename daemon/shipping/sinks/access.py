"""Where a cluster is, what it answers, and how it can fail: known without the client being imported."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a cluster: its nodes' URLs, and either an API key, a user with a password, or neither.

    ``ca_certs`` is a PEM file; empty means the authorities that come with Python.
    """

    hosts: tuple[str, ...]
    api_key: str = ""
    username: str = ""
    password: str = ""
    ca_certs: str = ""

    def __repr__(self) -> str:
        """Show where, never with what: this text may end up in a log."""
        return f"Access(hosts={self.shown!r})"

    @property
    def shown(self) -> str:
        """The hosts as they may be shown: without anything secret that a URL can carry."""
        return ", ".join(bare(host) for host in self.hosts)


class ClusterError(Exception):
    """A request that the cluster did not carry out, or of which nobody knows whether it did.

    ``status`` is the HTTP status, None where no answer came. ``in_doubt`` is True where the request
    may have been carried out all the same. ``after`` is what the cluster asked for (Retry-After), in
    seconds. The text is for operators and holds no secret.
    """

    def __init__(
        self, message: str, *, status: int | None = None, in_doubt: bool = False, after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.in_doubt = in_doubt
        self.after = after


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulk request came to for one document."""

    status: int
    type: str = ""
    reason: str = ""


def credentials_of(host: str) -> tuple[str, str]:
    """Return the user name and password that a URL carries, empty where it carries none."""
    parts = urlsplit(host)
    return unquote(parts.username or ""), unquote(parts.password or "")


def bare(host: str) -> str:
    """Return a URL without user information, query and fragment, and with the port the client insists on."""
    parts = urlsplit(host)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else (parts.hostname or "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return urlunsplit((parts.scheme, f"{name}:{port}", parts.path, "", ""))
