from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.configuration.duration import format_duration, parse_duration
from daemon.configuration.expansion import has_reference, is_reference
from daemon.configuration.problems import Problem, dotted
from daemon.configuration.values import Listen


@given(st.integers(min_value=0, max_value=36_500 * 86_400_000).map(lambda count: timedelta(milliseconds=count)))
def test_a_duration_survives_being_written(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5m", 300),
        ("24h", 86_400),
        ("400d", 400 * 86_400),
        ("1h30m", 5_400),
        ("2w", 14 * 86_400),
        ("90s", 90),
        ("250ms", 0.25),
        ("1m5ms", 60.005),
        ("1w2d3h4m5s", 788_645),
    ],
)
def test_durations_as_operators_write_them(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "m",
        "5 m",
        "5M",
        "-5m",
        "1.5h",
        "5m1h",
        "5m5m",
        "5min",
        "\uff15m",
        "1d\n",
        "P1D",
        f"{10**30}d",
        "36501d",
    ],
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a duration|longer than"):
        parse_duration(text)


def test_canonical_form_is_short() -> None:
    written = [format_duration(timedelta(seconds=count)) for count in (0, 60, 5_400, 86_400, 90_061)]
    assert written == ["0s", "1m", "1h30m", "1d", "1d1h1m1s"]


def test_a_negative_duration_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="never negative"):
        format_duration(timedelta(seconds=-1))


def test_locations_read_like_paths() -> None:
    assert dotted(("targets", 0, "accounts", 1)) == "targets[0].accounts[1]"
    assert dotted(("policy", "parameters", "a.b", "max_age")) == 'policy.parameters["a.b"].max_age'
    assert dotted(('say "x"',)) == '["say \\"x\\""]'


def test_a_problem_reads_as_one_line() -> None:
    whole = Problem(file="f.yaml", path="a.b", value="x", expected="expected y", line=3)
    assert str(whole) == "f.yaml:3: a.b: found x: expected y"
    assert str(Problem(file="f.yaml", path="", value="", expected="expected y")) == "f.yaml: expected y"


def test_listen_address_is_written_as_it_is_read() -> None:
    assert str(Listen("::1", 9464)) == "[::1]:9464"
    assert str(Listen("0.0.0.0", 0)) == "0.0.0.0:0"
    assert [Listen(host, 1).loopback for host in ("127.0.0.53", "::1", "localhost", "0.0.0.0", "::")] == [
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "has", "only"),
    [
        ("${A}", True, True),
        ("${file:/a b}", True, True),
        ("x${A}", True, False),
        ("${A}${B}", True, False),
        ("$${A}", False, False),
        ("$A", False, False),
        ("${", True, False),
        ("", False, False),
    ],
)
def test_what_counts_as_a_reference(text: str, has: bool, only: bool) -> None:
    assert (has_reference(text), is_reference(text)) == (has, only)
