"""storage.encryption_at_rest: what each requirement asks for, by default and by data class."""

from __future__ import annotations

import pytest

from collectors.model import Encryption, Fact, KeyHolder, Known, Unread, UnreadReason
from detectors.engine import judge
from detectors.model import Judgement, Policy, Verdict
from detectors.storage.encryption_at_rest import DETECTOR, UID, Parameters, Requirement
from detectors.storage.examples import private_bucket

REFUSED = Unread(
    reason=UnreadReason.DENIED, operation="s3:GetBucketEncryption", permission="s3:GetEncryptionConfiguration"
)
NO_TAGS = Unread(reason=UnreadReason.DENIED, operation="s3:GetBucketTagging", permission="s3:GetBucketTagging")
NOT_CONFIGURED = Encryption(holder=KeyHolder.PROVIDER, explicit=False)


def look(
    encryption: Encryption | Unread,
    require: str = "provider",
    tags: dict[str, str] | Unread | None = None,
    key_holder: Fact[KeyHolder] | None = None,
    **classes: str,
) -> Judgement:
    parameters = Parameters(
        require=Requirement(require), classes={name: Requirement(value) for name, value in classes.items()}
    )
    fact = encryption if isinstance(encryption, Unread) else Known(encryption)
    told = {} if key_holder is None else {"key_holder": key_holder}
    bucket = private_bucket(
        default_encryption=fact, tags=Known(tags or {}) if not isinstance(tags, Unread) else tags, **told
    )
    judgement = judge(DETECTOR, bucket, Policy(parameters={UID: parameters}), DETECTOR.example_now)
    assert judgement is not None
    return judgement


STRENGTHS = ["none", "provider", "customer_key", "hsm"]


@pytest.mark.parametrize("require", STRENGTHS[1:])
@pytest.mark.parametrize("holder", STRENGTHS)
def test_the_key_must_be_held_at_least_as_strongly_as_required(holder: str, require: str) -> None:
    enough = STRENGTHS.index(holder) >= STRENGTHS.index(require)
    judgement = look(Encryption(holder=KeyHolder(holder)), require)
    assert judgement.verdict is (Verdict.PASS if enough else Verdict.FAIL)


NAMED = Encryption(holder=KeyHolder.PROVIDER, algorithm="aws:kms", key_uid="arn:aws:kms:eu-west-1:1:key/k")
NO_KEY = Unread(reason=UnreadReason.DENIED, operation="kms:DescribeKey", permission="kms:DescribeKey")


@pytest.mark.parametrize("require", STRENGTHS[1:])
@pytest.mark.parametrize("holder", STRENGTHS[1:])
def test_who_holds_a_named_key_is_what_its_service_says(holder: str, require: str) -> None:
    enough = STRENGTHS.index(holder) >= STRENGTHS.index(require)
    judgement = look(NAMED, require, key_holder=Known(KeyHolder(holder)))
    assert judgement.verdict is (Verdict.PASS if enough else Verdict.FAIL)
    if not enough:
        assert judgement.evidence[0].data["holder"] == holder


def test_a_key_that_was_not_read_is_unknown_where_its_holder_matters() -> None:
    assert look(NAMED, "provider", key_holder=NO_KEY).verdict is Verdict.PASS
    judgement = look(NAMED, "customer_key", key_holder=NO_KEY)
    assert (judgement.verdict, judgement.unread) == (Verdict.UNKNOWN, (NO_KEY,))


def test_not_configured_is_the_providers_own_encryption() -> None:
    for encryption in (NOT_CONFIGURED, Encryption(holder=KeyHolder.NONE, explicit=False)):
        assert look(encryption).verdict is Verdict.PASS
        assert look(encryption).notes == ("provider_default_encryption",)
        assert look(encryption, "customer_key").verdict is Verdict.FAIL


def test_refused_is_unknown_under_any_requirement() -> None:
    for require in STRENGTHS[1:]:
        judgement = look(REFUSED, require)
        assert judgement.verdict is Verdict.UNKNOWN
        assert judgement.unread == (REFUSED,)


def test_a_class_has_its_own_requirement() -> None:
    assert look(NOT_CONFIGURED, tags={"data-class": "personal"}, personal="customer_key").verdict is Verdict.FAIL
    assert look(NOT_CONFIGURED, tags={"data-class": "public"}, personal="customer_key").verdict is Verdict.PASS
    assert look(NOT_CONFIGURED, "customer_key", {"data-class": "public"}, public="provider").verdict is Verdict.PASS


@pytest.mark.parametrize("tags", [{"Data-Class": "personal"}, {"data-class": " Personal "}, {"DATA-CLASS": "PERSONAL"}])
def test_letter_case_and_space_hide_no_class(tags: dict[str, str]) -> None:
    assert look(NOT_CONFIGURED, tags=tags, personal="customer_key").verdict is Verdict.FAIL


def test_the_exact_tag_key_comes_before_one_that_is_alike() -> None:
    tags = {"Data-Class": "personal", "data-class": "public"}
    assert look(NOT_CONFIGURED, tags=tags, personal="customer_key").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("holder", "require", "personal", "verdict"),
    [
        ("hsm", "provider", "customer_key", Verdict.PASS),
        ("none", "provider", "customer_key", Verdict.FAIL),
        ("provider", "provider", "customer_key", Verdict.UNKNOWN),
        ("provider", "customer_key", "hsm", Verdict.FAIL),
        ("customer_key", "hsm", "provider", Verdict.UNKNOWN),
    ],
)
def test_where_the_class_is_unread_only_what_holds_for_every_class_is_said(
    holder: str, require: str, personal: str, verdict: Verdict
) -> None:
    judgement = look(Encryption(holder=KeyHolder(holder)), require, NO_TAGS, personal=personal)
    assert judgement.verdict is verdict
    assert judgement.unread == ((NO_TAGS,) if verdict is Verdict.UNKNOWN else ())


def test_unread_tags_do_not_matter_where_no_class_has_a_rule() -> None:
    assert look(NOT_CONFIGURED, "provider", NO_TAGS).verdict is Verdict.PASS
    assert look(NOT_CONFIGURED, "hsm", NO_TAGS).verdict is Verdict.FAIL


def test_evidence_says_what_is_held_and_what_is_asked_for() -> None:
    encryption = Encryption(holder=KeyHolder.PROVIDER, algorithm="aws:kms", key_uid="alias/aws/s3")
    evidence = look(encryption, tags={"data-class": "personal"}, personal="hsm").evidence
    assert [one.data for one in evidence] == [
        {
            "holder": "provider",
            "required": "hsm",
            "rule": "class personal",
            "algorithm": "aws:kms",
            "key_uid": "alias/aws/s3",
        }
    ]
