"""Which ports rules open together, against asking port by port."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.model import IngressRule, Known, NotNeeded, SecurityGroup
from detectors.engine import judge
from detectors.model import Judgement, Policy, Severity, Verdict
from detectors.network.addresses import internet
from detectors.network.examples import DENIED_LIST, group, rule
from detectors.network.open_port import DETECTOR, UID, Parameters
from detectors.network.openings import openings
from detectors.network.ports import PortRange, beyond, parse

CALM = settings(deadline=None)

PEERS = ("0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/0", "::/0", "10.0.0.0/8", "8.0.0.0/8", "9.0.0.0/8")
RANGES = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted)


@st.composite
def rules(draw: st.DrawFn) -> IngressRule:
    protocol = draw(st.sampled_from(["tcp", "tcp", "udp", "all", "icmp", "132"]))
    peer = draw(st.sampled_from(PEERS))
    if protocol not in ("tcp", "udp"):
        return rule(peer, protocol=protocol)
    first, last = draw(RANGES)
    return rule(peer, first, last, protocol=protocol)


def reaches(found: tuple[IngressRule, ...], protocol: str, port: int) -> bool:
    """Ask port by port: whatever lets packets to it in, taken together."""
    acting = [
        one
        for one in found
        if one.protocol == "all"
        or (
            one.protocol == protocol
            and (one.from_port is None or one.from_port <= port)
            and (one.to_port is None or port <= one.to_port)
        )
    ]
    return bool(internet(cidr for one in acting for cidr in one.addresses.value))


@CALM
@given(st.lists(rules(), max_size=8).map(tuple), st.sampled_from(["tcp", "udp"]), st.integers(0, 45))
def test_a_port_is_in_an_opening_if_and_only_if_the_internet_reaches_it(
    found: tuple[IngressRule, ...], protocol: str, port: int
) -> None:
    inside = any(
        one.protocol in ("all", protocol) and one.first is not None and one.first <= port <= (one.last or 0)
        for one in openings(found)
    )
    assert inside is reaches(found, protocol, port)


@CALM
@given(st.lists(rules(), max_size=8).map(tuple))
def test_openings_of_one_protocol_do_not_overlap_and_are_in_order(found: tuple[IngressRule, ...]) -> None:
    for protocol in ("tcp", "udp"):
        own = [one for one in openings(found) if one.protocol == protocol]
        assert all((one.last or 0) < (other.first or 0) for one, other in pairwise(own))


@CALM
@given(
    st.lists(
        st.tuples(st.sampled_from(["tcp", "udp"]), RANGES).map(lambda one: PortRange(one[0], *one[1])), max_size=5
    ),
    st.sampled_from(["tcp", "udp"]),
    RANGES,
)
def test_beyond_is_what_asking_for_each_port_says(allowed: list[PortRange], protocol: str, ports: list[int]) -> None:
    first, last = ports
    outside = any(
        not any(one.protocol == protocol and one.first <= port <= one.last for one in allowed)
        for port in range(first, last + 1)
    )
    assert beyond(protocol, first, last, tuple(allowed)) is outside


def look(resource: SecurityGroup, *allowed: int | str) -> Judgement:
    policy = Policy(parameters={UID: Parameters(allowed_ports=allowed)}) if allowed else Policy()
    judgement = judge(DETECTOR, resource, policy, DETECTOR.example_now)
    assert judgement is not None
    return judgement


def trusting(resource: SecurityGroup, *ranges: str) -> Judgement:
    judgement = judge(
        DETECTOR, resource, Policy(parameters={UID: Parameters(trusted_ranges=ranges)}), DETECTOR.example_now
    )
    assert judgement is not None
    return judgement


@pytest.mark.parametrize(
    ("opened", "severity"),
    [
        (rule("0.0.0.0/0", 22), Severity.HIGH),
        (rule("::/0", 3389), Severity.HIGH),
        (rule("0.0.0.0/0", 5432), Severity.CRITICAL),
        (rule("0.0.0.0/0", 11211, protocol="udp"), Severity.CRITICAL),
        (rule("0.0.0.0/0", 8080), Severity.MEDIUM),
        (rule("0.0.0.0/0", 0, 65535), Severity.CRITICAL),
        (rule("0.0.0.0/0", protocol="all"), Severity.CRITICAL),
        (rule("0.0.0.0/0", 20000, 20100), Severity.MEDIUM),
        (rule("0.0.0.0/0", 20000, 30000), Severity.CRITICAL),
    ],
)
def test_ports_weigh_by_what_listens_there(opened: IngressRule, severity: Severity) -> None:
    assert look(group(opened)).severity is severity
    assert look(group(rule("0.0.0.0/0", 8080), opened)).severity.rank >= Severity.MEDIUM.rank


def test_the_worst_port_decides_and_allowed_ones_are_shown() -> None:
    found = look(group(rule("0.0.0.0/0", 443), rule("0.0.0.0/0", 8080), rule("0.0.0.0/0", 6379)))
    assert found.severity is Severity.CRITICAL
    shown = {evidence.data["ports"]: evidence.violates for evidence in found.evidence}
    assert shown == {"443": False, "8080": True, "6379": True}


@pytest.mark.parametrize("allowed", [(22,), ("22",), ("20-25",), ("tcp/22",), (21, 22, 23)])
def test_what_is_allowed_passes_and_nothing_beside_it(allowed: tuple[int | str, ...]) -> None:
    assert look(group(rule("0.0.0.0/0", 22)), *allowed).verdict is Verdict.PASS
    assert look(group(rule("0.0.0.0/0", 22, protocol="udp")), *allowed).verdict is Verdict.FAIL
    assert look(group(rule("0.0.0.0/0", 443)), *allowed).verdict is Verdict.FAIL


@pytest.mark.parametrize("port", ["-1", "70000", "30-20", "sctp/1", "http", "1-70000"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match="port"):
        Parameters(allowed_ports=(port,))
    with pytest.raises(ValueError, match="port"):
        parse(port)


def test_what_could_not_be_read_leaves_open_only_what_it_could_open() -> None:
    hidden = {"addresses": DENIED_LIST}
    assert look(group(rule("pl-1", 22, **hidden))).verdict is Verdict.UNKNOWN
    assert look(group(rule("pl-1", 443, **hidden))).verdict is Verdict.PASS
    assert look(group(rule("pl-1", protocol="icmp", **hidden))).verdict is Verdict.PASS
    assert look(group(rule("pl-1", protocol="50", **hidden))).verdict is Verdict.PASS
    assert look(group(rule("pl-1", protocol="132", **hidden))).verdict is Verdict.UNKNOWN
    assert look(group(rule("pl-1", protocol="all", **hidden))).verdict is Verdict.UNKNOWN
    both = look(group(rule("pl-1", 22, **hidden), rule("0.0.0.0/0", 22)))
    assert both.verdict is Verdict.FAIL
    assert both.unread == (DENIED_LIST,)


def test_addresses_that_are_none_are_unknown_and_not_absent() -> None:
    assert look(group(rule("anywhere", 22))).verdict is Verdict.UNKNOWN
    assert look(group(rule("anywhere", 443))).verdict is Verdict.PASS


def test_what_a_group_guards_is_noted_and_changes_no_verdict() -> None:
    opened = look(group(rule("0.0.0.0/0", 22)))
    assert opened.notes == ()
    unattached = group(rule("0.0.0.0/0", 22), attachments=DETECTOR.bad[1].attachments)
    assert look(unattached).verdict is Verdict.FAIL
    assert look(unattached).notes == ("attached_to_nothing",)
    assert look(group(attachments=Known(DETECTOR.bad[1].attachments.value))).notes == ()


def test_protocols_without_ports_are_shown_and_no_violation() -> None:
    found = look(group(rule("0.0.0.0/0", protocol="icmp"), rule("0.0.0.0/0", protocol="50")))
    assert found.verdict is Verdict.PASS
    assert found.notes == ("open_without_ports",)
    assert [evidence.data["protocol"] for evidence in found.evidence] == ["50", "icmp"]


def test_members_of_groups_are_nobody_else() -> None:
    assert look(group(rule("sg-1", 22, addresses=NotNeeded("group_members_only")))).verdict is Verdict.PASS


def test_a_range_of_ones_own_is_not_the_internet_and_what_reaches_beyond_it_is() -> None:
    own = ("2a01:5a8::/29", "8.0.0.0/7")
    office, old, everyone = (rule(peer, 22) for peer in ("2a01:5a8::/29", "8.0.0.0/7", "::/0"))
    assert trusting(group(office)).verdict is Verdict.FAIL
    for held in (office, old, rule("2a01:5a8:1::/31", 22)):
        found = trusting(group(held), *own)
        assert (found.verdict, found.notes) == (Verdict.PASS, ("open_to_trusted_ranges",))
    for opened in (everyone, rule("2a01:5a8::/28", 22), rule("2a01:400::/29", 22), rule("0.0.0.0/0", 22)):
        assert trusting(group(office, opened), *own).verdict is Verdict.FAIL
    assert trusting(group(rule("0.0.0.0/1", 22), rule("128.0.0.0/1", 22)), *own).verdict is Verdict.FAIL


def test_trusted_ranges_that_overlap_each_other_and_private_ones_count_once() -> None:
    opened = group(rule("8.0.0.0/6", 22))
    # 8.0.0.0/6 without 10.0.0.0/8, which is private, holds three /8s: two of them trusted leave one, which is no more
    # than a /8.
    assert trusting(opened).verdict is Verdict.FAIL
    assert trusting(opened, "10.0.0.0/7", "8.0.0.0/8").verdict is Verdict.PASS
    assert trusting(opened, "10.0.0.0/7", "11.0.0.0/9", "11.0.0.0/8").verdict is Verdict.FAIL


def test_trust_in_a_range_says_nothing_of_rules_that_are_open_to_nobody_else_anyway() -> None:
    assert trusting(group(rule("198.51.100.0/24", 22)), "198.51.100.0/24").notes == ()


@pytest.mark.parametrize("cidr", ["", "office", "10.0.0.0/33", "0.0.0.0/0", "::/0"])
def test_what_is_no_range_of_ones_own_is_refused(cidr: str) -> None:
    with pytest.raises(ValueError, match="range"):
        Parameters(trusted_ranges=(cidr,))
