from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.aws.ec2 import NetworkCollector
from collectors.aws.session import AwsAccount
from collectors.model import Attachments, Known, PeerKind, Provider, Scope, SecurityGroup, Unread, UnreadReason
from detectors.engine import judge
from detectors.model import Judgement, Policy, Severity, Verdict
from detectors.network.open_port import DETECTOR
from tests.fakes.aws_faults import EXPIRED, GARBAGE, GATEWAY_PAGE, Call, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

REGION = "eu-central-1"
SCOPE = Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region=REGION, collector="aws.ec2.network")
REFUSED = Fault(status=403, code="UnauthorizedOperation")


@pytest.fixture
def ec2(moto: Moto) -> Any:
    return moto.client("ec2", region=REGION)


def permission(protocol: str, first: int | None, last: int | None, *peers: str) -> dict[str, Any]:
    """An IpPermission from these peers: ranges, prefix lists, groups."""
    made: dict[str, Any] = {"IpProtocol": protocol}
    if first is not None:
        made |= {"FromPort": first, "ToPort": last}
    made["IpRanges"] = [{"CidrIp": peer} for peer in peers if "." in peer]
    made["Ipv6Ranges"] = [{"CidrIpv6": peer} for peer in peers if ":" in peer]
    made["PrefixListIds"] = [{"PrefixListId": peer} for peer in peers if peer.startswith("pl-")]
    made["UserIdGroupPairs"] = [{"GroupId": peer} for peer in peers if peer.startswith("sg-")]
    return made


def make(ec2: Any, name: str, *permissions: dict[str, Any]) -> str:
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    uid: str = ec2.create_security_group(GroupName=name, Description="a group", VpcId=vpc)["GroupId"]
    if permissions:
        ec2.authorize_security_group_ingress(GroupId=uid, IpPermissions=list(permissions))
    return uid


def read(account: AwsAccount) -> dict[str, SecurityGroup]:
    found: dict[str, SecurityGroup] = {}
    for item in NetworkCollector(account).collect(SCOPE):
        assert isinstance(item, SecurityGroup), item
        found[item.name] = item
    return found


def look(group: SecurityGroup) -> Judgement:
    judgement = judge(DETECTOR, group, Policy(), datetime(2026, 1, 1, tzinfo=UTC))
    assert judgement is not None
    return judgement


UNREADABLE = "unreadable"

# What a person who reads the rules says of them: open or not, and how bad; or that it cannot be told. A prefix list
# goes by its name in LISTS, the group itself is sg-own.
TRUTH: dict[str, tuple[tuple[dict[str, Any], ...], Severity | str | None]] = {
    "nothing": ((), None),
    "web": ((permission("tcp", 80, 80, "0.0.0.0/0", "::/0"), permission("tcp", 443, 443, "0.0.0.0/0", "::/0")), None),
    "office-ssh": ((permission("tcp", 22, 22, "198.51.100.0/24"),), None),
    "private-ssh": ((permission("tcp", 22, 22, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),), None),
    "private-all": ((permission("-1", None, None, "10.0.0.0/8"),), None),
    "shared-address-space": ((permission("tcp", 22, 22, "100.64.0.0/10"),), None),
    "local-ipv6": ((permission("tcp", 22, 22, "fc00::/7"),), None),
    "ping": ((permission("icmp", -1, -1, "0.0.0.0/0"),), None),
    "ping6": ((permission("icmpv6", -1, -1, "::/0"),), None),
    "one-slash-8": ((permission("tcp", 22, 22, "17.0.0.0/8"),), None),
    "one-slash-32": ((permission("tcp", 22, 22, "2a01:598::/32"),), None),
    "half-and-half-on-web": ((permission("tcp", 443, 443, "0.0.0.0/1", "128.0.0.0/1"),), None),
    "ssh": ((permission("tcp", 22, 22, "0.0.0.0/0"),), Severity.HIGH),
    "ssh6": ((permission("tcp", 22, 22, "::/0"),), Severity.HIGH),
    "rdp": ((permission("tcp", 3389, 3389, "0.0.0.0/0"),), Severity.HIGH),
    "winrm": ((permission("tcp", 5985, 5986, "0.0.0.0/0"),), Severity.HIGH),
    "vnc": ((permission("tcp", 5900, 5900, "0.0.0.0/0"),), Severity.HIGH),
    "telnet": ((permission("tcp", 23, 23, "0.0.0.0/0"),), Severity.CRITICAL),
    "smb": ((permission("tcp", 445, 445, "0.0.0.0/0"),), Severity.CRITICAL),
    "ldap": ((permission("tcp", 389, 389, "0.0.0.0/0"),), Severity.CRITICAL),
    "postgres": ((permission("tcp", 5432, 5432, "0.0.0.0/0"),), Severity.CRITICAL),
    "mysql": ((permission("tcp", 3306, 3306, "0.0.0.0/0"),), Severity.CRITICAL),
    "mssql": ((permission("tcp", 1433, 1433, "0.0.0.0/0"),), Severity.CRITICAL),
    "oracle": ((permission("tcp", 1521, 1521, "0.0.0.0/0"),), Severity.CRITICAL),
    "mongo": ((permission("tcp", 27017, 27017, "0.0.0.0/0"),), Severity.CRITICAL),
    "redis": ((permission("tcp", 6379, 6379, "0.0.0.0/0"),), Severity.CRITICAL),
    "elastic": ((permission("tcp", 9200, 9300, "0.0.0.0/0"),), Severity.CRITICAL),
    "memcached": ((permission("udp", 11211, 11211, "0.0.0.0/0"),), Severity.CRITICAL),
    "docker": ((permission("tcp", 2375, 2375, "0.0.0.0/0"),), Severity.CRITICAL),
    "app": ((permission("tcp", 8080, 8080, "0.0.0.0/0"),), Severity.MEDIUM),
    "quic": ((permission("udp", 443, 443, "0.0.0.0/0"),), Severity.MEDIUM),
    "dns": ((permission("udp", 53, 53, "0.0.0.0/0"),), Severity.MEDIUM),
    "node-ports": ((permission("tcp", 30000, 32767, "0.0.0.0/0"),), Severity.MEDIUM),
    "wide": ((permission("tcp", 80, 9999, "0.0.0.0/0"),), Severity.CRITICAL),
    "every-port": ((permission("tcp", 0, 65535, "0.0.0.0/0"),), Severity.CRITICAL),
    "everything": ((permission("-1", None, None, "0.0.0.0/0"),), Severity.CRITICAL),
    "everything6": ((permission("-1", None, None, "::/0"),), Severity.CRITICAL),
    "halves": ((permission("tcp", 22, 22, "0.0.0.0/1", "128.0.0.0/1"),), Severity.HIGH),
    "halves-of-two-rules": (
        (permission("tcp", 22, 24, "0.0.0.0/1"), permission("tcp", 22, 25, "128.0.0.0/1")),
        Severity.CRITICAL,
    ),
    "sum-of-two-rules": (
        (
            permission("tcp", 20, 22, *(f"{first}.0.0.0/8" for first in range(11, 27, 2))),
            permission("tcp", 22, 25, *(f"{first}.0.0.0/8" for first in range(31, 47, 2))),
        ),
        Severity.HIGH,
    ),
    "parts-that-do-not-meet": (
        (
            permission("tcp", 20, 21, *(f"{first}.0.0.0/8" for first in range(11, 27, 2))),
            permission("tcp", 22, 25, *(f"{first}.0.0.0/8" for first in range(31, 47, 2))),
        ),
        None,
    ),
    "one-half": ((permission("tcp", 5432, 5432, "128.0.0.0/1"),), Severity.CRITICAL),
    "three-quarters": ((permission("tcp", 22, 22, "0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2"),), Severity.HIGH),
    "eighths": ((permission("tcp", 22, 22, *(f"{first}.0.0.0/8" for first in range(11, 60))),), Severity.HIGH),
    "ipv6-halves": ((permission("tcp", 22, 22, "::/1", "8000::/1"),), Severity.HIGH),
    "all-and-one": (
        (permission("-1", None, None, "0.0.0.0/2"), permission("tcp", 22, 22, "64.0.0.0/2")),
        Severity.CRITICAL,
    ),
    "web-and-ssh": (
        (permission("tcp", 443, 443, "0.0.0.0/0"), permission("tcp", 22, 22, "0.0.0.0/0")),
        Severity.HIGH,
    ),
    "one-host": ((permission("tcp", 22, 22, "8.8.8.8/32"),), None),
    "documentation": ((permission("-1", None, None, "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),), None),
    "multicast": ((permission("udp", 5353, 5353, "224.0.0.0/4"),), None),
    "link-local-ipv6": ((permission("tcp", 3389, 3389, "fe80::/10"),), None),
    "gre": ((permission("47", -1, -1, "0.0.0.0/0"),), None),
    "esp": ((permission("50", -1, -1, "0.0.0.0/0", "::/0"),), None),
    "sctp": ((permission("132", -1, -1, "0.0.0.0/0"),), Severity.CRITICAL),
    "snmp": ((permission("udp", 161, 161, "0.0.0.0/0"),), Severity.CRITICAL),
    "port-zero": ((permission("tcp", 0, 0, "0.0.0.0/0"),), Severity.MEDIUM),
    "last-port": ((permission("tcp", 65535, 65535, "::/0"),), Severity.MEDIUM),
    "one-beside-the-web": ((permission("tcp", 443, 444, "0.0.0.0/0"),), Severity.MEDIUM),
    "one-slash-7": ((permission("tcp", 3306, 3306, "16.0.0.0/7"),), Severity.CRITICAL),
    "fifteen-slash-8": ((permission("tcp", 22, 22, *(f"{first}.0.0.0/8" for first in range(11, 41, 2))),), None),
    "sixteen-slash-8": (
        (permission("tcp", 22, 22, *(f"{first}.0.0.0/8" for first in range(11, 43, 2))),),
        Severity.HIGH,
    ),
    "ipv4-closed-ipv6-open": ((permission("tcp", 5900, 5901, "10.0.0.0/8", "::/0"),), Severity.HIGH),
    "members-alone": ((permission("-1", None, None, "sg-own"),), None),
    "members-and-the-world": (
        (permission("-1", None, None, "sg-own"), permission("tcp", 22, 22, "0.0.0.0/0")),
        Severity.HIGH,
    ),
    "list-of-the-office": ((permission("-1", None, None, "pl-office"),), None),
    "list-of-everybody": ((permission("tcp", 22, 22, "pl-everybody"),), Severity.HIGH),
    "list-of-everybody-on-the-web": ((permission("tcp", 443, 443, "pl-everybody"),), None),
    "list-of-everybody-ipv6": ((permission("tcp", 5432, 5432, "pl-everybody6"),), Severity.CRITICAL),
    "list-that-is-empty": ((permission("-1", None, None, "pl-empty"),), None),
    "list-that-is-gone": ((permission("tcp", 22, 22, "pl-gone"),), None),
    "list-that-completes-it": (
        (permission("tcp", 22, 22, "pl-eight", *(f"{first}.0.0.0/8" for first in range(31, 47, 2))),),
        Severity.HIGH,
    ),
    "list-that-is-not-enough": ((permission("tcp", 22, 22, "pl-eight", "31.0.0.0/8"),), None),
    "hidden-list": ((permission("tcp", 22, 22, "pl-hidden"),), UNREADABLE),
    "hidden-list-for-everything": ((permission("-1", None, None, "pl-hidden"),), UNREADABLE),
    "hidden-list-for-sctp": ((permission("132", -1, -1, "pl-hidden"),), UNREADABLE),
    "hidden-list-for-quic": ((permission("udp", 443, 443, "pl-hidden"),), UNREADABLE),
    "hidden-list-from-web-to-web": ((permission("tcp", 80, 443, "pl-hidden"),), UNREADABLE),
    "hidden-list-beside-the-office": ((permission("tcp", 22, 22, "pl-hidden", "pl-office"),), UNREADABLE),
    "hidden-list-for-the-web": (
        (permission("tcp", 80, 80, "pl-hidden"), permission("tcp", 443, 443, "pl-hidden")),
        None,
    ),
    "hidden-list-for-ping": ((permission("icmp", -1, -1, "pl-hidden"),), None),
    "hidden-list-beside-everybody": (
        (permission("tcp", 22, 22, "pl-hidden"), permission("tcp", 6379, 6379, "0.0.0.0/0")),
        Severity.CRITICAL,
    ),
    "list-of-nonsense": ((permission("tcp", 22, 22, "pl-nonsense"),), UNREADABLE),
    "list-of-nonsense-for-the-web": ((permission("tcp", 443, 443, "pl-nonsense"),), None),
    "list-that-breaks-off": ((permission("tcp", 22, 22, "pl-broken"),), UNREADABLE),
    "list-behind-a-gateway": ((permission("tcp", 3389, 3389, "pl-gateway"),), UNREADABLE),
}
LISTS: dict[str, tuple[str, ...]] = {
    "pl-office": ("198.51.100.0/24",),
    "pl-everybody": ("0.0.0.0/1", "128.0.0.0/1"),
    "pl-everybody6": ("::/0",),
    "pl-empty": (),
    "pl-gone": ("0.0.0.0/0",),
    "pl-eight": tuple(f"{first}.0.0.0/8" for first in range(11, 27, 2)),
    "pl-hidden": ("198.51.100.0/24",),
    "pl-nonsense": ("198.51.100.0/24",),
    "pl-broken": ("198.51.100.0/24",),
    "pl-gateway": ("198.51.100.0/24",),
}
"""What the prefix lists hold that the table calls so."""

_ENTRIES_END = b"</GetManagedPrefixListEntriesResponse>"
TROUBLE = {
    "pl-gone": Fault(status=400, code="InvalidPrefixListID.NotFound"),
    "pl-hidden": REFUSED,
    "pl-nonsense": Fault(rewrite=lambda body: body.replace(b"198.51.100.0/24", b"the office")),
    "pl-broken": Fault(rewrite=lambda body: body.replace(_ENTRIES_END, b"<nextToken>more</nextToken>" + _ENTRIES_END)),
    "pl-gateway": GATEWAY_PAGE,
}
"""How reading them fails."""


def lists(ec2: Any, faults: Faults) -> dict[str, str]:
    """Make the prefix lists, and return their ids by the names that the table has for them."""
    ids: dict[str, str] = {}
    for name, cidrs in LISTS.items():
        made = ec2.create_managed_prefix_list(
            PrefixListName=name,
            MaxEntries=20,
            AddressFamily="IPv6" if "::/0" in cidrs else "IPv4",
            Entries=[{"Cidr": cidr} for cidr in cidrs],
        )
        ids[name] = made["PrefixList"]["PrefixListId"]
    named = {uid: name for name, uid in ids.items()}
    operation = "ec2:GetManagedPrefixListEntries"
    faults.plan(operation, REFUSED, times=99, when=lambda call: "NextToken" in call.form)
    for name, fault in TROUBLE.items():
        faults.plan(operation, fault, times=99, when=_about(name, named))
    return ids


def _about(name: str, named: dict[str, str]) -> Callable[[Call], bool]:
    return lambda call: named.get(call.form["PrefixListId"]) == name


def test_every_group_is_judged_as_a_person_judges_its_rules(ec2: Any, account: AwsAccount, faults: Faults) -> None:
    ids = lists(ec2, faults)
    for name, (permissions, _) in TRUTH.items():
        text = json.dumps(permissions)
        for called, uid in ids.items():
            text = text.replace(f'"{called}"', f'"{uid}"')
        group = make(ec2, name)
        if permissions:
            own = json.loads(text.replace('"sg-own"', f'"{group}"'))
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=own)
    found = read(account)
    assert set(TRUTH) <= set(found)
    judged = {name: look(found[name]) for name in TRUTH}
    by_verdict = {Verdict.PASS: None, Verdict.UNKNOWN: UNREADABLE}
    told = {name: by_verdict.get(one.verdict, one.severity) for name, one in judged.items()}
    assert told == {name: truth for name, (_, truth) in TRUTH.items()}
    open_questions = {name for name, truth in told.items() if truth == UNREADABLE}
    assert {name for name, one in judged.items() if one.unread} == {*open_questions, "hidden-list-beside-everybody"}


def test_a_group_is_named_as_the_contract_names_it(ec2: Any, account: AwsAccount) -> None:
    uid = make(ec2, "named", permission("tcp", 22, 23, "0.0.0.0/0"))
    ec2.create_tags(Resources=[uid], Tags=[{"Key": "data-class", "Value": "personal"}])
    group = read(account)["named"]
    assert group.uid == f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{uid}"
    assert (group.region, group.account, group.kind()) == (REGION, ACCOUNT, "security_group")
    assert group.tags == Known({"data-class": "personal"})
    (rule,) = group.ingress.value
    assert (rule.protocol, rule.from_port, rule.to_port, rule.peer_kind) == ("tcp", 22, 23, PeerKind.ADDRESSES)


def test_groups_of_other_regions_are_other_units(moto: Moto, account: AwsAccount) -> None:
    make(moto.client("ec2", region="us-west-2"), "elsewhere")
    assert "elsewhere" not in read(account)


def test_prefix_lists_are_expanded_and_read_once(ec2: Any, account: AwsAccount, faults: Faults) -> None:
    entries = [{"Cidr": "128.0.0.0/1"}, {"Cidr": "0.0.0.0/1"}]
    everyone = ec2.create_managed_prefix_list(
        PrefixListName="everyone", MaxEntries=5, AddressFamily="IPv4", Entries=entries
    )["PrefixList"]["PrefixListId"]
    office = ec2.create_managed_prefix_list(
        PrefixListName="office", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "198.51.100.0/24"}]
    )["PrefixList"]["PrefixListId"]
    make(ec2, "open-by-list", permission("tcp", 22, 22, everyone))
    make(ec2, "open-by-list-too", permission("tcp", 5432, 5432, everyone))
    make(ec2, "held-by-list", permission("tcp", 22, 22, office))
    found = read(account)
    assert look(found["open-by-list"]).severity is Severity.HIGH
    assert look(found["open-by-list-too"]).severity is Severity.CRITICAL
    assert look(found["held-by-list"]).verdict is Verdict.PASS
    (rule,) = found["open-by-list"].ingress.value
    assert rule.addresses == Known(("0.0.0.0/1", "128.0.0.0/1"))
    assert faults.count("ec2:GetManagedPrefixListEntries") == 2


def test_what_a_group_guards_is_read_in_one_list(ec2: Any, account: AwsAccount, faults: Faults) -> None:
    guard, idle = make(ec2, "guard", permission("tcp", 22, 22, "0.0.0.0/0")), make(ec2, "idle")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[guard])["NetworkInterface"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    found = read(account)
    assert found["guard"].attachments == Known(Attachments(in_use=True, interface_types=("interface",)))
    assert look(found["guard"]).notes == ("no_public_address",)
    assert found["idle"].attachments == Known(Attachments(in_use=False))
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface["NetworkInterfaceId"])
    guarded = read(account)["guard"].attachments
    assert isinstance(guarded, Known)
    assert guarded.value.in_use
    assert idle
    assert faults.count("ec2:DescribeNetworkInterfaces") == 2


def test_calls_are_bounded_by_the_region_and_not_by_its_groups(ec2: Any, account: AwsAccount, faults: Faults) -> None:
    for number in range(12):
        make(ec2, f"group-{number}", permission("tcp", 22, 22, "0.0.0.0/0"))
    assert len(read(account)) >= 12
    asked = [call.operation for call in faults.calls if not call.operation.startswith("sts:")]
    assert sorted(asked) == ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups"]
    assert {call.region for call in faults.calls if call.operation.startswith("ec2:")} == {REGION}


def test_pages_are_followed(ec2: Any, account: AwsAccount, faults: Faults) -> None:
    make(ec2, "first")

    def more(body: bytes) -> bytes:
        end = b"</DescribeSecurityGroupsResponse>"
        return body.replace(b"<nextToken/>", b"").replace(end, b"<nextToken>more</nextToken>" + end)

    faults.plan(
        "ec2:DescribeSecurityGroups", Fault(rewrite=more), when=lambda call: "NextToken" not in call.form, times=1
    )
    assert "first" in read(account)
    assert [call.form.get("NextToken") for call in faults.calls if call.operation == "ec2:DescribeSecurityGroups"] == [
        None,
        "more",
    ]


def test_a_later_page_that_fails_says_that_the_list_is_not_whole(ec2: Any, account: AwsAccount, faults: Faults) -> None:
    make(ec2, "first")
    end = b"</DescribeSecurityGroupsResponse>"
    pages: list[bytes] = []

    def first_alone(body: bytes) -> bytes:
        pages.append(body)
        more = body.replace(b"<nextToken/>", b"").replace(end, b"<nextToken>more</nextToken>" + end)
        return more if len(pages) == 1 else b"<html/>"

    faults.plan("ec2:DescribeSecurityGroups", Fault(rewrite=first_alone))
    *groups, last = NetworkCollector(account).collect(SCOPE)
    assert groups
    assert isinstance(last, Unread)
    assert (last.reason, last.operation) == (UnreadReason.MALFORMED, "ec2:DescribeSecurityGroups")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (REFUSED, UnreadReason.DENIED),
        (GATEWAY_PAGE, UnreadReason.MALFORMED),
        (GARBAGE, UnreadReason.MALFORMED),
        (Fault(status=403, code="OptInRequired"), UnreadReason.SERVICE_DISABLED),
        (Fault(status=401, code="AuthFailure"), UnreadReason.SERVICE_DISABLED),
    ],
)
def test_a_list_that_fails_is_no_empty_region(
    account: AwsAccount, faults: Faults, fault: Fault, reason: UnreadReason
) -> None:
    faults.plan("ec2:DescribeSecurityGroups", fault)
    (unread,) = NetworkCollector(account).collect(SCOPE)
    assert isinstance(unread, Unread)
    assert (unread.reason, unread.operation) == (reason, "ec2:DescribeSecurityGroups")
    assert unread.permission == ("ec2:DescribeSecurityGroups" if reason is UnreadReason.DENIED else "")


def test_refused_credentials_are_told_once_and_nothing_is_asked(account: AwsAccount, faults: Faults) -> None:
    faults.plan("sts:GetCallerIdentity", EXPIRED)
    (unread,) = NetworkCollector(account).collect(SCOPE)
    assert isinstance(unread, Unread)
    assert unread.reason is UnreadReason.CREDENTIALS
    assert not [call for call in faults.calls if call.operation.startswith("ec2:")]


def test_a_refused_prefix_list_costs_its_rules_and_no_other(ec2: Any, account: AwsAccount, faults: Faults) -> None:
    hidden = ec2.create_managed_prefix_list(PrefixListName="l", MaxEntries=5, AddressFamily="IPv4", Entries=[])
    peer = hidden["PrefixList"]["PrefixListId"]
    make(ec2, "hidden", permission("tcp", 22, 22, peer))
    make(ec2, "hidden-web", permission("tcp", 443, 443, peer))
    make(ec2, "hidden-and-open", permission("tcp", 22, 22, peer, "0.0.0.0/0"))
    make(ec2, "plain", permission("tcp", 22, 22, "10.0.0.0/8"))
    faults.plan("ec2:GetManagedPrefixListEntries", REFUSED)
    judged = {name: look(group) for name, group in read(account).items()}
    assert judged["hidden"].verdict is Verdict.UNKNOWN
    assert "ec2:GetManagedPrefixListEntries" in judged["hidden"].remediation
    assert judged["hidden-web"].verdict is Verdict.PASS
    assert judged["hidden-and-open"].verdict is Verdict.FAIL
    assert judged["plain"].verdict is Verdict.PASS
    assert judged["plain"].unread == ()


def test_refused_interfaces_cost_no_verdict(ec2: Any, account: AwsAccount, faults: Faults) -> None:
    make(ec2, "open", permission("tcp", 22, 22, "0.0.0.0/0"))
    make(ec2, "closed")
    faults.plan("ec2:DescribeNetworkInterfaces", REFUSED)
    found = read(account)
    assert look(found["open"]).verdict is Verdict.FAIL
    assert look(found["closed"]).verdict is Verdict.PASS
    attachments = found["open"].attachments
    assert isinstance(attachments, Unread)
    assert attachments.permission == "ec2:DescribeNetworkInterfaces"


def test_one_group_is_read_anew(ec2: Any, account: AwsAccount, faults: Faults) -> None:
    uid = make(ec2, "one", permission("tcp", 22, 22, "0.0.0.0/0"))
    make(ec2, "other")
    (whole,) = [group for name, group in read(account).items() if name == "one"]
    collector = NetworkCollector(account)
    assert collector.refresh(SCOPE, whole.uid) == whole
    ec2.delete_security_group(GroupId=uid)
    assert collector.refresh(SCOPE, whole.uid) is None
    faults.plan("ec2:DescribeSecurityGroups", REFUSED)
    assert isinstance(collector.refresh(SCOPE, whole.uid), Unread)


def test_regions_read_together_verify_the_account_once(
    account: AwsAccount, faults: Faults, ec2: Any, moto: Moto
) -> None:
    collector: Callable[[Scope], Any] = NetworkCollector(account).collect
    assert list(collector(SCOPE))
    elsewhere = Scope(target="test", provider=Provider.AWS, account=ACCOUNT, region="us-east-1", collector="c")
    assert list(collector(elsewhere))
    assert faults.count("sts:GetCallerIdentity") == 1
    assert ec2
    assert moto
