"""SigmaHQ's cloud rules, each against a raw event it must match and one that it must not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from daemon.logs.formats import log_format
from detectors.sigma.matcher import Matcher
from detectors.sigma.rules import RuleSet, load_directories
from detectors.sigma.sources import SOURCES
from tests.fakes.sigma_samples import Sample, samples

RULES = 225


@pytest.fixture(scope="module")
def rules(shared: Path) -> RuleSet:
    return load_directories([shared / "sigma" / "cloud"])


@pytest.fixture(scope="module")
def matchers(rules: RuleSet) -> Mapping[str, Matcher]:
    return {log.name: Matcher(log, rules.rules) for log in SOURCES}


def test_every_rule_runs_and_has_its_samples(rules: RuleSet) -> None:
    assert rules.refused == ()
    assert len(rules.rules) == RULES
    for matches in (True, False):
        assert {sample.rule for sample in samples() if sample.matches is matches} == {rule.uid for rule in rules.rules}


@pytest.mark.parametrize("sample", samples(), ids=lambda one: f"{one.source}-{one.rule}-{one.form}-{one.matches}")
def test_a_rule_matches_its_event_and_not_the_near_miss(sample: Sample, matchers: Mapping[str, Matcher]) -> None:
    source = log_format(sample.source)
    record = source.decode(sample.line)
    hits = {rule.uid for rule in matchers[source.kind(record).log.name].match(record)}
    assert (sample.rule in hits) is sample.matches
