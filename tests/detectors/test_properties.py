"""What holds for any bucket: taking facts away only ever takes certainty away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.model import (
    AccessLogging,
    Bucket,
    Copy,
    CopyKind,
    Encryption,
    Grant,
    KeyHolder,
    Known,
    NotNeeded,
    Provider,
    ProviderOpinion,
    Reach,
    Switch,
    TlsOnly,
    Versioning,
    Website,
    encode,
)
from detectors.catalogue import detectors_for
from detectors.engine import judge
from detectors.model import Policy, Residency, Verdict
from detectors.notes import NOTES
from detectors.storage.encryption_at_rest import UID as ENCRYPTION
from detectors.storage.encryption_at_rest import Parameters, Requirement
from detectors.storage.examples import policy_grant, private_bucket
from tests.detectors.blinding import Path, blinded, facts_in

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PLACES = ("aws:eu-central-1", "aws:eu-west-1", "aws:us-east-1", "aws:nowhere-1", "gcp:eu")


def places() -> st.SearchStrategy[Known[tuple[str, ...]]]:
    return st.lists(st.sampled_from(PLACES), max_size=3, unique=True).map(lambda chosen: Known(tuple(chosen)))


def copies() -> st.SearchStrategy[Known[tuple[Copy, ...]]]:
    copy = st.builds(Copy, kind=st.sampled_from(CopyKind), destination=st.just("arn:aws:s3:::copy"), places=places())
    return st.lists(copy, max_size=2).map(lambda chosen: Known(tuple(chosen)))


@st.composite
def grants(draw: st.DrawFn, switch: Switch, via: str) -> Known[tuple[Grant, ...]]:
    """Grants as a collector makes them: one to the public bites exactly while no switch is on."""
    reaches = draw(st.lists(st.sampled_from(Reach), max_size=3))
    public = {Reach.ANONYMOUS_INTERNET, Reach.ANY_AUTHENTICATED, Reach.UNKNOWN}
    return Known(
        tuple(
            policy_grant(
                reach=reach,
                via=via,
                effective=Known(value=not (switch.on and reach in public)),
                blocked_by=switch.by if reach in public else (),
            )
            for reach in reaches
        )
    )


@st.composite
def buckets(draw: st.DrawFn) -> Bucket:
    """A bucket that was read as a whole and whose facts fit each other."""
    restrict = Switch(on=True, by=("bucket RestrictPublicBuckets",)) if draw(st.booleans()) else Switch(on=False)
    ignore = Switch(on=True, by=("account IgnorePublicAcls",)) if draw(st.booleans()) else Switch(on=False)
    acl = NotNeeded("acl_hidden") if ignore.on else draw(grants(ignore, "bucket ACL"))
    facts: dict[str, Any] = {
        "provider": draw(st.sampled_from([Provider.AWS, Provider.AZURE, Provider.GCP])),
        "tags": draw(
            st.sampled_from([NotNeeded("no_tags"), Known({}), Known({"data-class": "personal"}), Known({"a": "b"})])
        ),
        "places": draw(places()),
        "copies": draw(copies()),
        "access_point_copies": draw(copies()),
        "policy_grants": draw(grants(restrict, "bucket policy")),
        "acl_grants": acl,
        "access_point_grants": draw(grants(restrict, "access point a")),
        "policy_silenced": Known(restrict),
        "acl_silenced": Known(ignore),
        "default_encryption": draw(
            st.builds(Encryption, holder=st.sampled_from(KeyHolder), explicit=st.booleans()).map(Known)
        ),
        "tls_only": draw(st.builds(TlsOnly, enforced=st.booleans()).map(Known)),
        "versioning": draw(st.builds(Versioning, enabled=st.booleans()).map(Known)),
        "access_logging": draw(st.builds(AccessLogging, enabled=st.booleans()).map(Known)),
        "website": draw(st.builds(Website, enabled=st.booleans()).map(Known)),
        "provider_opinion": draw(st.builds(ProviderOpinion, public=st.booleans(), source=st.just("status")).map(Known)),
        "requester_pays": draw(st.booleans().map(Known)),
    }
    return private_bucket(**facts)


def rules() -> st.SearchStrategy[tuple[str, ...]]:
    return st.sampled_from([("aws:eu-*",), ("aws:eu-central-1",), ("gcp:europe-*", "aws:us-*"), ("*",), ()])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    classes = draw(st.sampled_from([(), ("personal",), ("personal", "internal")]))
    return Policy(
        residency=Residency(default=draw(st.none() | rules()), classes={name: draw(rules()) for name in classes}),
        parameters={
            ENCRYPTION: Parameters(
                require=draw(st.sampled_from(Requirement)),
                classes={name: draw(st.sampled_from(Requirement)) for name in classes},
            )
        },
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Policy, Bucket, Bucket]:
    """A policy, a bucket some of which could be read, and the same with more taken away."""
    bucket = draw(buckets())
    paths: list[Path] = list(facts_in(bucket))
    first = draw(st.lists(st.sampled_from(paths), max_size=3, unique=True))
    seen = blinded(bucket, *first)
    left = list(facts_in(seen))
    return draw(policies()), seen, blinded(seen, *draw(st.lists(st.sampled_from(left), max_size=4, unique=True)))


@given(worlds())
@settings(max_examples=300, deadline=None)
def test_taking_facts_away_leaves_the_verdict_or_makes_it_unknown(world: tuple[Policy, Bucket, Bucket]) -> None:
    policy, seen, less = world
    for detector in detectors_for(Bucket):
        before, after = judge(detector, seen, policy, NOW), judge(detector, less, policy, NOW)
        if before is None or after is None:
            assert before is after
            continue
        assert after.verdict in {before.verdict, Verdict.UNKNOWN}, detector.uid


@given(worlds())
@settings(max_examples=150, deadline=None)
def test_a_verdict_always_comes_with_its_reason(world: tuple[Policy, Bucket, Bucket]) -> None:
    policy, _, bucket = world
    for detector in detectors_for(Bucket):
        judgement = judge(detector, bucket, policy, NOW)
        if judgement is None:
            continue
        violates = any(evidence.violates for evidence in judgement.evidence)
        assert violates == (judgement.verdict is Verdict.FAIL)
        assert judgement.verdict is not Verdict.PASS or not judgement.unread
        assert judgement.verdict is not Verdict.UNKNOWN or judgement.unread
        assert set(judgement.notes) <= set(NOTES)
        assert encode(judge(detector, bucket, policy, NOW)) == encode(judgement)
