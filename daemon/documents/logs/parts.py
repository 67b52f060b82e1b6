"""What the documents of all logs are put together from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from collectors.model.log_records import compact
from daemon.documents.addresses import ip_of
from daemon.documents.credentials import text_without_credentials, without_credentials
from daemon.documents.ecs import ECS_VERSION
from daemon.documents.flattened import DEEPEST, flattened

NANOSECONDS = 1_000_000
"""Nanoseconds in a millisecond: ``event.duration`` counts the one, the logs the other."""

LONGEST_TERM = 32_766
"""Bytes of the longest text that Lucene indexes as one term."""

_HOST_AND_PORT = re.compile(r"\[([^\]]+)\](?::(\d{1,5}))?|([^:]+):(\d{1,5})", re.ASCII)
_LONG = 2**63
_UNFIT = re.compile(r"\\u0000|[0-9]{19}", re.ASCII)
"""What may have to be changed for a ``flattened`` field: a NUL in a name, a whole number beyond 64 bits."""


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say something: not None, no empty text, list or object. False and 0 say something."""
    return {name: value for name, value in fields.items() if value or value == 0}


def document(  # noqa: PLR0913 - the parts every document has
    *,
    dataset: str,
    time: str,
    original: bytes,
    event: Mapping[str, Any],
    fields: Mapping[str, Any],
    users: Iterable[str | None] = (),
    addresses: Iterable[str | None] = (),
    hosts: Iterable[str | None] = (),
) -> dict[str, Any]:
    """Return a whole document.

    ``event`` and ``fields`` may hold empty values, which are left out. ``users``, ``addresses`` and
    ``hosts`` become ``related.*``; of the addresses only what is an IP address. ``@timestamp`` is absent
    where the record does not say when it happened. An event without an id of its own is known by a hash
    of its record, so that a second delivery has the same one. Signatures and session tokens are hidden in all of it.
    """
    text = original.decode("utf-8", "replace")
    told = text_without_credentials(text)
    related = present({"user": distinct(users), "ip": distinct(map(ip, addresses)), "hosts": distinct(hosts)})
    whole = {
        "@timestamp": time,
        "ecs": {"version": ECS_VERSION},
        "event": present(
            {
                "kind": "event",
                "module": dataset.partition(".")[0],
                "dataset": dataset,
                **event,
                "id": event.get("id") or blake2b(original, digest_size=16).hexdigest(),
                "original": told,
            }
        ),
        **fields,
        "related": related,
    }
    found = present(whole)
    return found if told == text else without_credentials(found)


def distinct(values: Iterable[str | None]) -> list[str]:
    """Return the texts that are not empty, each once, in order."""
    return [value for value in dict.fromkeys(values) if value]


@lru_cache(maxsize=65_536)
def _split(address: str) -> tuple[str, int | None, str]:
    """Return the IP address (empty where there is none), the port, and what stands before the port."""
    found = ip_of(address)
    if found:
        return found, None, address
    match = _HOST_AND_PORT.fullmatch(address)
    if match is None:
        return "", None, address
    host, port = match[1] or match[3], match[2] or match[4]
    return ip_of(host), None if port is None else int(port), host


def ip(address: str | None) -> str:
    """Return the IP address in a text that may have a port behind it; empty where it holds none."""
    return _split(address)[0] if address else ""


def endpoint(address: str | None) -> dict[str, Any]:
    """Return ``source.*`` for what a log has as an address: with ``ip`` only where it is one.

    The clouds put the names of their own services, or words such as ``private``, where no address is.
    """
    if not address:
        return {}
    found, port, host = _split(address)
    if found:
        return present({"address": host, "ip": found, "port": port})
    named = "." in host and " " not in host
    return present({"address": address, "domain": host if named else None, "port": port if named else None})


def account(name: str | None) -> dict[str, Any]:
    """Return ``user.name``, and for a name with a domain ``user.email`` and ``user.domain``."""
    if not name:
        return {}
    local, at, domain = name.rpartition("@")
    return {"name": name, "email": name, "domain": domain} if at and local and domain else {"name": name}


def flat(value: Any, text: str | None = None) -> dict[str, Any] | None:  # noqa: ANN401 - any decoded JSON
    """Return an object fit for a ``flattened`` field; None for what is none, or too long to be indexed.

    ``text`` is the object as compact JSON, where the caller has it.
    """
    if not isinstance(value, dict) or not value:
        return None
    written = compact(value) if text is None else text
    if len(written) >= LONGEST_TERM:
        return None
    if written.count("{") < DEEPEST and not _UNFIT.search(written):
        return value
    return flattened((str(name), _indexable(member)) for name, member in value.items())


def flattened_list(values: list[Any]) -> list[Any] | None:
    """Return the objects of a list fit for a ``flattened`` field; None where there are none."""
    return [found for one in values if (found := flat(one)) is not None] or None


def _indexable(value: Any) -> Any:  # noqa: ANN401 - any decoded JSON
    """Make text of whole numbers that no index has room for."""
    if isinstance(value, int):
        return value if -_LONG <= value < _LONG else str(value)
    if isinstance(value, dict):
        return {name: _indexable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_indexable(member) for member in value]
    return value


def as_text(value: Any) -> str | None:  # noqa: ANN401 - any decoded JSON
    """Return a value as text for a keyword field: a text itself, anything else as compact JSON; None for null."""
    if value is None:
        return None
    return value if isinstance(value, str) else compact(value)


def truth(value: Any) -> bool | None:  # noqa: ANN401 - any decoded JSON
    """Return a truth value, also one written as text; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
