"""Example security groups: a well-kept one of each kind, and rules to spoil it with."""

from __future__ import annotations

from typing import Any

from collectors.model import Attachments, IngressRule, Known, PeerKind, Provider, SecurityGroup, Unread, UnreadReason

DENIED_LIST = Unread(
    reason=UnreadReason.DENIED,
    operation="ec2:GetManagedPrefixListEntries",
    permission="ec2:GetManagedPrefixListEntries",
    detail="UnauthorizedOperation",
)


def rule(peer: str, first: int | None = None, last: int | None = None, **overrides: Any) -> IngressRule:  # noqa: ANN401 - any attribute
    """Return a TCP rule for a range of addresses on one port or a range, with the given attributes replaced."""
    own: dict[str, Any] = {
        "protocol": "tcp",
        "peer_kind": PeerKind.ADDRESSES,
        "peer": peer,
        "addresses": Known((peer,)),
        "from_port": first,
        "to_port": first if last is None else last,
    }
    return IngressRule(**(own | overrides))


def group(*rules: IngressRule, **overrides: Any) -> SecurityGroup:  # noqa: ANN401 - any attribute may be overridden
    """Return a security group with these rules that guards instances, with the given attributes replaced."""
    own: dict[str, Any] = {
        "uid": "arn:aws:ec2:eu-central-1:123456789012:security-group/sg-0a1b2c3d4e5f60718",
        "name": "shop-web",
        "provider": Provider.AWS,
        "account": "123456789012",
        "region": "eu-central-1",
        "tags": Known({"data-class": "internal"}),
        "ingress": Known(rules),
        "attachments": Known(Attachments(in_use=True, interface_types=("interface",), public_address=True)),
        "network": Known("vpc-0a1b2c3d"),
    }
    return SecurityGroup(**(own | overrides))
