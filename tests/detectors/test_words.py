"""What people read: notes, how to mend a failed read, the catalogue."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import collectors
import detectors
from collectors.aws.policy import notes as policy_notes
from collectors.model import Bucket, ReadScope, Unread, UnreadReason
from detectors.catalogue import catalogue, detectors_for
from detectors.description import as_markdown, describe
from detectors.notes import NOTES, explain
from detectors.reading import how_to_read


def codes_in(package: str) -> Iterator[tuple[str, str]]:
    """Every code that a ``NotNeeded`` of this package's sources is made with."""
    for file in sorted(Path(package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="NotNeeded"), args=[ast.Constant(value=str(code))]):
                    yield code, str(file)


def test_every_read_that_is_saved_says_why_in_a_sentence() -> None:
    found = [pair for package in (collectors, detectors) for pair in codes_in(package.__path__[0])]
    assert len(found) > 3
    for code, file in found:
        assert code in NOTES, f"{file}: explain {code!r} in detectors.notes"


def test_every_note_a_grant_may_carry_is_explained() -> None:
    codes = [value for name, value in vars(policy_notes).items() if name.isupper()]
    assert codes
    for code in codes:
        assert code in NOTES, f"explain {code!r} in detectors.notes"


@pytest.mark.parametrize("code", NOTES)
def test_a_note_is_a_code_and_one_sentence(code: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", code)
    sentence = explain(code)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_code_nobody_explained_is_still_readable() -> None:
    assert explain("some_new_thing") == "Some new thing."


def unread(reason: UnreadReason, permission: str = "", operation: str = "s3:GetBucketAcl") -> Unread:
    return Unread(reason=reason, operation=operation, permission=permission)


def test_what_to_grant_is_named_once_and_in_order() -> None:
    failures = [
        unread(UnreadReason.DENIED, "s3:GetBucketPolicy", "s3:GetBucketPolicy"),
        unread(UnreadReason.DENIED, "s3:GetBucketAcl"),
        unread(UnreadReason.DENIED, "s3:GetBucketAcl", "s3:GetBucketAclAgain"),
    ]
    words = how_to_read(failures)
    assert "Grant s3:GetBucketAcl, s3:GetBucketPolicy to the identity" in words
    assert words.count("\n- ") == 3


@pytest.mark.parametrize("reason", UnreadReason)
def test_every_reason_has_something_to_do_about_it(reason: UnreadReason) -> None:
    lines = how_to_read([unread(reason)]).splitlines()
    assert lines[0] == "Could not be judged:"
    assert lines[1].startswith(f"- s3:GetBucketAcl: {reason.value}")
    assert len(lines) == 3
    assert ("Grant" in lines[2]) == (reason is UnreadReason.DENIED)


def test_what_was_not_denied_asks_for_no_grant() -> None:
    assert "Grant" not in how_to_read([unread(UnreadReason.THROTTLED, "s3:GetBucketAcl")])


def test_detectors_are_found_by_the_kind_they_judge() -> None:
    buckets = {detector.uid for detector in detectors_for(Bucket)}
    assert "storage.public_access" in buckets
    assert "residency.out_of_region" in buckets
    assert "coverage.unread_scope" not in buckets
    assert [detector.uid for detector in detectors_for(ReadScope)] == ["coverage.unread_scope"]
    assert list(catalogue()) == sorted(catalogue())


@pytest.mark.parametrize("uid", list(catalogue()))
def test_a_description_is_whole_and_json(uid: str) -> None:
    detector = catalogue()[uid]
    described = json.loads(msgspec.json.encode(describe(detector)))
    assert described == describe(detector)
    assert (described["uid"], described["title"], described["severity"]) == (uid, detector.title, detector.severity)
    assert len(described["examples"]["good"]) == len(detector.good)
    assert {example["verdict"] for example in described["examples"]["good"]} == {"PASS"}
    assert {example["verdict"] for example in described["examples"]["bad"]} == {"FAIL"}
    assert {control["label"] for control in described["controls"]} == {control.label for control in detector.controls}
    assert set(described["remediation"]) == {provider.value for provider in detector.remediation}


def test_parameters_are_described_with_what_they_take_and_their_default() -> None:
    assert describe(catalogue()["storage.encryption_at_rest"])["parameters"] == [
        {"name": "require", "takes": "one of provider, customer_key, hsm", "default": "provider"},
        {
            "name": "classes",
            "takes": "a mapping from names, each value one of provider, customer_key, hsm",
            "default": {},
        },
    ]
    assert describe(catalogue()["residency.out_of_region"])["parameters"] == [
        {"name": "raise_for_classes", "takes": "a list, each entry text", "default": ["personal"]}
    ]
    assert describe(catalogue()["storage.versioning"])["parameters"] == []


def test_markdown_holds_every_detector_with_balanced_code() -> None:
    text = as_markdown(catalogue().values())
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert headings == list(catalogue())
    assert text.count("```") % 2 == 0
    assert '| `require` | one of provider, customer_key, hsm | `"provider"` |' in text
    for detector in catalogue().values():
        for control in detector.controls:
            assert control.label in text
