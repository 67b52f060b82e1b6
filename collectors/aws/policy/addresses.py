"""How much of the internet a set of address ranges is.

Source: S3BPA. A range broader than /8 (IPv4) or /32 (IPv6) is as good as no restriction, RFC 1918 ranges excepted.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from enum import StrEnum

from collectors.aws.policy.operators import Network

_WIDEST_V4 = 8
_WIDEST_V6 = 32
_MANY = 16
"""This many ranges of the widest allowed size, or what they hold, are together as broad as one that is not allowed:
S3BPA judges each value by itself, and without a sum 256 ranges of /8 would count as a restriction."""

_EVERY_V4 = ipaddress.IPv4Network("0.0.0.0/0")
_EVERY_V6 = ipaddress.IPv6Network("::/0")
_MAPPED_V4 = ipaddress.IPv6Network("::ffff:0:0/96")
_PRIVATE_V4 = tuple(ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_PRIVATE_V6 = ipaddress.IPv6Network("fc00::/7")


class Breadth(StrEnum):
    """How much a set of ranges holds."""

    NARROW = "narrow"
    BROAD = "broad"
    EVERYTHING = "everything"


def breadth(networks: Iterable[Network], *, private_v6: bool = True) -> Breadth:
    """Return how much of the internet the ranges hold together.

    IPv6 ranges of mapped IPv4 addresses count as the IPv4 ranges they denote. ``private_v6`` False counts unique local
    IPv6 ranges like any other, as S3BPA, which excepts RFC 1918 alone, has it.
    """
    v4: list[ipaddress.IPv4Network] = []
    v6: list[ipaddress.IPv6Network] = []
    for network in networks:
        if isinstance(network, ipaddress.IPv4Network):
            v4.append(network)
            continue
        if network.subnet_of(_MAPPED_V4):
            first = int(network.network_address) & 0xFFFFFFFF
            v4.append(ipaddress.IPv4Network((first, network.prefixlen - _MAPPED_V4.prefixlen)))
            continue
        v6.append(network)
        if _MAPPED_V4.subnet_of(network):
            v4.append(_EVERY_V4)
    merged_v4 = list(ipaddress.collapse_addresses(v4))
    merged_v6 = list(ipaddress.collapse_addresses(v6))
    if merged_v4 == [_EVERY_V4] and merged_v6 == [_EVERY_V6]:
        return Breadth.EVERYTHING
    public_v4 = [network for network in v4 if not any(network.subnet_of(private) for private in _PRIVATE_V4)]
    public_v6 = [network for network in v6 if not (private_v6 and network.subnet_of(_PRIVATE_V6))]
    too_broad = any(network.prefixlen < _WIDEST_V4 for network in public_v4) or any(
        network.prefixlen < _WIDEST_V6 for network in public_v6
    )
    sum_v4 = sum(network.num_addresses for network in ipaddress.collapse_addresses(public_v4))
    sum_v6 = sum(network.num_addresses for network in ipaddress.collapse_addresses(public_v6))
    if too_broad or sum_v4 >= _MANY << (32 - _WIDEST_V4) or sum_v6 >= _MANY << (128 - _WIDEST_V6):
        return Breadth.BROAD
    return Breadth.NARROW
