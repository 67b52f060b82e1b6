"""storage.public_access: every mix of policy, ACL, access points and switches against a rule written by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from collectors.model import (
    Bucket,
    Encryption,
    Fact,
    Grant,
    KeyHolder,
    Known,
    NotNeeded,
    Provider,
    ProviderOpinion,
    Reach,
    Switch,
    Unread,
    UnreadReason,
    Website,
    encode,
)
from detectors.engine import judge
from detectors.model import Judgement, Policy, Severity, Verdict
from detectors.storage.examples import (
    DENIED_ACL,
    DENIED_POLICY,
    access_point_grant,
    acl_grant,
    azure_account,
    policy_grant,
    private_bucket,
)
from detectors.storage.public_access import DETECTOR

DENIED_POINTS = Unread(
    reason=UnreadReason.DENIED, operation="s3control:ListAccessPoints", permission="s3:ListAccessPoints"
)
DENIED_BLOCK = Unread(
    reason=UnreadReason.DENIED,
    operation="s3control:GetPublicAccessBlock",
    permission="s3:GetAccountPublicAccessBlock",
)
ON = Known(Switch(on=True, by=("account IgnorePublicAcls",)))
OFF = Known(Switch(on=False))

# One way in and the switch over it, and what they alone come to. By hand, from semantics 0.2 and 1.5.
ALONE = {
    ("public", "off"): Verdict.FAIL,
    ("public", "on"): Verdict.PASS,
    ("public", "unread"): Verdict.UNKNOWN,
    ("private", "off"): Verdict.PASS,
    ("private", "on"): Verdict.PASS,
    ("private", "unread"): Verdict.PASS,
    ("unread", "off"): Verdict.UNKNOWN,
    ("unread", "on"): Verdict.PASS,
    ("unread", "unread"): Verdict.UNKNOWN,
}
STATES = ("public", "private", "unread")
SWITCHES = ("off", "on", "unread")
SWITCH = {"on": ON, "off": OFF, "unread": DENIED_BLOCK}
EFFECTIVE = {"on": Known(value=False), "off": Known(value=True), "unread": DENIED_BLOCK}


def source(state: str, switch: str, make: Callable[..., Grant], denied: Unread) -> Fact[tuple[Grant, ...]]:
    if state == "unread":
        return denied
    return Known((make(effective=EFFECTIVE[switch]),)) if state == "public" else Known(())


def look(bucket: Bucket) -> Judgement:
    judgement = judge(DETECTOR, bucket, Policy(), DETECTOR.example_now)
    assert judgement is not None
    return judgement


@pytest.mark.parametrize(
    ("policy", "acl", "point", "restrict", "ignore"),
    list(itertools.product(STATES, STATES, STATES, SWITCHES, SWITCHES)),
)
def test_truth_table(policy: str, acl: str, point: str, restrict: str, ignore: str) -> None:
    judgement = look(
        private_bucket(
            policy_grants=source(policy, restrict, policy_grant, DENIED_POLICY),
            acl_grants=source(acl, ignore, acl_grant, DENIED_ACL),
            access_point_grants=source(point, restrict, access_point_grant, DENIED_POINTS),
            policy_silenced=SWITCH[restrict],
            acl_silenced=SWITCH[ignore],
        )
    )
    ways = {
        "policy_grants": ALONE[policy, restrict],
        "acl_grants": ALONE[acl, ignore],
        "access_point_grants": ALONE[point, restrict],
    }
    worst = next(one for one in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS) if one in ways.values())
    assert judgement.verdict is worst
    assert {evidence.name for evidence in judgement.evidence} == {
        name for name, alone in ways.items() if alone is Verdict.FAIL
    }
    assert bool(judgement.unread) == (Verdict.UNKNOWN in ways.values())
    states = {
        "policy_grants": (policy, restrict),
        "acl_grants": (acl, ignore),
        "access_point_grants": (point, restrict),
    }
    for name, state in states.items():
        assert (f"{name}_unread_but_silenced" in judgement.notes) == (state == ("unread", "on"))


def test_evidence_names_the_exact_statement() -> None:
    grant = policy_grant()
    evidence = look(private_bucket(policy_grants=Known((grant,)))).evidence
    assert [one.name for one in evidence] == ["policy_grants"]
    assert evidence[0].data["statement"] == grant.statement
    assert evidence[0].data["via"] == "bucket policy"
    assert evidence[0].data["what"] == ("read",)
    assert "effective" not in evidence[0].data


@pytest.mark.parametrize("reach", [Reach.ANONYMOUS_INTERNET, Reach.ANY_AUTHENTICATED])
def test_anyone_with_an_account_at_the_cloud_is_the_public(reach: Reach) -> None:
    assert look(private_bucket(acl_grants=Known((acl_grant(reach=reach),)))).verdict is Verdict.FAIL


@pytest.mark.parametrize("reach", [Reach.ANONYMOUS_FROM_RANGE, Reach.NAMED_EXTERNAL, Reach.ORGANISATION])
def test_a_grant_held_to_some_is_shown_and_no_violation(reach: Reach) -> None:
    judgement = look(private_bucket(policy_grants=Known((policy_grant(reach=reach),))))
    assert judgement.verdict is Verdict.PASS
    assert [(one.name, one.violates, one.data["reach"]) for one in judgement.evidence] == [
        ("policy_grants", False, reach)
    ]
    assert "restricted_grants_present" in judgement.notes
    assert b'"violates":false' in encode(judgement)


def test_a_grant_held_to_some_is_judged_though_its_switch_is_unread() -> None:
    grant = policy_grant(reach=Reach.NAMED_EXTERNAL, effective=DENIED_BLOCK)
    bucket = private_bucket(policy_grants=Known((grant,)), policy_silenced=DENIED_BLOCK)
    assert look(bucket).verdict is Verdict.PASS


def test_a_private_grant_is_not_shown() -> None:
    judgement = look(private_bucket(policy_grants=Known((policy_grant(reach=Reach.PRIVATE),))))
    assert (judgement.verdict, judgement.evidence) == (Verdict.PASS, ())


@pytest.mark.parametrize(
    ("effective", "verdict"),
    [(Known(value=True), Verdict.UNKNOWN), (Known(value=False), Verdict.PASS), (DENIED_BLOCK, Verdict.UNKNOWN)],
)
def test_a_grant_of_unknown_reach_is_unknown_unless_blocked(effective: Fact[bool], verdict: Verdict) -> None:
    grant = policy_grant(reach=Reach.UNKNOWN, via="access point abroad", effective=effective)
    judgement = look(private_bucket(policy_grants=Known((grant,))))
    assert judgement.verdict is verdict
    if effective == Known(value=True):
        assert judgement.unread[0].operation == "weigh the reach of access point abroad"


def test_a_denied_acl_hides_nothing_the_policy_shows() -> None:
    judgement = look(private_bucket(policy_grants=Known((policy_grant(),)), acl_grants=DENIED_ACL))
    assert judgement.verdict is Verdict.FAIL
    assert [one.permission for one in judgement.unread] == ["s3:GetBucketAcl"]


def test_the_cloud_saying_not_public_proves_nothing() -> None:
    opinion = Known(ProviderOpinion(public=False, source="GetBucketPolicyStatus"))
    judgement = look(private_bucket(acl_grants=DENIED_ACL, policy_grants=DENIED_POLICY, provider_opinion=opinion))
    assert judgement.verdict is Verdict.UNKNOWN
    judgement = look(private_bucket(policy_grants=Known((policy_grant(),)), provider_opinion=opinion))
    assert judgement.verdict is Verdict.FAIL
    assert "provider_says_not_public" in judgement.notes


def test_the_cloud_saying_public_is_a_note() -> None:
    opinion = Known(ProviderOpinion(public=True, source="GetBucketPolicyStatus"))
    judgement = look(private_bucket(provider_opinion=opinion))
    assert judgement.verdict is Verdict.PASS
    assert "provider_says_public" in judgement.notes
    agreed = look(private_bucket(provider_opinion=opinion, policy_grants=Known((policy_grant(),))))
    assert not {"provider_says_public", "provider_says_not_public"} & set(agreed.notes)


def test_the_opinion_is_of_the_policy_and_not_of_what_a_switch_makes_of_it() -> None:
    opinion = Known(ProviderOpinion(public=True, source="GetBucketPolicyStatus"))
    grant = policy_grant(effective=Known(value=False))
    judgement = look(private_bucket(provider_opinion=opinion, policy_grants=Known((grant,)), policy_silenced=ON))
    assert "provider_says_public" not in judgement.notes


@pytest.mark.parametrize(
    ("holder", "algorithm", "noted"),
    [
        (KeyHolder.PROVIDER, "AES256", False),
        (KeyHolder.PROVIDER, "aws:kms", True),
        (KeyHolder.CUSTOMER_KEY, "aws:kms", True),
        (KeyHolder.HSM, "aws:kms:dsse", True),
    ],
)
def test_default_encryption_never_lessens_exposure(holder: str, algorithm: str, noted: bool) -> None:
    encryption = Known(Encryption(holder=holder, algorithm=algorithm))
    judgement = look(private_bucket(policy_grants=Known((policy_grant(),)), default_encryption=encryption))
    assert (judgement.verdict, judgement.severity) == (Verdict.FAIL, Severity.CRITICAL)
    assert ("default_encryption_proves_nothing" in judgement.notes) == noted
    assert "default_encryption_proves_nothing" not in look(private_bucket(default_encryption=encryption)).notes


def test_requester_pays_is_a_note() -> None:
    judgement = look(
        private_bucket(
            policy_grants=Known((policy_grant(reach=Reach.ANY_AUTHENTICATED),)), requester_pays=Known(value=True)
        )
    )
    assert judgement.verdict is Verdict.FAIL
    assert "requester_pays_refuses_anonymous" in judgement.notes


def test_a_website_is_a_note_public_or_not() -> None:
    website = Known(Website(enabled=True, endpoint="records.s3-website.eu-central-1.amazonaws.com"))
    assert "website_on_private_bucket" in look(private_bucket(website=website)).notes
    assert "website_serves_bucket" in look(private_bucket(website=website, acl_grants=Known((acl_grant(),)))).notes


def test_object_acls_are_said_not_to_be_judged_unless_they_are_known_ignored() -> None:
    assert "object_acls_not_judged" in look(private_bucket()).notes
    assert "object_acls_not_judged" in look(private_bucket(acl_silenced=DENIED_BLOCK)).notes
    assert "object_acls_not_judged" not in look(private_bucket(acl_silenced=ON)).notes
    assert "object_acls_not_judged" not in look(azure_account()).notes
    assert "object_acls_not_judged" in look(private_bucket(provider=Provider.GCP)).notes


def test_a_grants_own_notes_reach_the_reader() -> None:
    grant = policy_grant(reach=Reach.NAMED_EXTERNAL, notes=("cloudfront_origin_access_identity",))
    assert "cloudfront_origin_access_identity" in look(private_bucket(policy_grants=Known((grant,)))).notes


def test_an_acl_that_was_hidden_is_a_pass_with_the_note() -> None:
    judgement = look(private_bucket(acl_grants=NotNeeded("acl_hidden"), acl_silenced=ON))
    assert (judgement.verdict, judgement.notes) == (Verdict.PASS, ("acl_hidden",))
