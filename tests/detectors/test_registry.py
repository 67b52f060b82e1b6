"""What holds for every detector of the catalogue, whoever wrote it."""

from __future__ import annotations

import itertools
import re
import shlex

import msgspec
import pytest

from collectors.model import Provider, Resource, encode
from detectors.catalogue import catalogue
from detectors.engine import judge
from detectors.model import CATEGORIES, Detector, Judgement, Verdict, iso27001
from detectors.notes import NOTES
from tests.detectors.blinding import blinded, facts_in

FIXED = {
    "storage.public_access",
    "storage.latent_public_access",
    "storage.encryption_at_rest",
    "storage.encryption_in_transit",
    "storage.access_logging",
    "storage.versioning",
    "identity.mfa_missing",
    "identity.root_mfa",
    "identity.root_access_key",
    "identity.stale_access_key",
    "identity.least_privilege",
    "identity.privilege_escalation",
    "residency.out_of_region",
    "residency.copy_out_of_region",
    "network.open_port",
    "data.public_snapshot",
    "data.public_database",
    "data.encryption_at_rest",
    "keys.rotation",
    "logging.audit_trail",
    "coverage.unread_scope",
}
ADDITIVE = {
    "identity.mfa_rule_ineffective",
    "identity.role_assumption_without_mfa",
    "identity.role_trust_external",
    "identity.role_trust_public",
}
BUILT = {
    "identity.mfa_missing",
    "identity.root_mfa",
    "identity.root_access_key",
    "identity.stale_access_key",
    "identity.least_privilege",
    "identity.privilege_escalation",
    *ADDITIVE,
    "storage.public_access",
    "storage.latent_public_access",
    "storage.encryption_at_rest",
    "storage.encryption_in_transit",
    "storage.access_logging",
    "storage.versioning",
    "residency.out_of_region",
    "residency.copy_out_of_region",
    "network.open_port",
    "coverage.unread_scope",
    "data.public_database",
    "data.public_snapshot",
    "data.encryption_at_rest",
    "keys.rotation",
    "logging.audit_trail",
}

EVERY = [pytest.param(detector, id=uid) for uid, detector in catalogue().items()]
BAD = [
    pytest.param(detector, example, id=f"{uid}-{number}")
    for uid, detector in catalogue().items()
    for number, example in enumerate(detector.bad)
]
GOOD = [
    pytest.param(detector, example, id=f"{uid}-{number}")
    for uid, detector in catalogue().items()
    for number, example in enumerate(detector.good)
]


def look(detector: Detector, resource: Resource) -> Judgement:
    judgement = judge(detector, resource, detector.example_policy, detector.example_now)
    assert judgement is not None, "the example policy must configure the rule"
    return judgement


def relevant(detector: Detector, resource: Resource) -> list[tuple]:
    """The paths of the facts the detector depends on, nested ones too."""
    names = set(detector.facts_of(type(resource)))
    return [path for path in facts_in(resource) if path[0] in names]


def test_the_catalogue_holds_what_is_promised_and_nothing_unnamed() -> None:
    uids = set(catalogue())
    assert uids >= BUILT
    assert {uid for uid in uids if not uid.startswith("governance.")} <= FIXED | ADDITIVE


@pytest.mark.parametrize(("detector", "example"), BAD)
def test_every_bad_example_fails(detector: Detector, example: Resource) -> None:
    judgement = look(detector, example)
    assert judgement.verdict is Verdict.FAIL
    assert any(evidence.violates for evidence in judgement.evidence)
    assert judgement.remediation


@pytest.mark.parametrize(("detector", "example"), GOOD)
def test_every_good_example_passes(detector: Detector, example: Resource) -> None:
    judgement = look(detector, example)
    assert judgement.verdict is Verdict.PASS
    assert not judgement.unread
    assert not any(evidence.violates for evidence in judgement.evidence)
    assert judgement.remediation == ""


@pytest.mark.parametrize(("detector", "example"), BAD)
def test_blinding_any_one_fact_of_a_bad_example_never_passes(detector: Detector, example: Resource) -> None:
    paths = list(facts_in(example))
    assert paths
    for path in paths:
        assert look(detector, blinded(example, path)).verdict is not Verdict.PASS, path


@pytest.mark.parametrize(("detector", "example"), BAD)
def test_blinding_any_facts_together_of_a_bad_example_never_passes(detector: Detector, example: Resource) -> None:
    top = [path for path in relevant(detector, example) if len(path) == 1]
    for size in range(2, len(top) + 1):
        for paths in itertools.combinations(top, size):
            assert look(detector, blinded(example, *paths)).verdict is not Verdict.PASS, paths


@pytest.mark.parametrize(("detector", "example"), BAD)
def test_blinding_what_a_verdict_does_not_depend_on_keeps_the_fail(detector: Detector, example: Resource) -> None:
    names = set(detector.facts_of(type(example)))
    unrelated = [path for path in facts_in(example) if path[0] not in names]
    for path in unrelated:
        assert look(detector, blinded(example, path)).verdict is Verdict.FAIL, path


@pytest.mark.parametrize(("detector", "example"), BAD)
def test_a_bad_example_without_any_of_its_facts_is_unknown_and_names_what_to_grant(
    detector: Detector, example: Resource
) -> None:
    top = [path for path in facts_in(example) if len(path) == 1]
    judgement = look(detector, blinded(example, *top))
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.unread
    assert "blind:Read" in judgement.remediation


@pytest.mark.parametrize(("detector", "example"), GOOD)
def test_blinding_any_facts_of_a_good_example_never_fails(detector: Detector, example: Resource) -> None:
    paths = relevant(detector, example)
    for path in facts_in(example):
        assert look(detector, blinded(example, path)).verdict is not Verdict.FAIL, path
    for pair in itertools.combinations(paths, 2):
        assert look(detector, blinded(example, *pair)).verdict is not Verdict.FAIL, pair


@pytest.mark.parametrize("detector", EVERY)
def test_the_facts_a_violation_reads_are_really_read(detector: Detector) -> None:
    for violation in detector.violations:
        for name in violation.reads:
            examples = [one for one in (*detector.good, *detector.bad) if name in one.fact_names()]
            verdicts = {look(detector, blinded(one, (name,))).verdict for one in examples}
            assert Verdict.UNKNOWN in verdicts, f"blinding {name} changes nothing in any example"


@pytest.mark.parametrize("detector", EVERY)
def test_an_example_of_each_cloud_that_has_a_remediation(detector: Detector) -> None:
    shown = {example.provider for example in (*detector.good, *detector.bad)}
    assert shown <= set(detector.remediation)
    assert Provider.AWS in detector.remediation


@pytest.mark.parametrize("detector", EVERY)
def test_its_controls_are_in_the_standard_and_say_that_clouds_are_used(detector: Detector) -> None:
    for control in detector.controls:
        assert control == iso27001(control.uid.removeprefix("A."))
    labels = {control.label for control in detector.controls}
    assert len(labels) == len(detector.controls)
    assert "ISO/IEC 27001:2022 A.5.23" in labels


@pytest.mark.parametrize("detector", EVERY)
def test_its_uid_is_its_category_and_module(detector: Detector) -> None:
    category, _, name = detector.uid.partition(".")
    assert category in CATEGORIES
    assert detector.violations[0].judge or detector.violations[0].item
    function = detector.violations[0].judge or detector.violations[0].item
    assert function.__module__ == f"detectors.{category}.{name}"


@pytest.mark.parametrize("detector", EVERY)
def test_every_violation_reads_a_fact_that_explains_its_drift(detector: Detector) -> None:
    assert detector.facts
    names = [violation.name for violation in detector.violations]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("detector", "example"), [*BAD, *GOOD])
def test_a_judgement_is_encodable_deterministic_and_explained(detector: Detector, example: Resource) -> None:
    first, again = look(detector, example), look(detector, example)
    assert encode(first) == encode(again)
    decoded = msgspec.json.decode(encode(first), type=Judgement)
    assert encode(decoded) == encode(first)
    for code in first.notes:
        assert code in NOTES


@pytest.mark.parametrize("detector", EVERY)
def test_evidence_is_named_after_a_fact_or_says_what_it_is(detector: Detector) -> None:
    names = {
        evidence.name for example in detector.bad for evidence in look(detector, example).evidence if evidence.violates
    }
    assert names
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


@pytest.mark.parametrize(("detector", "example"), BAD)
def test_remediation_is_filled_in_for_this_resource(detector: Detector, example: Resource) -> None:
    text = detector.remediation[example.provider].render(example)
    assert "$" not in text
    assert example.name in text or example.account in text or example.provider is Provider.CSPMD


@pytest.mark.parametrize(("detector", "example"), BAD)
def test_aws_remediation_gives_command_line_and_terraform(detector: Detector, example: Resource) -> None:
    if example.provider is Provider.AWS:
        text = look(detector, example).remediation
        assert "\n\nCLI:\n" in text
        assert "\n\nTerraform:\n" in text


HOSTILE = "x'; touch /tmp/owned; echo \"$(id)` #"


@pytest.mark.parametrize(("detector", "example"), BAD)
def test_no_name_breaks_out_of_the_command_line(detector: Detector, example: Resource) -> None:
    command = msgspec.structs.replace(detector.remediation[example.provider], terraform="")
    tame, hostile = (
        _words(command.render(msgspec.structs.replace(example, name=name, uid=name, account=name, region=name)))
        for name in ("plain", HOSTILE)
    )
    assert [word.replace(HOSTILE, "plain") for word in hostile] == tame


def _words(text: str) -> list[str]:
    _, _, command = text.partition("CLI:\n")
    return shlex.split(command, comments=True)
