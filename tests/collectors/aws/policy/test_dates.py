"""Conditions on the date: which are settled for good, and what a bucket policy's say of its grants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.aws.policy import notes
from collectors.aws.policy.dates import settled
from collectors.model import Reach
from tests.collectors.aws.policy.documents import PROPERTY, allow, grants

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PAST, COMING = "2026-05-31T23:59:59Z", "2026-06-01T00:00:01Z"
TIME = "aws:currenttime"
MOMENTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds must be naive
COMPARISONS = {
    "equals": lambda one, other: one == other,
    "notequals": lambda one, other: one != other,
    "lessthan": lambda one, other: one < other,
    "lessthanequals": lambda one, other: one <= other,
    "greaterthan": lambda one, other: one > other,
    "greaterthanequals": lambda one, other: one >= other,
}


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("datelessthan", [PAST], False),
        ("datelessthanequals", [PAST], False),
        ("dateequals", [PAST], False),
        ("datelessthan", [COMING], None),
        ("datelessthan", [PAST, COMING], None),
        ("datelessthan", ["2026-05-31"], False),
        ("datelessthan", ["2026-06-01T01:00:00+02:00"], False),
        ("datelessthan", ["1577836800"], False),
        ("numericlessthan", ["1577836800"], False),
        ("datelessthan", ["99999999999999999999"], None),
        ("datelessthan", ["${aws:CurrentTime}"], None),
        ("datelessthan", ["then"], None),
        ("datelessthan", [], None),
        ("dategreaterthan", [PAST], True),
        ("dategreaterthan", [PAST, COMING], True),
        ("dategreaterthan", [COMING], None),
        ("datenotequals", [PAST], True),
        ("datenotequals", [PAST, COMING], None),
        ("stringequals", [PAST], None),
    ],
)
def test_what_has_passed_is_settled(operator: str, values: list[str], expected: bool | None) -> None:
    assert settled(operator, TIME, values, NOW) is expected


def test_only_the_time_of_the_request_passes() -> None:
    assert settled("datelessthan", "aws:epochtime", [PAST], NOW) is False
    assert settled("datelessthan", "aws:tokenissuetime", [PAST], NOW) is None


@PROPERTY
@given(st.sampled_from(sorted(COMPARISONS)), st.lists(MOMENTS, min_size=1, max_size=3), MOMENTS, st.integers(0, 10**9))
def test_what_is_settled_never_turns_out_otherwise(
    comparison: str, bounds: list[datetime], now: datetime, later: int
) -> None:
    found = settled(f"date{comparison}", TIME, [bound.isoformat() for bound in bounds], now)
    sent = now + timedelta(seconds=later)
    each = [COMPARISONS[comparison](sent, bound) for bound in bounds]
    assert found in (None, all(each) if comparison == "notequals" else any(each))


def test_a_date_is_no_restriction_of_a_bucket_and_one_that_has_passed_is_told() -> None:
    (over,) = grants(allow({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}))
    (open_still,) = grants(allow({"DateLessThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}))
    assert over.reach is open_still.reach is Reach.ANONYMOUS_INTERNET
    assert notes.TIME_OVER in over.notes
    assert notes.TIME_OVER not in open_still.notes
