"""How much of the internet a set of address ranges is.

Addresses that no packet from the internet can bear (IANA's special-purpose registries, and all IPv6
but global unicast) count for nothing. What is left is the internet where one range is broader than a
/8 (IPv4) or a /32 (IPv6), which is what Amazon S3's "meaning of public" takes for no restriction at
all, or where all ranges together hold as much as sixteen of these: halves, and everything but a little,
are the internet too.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import msgspec

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Interval: TypeAlias = tuple[int, int]

_WIDEST_V4 = 1 << (32 - 8)
_WIDEST_V6 = 1 << (128 - 32)
_MANY = 16


def interval(network: Network) -> Interval:
    """Return a network's first and last address as numbers."""
    return int(network.network_address), int(network.broadcast_address)


def _intervals(*cidrs: str) -> tuple[Interval, ...]:
    return tuple(sorted(interval(ipaddress.ip_network(cidr)) for cidr in cidrs))


# IANA IPv4 Special-Purpose Address Registry: not globally reachable; and multicast, reserved.
NEVER_V4 = _intervals(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
)
# IANA IPv6 address space: only 2000::/3 is global unicast; documentation ranges in it.
NEVER_V6 = (
    (0, (1 << 125) - 1),
    *_intervals("2001:db8::/32", "3fff::/20"),
    (1 << 126, (1 << 128) - 1),
)


class Reached(msgspec.Struct, frozen=True):
    """Whether the internet is among a set of addresses, by address family."""

    v4: bool = False
    v6: bool = False

    def __bool__(self) -> bool:
        """Whether it is by either family."""
        return self.v4 or self.v6

    @property
    def families(self) -> tuple[str, ...]:
        """The families in words."""
        return tuple(name for name, reached in (("IPv4", self.v4), ("IPv6", self.v6)) if reached)


def internet(cidrs: Iterable[str]) -> Reached:
    """Return whether these ranges together are the internet; raises ValueError for what is no range."""
    networks = [_network(cidr) for cidr in cidrs]
    v4 = ipaddress.collapse_addresses(one for one in networks if isinstance(one, ipaddress.IPv4Network))
    v6 = ipaddress.collapse_addresses(one for one in networks if isinstance(one, ipaddress.IPv6Network))
    return Reached(
        v4=_broad([outside(interval(one), NEVER_V4) for one in v4], _WIDEST_V4),
        v6=_broad([outside(interval(one), NEVER_V6) for one in v6], _WIDEST_V6),
    )


@lru_cache(maxsize=8192)
def _network(cidr: str) -> Network:
    return ipaddress.ip_network(cidr.strip(), strict=False)


def outside(one: Interval, excluded: Sequence[Interval]) -> int:
    """Return how many addresses of an interval lie outside of the excluded ones, which do not overlap."""
    first, last = one
    inside = sum(max(0, min(last, end) - max(first, start) + 1) for start, end in excluded)
    return last - first + 1 - inside


def _broad(sizes: Sequence[int], widest: int) -> bool:
    return any(size > widest for size in sizes) or sum(sizes) >= _MANY * widest
