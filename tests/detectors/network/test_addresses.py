"""The arithmetic of address ranges, against counting the addresses one block after the other."""

from __future__ import annotations

import ipaddress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.network.addresses import NEVER_V4, NEVER_V6, Reached, internet, interval, merged, outside

CALM = settings(deadline=None)

_BLOCK = 12
"""The oracle counts whole /12s of IPv4: no example range is smaller."""

_NEVER = [
    ipaddress.ip_network(cidr)
    for cidr in (
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
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]


def _public_in(block: int) -> int:
    """How many public addresses a /12 has, asked address range by address range."""
    whole = ipaddress.IPv4Network((block << (32 - _BLOCK), _BLOCK))
    never = sum(one.num_addresses for one in _NEVER if one.subnet_of(whole))
    covered = any(whole.subnet_of(one) for one in _NEVER)
    return 0 if covered else whole.num_addresses - never


PUBLIC = [_public_in(block) for block in range(1 << _BLOCK)]


def oracle(networks: list[ipaddress.IPv4Network]) -> bool:
    """Whether a /12 at a time a range of more than a /8 is found, merged as whole CIDR ranges, or much in sum."""
    blocks = set()
    for network in networks:
        first = int(network.network_address) >> (32 - _BLOCK)
        blocks.update(range(first, first + (1 << (_BLOCK - network.prefixlen))))
    if sum(PUBLIC[block] for block in blocks) >= 16 << 24:
        return True
    for prefix in range(8):
        size = 1 << (_BLOCK - prefix)
        for start in range(0, 1 << _BLOCK, size):
            run = range(start, start + size)
            if blocks.issuperset(run) and sum(PUBLIC[block] for block in run) > 1 << 24:
                return True
    return False


@st.composite
def coarse(draw: st.DrawFn) -> ipaddress.IPv4Network:
    prefix = draw(st.integers(min_value=0, max_value=_BLOCK))
    return ipaddress.IPv4Network((draw(st.integers(0, (1 << prefix) - 1)) << (32 - prefix) if prefix else 0, prefix))


@CALM
@given(st.lists(coarse(), max_size=24))
def test_ipv4_ranges_are_the_internet_where_counting_says_so(networks: list[ipaddress.IPv4Network]) -> None:
    assert internet(map(str, networks)).v4 is oracle(networks)


@CALM
@given(st.lists(st.integers(0, 255), min_size=1, max_size=200, unique=True))
def test_many_ranges_of_slash_8_add_up(firsts: list[int]) -> None:
    networks = [ipaddress.IPv4Network((first << 24, 8)) for first in firsts]
    assert internet(map(str, networks)).v4 is oracle(networks)


@CALM
@given(st.lists(coarse(), min_size=1, max_size=12), st.data())
def test_more_ranges_never_reach_less_and_order_says_nothing(
    networks: list[ipaddress.IPv4Network], data: st.DataObject
) -> None:
    whole = [str(one) for one in networks]
    part = data.draw(st.lists(st.sampled_from(whole)))
    assert not internet(part) or internet(whole)
    assert internet(reversed(whole)) == internet(whole)


@CALM
@given(st.integers(0, (1 << 128) - 1), st.integers(0, 128))
def test_ipv6_by_counting(address: int, prefix: int) -> None:
    network = ipaddress.IPv6Network((address, prefix), strict=False)
    first, last = interval(network)
    lowest, highest = 1 << 125, (1 << 126) - 1
    size = max(0, min(last, highest) - max(first, lowest) + 1)
    for documentation in ("2001:db8::/32", "3fff::/20"):
        start, end = interval(ipaddress.ip_network(documentation))
        size -= max(0, min(last, end) - max(first, start) + 1)
    assert internet([str(network)]) == Reached(v6=size > 1 << 96)


@CALM
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), max_size=1), st.sets(st.integers(0, 60)))
def test_what_lies_outside_is_what_is_left_after_taking_each_away(found: list[list[int]], excluded: set[int]) -> None:
    for first, last in found:
        assert outside((first, last), [(one, one) for one in excluded]) == len(set(range(first, last + 1)) - excluded)


@CALM
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), max_size=8))
def test_merged_intervals_hold_the_same_and_do_not_overlap(found: list[list[int]]) -> None:
    whole = merged((first, last) for first, last in found)
    assert {n for first, last in whole for n in range(first, last + 1)} == {
        n for first, last in found for n in range(first, last + 1)
    }
    assert all(one[1] < other[0] for one, other in pairwise(whole))


@CALM
@given(st.lists(coarse(), min_size=1, max_size=8), st.lists(coarse(), max_size=4))
def test_trust_takes_away_what_it_names_and_adds_nothing(
    networks: list[ipaddress.IPv4Network], trusted: list[ipaddress.IPv4Network]
) -> None:
    ranges, spared = [str(one) for one in networks], tuple(str(one) for one in trusted)
    assert not internet(ranges, spared) or internet(ranges)
    assert not internet(spared, spared)
    kept = [one for one in networks if not any(one.overlaps(other) for other in trusted)]
    assert not internet(map(str, kept)) or internet(ranges, spared)


def test_what_is_never_routed_does_not_overlap() -> None:
    for ranges in (NEVER_V4, NEVER_V6):
        assert all(one[1] < other[0] for one, other in pairwise(sorted(ranges)))


@pytest.mark.parametrize(
    ("cidrs", "reached"),
    [
        (["0.0.0.0/0"], Reached(v4=True)),
        (["::/0"], Reached(v6=True)),
        (["0.0.0.0/0", "::/0"], Reached(v4=True, v6=True)),
        (["0.0.0.0/1"], Reached(v4=True)),
        (["128.0.0.0/1"], Reached(v4=True)),
        (["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2"], Reached(v4=True)),
        ([f"{first}.0.0.0/8" for first in range(1, 224)], Reached(v4=True)),
        (["8.0.0.0/8", "9.0.0.0/8"], Reached(v4=True)),
        (["203.0.0.0/8"], Reached()),
        (["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"], Reached()),
        (["10.0.0.0/7"], Reached()),
        (["224.0.0.0/3"], Reached()),
        (["127.0.0.0/8", "0.0.0.0/8"], Reached()),
        (["198.51.100.7/32", "2001:db8::1/128"], Reached()),
        (["2000::/3"], Reached(v6=True)),
        (["::/1"], Reached(v6=True)),
        (["8000::/1"], Reached()),
        (["fc00::/7", "fe80::/10"], Reached()),
        (["2a00::/32"], Reached()),
        (["2a00::/31"], Reached(v6=True)),
        (["2a00::/32", "2a00:1::/32"], Reached(v6=True)),
        ([f"2a0{n:x}::/32" for n in range(16)], Reached(v6=True)),
        ([f"2a0{n:x}::/32" for n in range(15)], Reached()),
        ([], Reached()),
        (["198.51.100.7/24"], Reached()),
    ],
)
def test_ranges_as_one_meets_them(cidrs: list[str], reached: Reached) -> None:
    assert internet(cidrs) == reached


@pytest.mark.parametrize("text", ["", "anywhere", "10.0.0.0/33", "300.0.0.0/8", "2a00::/129"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear to be|Netmask|Prefix|range"):
        internet([text])
