"""Which ports a set of rules opens to the internet, however many rules it takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec

from collectors.model import IngressRule, Known
from detectors.network.addresses import Reached, internet
from detectors.network.ports import EVERY_PORT, FIRST, LAST

PORTED = ("tcp", "udp")
_ALL = "all"

# Protocols besides TCP and UDP that have ports; EC2 and others open all of them, whatever a rule says.
_PORTED_BY_NUMBER = {"33": "dccp", "132": "sctp", "136": "udplite"}


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Ports that the internet reaches by these peers. ``first`` and ``last`` are None where there are no ports."""

    protocol: str
    first: int | None
    last: int | None
    reached: Reached
    peers: tuple[str, ...]

    @property
    def ports(self) -> str:
        """The ports in words."""
        if self.first is None or self.last is None:
            return "none"
        if (self.first, self.last) == EVERY_PORT:
            return "all"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def has_ports(protocol: str) -> bool:
    """Whether a protocol has ports; all protocols together have them."""
    return protocol in (_ALL, *PORTED) or protocol in _PORTED_BY_NUMBER


def legible(rule: IngressRule) -> bool:
    """Whether a rule's addresses are known and are addresses."""
    if not isinstance(rule.addresses, Known):
        return False
    try:
        internet(rule.addresses.value)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=512)
def openings(rules: tuple[IngressRule, ...], trusted: tuple[str, ...] = ()) -> tuple[Opening, ...]:
    """Return what these rules open to the internet, ports first by protocol and number.

    ``trusted`` are ranges of one's own, which are not the internet.

    Rules whose addresses are not known or cannot be understood open nothing here; whoever judges says
    so. Rules for all protocols count together with those for one.
    """
    readable = [rule for rule in rules if legible(rule)]
    general = [rule for rule in readable if rule.protocol == _ALL]
    found: list[Opening] = []
    everything = _open(general, trusted)
    if everything:
        found.append(_opening(_ALL, EVERY_PORT, everything, general))
    shared = [] if everything else general
    for protocol in PORTED:
        found.extend(_by_port(protocol, [rule for rule in readable if rule.protocol == protocol], shared, trusted))
    others = dict.fromkeys(rule.protocol for rule in readable if rule.protocol not in (_ALL, *PORTED))
    for protocol in sorted(others):
        own = [*(rule for rule in readable if rule.protocol == protocol), *shared]
        reached = _open(own, trusted)
        if reached:
            ports = EVERY_PORT if protocol in _PORTED_BY_NUMBER else None
            found.append(_opening(_PORTED_BY_NUMBER.get(protocol, protocol), ports, reached, own))
    return tuple(found)


def _by_port(
    protocol: str, own: Sequence[IngressRule], general: Sequence[IngressRule], trusted: tuple[str, ...]
) -> Iterator[Opening]:
    """Yield what one protocol's rules open: between two ports where rules begin or end nothing changes."""
    if not own:
        return
    edges = sorted({FIRST, LAST + 1, *(_first(rule) for rule in own), *(_last(rule) + 1 for rule in own)})
    known: dict[tuple[int, ...], Reached] = {}
    pending: Opening | None = None
    for start, end in itertools.pairwise(edges):
        active = tuple(n for n, rule in enumerate(own) if _first(rule) <= start and end - 1 <= _last(rule))
        if not active:
            continue
        acting = [*(own[n] for n in active), *general]
        if active not in known:
            known[active] = _open(acting, trusted)
        if not known[active]:
            continue
        found = _opening(protocol, (start, end - 1), known[active], acting)
        if pending is not None and _continues(pending, found):
            found = msgspec.structs.replace(found, first=pending.first)
        elif pending is not None:
            yield pending
        pending = found
    if pending is not None:
        yield pending


def _continues(one: Opening, other: Opening) -> bool:
    return (
        one.last is not None
        and one.last + 1 == other.first
        and (one.reached, one.peers) == (other.reached, other.peers)
    )


def _open(rules: Iterable[IngressRule], trusted: tuple[str, ...]) -> Reached:
    return internet((cidr for rule in rules for cidr in _addresses(rule)), trusted)


def _opening(protocol: str, ports: tuple[int, int] | None, reached: Reached, rules: Iterable[IngressRule]) -> Opening:
    first, last = ports or (None, None)
    peers = tuple(dict.fromkeys(rule.peer for rule in rules if _addresses(rule)))
    return Opening(protocol=protocol, first=first, last=last, reached=reached, peers=peers)


def _addresses(rule: IngressRule) -> tuple[str, ...]:
    return rule.addresses.value if isinstance(rule.addresses, Known) else ()


def _first(rule: IngressRule) -> int:
    return FIRST if rule.from_port is None else rule.from_port


def _last(rule: IngressRule) -> int:
    return LAST if rule.to_port is None else rule.to_port
