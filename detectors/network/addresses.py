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


def internet(cidrs: Iterable[str], trusted: tuple[str, ...] = ()) -> Reached:
    """Return whether these ranges together are the internet; raises ValueError for what is no range.

    ``trusted`` are ranges of one's own: they count for nothing either.
    """
    never_v4, never_v6 = _never(trusted)
    networks = [_network(cidr) for cidr in cidrs]
    v4 = ipaddress.collapse_addresses(one for one in networks if isinstance(one, ipaddress.IPv4Network))
    v6 = ipaddress.collapse_addresses(one for one in networks if isinstance(one, ipaddress.IPv6Network))
    return Reached(
        v4=_broad([outside(interval(one), never_v4) for one in v4], _WIDEST_V4),
        v6=_broad([outside(interval(one), never_v6) for one in v6], _WIDEST_V6),
    )


def check_trusted(cidr: str) -> None:
    """Raise ValueError for what is no range, or is every address there is."""
    try:
        network = _network(cidr)
    except ValueError:
        message = f"no address range: {cidr!r}"
        raise ValueError(message) from None
    if network.prefixlen == 0:
        message = f"a range that holds every address trusts everybody: {cidr}"
        raise ValueError(message)


@lru_cache(maxsize=64)
def _never(trusted: tuple[str, ...]) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """Return what counts for nothing, by address family."""
    networks = [_network(cidr) for cidr in trusted]
    v4, v6 = (
        merged((*never, *(interval(one) for one in networks if one.version == version)))
        for version, never in ((4, NEVER_V4), (6, NEVER_V6))
    )
    return v4, v6


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the same addresses in intervals that do not overlap, in order."""
    found: list[Interval] = []
    for first, last in sorted(intervals):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


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
