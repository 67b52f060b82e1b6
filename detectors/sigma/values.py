"""What a record's field is as text: the ground every comparison stands on.

Booleans are ``true`` and ``false``, numbers their JSON form, objects their compact JSON; null and
absent are the same: no value. A path walks through lists, so a field may have several values.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def text(value: object) -> str:
    """Return one value as text. ``value`` is any decoded JSON value but null."""
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    try:
        return _encode(value).decode()
    except OverflowError:  # a whole number of more than 64 bits inside
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def leaves(node: Any, segments: tuple[str, ...]) -> Iterator[Any]:  # noqa: ANN401 - decoded JSON
    """Yield every non-null value at a dotted path, through lists and regardless of letter case.

    Keys that themselves contain dots are found too.
    """
    if isinstance(node, list | tuple):
        for member in node:
            yield from leaves(member, segments)
    elif not segments:
        if node is not None:
            yield node
    elif isinstance(node, dict):
        for length in range(1, len(segments) + 1):
            child = _child(node, segments[0] if length == 1 else ".".join(segments[:length]))
            if child is not None:
                yield from leaves(child, segments[length:])


def _child(node: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - decoded JSON
    if key in node:
        return node[key]
    wanted = key.lower()
    for name, value in node.items():
        if name.lower() == wanted:
            return value
    return None


def texts(node: object, segments: tuple[str, ...]) -> tuple[str, ...]:
    """Return every value at a path as text, in original letter case."""
    return tuple(text(value) for value in leaves(node, segments))


@lru_cache(maxsize=4096)
def _address(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return a CIDR operand as a network; raise ValueError for one that is none."""
    return ipaddress.ip_network(value, strict=False)


def in_network(value: str, cidr: str) -> bool:
    """Whether a text is an IP address inside a network; anything else is outside."""
    address = _address(value)
    return address is not None and address in network(cidr)


def number(value: str) -> float | None:
    """Return a text as a number, None where it is none."""
    try:
        return float(value)
    except ValueError:
        return None
