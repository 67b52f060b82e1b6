"""What a call opens to everybody, seen in its request parameters: single texts in them tell too little.

Sources: "Actions" of the Amazon S3 and EC2 API References for where a request has its policy or its rules; for what
counts as everybody :mod:`collectors.aws.policy.opinion` and :mod:`collectors.aws.policy.addresses`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from collectors.aws.policy import Effect, MalformedPolicyError, aws_considers_public, parse_policy
from collectors.aws.policy.addresses import Breadth, breadth

_POLICY = frozenset({"bucketpolicy", "policy"})
_PORTS = frozenset({"ipprotocol", "fromport"})
_WEB = frozenset({80, 443})
_WITH_PORTS = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp"}
_LAST_PORT = 65_535
_NAME = "policy"


def public_statements(parameters: object) -> list[str]:
    """Return the Allow statements of the policies in a request that grant to everybody: their Sids, or positions.

    Each is judged by itself, as S3 judges what a public policy is. A statement that may allow and cannot be read is
    among them, and so is a policy that is none (as ``policy``): nobody can say that it opens nothing. Denies take
    nothing away.
    """
    return [name for policy in _policies(parameters) for name in _public_statements(policy)]


def open_ports(parameters: object) -> list[str]:
    """Return what the firewall rules in a request open to the internet beyond the web's ports.

    Each as protocol and ports (``tcp/22``, ``tcp/0-65535``), the protocol alone where it has no ports, ``all`` for
    every protocol, and ``unknown`` where an open range of addresses stands in no rule.
    """
    rules = list(_rules(parameters))
    opened = [ports for rule in rules if _is_open(rule) for ports in _beyond_the_web(rule)]
    return opened or (["unknown"] if not rules and _is_open(parameters) else [])


def _policies(node: object) -> Iterator[Any]:
    """Yield policies wherever they stand, decoded or as text."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            for one in value if isinstance(value, list) else [value]:
                if str(name).lower() not in _POLICY:
                    yield from _policies(one)
                elif isinstance(one, Mapping) or (isinstance(one, str) and one.strip()):
                    yield one


def _public_statements(policy: Any) -> Iterator[str]:  # noqa: ANN401 - JSON text or decoded
    try:
        document = parse_policy(policy)
    except MalformedPolicyError:
        yield _NAME
        return
    for position, statement in enumerate(document.statements, 1):
        if aws_considers_public(msgspec.structs.replace(document, statements=(statement,), unreadable=())):
            yield statement.sid or f"statement {position}"
    for odd in document.unreadable:
        if odd.effect is not Effect.DENY:
            yield f"statement {odd.index + 1}"


def _rules(node: object) -> Iterator[Mapping[str, Any]]:
    """Yield the rules wherever they stand: each operation and each form of it has them elsewhere."""
    if isinstance(node, list):
        for one in node:
            yield from _rules(one)
    elif isinstance(node, Mapping):
        if _PORTS.intersection(str(name).lower() for name in node):
            yield node
        else:
            for value in node.values():
                yield from _rules(value)


def _is_open(node: object) -> bool:
    """Whether the ranges of addresses in a rule are together as good as the whole internet."""
    return breadth(_networks(node)) is not Breadth.NARROW


def _networks(node: object) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            if isinstance(value, str) and str(name).lower().startswith("cidr"):
                try:
                    yield ipaddress.ip_network(value.strip(), strict=False)
                except ValueError:
                    continue
            else:
                yield from _networks(value)
    elif isinstance(node, list):
        for one in node:
            yield from _networks(one)


def _beyond_the_web(rule: Mapping[str, Any]) -> Iterator[str]:
    fields = {str(name).lower(): value for name, value in rule.items()}
    told = str(fields.get("ipprotocol", "-1")).lower()
    protocol = _WITH_PORTS.get(told)
    if protocol is None:
        yield "all" if told == "-1" else told
        return
    first, last = _port(fields.get("fromport"), 0), _port(fields.get("toport"), _LAST_PORT)
    if first == -1:
        first, last = 0, _LAST_PORT
    if last - first >= len(_WEB) or not _WEB.issuperset(range(first, last + 1)):
        yield f"{protocol}/{first}" if first == last else f"{protocol}/{first}-{last}"


def _port(told: object, otherwise: int) -> int:
    try:
        return int(str(told))
    except ValueError:
        return otherwise
