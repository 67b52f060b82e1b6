"""The engine's three-valued logic, on detectors made for the purpose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from collectors.model import (
    Bucket,
    Grant,
    Known,
    NotNeeded,
    Placed,
    Provider,
    ReadScope,
    Resource,
    Switch,
    Unread,
    UnreadReason,
    Versioning,
    encode,
)
from detectors.engine import judge
from detectors.model import (
    Detector,
    Evidence,
    Judgement,
    Observation,
    Policy,
    Remediation,
    Severity,
    Verdict,
    each,
    iso27001,
    over,
)
from detectors.storage.examples import acl_grant, policy_grant, private_bucket

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FULL_VERSIONING = Known(Versioning(enabled=True, state="Enabled"))


def unread(operation: str = "s3:GetBucketVersioning", reason: UnreadReason = UnreadReason.DENIED) -> Unread:
    return Unread(reason=reason, operation=operation, permission=operation, detail="AccessDenied")


@over("versioning")
def unversioned(bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    if not bucket.versioning.value.enabled:
        yield Evidence(name="versioning", data={"enabled": False})


@over("access_logging")
def unlogged(bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    if not bucket.access_logging.value.enabled:
        yield Evidence(name="access_logging", data={"enabled": False})


@each("policy_grants", silenced_by="policy_silenced")
def effective(_bucket: Bucket, grant: Grant, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    if grant.effective.value:
        yield Evidence(name="policy_grants", data=grant.via)


def detector(**overrides: Any) -> Detector:
    own = {
        "uid": "storage.sample",
        "title": "Sample",
        "on": Bucket,
        "severity": Severity.MEDIUM,
        "description": "A sample.",
        "risk": "None.",
        "controls": (iso27001("5.23"),),
        "remediation": {Provider.AWS: Remediation(text="Mend $name.", cli="mend $name")},
        "violations": (unversioned, unlogged),
        "good": (private_bucket(),),
        "bad": (private_bucket(versioning=Known(Versioning(enabled=False))),),
    }
    return Detector(**(own | overrides))


def look(resource: Resource, **overrides: Any) -> Judgement:
    judgement = judge(detector(**overrides), resource, Policy(), NOW)
    assert judgement is not None
    return judgement


BAD_VERSIONING = Known(Versioning(enabled=False))


@pytest.mark.parametrize(
    ("versioning", "logging", "verdict"),
    [
        ("good", "good", Verdict.PASS),
        ("good", "bad", Verdict.FAIL),
        ("good", "unread", Verdict.UNKNOWN),
        ("bad", "good", Verdict.FAIL),
        ("bad", "bad", Verdict.FAIL),
        ("bad", "unread", Verdict.FAIL),
        ("unread", "good", Verdict.UNKNOWN),
        ("unread", "bad", Verdict.FAIL),
        ("unread", "unread", Verdict.UNKNOWN),
    ],
)
def test_fail_beats_unknown_beats_pass(versioning: str, logging: str, verdict: Verdict) -> None:
    good = private_bucket()
    facts = {
        "versioning": {"good": good.versioning, "bad": BAD_VERSIONING, "unread": unread()},
        "access_logging": {
            "good": good.access_logging,
            "bad": Known(msgspec.structs.replace(good.access_logging.value, enabled=False)),
            "unread": unread("s3:GetBucketLogging"),
        },
    }
    bucket = private_bucket(versioning=facts["versioning"][versioning], access_logging=facts["access_logging"][logging])
    judgement = look(bucket)
    assert judgement.verdict is verdict
    assert len(judgement.unread) == [versioning, logging].count("unread")
    assert len(judgement.evidence) == [versioning, logging].count("bad")


def test_the_same_failure_is_named_once() -> None:
    same = unread()
    judgement = look(private_bucket(versioning=same, access_logging=same))
    assert judgement.unread == (same,)


def test_remediation_mends_a_fail_tells_how_to_read_an_unknown_and_is_silent_on_a_pass() -> None:
    assert look(private_bucket()).remediation == ""
    assert look(private_bucket(versioning=BAD_VERSIONING)).remediation == "Mend records.\n\nCLI:\nmend records"
    words = look(private_bucket(versioning=unread())).remediation
    assert "s3:GetBucketVersioning: denied (AccessDenied)" in words
    assert "Grant s3:GetBucketVersioning" in words
    assert "Mend" not in words


def test_a_cloud_without_remediation_is_no_error() -> None:
    bucket = private_bucket(provider=Provider.GCP, versioning=BAD_VERSIONING)
    assert look(bucket).remediation == ""


def test_one_unread_member_costs_itself_and_not_the_others() -> None:
    grants = Known(
        (
            policy_grant(via="first", effective=unread("s3:GetBucketPublicAccessBlock")),
            policy_grant(via="second"),
            policy_grant(via="third", effective=Known(value=False)),
        )
    )
    judgement = look(private_bucket(policy_grants=grants), violations=(effective,))
    assert judgement.verdict is Verdict.FAIL
    assert [evidence.data for evidence in judgement.evidence] == ["second"]
    assert [one.operation for one in judgement.unread] == ["s3:GetBucketPublicAccessBlock"]


def test_an_unread_member_alone_is_unknown() -> None:
    grants = Known((policy_grant(effective=unread()), policy_grant(effective=Known(value=False))))
    assert look(private_bucket(policy_grants=grants), violations=(effective,)).verdict is Verdict.UNKNOWN


ON = Known(Switch(on=True, by=("account RestrictPublicBuckets",)))
OFF = Known(Switch(on=False))


@pytest.mark.parametrize(
    ("switch", "verdict", "notes"),
    [
        (ON, Verdict.PASS, ("policy_grants_unread_but_silenced",)),
        (OFF, Verdict.UNKNOWN, ()),
        (unread("s3:GetAccountPublicAccessBlock"), Verdict.UNKNOWN, ()),
        (NotNeeded("nothing_public"), Verdict.UNKNOWN, ()),
    ],
)
def test_only_a_switch_known_on_pardons_an_unread_source(switch: str, verdict: Verdict, notes: tuple[str, ...]) -> None:
    bucket = private_bucket(policy_grants=unread("s3:GetBucketPolicy"), policy_silenced=switch)
    judgement = look(bucket, violations=(effective,))
    assert judgement.verdict is verdict
    assert judgement.notes == notes


def test_a_switch_known_on_pardons_an_unread_member() -> None:
    bucket = private_bucket(policy_grants=Known((policy_grant(effective=unread()),)), policy_silenced=ON)
    judgement = look(bucket, violations=(effective,))
    assert judgement.verdict is Verdict.PASS
    assert judgement.notes == ("policy_grants_unread_but_silenced",)


def test_a_switch_never_argues_away_what_is_known_to_bite() -> None:
    bucket = private_bucket(policy_grants=Known((policy_grant(),)), policy_silenced=ON)
    assert look(bucket, violations=(effective,)).verdict is Verdict.FAIL


def test_a_read_source_under_a_switch_leaves_no_note_of_being_unread() -> None:
    bucket = private_bucket(policy_grants=Known((policy_grant(effective=Known(value=False)),)), policy_silenced=ON)
    assert look(bucket, violations=(effective,)).notes == ()


def test_a_source_that_was_not_needed_adds_nothing_but_its_note() -> None:
    bucket = private_bucket(policy_grants=NotNeeded("nothing_granted"))
    judgement = look(bucket, violations=(effective,))
    assert (judgement.verdict, judgement.notes) == (Verdict.PASS, ("nothing_granted",))
    judgement = look(private_bucket(versioning=NotNeeded("nothing_public"), access_logging=unread()))
    assert (judgement.verdict, judgement.notes) == (Verdict.UNKNOWN, ("nothing_public",))


def test_evidence_before_the_unread_fact_is_kept() -> None:
    @over("versioning", "access_logging")
    def both(bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Observation]:
        yield Evidence(name="versioning", data=bucket.versioning.value.state)
        yield Evidence(name="access_logging", data=bucket.access_logging.value.target)

    judgement = look(private_bucket(access_logging=unread()), violations=(both,))
    assert judgement.verdict is Verdict.FAIL
    assert len(judgement.evidence) == len(judgement.unread) == 1


def test_a_violation_may_say_that_a_part_is_undecided_and_go_on() -> None:
    @over("versioning")
    def partly(_bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Observation]:
        yield unread("first")
        yield Evidence(name="versioning", data="seen")
        yield unread("last")

    judgement = look(private_bucket(), violations=(partly,))
    assert judgement.verdict is Verdict.FAIL
    assert [one.operation for one in judgement.unread] == ["first", "last"]


def test_a_violation_that_is_no_generator_is_guarded_as_well() -> None:
    @over("versioning")
    def plain(bucket: Bucket, _policy: Policy, _now: datetime) -> list[Evidence]:
        return [Evidence(name="versioning", data="off")] if not bucket.versioning.value.enabled else []

    assert look(private_bucket(versioning=unread()), violations=(plain,)).verdict is Verdict.UNKNOWN
    assert look(private_bucket(versioning=BAD_VERSIONING), violations=(plain,)).verdict is Verdict.FAIL


def test_a_circumstance_is_shown_and_fails_nothing() -> None:
    @over("versioning")
    def shown(_bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Observation]:
        yield Evidence(name="versioning", data="as it is", violates=False)

    judgement = look(private_bucket(), violations=(shown,))
    assert judgement.verdict is Verdict.PASS
    assert judgement.evidence == (Evidence(name="versioning", data="as it is", violates=False),)
    judgement = look(private_bucket(versioning=BAD_VERSIONING), violations=(shown, unversioned))
    assert [evidence.violates for evidence in judgement.evidence] == [True, False]


def test_a_circumstance_has_no_weight() -> None:
    @over("versioning")
    def shown(_bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Observation]:
        yield Evidence(name="versioning", data="as it is", violates=False)

    def critical(_bucket: Bucket, _policy: Policy, evidence: tuple[Evidence, ...], _severity: Severity) -> Severity:
        assert all(one.violates for one in evidence)
        return Severity.CRITICAL

    assert look(private_bucket(), violations=(shown,), weigh=critical).severity is Severity.MEDIUM


def test_a_violation_of_a_narrower_kind_is_not_looked_at_on_others() -> None:
    class Volume(Placed, frozen=True, kw_only=True, tag="test_volume"):
        pass

    @over("versioning", of=Bucket)
    def narrow(bucket: Bucket, _policy: Policy, _now: datetime) -> Iterator[Observation]:
        if not bucket.versioning.value.enabled:
            yield Evidence(name="versioning", data="off")

    volume = Volume(
        uid="v", name="v", provider=Provider.AWS, account="1", places=Known(("aws:eu-west-1",)), copies=Known(())
    )
    overrides = {"on": Placed, "violations": (narrow,)}
    assert look(volume, **overrides).verdict is Verdict.PASS
    assert look(private_bucket(versioning=BAD_VERSIONING), **overrides).verdict is Verdict.FAIL
    assert detector(**overrides).facts_of(Volume) == ()
    assert detector(**overrides).facts_of(Bucket) == ("versioning",)


def test_not_applicable_is_a_pass_with_a_note() -> None:
    judgement = look(private_bucket(versioning=BAD_VERSIONING), applies=lambda _bucket, _policy: "no_access_points")
    assert (judgement.verdict, judgement.notes, judgement.evidence) == (Verdict.PASS, ("no_access_points",), ())
    assert look(private_bucket(versioning=BAD_VERSIONING), applies=lambda *_: None).verdict is Verdict.FAIL


def applies_to_websites(bucket: Bucket, _policy: Policy) -> str | None:
    return None if bucket.website.value.enabled else "nothing_public"


def test_where_it_cannot_be_told_whether_the_rule_applies_a_violation_is_unknown() -> None:
    website = unread("s3:GetBucketWebsite")
    judgement = look(private_bucket(website=website, versioning=BAD_VERSIONING), applies=applies_to_websites)
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.unread == (website,)
    assert judgement.evidence == ()


def test_where_it_cannot_be_told_whether_the_rule_applies_no_violation_passes_either_way() -> None:
    bucket = private_bucket(website=unread("s3:GetBucketWebsite"))
    assert look(bucket, applies=applies_to_websites).verdict is Verdict.PASS


def test_where_neither_can_be_told_both_are_named() -> None:
    bucket = private_bucket(website=unread("s3:GetBucketWebsite"), versioning=unread())
    judgement = look(bucket, applies=applies_to_websites)
    assert [one.operation for one in judgement.unread] == ["s3:GetBucketWebsite", "s3:GetBucketVersioning"]


def test_what_was_not_needed_to_tell_applicability_is_not_applicable() -> None:
    bucket = private_bucket(website=NotNeeded("nothing_public"), versioning=BAD_VERSIONING)
    assert look(bucket, applies=applies_to_websites).verdict is Verdict.PASS


def test_no_judgement_where_the_policy_does_not_configure_the_rule() -> None:
    assert judge(detector(requires=lambda policy: policy.residency.configured), private_bucket(), Policy(), NOW) is None


def test_notes_that_touch_an_unread_fact_never_crash_and_never_change_the_verdict() -> None:
    def notes(bucket: Bucket, _policy: Policy) -> Iterator[str]:
        yield "object_acls_not_judged"
        if bucket.website.value.enabled:
            yield "website_serves_bucket"

    judgement = look(private_bucket(website=unread("s3:GetBucketWebsite")), notes=notes)
    assert (judgement.verdict, judgement.notes, judgement.unread) == (Verdict.PASS, ("object_acls_not_judged",), ())
    assert look(private_bucket(), notes=notes).notes == ("object_acls_not_judged",)
    assert look(private_bucket(), notes=lambda bucket, _: (bucket.website.value.endpoint,)).verdict is Verdict.PASS


def test_weight_is_asked_for_violations_only_and_falls_back_where_a_fact_is_unread() -> None:
    def by_website(bucket: Bucket, _policy: Policy, evidence: tuple[Evidence, ...], severity: Severity) -> Severity:
        assert evidence
        return Severity.CRITICAL if bucket.website.value.enabled else severity

    assert look(private_bucket(), weigh=by_website).severity is Severity.MEDIUM
    bad = {"versioning": BAD_VERSIONING}
    assert look(private_bucket(**bad, website=unread()), weigh=by_website).severity is Severity.MEDIUM
    assert look(private_bucket(**bad), weigh=by_website).severity is Severity.MEDIUM
    assert look(private_bucket(**bad), weigh=lambda *_: Severity.LOW).severity is Severity.LOW


def test_the_line_names_the_resource_and_the_controls() -> None:
    line = msgspec.json.decode(encode(look(private_bucket(versioning=BAD_VERSIONING))))
    assert line == {
        "detector": "storage.sample",
        "verdict": "FAIL",
        "severity": "medium",
        "provider": "aws",
        "account": "123456789012",
        "region": "eu-central-1",
        "resource": {"uid": "arn:aws:s3:::records", "name": "records", "kind": "bucket"},
        "evidence": [{"name": "versioning", "data": {"enabled": False}}],
        "unread": [],
        "notes": [],
        "controls": ["ISO/IEC 27001:2022 A.5.23"],
        "remediation": "Mend records.\n\nCLI:\nmend records",
    }


def test_the_order_of_unread_and_evidence_follows_the_detector() -> None:
    grants: Known[tuple[Grant, ...]] = Known((policy_grant(via="b"), acl_grant(via="a")))
    first = look(private_bucket(policy_grants=grants), violations=(effective,))
    assert [evidence.data for evidence in first.evidence] == ["b", "a"]


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"uid": "storage"}, "the uid must be"),
        ({"uid": "weather.rain"}, "the uid must be"),
        ({"title": ""}, "title is missing"),
        ({"risk": ""}, "risk is missing"),
        ({"controls": ()}, "controls is missing"),
        ({"remediation": {}}, "remediation is missing"),
        ({"good": ()}, "good is missing"),
        ({"bad": ()}, "bad is missing"),
        ({"violations": ()}, "violations is missing"),
        ({"depends": ("colour",)}, "depends on 'colour'"),
        ({"violations": (over("colour")(lambda *_: ()),)}, "reads 'colour'"),
        ({"violations": (each("policy_grants", silenced_by="colour")(lambda *_: ()),)}, "reads 'colour'"),
        ({"violations": (over("reading", of=ReadScope)(lambda *_: ()),)}, "is of ReadScope"),
        ({"violations": (msgspec.structs.replace(unversioned, judge=None),)}, "exactly one of judge and item"),
        ({"violations": (msgspec.structs.replace(effective, reads=("policy_grants", "tags")),)}, "exactly one fact"),
        ({"on": ReadScope, "violations": (over("reading")(lambda *_: ()),)}, "is no ReadScope"),
    ],
)
def test_a_definition_that_could_not_work_is_refused(overrides: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        detector(**overrides)


class Open(msgspec.Struct, frozen=True, kw_only=True):
    days: int = 1


class Required(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    days: int


def test_parameters_must_refuse_unknown_names_and_have_defaults() -> None:
    with pytest.raises(ValueError, match="must forbid unknown fields"):
        detector(parameters=Open)
    with pytest.raises(ValueError, match="every parameter needs a default"):
        detector(parameters=Required)


def test_parameters_of_another_detector_are_refused() -> None:
    with pytest.raises(TypeError, match="storage\\.sample"):
        Policy(parameters={"storage.sample": Open()}).parameter("storage.sample", Required)
