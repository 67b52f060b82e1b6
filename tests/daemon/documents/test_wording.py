from __future__ import annotations

import msgspec
import pytest

from collectors.model import Known, Reading, Unread, UnreadReason
from daemon.documents.rules import Rules
from daemon.documents.wording import evidence_summary, posture_sentence, transition_sentence
from daemon.model import Cause, Transition, TransitionKind
from detectors.catalogue import catalogue
from detectors.coverage.unread_scope import scope
from detectors.engine import judge
from detectors.model import Evidence, Judgement, Policy, Verdict
from tests.fakes.documents import RULE, bare_transition, every_transition, full_judgement, full_transition

CHANGED = "policy grants, acl grants, switches and tags"
SUBJECT = "S3 bucket b in AWS account 123456789012 (eu-west-1)"


@pytest.mark.parametrize(
    ("kind", "cause", "expected"),
    [
        (TransitionKind.OPENED, Cause.CONFIGURATION, "is public"),
        (TransitionKind.OPENED, Cause.RESOURCE_NEW, "is new and is public"),
        (TransitionKind.OPENED, Cause.POLICY, "is public, judged by the changed policy"),
        (TransitionKind.OPENED, Cause.DETECTOR, "is public, judged by a new or changed rule"),
        (TransitionKind.REGRESSED, Cause.TIME, "became public as time went by"),
        (TransitionKind.REGRESSED, Cause.EXCEPTION_ENDED, "is public, and the exception for it has ended"),
        (
            TransitionKind.UPDATED,
            Cause.CONFIGURATION,
            f"still is public (severity critical, was high), with a change of {CHANGED}",
        ),
        (TransitionKind.RESOLVED, Cause.CONFIGURATION, "is no longer public"),
        (
            TransitionKind.RESOLVED,
            Cause.RESOURCE_GONE,
            "no longer exists, so the finding that it is public is closed",
        ),
        (
            TransitionKind.RESOLVED,
            Cause.OUT_OF_SCOPE,
            "is no longer watched, so the finding that it is public is closed without a cure",
        ),
        (TransitionKind.RESOLVED, Cause.EXCEPTION_ADDED, "is public, which an exception now accepts"),
        (TransitionKind.RESOLVED, Cause.POLICY, "is no longer public, judged by the changed policy"),
    ],
)
def test_what_happened_in_one_sentence(kind: TransitionKind, cause: Cause, expected: str) -> None:
    sentence = transition_sentence(full_transition(kind, cause), RULE)
    rest = sentence.removeprefix(f"{SUBJECT} ")
    assert rest.startswith((f"{expected}: bucket policy lets", f"{expected}; by alice"))
    assert rest.endswith("; by alice (PutBucketPolicy) from 203.0.113.7.")


@pytest.mark.parametrize("transition", list(every_transition()))
def test_every_transition_makes_one_whole_sentence(transition: Transition) -> None:
    sentence = transition_sentence(transition, Rules(catalogue()).of(transition.judgement.detector))
    assert sentence.endswith(".")
    assert not sentence.endswith("..")
    assert "None" not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("uid", sorted(catalogue()))
def test_every_detector_has_phrases_of_its_own(uid: str) -> None:
    detector = catalogue()[uid]
    rule = Rules(catalogue()).of(uid)
    resource = detector.bad[0]
    judgement = msgspec.structs.replace(
        full_judgement(), detector=uid, evidence=(Evidence(name="fact", data={"a": 1}),), provider=resource.provider
    )
    assert "violates" not in posture_sentence(judgement, rule)


def test_a_rule_without_phrases_is_named_by_its_title() -> None:
    rule = msgspec.structs.replace(RULE, uid="event.other", title="Odd thing")
    assert 'came to violate "Odd thing"' in transition_sentence(full_transition(), rule)


def test_pass_says_which_rule() -> None:
    assert posture_sentence(full_judgement(Verdict.PASS), RULE) == f"{SUBJECT} passes storage.public_access."


def test_a_nameless_resource_is_called_by_its_uid() -> None:
    transition = full_transition()
    nameless = msgspec.structs.replace(transition.judgement.resource, name="")
    judgement = msgspec.structs.replace(transition.judgement, resource=nameless)
    sentence = transition_sentence(msgspec.structs.replace(transition, judgement=judgement), RULE)
    assert sentence.startswith("S3 bucket arn:aws:s3:::b in AWS account 123456789012 (eu-west-1) became public")


def test_a_scope_is_named_once_and_never_new() -> None:
    rule = Rules(catalogue()).of("coverage.unread_scope")
    assert transition_sentence(bare_transition(), rule) == "scope cspmd:x could not be read completely."
    unread = {"operation": "s3:ListBuckets", "reason": "denied", "detail": "AccessDenied"}
    unread["permission"] = "s3:ListAllMyBuckets"
    transition = bare_transition()
    judgement = msgspec.structs.replace(
        transition.judgement,
        evidence=(Evidence(name="listing", data={"complete": False}), Evidence(name="unread", data=unread)),
    )
    assert transition_sentence(msgspec.structs.replace(transition, judgement=judgement), rule) == (
        "scope cspmd:x could not be read completely: listing (complete: false); "
        "s3:ListBuckets: denied (AccessDenied); needs s3:ListAllMyBuckets."
    )


def test_lists_of_plain_values_are_shown_and_nested_ones_are_not() -> None:
    data = {"allowed": ["aws:eu-*", "aws:us-*"], "statement": {"Effect": "Allow"}, "many": [{"a": 1}]}
    assert posture_sentence(_with(data), RULE).endswith("is public: fact 0 (allowed: aws:eu-* aws:us-*).")


def _with(data: object, times: int = 1) -> Judgement:
    evidence = tuple(Evidence(name=f"fact_{number}", data=data) for number in range(times))
    return msgspec.structs.replace(full_judgement(), evidence=evidence)


def test_long_evidence_is_cut_and_much_of_it_is_counted() -> None:
    assert "x" * 119 + "…" in posture_sentence(_with("x" * 500), RULE)
    assert posture_sentence(_with({"a": "b"}, 5), RULE).endswith(
        "is public: fact 0 (a: b); fact 1 (a: b); fact 2 (a: b); and 2 more."
    )


def test_an_unheard_of_reach_is_shown_as_it_is() -> None:
    sentence = posture_sentence(_with({"via": "door", "reach": "martians"}), RULE)
    assert sentence.endswith("is public: door lets martians use it.")


@pytest.mark.parametrize(
    "failure",
    [
        Unread(
            reason=UnreadReason.DENIED, operation="s3:GetBucketAcl", permission="s3:GetBucketAcl", detail="AccessDenied"
        ),
        Unread(reason=UnreadReason.CREDENTIALS, operation="sts:AssumeRole", permission="sts:AssumeRole"),
        Unread(reason=UnreadReason.THROTTLED, operation="s3:ListBuckets", detail="SlowDown"),
    ],
)
def test_a_scope_that_was_not_read_says_what_an_unknown_verdict_does(failure: Unread) -> None:
    detector = catalogue()["coverage.unread_scope"]
    reading = Known(Reading(complete=True, unread=(failure,)))
    judgement = judge(detector, scope(reading=reading), Policy(), detector.example_now)
    assert judgement is not None
    assert evidence_summary(judgement) == failure.summary
