"""Correlations: several matches that together mean something, with bounded memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.sigma.correlation import LATE, Correlation, CorrelationKind, Correlator, Seen
from detectors.sigma.rules import load_rules

START = datetime(2026, 3, 4, tzinfo=UTC)


def seen(second: float, *, rule: str = "r", value: str = "", event: str = "") -> Seen:
    return Seen(at=START + timedelta(seconds=second), rule=rule, event=event or f"{rule}-{second}", value=value)


def correlation(
    kind: CorrelationKind, *, rules: tuple[str, ...] = ("r",), count: int = 3, op: str = "gte"
) -> Correlation:
    return Correlation(uid="c", title="c", level="high", kind=kind, rules=rules, seconds=60, op=op, count=count)


def test_counts_within_the_span_and_starts_anew() -> None:
    running = Correlator(correlation(CorrelationKind.EVENT_COUNT))
    assert running.observe(("a",), seen(0)) is None
    assert running.observe(("a",), seen(10)) is None
    found = running.observe(("a",), seen(20))
    assert found is not None
    assert [one.event for one in found] == ["r-0", "r-10", "r-20"]
    assert running.observe(("a",), seen(30)) is None


def test_what_is_older_than_the_span_does_not_count() -> None:
    running = Correlator(correlation(CorrelationKind.EVENT_COUNT))
    for second in (0, 50, 61, 112):
        assert running.observe(("a",), seen(second)) is None


def test_a_late_event_counts_where_it_belongs() -> None:
    running = Correlator(correlation(CorrelationKind.EVENT_COUNT))
    running.observe(("a",), seen(40))
    running.observe(("a",), seen(50))
    found = running.observe(("a",), seen(10))
    assert found is not None
    assert [one.event for one in found] == ["r-10", "r-40", "r-50"]


def test_a_second_delivery_changes_nothing() -> None:
    running = Correlator(correlation(CorrelationKind.EVENT_COUNT))
    for _ in range(5):
        assert running.observe(("a",), seen(0, event="same")) is None


def test_groups_that_nothing_can_come_to_any_more_are_forgotten() -> None:
    running = Correlator(correlation(CorrelationKind.EVENT_COUNT))
    for number in range(500):
        running.observe((f"user-{number}",), seen(number * 60))
    assert running.held <= (LATE.total_seconds() + 60) / 60
    assert running.observe(("late",), seen(0)) is None
    assert running.observe(("now",), seen(500 * 60)) is None
    assert running.observe(("user-499",), seen(499 * 60 + 1)) is None
    assert running.observe(("user-499",), seen(499 * 60 + 2)) is not None


def test_groups_are_apart() -> None:
    running = Correlator(correlation(CorrelationKind.EVENT_COUNT, count=2))
    assert running.observe(("a",), seen(0)) is None
    assert running.observe(("b",), seen(1)) is None
    assert running.observe(("a",), seen(2)) is not None


def test_value_count_counts_different_values() -> None:
    running = Correlator(correlation(CorrelationKind.VALUE_COUNT))
    for second, value in enumerate(["x", "x", "y", "x", ""]):
        assert running.observe(("a",), seen(second, value=value)) is None
    assert running.observe(("a",), seen(9, value="z")) is not None


def test_temporal_wants_every_rule_in_any_order() -> None:
    running = Correlator(correlation(CorrelationKind.TEMPORAL, rules=("r", "s"), count=2))
    assert running.observe(("a",), seen(0, rule="s")) is None
    assert running.observe(("a",), seen(1, rule="s")) is None
    assert running.observe(("a",), seen(2, rule="r")) is not None


def test_temporal_wants_as_many_rules_as_its_condition_says() -> None:
    running = Correlator(correlation(CorrelationKind.TEMPORAL, rules=("r", "s", "t"), count=2))
    assert running.observe(("a",), seen(0, rule="s")) is None
    assert running.observe(("a",), seen(1, rule="t")) is not None


def test_temporal_ordered_wants_them_in_order() -> None:
    running = Correlator(correlation(CorrelationKind.TEMPORAL_ORDERED, rules=("r", "s")))
    assert running.observe(("a",), seen(0, rule="s")) is None
    assert running.observe(("a",), seen(1, rule="r")) is None
    assert running.observe(("a",), seen(2, rule="s")) is not None


def test_memory_is_bounded_by_groups_and_entries() -> None:
    running = Correlator(correlation(CorrelationKind.EVENT_COUNT, count=1000), max_groups=10, max_entries=5)
    for number in range(200):
        running.observe((str(number % 50),), seen(number / 10))
    assert running.held <= 10 * 5


def test_memory_is_bounded_by_entries_in_all() -> None:
    running = Correlator(correlation(CorrelationKind.EVENT_COUNT, count=1000), max_in_all=30)
    most = 0
    for number in range(200):
        running.observe((str(number % 10),), seen(number / 10))
        most = max(most, running.held)
    assert most == 30


def test_a_value_that_comes_again_is_held_once_and_counts_from_its_newest_time() -> None:
    running = Correlator(correlation(CorrelationKind.VALUE_COUNT))
    for second in range(50):
        running.observe(("a",), seen(second, value="x"))
    assert running.held == 1
    assert running.observe(("a",), seen(100, value="y")) is None
    found = running.observe(("a",), seen(105, value="z"))
    assert found is not None
    assert [(one.value, one.event) for one in found] == [("x", "r-49"), ("y", "r-100"), ("z", "r-105")]


def seconds_of(held: int) -> float:
    """Return the CPU seconds of 2,000 matches in a group that holds so many already."""
    running = Correlator(correlation(CorrelationKind.VALUE_COUNT, count=10_000))
    for number in range(held):
        running.observe(("a",), seen(number / 1000, value=str(number)))
    more = [seen(10 + number / 1000, value=str(number % held)) for number in range(2000)]
    started = time.thread_time()
    for one in more:
        running.observe(("a",), one)
    return time.thread_time() - started


def test_what_a_match_costs_does_not_grow_with_what_is_held() -> None:
    assert min(seconds_of(9000) for _ in range(3)) < 10 * max(seconds_of(50) for _ in range(3))


def plainly(rule: Correlation, since: Sequence[Seen]) -> bool:
    """Whether matches since a group began fulfil a rule, all looked at anew: what the correlator must agree with."""
    newest = max(one.at for one in since)
    within = [one for one in since if newest - one.at < timedelta(seconds=rule.seconds)]
    if rule.kind is CorrelationKind.EVENT_COUNT:
        found = len({(one.rule, one.event) for one in within})
    elif rule.kind is CorrelationKind.VALUE_COUNT:
        found = len({one.value for one in within if one.value})
    elif rule.kind is CorrelationKind.TEMPORAL:
        found = len({one.rule for one in within})
    else:
        different = {(one.at, one.event, one.rule) for one in within}
        order = iter(sorted(different))
        return all(any(one[2] == wanted for one in order) for wanted in rule.rules)
    return {"gte": found >= rule.count, "gt": found > rule.count, "eq": found == rule.count}[rule.op]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(CorrelationKind),
    st.sampled_from([("gte", 2), ("gte", 3), ("gt", 2), ("eq", 4)]),
    st.lists(
        st.tuples(
            st.integers(0, 200), st.sampled_from(["r", "s"]), st.sampled_from(["", "x", "y", "z", "w"]), st.booleans()
        ),
        max_size=40,
    ),
)
def test_agrees_with_looking_at_all_anew(
    kind: CorrelationKind, condition: tuple[str, int], told: list[tuple[int, str, str, bool]]
) -> None:
    rule = correlation(kind, rules=("r", "s", "r"), op=condition[0], count=condition[1])
    running = Correlator(rule)
    since: dict[bool, list[Seen]] = {}
    for second, name, value, group in told:
        one = seen(second, rule=name, value=value)
        known = since.setdefault(group, [])
        repeated = any((other.rule, other.event) == (one.rule, one.event) for other in known)
        if repeated:
            continue
        known.append(one)
        fulfilled = plainly(rule, known)
        assert (running.observe((str(group),), one) is not None) == fulfilled
        if fulfilled:
            del since[group]


@pytest.mark.parametrize(
    ("op", "count", "hits"),
    [("gt", 1, 2), ("gte", 2, 2), ("eq", 2, 2), ("lt", 2, 1), ("lte", 1, 1), ("neq", 1, 2)],
)
def test_the_condition_compares_as_it_says(op: str, count: int, hits: int) -> None:
    running = Correlator(correlation(CorrelationKind.EVENT_COUNT, op=op, count=count))
    outcomes = [running.observe(("a",), seen(second)) is not None for second in range(hits)]
    assert outcomes[-1]
    assert not any(outcomes[:-1])


RULE = """
title: base
id: 00000000-0000-4000-8000-000000000001
name: base
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: GetObject}, condition: s}
level: low
"""


def rule_with(correlation_part: str) -> str:
    head = "title: many\nid: 00000000-0000-4000-8000-000000000002\nlevel: high\ncorrelation:\n"
    return f"{RULE}---\n{head}{correlation_part}"


def test_a_rule_file_becomes_a_correlation_and_its_base_rule_silent() -> None:
    loaded = load_rules(
        [
            (
                "f.yml",
                rule_with(
                    "  type: event_count\n  rules: [base]\n  group-by: [x]\n  timespan: 5m\n  condition: {gte: 9}"
                ),
            )
        ]
    )
    assert loaded.refused == ()
    assert loaded.rules[0].silent
    only = loaded.correlations[0]
    assert (only.kind, only.seconds, only.op, only.count) == (CorrelationKind.EVENT_COUNT, 300, "gte", 9)
    assert only.rules == ("00000000-0000-4000-8000-000000000001",)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (
            "  type: event_count\n  rules: [other]\n  timespan: 5m\n  condition: {gte: 9}",
            "it refers to other, which is not among the rules that run",
        ),
        (
            "  type: value_avg\n  rules: [base]\n  timespan: 5m\n  condition: {gte: 9, field: x}",
            "correlations of type value_avg cannot be run; event_count, value_count, temporal, temporal_ordered can",
        ),
        (
            "  type: value_count\n  rules: [base]\n  timespan: 5m\n  condition: {gte: 9, field: [x, y]}",
            "the values of several fields together cannot be counted; give one field",
        ),
        (
            "  type: event_count\n  rules: [base]\n  timespan: 5m\n  condition: {gte: 2.5}",
            "gte 2.5: a number of matches is whole",
        ),
        (
            "  type: event_count\n  rules: [base]\n  timespan: 5m\n  condition: {gt: 10000}",
            "gt 10000: no more than 10,000 matches of one group are held",
        ),
        (
            "  type: temporal\n  rules: [base]\n  timespan: 5m\n  condition: {gte: 2}",
            "gte 2: it names 1 rules, so that it could never match",
        ),
        (
            "  type: temporal\n  rules: [base]\n  timespan: 5m\n  condition: {lt: 1}",
            "lt 1: of a temporal correlation the condition can be gte, gt or eq, a number of its rules",
        ),
        (
            "  type: temporal\n  rules: [base]\n  timespan: 5m\n  condition: {gte: 0}",
            "gte 0: it would match without any of its rules",
        ),
    ],
)
def test_a_correlation_that_cannot_be_run_is_refused_with_its_reason(part: str, reason: str) -> None:
    loaded = load_rules([("f.yml", rule_with(part))])
    assert loaded.correlations == ()
    assert [refused.reason for refused in loaded.refused] == [reason]
    assert not loaded.rules[0].silent


SECOND = RULE.replace("0001", "0003").replace("name: base", "name: second").replace("title: base", "title: second")


def two_with(correlation_part: str) -> str:
    return f"{SECOND}---\n{rule_with(correlation_part)}"


def test_a_temporal_rule_without_a_condition_wants_each_of_its_rules_once() -> None:
    part = "  type: temporal\n  rules: [base, second, 00000000-0000-4000-8000-000000000001]\n  timespan: 5m"
    loaded = load_rules([("f.yml", two_with(part))])
    assert loaded.refused == ()
    assert [(one.op, one.count) for one in loaded.correlations] == [("gte", 2)]


def test_an_order_of_only_some_rules_is_refused() -> None:
    part = "  type: temporal_ordered\n  rules: [base, second]\n  timespan: 5m"
    assert load_rules([("f.yml", two_with(part))]).refused == ()
    loaded = load_rules([("f.yml", two_with(f"{part}\n  condition: {{gte: 1}}"))])
    assert [one.reason for one in loaded.refused] == [
        "gte 1: an order of only some of its 2 rules cannot be run; leave the condition out"
    ]


COUNTED = "  type: event_count\n  rules: [base]\n  timespan: 5m\n  condition: {gte: 9}"


def test_an_id_that_is_taken_is_refused_to_a_correlation() -> None:
    one = rule_with(COUNTED)
    again = one.removeprefix(RULE).replace("title: many", "title: again")
    of_a_rule = again.replace("0002", "0001")
    loaded = load_rules([("f.yml", one), ("g.yml", again), ("h.yml", of_a_rule)])
    assert [found.title for found in loaded.correlations] == ["many"]
    assert [(found.file, found.reason) for found in loaded.refused] == [
        ("g.yml", "the id 00000000-0000-4000-8000-000000000002 is already taken by 'many'"),
        ("h.yml", "the id 00000000-0000-4000-8000-000000000001 is already taken by 'base'"),
    ]


def test_a_name_that_several_rules_have_is_no_reference() -> None:
    twin = SECOND.replace("name: second", "name: base")
    loaded = load_rules([("f.yml", twin), ("g.yml", rule_with(COUNTED))])
    assert len(loaded.rules) == 2
    assert [found.reason for found in loaded.refused] == [
        "it refers to base, which is the name of several rules; refer to the one by its id"
    ]
    by_id = COUNTED.replace("[base]", "[00000000-0000-4000-8000-000000000001]")
    assert load_rules([("f.yml", twin), ("g.yml", rule_with(by_id))]).refused == ()
