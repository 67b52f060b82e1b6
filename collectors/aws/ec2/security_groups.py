"""Security groups: from EC2's nested permissions to one rule a peer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from collectors.aws.answers import Answer, MalformedAnswerError, member
from collectors.aws.ec2.listing import name_of, tags
from collectors.aws.ec2.prefix_lists import PrefixLists
from collectors.model import (
    Attachments,
    Fact,
    IngressRule,
    Known,
    NotNeeded,
    PeerKind,
    Provider,
    SecurityGroup,
)

_MEMBERS = NotNeeded("group_members_only")
_UNATTACHED = Attachments(in_use=False)

# EC2 API reference, "IpPermission": names for these protocols, -1 for all of them, else a number.
_PROTOCOLS = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_WITH_PORTS = frozenset({"tcp", "udp"})


class Interface:
    """One network interface, as far as its security groups are concerned."""

    __slots__ = ("groups", "kind", "public")

    def __init__(self, entry: Answer) -> None:
        self.groups = tuple(str(member(group, "GroupId")) for group in entry.get("Groups") or ())
        self.kind = str(entry.get("InterfaceType") or "interface")
        self.public = bool(
            (entry.get("Association") or {}).get("PublicIp")
            or entry.get("Ipv6Addresses")
            or any(
                (address.get("Association") or {}).get("PublicIp") for address in entry.get("PrivateIpAddresses") or ()
            )
        )


def attachments(interfaces: Iterable[Interface]) -> dict[str, Attachments]:
    """Return by group id what each group guards; a group that guards nothing is not among them."""
    kinds: dict[str, set[str]] = {}
    public: set[str] = set()
    for interface in interfaces:
        for group in interface.groups:
            kinds.setdefault(group, set()).add(interface.kind)
            if interface.public:
                public.add(group)
    return {
        group: Attachments(in_use=True, interface_types=tuple(sorted(found)), public_address=group in public)
        for group, found in kinds.items()
    }


def security_group(
    entry: Answer,
    *,
    partition: str,
    region: str,
    prefix_lists: PrefixLists,
    guarded: Fact[Mapping[str, Attachments]],
) -> SecurityGroup:
    """Return the group of one entry of ``DescribeSecurityGroups``; raises MalformedAnswerError."""
    uid, owner = str(member(entry, "GroupId")), str(member(entry, "OwnerId"))
    own_tags = tags(entry)
    return SecurityGroup(
        uid=f"arn:{partition}:ec2:{region}:{owner}:security-group/{uid}",
        name=str(entry.get("GroupName") or name_of(own_tags, uid)),
        provider=Provider.AWS,
        account=owner,
        region=region,
        tags=Known(own_tags),
        ingress=Known(tuple(_rules(entry.get("IpPermissions") or (), prefix_lists))),
        attachments=Known(guarded.value.get(uid, _UNATTACHED)) if isinstance(guarded, Known) else guarded,
        network=Known(str(entry.get("VpcId") or "")),
    )


def _rules(permissions: Iterable[Answer], prefix_lists: PrefixLists) -> Iterator[IngressRule]:
    for permission in permissions:
        protocol = str(member(permission, "IpProtocol")).lower()
        protocol = _PROTOCOLS.get(protocol, protocol)
        first, last = _ports(permission) if protocol in _WITH_PORTS else (None, None)
        for kind, peer, addresses, description in _peers(permission, prefix_lists):
            yield IngressRule(
                protocol=protocol,
                peer_kind=kind,
                peer=peer,
                addresses=addresses,
                from_port=first,
                to_port=last,
                description=description,
            )


def _ports(permission: Answer) -> tuple[int | None, int | None]:
    """Return the range of ports; one that EC2 leaves out or gives as -1 is all of them."""
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if first is None or last is None or first < 0 or last < 0:
        return None, None
    if first > last:
        message = f"ports {first}-{last}"
        raise MalformedAnswerError(message)
    return int(first), int(last)


def _peers(permission: Answer, prefix_lists: PrefixLists) -> Iterator[tuple[PeerKind, str, Fact[tuple[str, ...]], str]]:
    for ranges, key in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
        for entry in permission.get(ranges) or ():
            cidr = str(member(entry, key))
            yield PeerKind.ADDRESSES, cidr, Known((cidr,)), str(entry.get("Description") or "")
    for entry in permission.get("PrefixListIds") or ():
        uid = str(member(entry, "PrefixListId"))
        yield PeerKind.PREFIX_LIST, uid, prefix_lists.addresses(uid), str(entry.get("Description") or "")
    for entry in permission.get("UserIdGroupPairs") or ():
        group = str(entry.get("GroupId") or entry.get("GroupName") or "")
        yield PeerKind.GROUP, group, _MEMBERS, str(entry.get("Description") or "")
