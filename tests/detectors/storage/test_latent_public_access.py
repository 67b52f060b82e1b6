"""storage.latent_public_access: what a switch holds back, and what it hides."""

from __future__ import annotations

import pytest

from collectors.model import Bucket, Fact, Known, NotNeeded, Provider, Reach, Switch, Unread, UnreadReason
from detectors.engine import judge
from detectors.model import Judgement, Policy, Verdict
from detectors.storage.examples import DENIED_ACL, DENIED_POLICY, IGNORED, acl_grant, policy_grant, private_bucket
from detectors.storage.latent_public_access import DETECTOR

BLOCKED = Known(value=False)
DENIED_BLOCK = Unread(
    reason=UnreadReason.DENIED, operation="s3control:GetPublicAccessBlock", permission="s3:GetAccountPublicAccessBlock"
)


def look(bucket: Bucket) -> Judgement:
    judgement = judge(DETECTOR, bucket, Policy(), DETECTOR.example_now)
    assert judgement is not None
    return judgement


@pytest.mark.parametrize(
    ("effective", "verdict"),
    [(Known(value=True), Verdict.PASS), (BLOCKED, Verdict.FAIL), (DENIED_BLOCK, Verdict.UNKNOWN)],
)
@pytest.mark.parametrize("source", ["policy_grants", "acl_grants", "access_point_grants"])
def test_only_a_grant_known_to_be_blocked_is_latent(source: str, effective: Fact[bool], verdict: Verdict) -> None:
    grant = policy_grant(effective=effective, blocked_by=("account RestrictPublicBuckets",))
    judgement = look(private_bucket(**{source: Known((grant,))}))
    assert judgement.verdict is verdict
    if verdict is Verdict.FAIL:
        assert judgement.evidence[0].name == source
        assert judgement.evidence[0].data["blocked_by"] == ("account RestrictPublicBuckets",)


@pytest.mark.parametrize("reach", [Reach.ANONYMOUS_FROM_RANGE, Reach.NAMED_EXTERNAL, Reach.ORGANISATION, Reach.PRIVATE])
def test_a_blocked_grant_to_some_is_not_latent_public_access(reach: Reach) -> None:
    judgement = look(private_bucket(policy_grants=Known((policy_grant(reach=reach, effective=BLOCKED),))))
    assert judgement.verdict is Verdict.PASS


def test_a_blocked_grant_of_unknown_reach_is_unknown() -> None:
    grant = policy_grant(reach=Reach.UNKNOWN, effective=BLOCKED)
    assert look(private_bucket(policy_grants=Known((grant,)))).verdict is Verdict.UNKNOWN
    grant = policy_grant(reach=Reach.UNKNOWN, effective=BLOCKED, unread=DENIED_POLICY)
    assert look(private_bucket(access_point_grants=Known((grant,)))).unread == (DENIED_POLICY,)
    grant = policy_grant(reach=Reach.UNKNOWN, effective=Known(value=True))
    assert look(private_bucket(policy_grants=Known((grant,)))).verdict is Verdict.PASS


@pytest.mark.parametrize("acl", [NotNeeded("acl_hidden"), Known(())])
def test_what_the_provider_hides_is_a_pass_with_a_note(acl: str) -> None:
    judgement = look(private_bucket(acl_grants=acl, acl_silenced=IGNORED))
    assert (judgement.verdict, judgement.notes) == (Verdict.PASS, ("acl_hidden",))


def test_acls_that_are_disabled_are_shown_by_the_provider_and_hide_nothing() -> None:
    silenced = Known(Switch(on=True, by=("bucket ownership BucketOwnerEnforced",)))
    assert look(private_bucket(acl_silenced=silenced)).notes == ()
    judgement = look(private_bucket(acl_grants=Known((acl_grant(effective=BLOCKED),)), acl_silenced=silenced))
    assert judgement.verdict is Verdict.FAIL


def test_a_switch_excuses_no_unread_source_here() -> None:
    assert look(private_bucket(acl_grants=DENIED_ACL, acl_silenced=IGNORED)).verdict is Verdict.UNKNOWN
    silenced = Known(Switch(on=True, by=("bucket RestrictPublicBuckets",)))
    assert look(private_bucket(policy_grants=DENIED_POLICY, policy_silenced=silenced)).verdict is Verdict.UNKNOWN


def test_only_s3_hides_grants() -> None:
    judgement = look(private_bucket(provider=Provider.GCP, acl_silenced=IGNORED))
    assert judgement.notes == ()
