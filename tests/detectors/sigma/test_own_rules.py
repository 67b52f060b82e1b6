"""Every rule in config/rules comes with raw events it must match and near misses it must not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.aws.logs import cloudtrail
from collectors.azure.logs import activitylogs, directory
from collectors.gcp.logs import audit
from detectors.sigma.matcher import Matcher
from detectors.sigma.rules import load_directories
from detectors.sigma.sources import ACTIVITY, CLOUD_AUDIT, CLOUDTRAIL, SIGN_IN

ROOT = Path(__file__).parents[3]
RULES = load_directories([ROOT / "config" / "rules"])
SAMPLES = ROOT / "tests" / "data" / "rules"

CLOUDS = {
    ("aws", "cloudtrail"): (CLOUDTRAIL, cloudtrail.decode_record),
    ("azure", "activitylogs"): (ACTIVITY, activitylogs.decode_record),
    ("azure", "signinlogs"): (SIGN_IN, directory.decode_sign_in),
    ("gcp", "gcp.audit"): (CLOUD_AUDIT, audit.decode_entry),
}
MATCHERS = {key: Matcher(source, RULES.rules) for key, (source, _) in CLOUDS.items()}


def samples(name: str) -> dict[str, list[dict[str, Any]]]:
    content: dict[str, list[dict[str, Any]]] = json.loads(
        (SAMPLES / name.partition("_")[0] / f"{name}.json").read_text()
    )
    return content


def matched(product: str, service: str, event: dict[str, Any]) -> set[str]:
    _, decode = CLOUDS[product, service]
    record = decode(json.dumps(event).encode())
    return {rule.name for rule in MATCHERS[product, service].match(record)}


def test_no_rule_is_refused() -> None:
    assert RULES.refused == ()


def test_every_rule_has_samples_and_every_sample_a_rule() -> None:
    assert {path.stem for path in SAMPLES.rglob("*.json")} == {rule.name for rule in RULES.rules}


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_a_rule_matches_its_events_and_not_the_near_misses(rule: Any) -> None:
    events = samples(rule.name)
    assert events["matches"]
    assert events["misses"]
    for event in events["matches"]:
        assert rule.name in matched(rule.product, rule.service, event), event
    for event in events["misses"]:
        assert rule.name not in matched(rule.product, rule.service, event), event


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_a_rule_tells_a_reader_what_it_means(rule: Any) -> None:
    assert len(rule.description) > 40
    assert rule.falsepositives
    assert any(tag.startswith("attack.t") for tag in rule.tags)


def test_a_rule_that_only_feeds_a_correlation_is_silent() -> None:
    assert {rule.name for rule in RULES.rules if rule.silent} == {"aws_object_read"}
