"""residency.*: where data and its copies may lie, by data class, with what is not known."""

from __future__ import annotations

import msgspec
import pytest

from collectors.model import Bucket, Copy, CopyKind, Fact, Grant, Known, NotNeeded, Reach, Unread, UnreadReason, encode
from detectors.engine import judge
from detectors.model import Detector, Judgement, Policy, Residency, Severity, Verdict
from detectors.residency import copy_out_of_region, out_of_region
from detectors.residency.examples import replica
from detectors.storage.examples import policy_grant, private_bucket

HOME = out_of_region.DETECTOR
COPY = copy_out_of_region.DETECTOR
NO_TAGS = Unread(reason=UnreadReason.DENIED, operation="s3:GetBucketTagging", permission="s3:GetBucketTagging")
UNTAGGED = NotNeeded("no_tags")
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
EUROPE = ("aws:eu-*", "gcp:europe-*")


def tagged(data_class: str) -> Fact[dict[str, str]]:
    return Known({"data-class": data_class} if data_class else {})


def home(
    place: str | tuple[str, ...],
    tags: Fact[dict[str, str]] = UNTAGGED,
    default: tuple[str, ...] | None = EUROPE,
    grants: tuple[Grant, ...] = (),
    **classes: tuple[str, ...],
) -> Judgement:
    places = (place,) if isinstance(place, str) else place
    bucket = private_bucket(places=Known(places), tags=tags, policy_grants=Known(grants))
    judgement = judge(HOME, bucket, Policy(residency=Residency(default=default, classes=classes)), HOME.example_now)
    assert judgement is not None
    return judgement


def copied(bucket: Bucket, default: tuple[str, ...] | None = EUROPE, **classes: tuple[str, ...]) -> Judgement:
    policy = Policy(residency=Residency(default=default, classes=classes))
    judgement = judge(COPY, bucket, policy, COPY.example_now)
    assert judgement is not None
    return judgement


@pytest.mark.parametrize("detector", [HOME, COPY])
def test_nothing_is_judged_where_no_rule_is_configured(detector: Detector) -> None:
    far = private_bucket(places=Known(("aws:us-east-1",)), copies=Known((replica(),)))
    assert judge(detector, far, Policy(), detector.example_now) is None
    nowhere = Policy(residency=Residency(default=()))
    assert judge(detector, far, nowhere, detector.example_now) is not None


@pytest.mark.parametrize(
    ("place", "verdict"),
    [
        ("aws:eu-west-1", PASS),
        ("aws:us-east-1", FAIL),
        ("aws:eu-nowhere-9", UNKNOWN),
        ((), UNKNOWN),
        (("aws:eu-west-1", "aws:eu-central-1"), PASS),
        (("aws:eu-west-1", "aws:us-east-1"), FAIL),
        (("aws:eu-west-1", "aws:eu-nowhere-9"), UNKNOWN),
        (("aws:us-east-1", "aws:eu-nowhere-9"), FAIL),
        ("gcp:eu", PASS),
        ("gcp:us", FAIL),
        ("gcp:asia", FAIL),
    ],
)
def test_the_whole_set_of_places_must_be_allowed(place: str | tuple[str, ...], verdict: Verdict) -> None:
    assert home(place).verdict is verdict


def test_an_unknown_place_is_named_with_the_date_of_the_table() -> None:
    (unread,) = home("aws:eu-nowhere-9").unread
    assert unread.reason is UnreadReason.UNSUPPORTED
    assert unread.operation == "look up aws:eu-nowhere-9"
    assert "not in the table of places of 2026" in unread.detail
    assert home(()).unread[0].detail == "no place given"


def test_unread_places_are_unknown() -> None:
    policy = Policy(residency=Residency(default=EUROPE))
    judgement = judge(HOME, private_bucket(places=NO_TAGS), policy, HOME.example_now)
    assert judgement is not None
    assert judgement.verdict is UNKNOWN


@pytest.mark.parametrize(
    ("data_class", "place", "verdict"),
    [
        ("", "aws:eu-west-1", PASS),
        ("public", "aws:eu-west-1", PASS),
        ("personal", "aws:eu-west-1", FAIL),
        ("Personal", "aws:eu-west-1", FAIL),
        ("personal", "aws:eu-central-1", PASS),
        ("personal", "gcp:eu", FAIL),
    ],
)
def test_a_class_has_its_own_rule(data_class: str, place: str, verdict: Verdict) -> None:
    assert home(place, tagged(data_class), personal=("aws:eu-central-1", "gcp:europe-west3")).verdict is verdict


def test_a_class_may_be_allowed_more_than_the_default() -> None:
    assert home("aws:us-east-1", tagged("public"), public=("*",)).verdict is PASS
    assert home("aws:us-east-1", tagged("other"), public=("*",)).verdict is FAIL


@pytest.mark.parametrize(
    ("place", "default", "personal", "verdict", "asks_for_tags"),
    [
        ("aws:eu-central-1", EUROPE, ("aws:eu-central-1",), PASS, False),
        ("aws:us-east-1", EUROPE, ("aws:eu-central-1",), FAIL, False),
        ("aws:eu-west-1", EUROPE, ("aws:eu-central-1",), UNKNOWN, True),
        ("aws:us-east-1", EUROPE, ("*",), UNKNOWN, True),
        ("aws:us-east-1", None, ("aws:eu-*",), UNKNOWN, True),
        ("aws:eu-west-1", None, ("aws:eu-*",), PASS, False),
        ("aws:eu-nowhere-9", EUROPE, ("aws:eu-*",), UNKNOWN, False),
        ("aws:eu-nowhere-9", EUROPE, ("*",), UNKNOWN, True),
        ("aws:eu-nowhere-9", None, ("aws:eu-*",), UNKNOWN, True),
    ],
)
def test_where_the_class_is_unread_only_what_holds_for_every_class_is_said(
    place: str,
    default: tuple[str, ...] | None,
    personal: tuple[str, ...],
    verdict: Verdict,
    asks_for_tags: bool,
) -> None:
    judgement = home(place, NO_TAGS, default, personal=personal)
    assert judgement.verdict is verdict
    assert (NO_TAGS in judgement.unread) is asks_for_tags


def test_unread_tags_do_not_matter_where_no_class_has_a_rule() -> None:
    assert home("aws:eu-west-1", NO_TAGS).verdict is PASS
    assert home("aws:us-east-1", NO_TAGS).verdict is FAIL


def test_a_class_without_a_rule_is_a_pass_with_a_note() -> None:
    judgement = home("aws:us-east-1", tagged("public"), None, personal=("aws:eu-*",))
    assert (judgement.verdict, judgement.notes) == (PASS, ("no_residency_rule_for_class",))
    assert home("aws:us-east-1", tagged("personal"), None, personal=("aws:eu-*",)).verdict is FAIL


def test_evidence_says_where_it_lies_and_by_which_rule_it_may_not() -> None:
    judgement = home("aws:us-east-1", tagged("personal"), personal=("aws:eu-central-1",))
    assert msgspec.json.decode(encode(judgement.evidence)) == [
        {
            "name": "places",
            "data": {
                "place": "aws:us-east-1",
                "name": "US East (N. Virginia)",
                "country": "US",
                "jurisdictions": [],
                "rule": "class personal",
                "allowed": ["aws:eu-central-1"],
            },
        }
    ]


def test_evidence_of_a_multi_region_names_the_regions_outside() -> None:
    data = home("gcp:eu", tagged("personal"), personal=("gcp:europe-west3",)).evidence[0].data
    assert data["place"] == "gcp:eu"
    assert "gcp:europe-west1" in data["outside"]
    assert "gcp:europe-west3" not in data["outside"]
    assert "DE" in data["countries"]  # Berlin is not Frankfurt


def test_evidence_without_the_class_gives_every_rule() -> None:
    data = home("aws:us-east-1", NO_TAGS, personal=("aws:eu-central-1",)).evidence[0].data
    assert data["allowed"] == {"default": EUROPE, "class personal": ("aws:eu-central-1",)}
    assert "unread" in data["rule"]


PUBLIC = policy_grant()


@pytest.mark.parametrize(
    ("data_class", "grant", "severity"),
    [
        ("personal", PUBLIC, Severity.CRITICAL),
        ("PERSONAL", PUBLIC, Severity.CRITICAL),
        ("public", PUBLIC, Severity.HIGH),
        ("personal", policy_grant(effective=Known(value=False)), Severity.HIGH),
        ("personal", policy_grant(effective=NO_TAGS), Severity.HIGH),
        ("personal", policy_grant(reach=Reach.ORGANISATION), Severity.HIGH),
    ],
)
def test_personal_data_that_is_open_to_the_public_too_is_a_step_worse(
    data_class: str, grant: Grant, severity: Severity
) -> None:
    judgement = home("aws:us-east-1", tagged(data_class), grants=(grant,))
    assert (judgement.verdict, judgement.severity) == (FAIL, severity)
    shown = [evidence.name for evidence in judgement.evidence if not evidence.violates]
    assert shown == (["exposure"] if severity is Severity.CRITICAL else [])


def test_the_classes_that_weigh_more_are_the_operators_choice() -> None:
    policy = Policy(
        residency=Residency(default=EUROPE),
        parameters={HOME.uid: out_of_region.Parameters(raise_for_classes=("secret",))},
    )
    for data_class, severity in (("secret", Severity.CRITICAL), ("personal", Severity.HIGH)):
        bucket = private_bucket(
            places=Known(("aws:us-east-1",)), tags=tagged(data_class), policy_grants=Known((PUBLIC,))
        )
        judgement = judge(HOME, bucket, policy, HOME.example_now)
        assert judgement is not None
        assert judgement.severity is severity


def test_a_pass_weighs_nothing_more() -> None:
    assert home("aws:eu-west-1", tagged("personal"), grants=(PUBLIC,)).severity is Severity.HIGH
    assert home("aws:eu-west-1", tagged("personal"), grants=(PUBLIC,)).evidence == ()


UNSEEN = Unread(reason=UnreadReason.DENIED, operation="s3:HeadBucket", permission="s3:ListBucket", detail="403")


@pytest.mark.parametrize("source", ["copies", "access_point_copies"])
@pytest.mark.parametrize(
    ("places", "verdict"),
    [
        (Known(("aws:eu-west-1",)), PASS),
        (Known(("aws:us-east-1",)), FAIL),
        (Known(("aws:eu-west-1", "aws:us-east-1")), FAIL),
        (Known(("aws:eu-nowhere-9",)), UNKNOWN),
        (Known(()), UNKNOWN),
        (UNSEEN, UNKNOWN),
    ],
)
def test_every_copy_must_stay(source: str, places: Fact[tuple[str, ...]], verdict: Verdict) -> None:
    assert copied(private_bucket(**{source: Known((replica(places=places),))})).verdict is verdict


def test_one_copy_that_cannot_be_seen_hides_no_other() -> None:
    far = replica(destination="arn:aws:s3:::far", places=Known(("aws:us-east-1",)), via="rule far")
    judgement = copied(private_bucket(copies=Known((replica(places=UNSEEN), far, replica()))))
    assert judgement.verdict is FAIL
    assert [evidence.data["destination"] for evidence in judgement.evidence] == ["arn:aws:s3:::far"]
    assert judgement.evidence[0].data["via"] == "rule far"
    assert judgement.evidence[0].data["kind"] == "replication"
    assert judgement.unread == (UNSEEN,)


def test_one_source_of_copies_that_cannot_be_read_hides_not_the_other() -> None:
    far: Known[tuple[Copy, ...]] = Known(
        (replica(kind=CopyKind.MULTI_REGION_ACCESS, places=Known(("aws:eu-west-1", "aws:us-east-1"))),)
    )
    judgement = copied(private_bucket(copies=UNSEEN, access_point_copies=far))
    assert judgement.verdict is FAIL
    assert [evidence.data["place"] for evidence in judgement.evidence] == ["aws:us-east-1"]
    assert copied(private_bucket(copies=UNSEEN)).verdict is UNKNOWN


def test_a_copy_is_judged_by_the_class_of_its_source() -> None:
    bucket = private_bucket(copies=Known((replica(),)), tags=tagged("personal"))
    assert copied(bucket).verdict is PASS
    assert copied(bucket, personal=("aws:eu-central-1",)).verdict is FAIL
    unread = private_bucket(copies=Known((replica(),)), tags=NO_TAGS)
    assert copied(unread, personal=("aws:eu-central-1",)).verdict is UNKNOWN
    assert copied(private_bucket(tags=NO_TAGS), personal=("aws:eu-central-1",)).verdict is PASS


def test_a_copy_counts_though_the_data_itself_lies_well() -> None:
    bucket = private_bucket(copies=Known((replica(places=Known(("aws:us-east-1",))),)))
    policy = Policy(residency=Residency(default=EUROPE))
    judgement = judge(HOME, bucket, policy, HOME.example_now)
    assert judgement is not None
    assert judgement.verdict is PASS
    assert copied(bucket).verdict is FAIL
