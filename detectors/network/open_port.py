"""network.open_port: whether the internet reaches ports that it has no business with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from collectors.model import (
    Attachments,
    IngressRule,
    Known,
    NotNeeded,
    PeerKind,
    Provider,
    SecurityGroup,
    Unread,
    UnreadReason,
)
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, iso27001, over
from detectors.network.addresses import check_trusted
from detectors.network.examples import group, rule
from detectors.network.openings import Opening, has_ports, legible, openings
from detectors.network.ports import FIRST, LAST, Port, PortRange, beyond, parse, services, weight

UID = "network.open_port"


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be open, and to whom.

    ``allowed_ports`` may be open to the internet: ``443``, ``8000-8100``, ``udp/443``; TCP unless said.
    ``trusted_ranges`` are address ranges (CIDR) of one's own or of somebody one trusts as oneself, such as the IPv6
    allocation of an office: they are not the internet, however broad.
    """

    allowed_ports: tuple[Port, ...] = (80, 443)
    trusted_ranges: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no port, and what is no range or all addresses; raise ValueError."""
        for port in self.allowed_ports:
            parse(port)
        for cidr in self.trusted_ranges:
            check_trusted(cidr)

    @property
    def allowed(self) -> tuple[PortRange, ...]:
        """The allowed ports as ranges."""
        return tuple(parse(port) for port in self.allowed_ports)


@over("ingress")
def open_to_the_internet(group: SecurityGroup, policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe each range of ports that is open to the internet and not allowed to be."""
    parameters = policy.parameter(UID, Parameters)
    allowed = parameters.allowed
    rules = group.ingress.value
    for opening in openings(rules, parameters.trusted_ranges):
        yield Evidence(name="ingress", data=_shown(opening), violates=_refused(opening, allowed))
    for one in rules:
        if not isinstance(one.addresses, NotNeeded) and not legible(one) and _could_matter(one, allowed):
            yield one.addresses if isinstance(one.addresses, Unread) else _illegible(one)


def _refused(opening: Opening, allowed: tuple[PortRange, ...]) -> bool:
    """Whether an opening holds a port that is not allowed; what has no ports opens none."""
    if opening.first is None or opening.last is None:
        return False
    return beyond(opening.protocol, opening.first, opening.last, allowed)


def _could_matter(one: IngressRule, allowed: tuple[PortRange, ...]) -> bool:
    """Whether a rule whose addresses are not known would violate if they were the internet."""
    if not has_ports(one.protocol):
        return False
    first = FIRST if one.from_port is None else one.from_port
    return beyond(one.protocol, first, LAST if one.to_port is None else one.to_port, allowed)


def _illegible(one: IngressRule) -> Unread:
    return Unread(
        reason=UnreadReason.MALFORMED, operation=f"read the addresses of {one.peer}", detail="no address range"
    )


def _shown(opening: Opening) -> dict[str, Any]:
    data: dict[str, Any] = {"protocol": opening.protocol, "ports": opening.ports, "from": opening.peers}
    data["families"] = opening.reached.families
    if opening.first is not None and opening.last is not None:
        data |= {"first": opening.first, "last": opening.last}
        found = services(opening.first, opening.last)
        if found and opening.ports != "all":
            data["services"] = found
    return data


def weigh(_group: SecurityGroup, _policy: Policy, evidence: tuple[Evidence, ...], _severity: Severity) -> Severity:
    """Return the severity of the worst port that is open."""
    return max((weight(seen.data["first"], seen.data["last"]) for seen in evidence), key=lambda one: one.rank)


def notes(group: SecurityGroup, policy: Policy) -> Iterator[str]:
    """Yield what else a reader needs: what has no ports, whom trust lets in, and what the group guards."""
    trusted = policy.parameter(UID, Parameters).trusted_ranges
    found = openings(group.ingress.value, trusted)
    if trusted and found != openings(group.ingress.value):
        yield "open_to_trusted_ranges"
    if any(opening.first is None for opening in found):
        yield "open_without_ports"
    attachments = group.attachments
    if found and isinstance(attachments, Known):
        if not attachments.value.in_use:
            yield "attached_to_nothing"
        elif not attachments.value.public_address:
            yield "no_public_address"


_NOWHERE = Known(Attachments(in_use=False))
_HALVES = Known(("0.0.0.0/1", "128.0.0.0/1"))

DETECTOR = Detector(
    uid=UID,
    title="A port is open to the internet",
    on=SecurityGroup,
    severity=Severity.HIGH,
    description=(
        "Rules let the internet, by IPv4 or IPv6, reach a port that is not among the allowed ones. All rules of a "
        "group count together, prefix lists expanded: two halves, or everything but a little, are the internet, as is "
        "a single range broader than a /8 (IPv4) or a /32 (IPv6); addresses that are never routed on the internet "
        "count for nothing, and so do trusted_ranges. Ports of data stores and control interfaces are critical, those "
        "of remote access high, others medium. Protocols without ports (ICMP, GRE, ESP) are shown and never a "
        "violation. A group that guards nothing now is judged all the same: what is attached to it next is open at "
        "once."
    ),
    risk=(
        "What listens there is found within minutes by scanners of the whole internet: passwords are guessed, and a "
        "flaw in the service is enough to get in."
    ),
    controls=(iso27001("5.23"), iso27001("8.20"), iso27001("8.21"), iso27001("8.22"), iso27001("8.9")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Take the rules that the evidence names out of security group $name, or hold them to the addresses "
                "that need them (a prefix list keeps these in one place). For administration use Session Manager or "
                "EC2 Instance Connect Endpoint, which need no open port; put data stores into private subnets. A rule "
                "that is open by a prefix list is mended in that list. Delete a group that guards nothing."
            ),
            cli=(
                "# GROUP_ID is the last part of $uid\n"
                "aws ec2 describe-security-group-rules --region $region --filters Name=group-id,Values=GROUP_ID "
                "--query 'SecurityGroupRules[?IsEgress==`false`]'\n"
                "aws ec2 revoke-security-group-ingress --region $region --group-id GROUP_ID "
                "--security-group-rule-ids RULE_ID"
            ),
            terraform=(
                "# in place of the open rule of $name\n"
                'resource "aws_vpc_security_group_ingress_rule" "held" {\n'
                '  security_group_id = "GROUP_ID"\n'
                '  ip_protocol       = "tcp"\n'
                "  from_port         = PORT\n"
                "  to_port           = PORT\n"
                '  prefix_list_id    = "PREFIX_LIST_ID"\n'
                "}"
            ),
        ),
    },
    references=(
        "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
        "https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml",
    ),
    violations=(open_to_the_internet,),
    depends=("attachments",),
    parameters=Parameters,
    weigh=weigh,
    notes=notes,
    good=(
        group(),
        group(rule("0.0.0.0/0", 443), rule("::/0", 443), rule("0.0.0.0/0", 80)),
        group(rule("10.0.0.0/8", 22), rule("198.51.100.17/32", 22), rule("fc00::/7", 22)),
        group(rule("sg-0f1e2d3c", 5432, peer_kind=PeerKind.GROUP, addresses=NotNeeded("group_members_only"))),
        group(rule("0.0.0.0/0", protocol="icmp")),
        group(
            rule("203.0.0.0/8", 22),
            rule("pl-1", 22, peer_kind=PeerKind.PREFIX_LIST, addresses=Known(("192.0.2.0/24",))),
        ),
    ),
    bad=(
        group(rule("0.0.0.0/0", 22)),
        group(rule("::/0", 3389), attachments=_NOWHERE),
        group(rule("0.0.0.0/1", 5432), rule("128.0.0.0/1", 5432)),
        group(rule("pl-1", 6379, peer_kind=PeerKind.PREFIX_LIST, addresses=_HALVES)),
        group(rule("0.0.0.0/0", 1, 65535)),
        group(rule("0.0.0.0/0", protocol="all")),
        group(rule("0.0.0.0/0", 8080), rule("0.0.0.0/0", 443)),
        group(rule("0.0.0.0/0", 443, protocol="udp")),
    ),
)
