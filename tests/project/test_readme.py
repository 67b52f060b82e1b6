"""What the README shows is true: its configuration loads, its detector works, its metrics and detectors exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from typer.testing import CliRunner

from collectors.aws.catalogue import COLLECTORS
from collectors.aws.s3 import S3Collector
from collectors.model import ReadScope
from daemon.cli.app import build
from daemon.configuration import load
from detectors.catalogue import catalogue
from detectors.engine import judge
from detectors.model import Detector, Verdict

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
METRIC = re.compile(r"\bcspmd_[a-z_]+[a-z]\b")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def shown_detector() -> Detector:
    (code,) = blocks("python")
    module = ModuleType("readme_detector")
    exec(compile(code, "README.md", "exec"), module.__dict__)  # noqa: S102 - our own page
    detector = module.__dict__["DETECTOR"]
    assert isinstance(detector, Detector)
    return detector


def test_the_configuration_loads(tmp_path: Path) -> None:
    (text,) = [block for block in blocks("yaml") if block.startswith("version:")]
    path = tmp_path / "cspmd.yaml"
    path.write_text(text)
    configuration = load(path, {})
    assert [target.name for target in configuration.targets] == ["production"]
    assert configuration.policy().residency.configured


def test_the_permissions_come_after_the_configuration_and_are_what_it_prints(tmp_path: Path) -> None:
    configured, printed = README.index("version: 1\n"), README.index("    cspmd permissions aws")
    assert configured < printed < README.index("    cspmd check-config")
    (text,) = [block for block in blocks("yaml") if block.startswith("version:")]
    path = tmp_path / "cspmd.yaml"
    path.write_text(text)
    (trust,) = [block for block in blocks("json") if "sts:AssumeRole" in block]
    commands = re.findall(r"^    cspmd (permissions aws.*) > (\S+)$", README, re.MULTILINE)
    assert [file for _, file in commands] == ["cspmd-read.json", "trust.json", "cspmd-own.json"]
    for command, file in commands:
        done = CliRunner().invoke(build(), [*command.split(), "--config", str(path)])
        assert done.exit_code == 0, done.stderr
        assert f"file://{file}" in README
        if file == "trust.json":
            assert json.loads(done.stdout) == json.loads(trust)


def test_the_alerts_are_rules() -> None:
    (text,) = [block for block in blocks("yaml") if block.startswith("groups:")]
    rules = yaml.safe_load(text)["groups"][0]["rules"]
    assert len(rules) == len({rule["alert"] for rule in rules})
    assert all(METRIC.search(rule["expr"]) or rule["expr"].startswith("up") for rule in rules)


def test_every_metric_named_is_one_that_is_served() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "daemon").rglob("*.py"))
    served = set(re.findall(r'"(cspmd_[a-z_]+)"', sources))
    for name in set(METRIC.findall(README)):
        assert name in served or name.removesuffix("_total") in served, name


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.FAIL])
def test_the_detector_shown_works(verdict: Verdict) -> None:
    detector = shown_detector()
    for resource in detector.good if verdict is Verdict.PASS else detector.bad:
        judgement = judge(detector, resource, detector.example_policy, detector.example_now)
        assert judgement is not None
        assert judgement.verdict is verdict


def test_the_detector_shown_does_not_exist_yet() -> None:
    assert shown_detector().uid not in catalogue()


def test_the_table_lists_every_detector_of_what_is_read() -> None:
    kinds = {kind for collector in COLLECTORS for kind in collector.kinds} | {ReadScope}
    working = {
        uid: detector.severity.value
        for uid, detector in catalogue().items()
        if any(issubclass(kind, detector.on) for kind in kinds)
    }
    rows = dict(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (\w+) \|", README, re.MULTILINE))
    assert rows == working, "the README's table of detectors and what the collectors read differ"


def test_the_kinds_of_buckets_that_are_listed_nowhere_are_named() -> None:
    (listed,) = [
        operation
        for operation in S3Collector.operations
        if operation.name.startswith("List") and "Bucket" in operation.name
    ]
    assert listed.uid == "s3:ListBuckets", "other buckets are listed by now: say so, and test it"
    missing = " ".join(README[README.index("## What it does not do yet") :].split()).replace("Directory", "directory")
    for kind in ("directory buckets", "S3 on Outposts", "table buckets", "vector buckets"):
        assert kind in missing
    assert "general purpose buckets" in missing


def test_every_link_leads_somewhere() -> None:
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (ROOT / target).exists(), target


def test_it_names_no_host_but_this_machine() -> None:
    assert set(re.findall(r"https?://([^/\s:`]+)", README)) <= {"127.0.0.1"}
