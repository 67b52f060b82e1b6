"""Every rule in config/rules comes with raw events it must match and near misses it must not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.aws.logs import cloudtrail, s3access
from collectors.azure.logs import activitylogs, directory, storage
from collectors.gcp.logs import audit
from daemon.logs.correlating import Correlating
from detectors.sigma.matcher import Matcher
from detectors.sigma.rules import load_directories
from detectors.sigma.sources import ACTIVITY, AUDIT, CLOUD_AUDIT, CLOUDTRAIL, S3ACCESS, SIGN_IN, STORAGE

START = datetime(2026, 3, 4, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
RULES = load_directories([ROOT / "config" / "rules"])
SAMPLES = ROOT / "tests" / "data" / "rules"

CLOUDS = {
    ("aws", "cloudtrail"): (CLOUDTRAIL, cloudtrail.decode_record),
    ("aws", "s3access"): (S3ACCESS, s3access.decode_line),
    ("azure", "activitylogs"): (ACTIVITY, activitylogs.decode_record),
    ("azure", "signinlogs"): (SIGN_IN, directory.decode_sign_in),
    ("azure", "auditlogs"): (AUDIT, directory.decode_audit),
    ("azure", "storage"): (STORAGE, storage.decode_record),
    ("gcp", "gcp.audit"): (CLOUD_AUDIT, audit.decode_entry),
}
MATCHERS = {key: Matcher(source, RULES.rules) for key, (source, _) in CLOUDS.items()}


def samples(name: str) -> dict[str, list[Any]]:
    """Return a rule's samples: records, or lines of a log that is none of JSON."""
    content: dict[str, list[Any]] = json.loads((SAMPLES / name.partition("_")[0] / f"{name}.json").read_text())
    return content


def raw(event: Any) -> bytes:
    return (event if isinstance(event, str) else json.dumps(event)).encode()


def matched(product: str, service: str, event: Any) -> set[str]:
    _, decode = CLOUDS[product, service]
    record = decode(raw(event))
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
    assert {rule.name for rule in RULES.rules if rule.silent} == {
        "aws_object_read",
        "aws_object_read_anonymously",
        "azure_blob_read",
        "gcp_object_read",
    }


DOWNLOADS = {
    "aws_mass_download": ("aws_object_read", "requestParameters", "key"),
    "azure_mass_download": ("azure_blob_read", "properties", "objectKey"),
    "gcp_mass_download": ("gcp_object_read", "protoPayload", "resourceName"),
}


@pytest.mark.parametrize("name", DOWNLOADS)
@pytest.mark.parametrize(("different", "fulfilled"), [(1001, 1), (1000, 0)])
def test_a_mass_download_is_told_once_it_is_one(name: str, different: int, fulfilled: int) -> None:
    read, part, key = DOWNLOADS[name]
    rule = next(rule for rule in RULES.rules if rule.name == read)
    source, decode = CLOUDS[rule.product, rule.service]
    correlating = Correlating(RULES.correlations)
    found: list[str] = []
    event = samples(read)["matches"][0]
    for number in range(1001):
        event[part][key] = f"object-{number % different}"
        event["callerIpAddress"] = f"198.51.100.7:{50_000 + number}"
        record = decode(raw(event))
        hits = correlating.observe(record, source, [rule], at=START + timedelta(seconds=number / 10), event=str(number))
        found += [one.title for one in hits]
    assert len(found) == fulfilled


@pytest.mark.parametrize(("different", "fulfilled"), [(1001, 1), (1000, 0)])
def test_an_anonymous_mass_download_is_told_once_it_is_one(different: int, fulfilled: int) -> None:
    (rule,) = [rule for rule in RULES.rules if rule.name == "aws_object_read_anonymously"]
    correlating = Correlating(RULES.correlations)
    line = samples(rule.name)["matches"][0]
    found: list[str] = []
    for number in range(1001):
        record = s3access.decode_line(raw(line.replace("2026/a.pdf", f"2026/{number % different}.pdf")))
        at = START + timedelta(seconds=number / 10)
        found += [one.title for one in correlating.observe(record, S3ACCESS, [rule], at=at, event=str(number))]
    assert found == ["Many objects of a bucket were downloaded without credentials"] * fulfilled
