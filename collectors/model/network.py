"""What guards a network: security groups, network security groups, firewall rules, normalised alike."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from collectors.model.facts import Fact
from collectors.model.resource import Resource


class PeerKind(StrEnum):
    """What a rule names as the other side."""

    ADDRESSES = "addresses"
    PREFIX_LIST = "prefix_list"
    GROUP = "group"


class IngressRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule that lets traffic in, from one peer.

    ``protocol`` is ``tcp``, ``udp``, ``icmp``, ``icmpv6``, ``all``, or the IANA number of another.
    ``from_port`` and ``to_port`` are inclusive and None where the rule names no ports: it then covers
    all of them. ``peer`` is what the rule names, ``addresses`` the CIDR ranges (IPv4, IPv6) that it
    stands for: Unread where a list could not be expanded, NotNeeded where members of a group are
    meant.
    """

    protocol: str
    peer_kind: PeerKind
    peer: str
    addresses: Fact[tuple[str, ...]]
    from_port: int | None = None
    to_port: int | None = None
    description: str = ""


class Attachments(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a group guards now: kinds of network interfaces, and whether one has a public address.

    Not how many: that changes by the minute where instances come and go.
    """

    in_use: bool
    interface_types: tuple[str, ...] = ()
    public_address: bool = False


class SecurityGroup(Resource, frozen=True, kw_only=True, tag="security_group"):
    """A set of rules that guards network interfaces. ``network`` is the VPC or virtual network it belongs to."""

    ingress: Fact[tuple[IngressRule, ...]]
    attachments: Fact[Attachments]
    network: Fact[str]
