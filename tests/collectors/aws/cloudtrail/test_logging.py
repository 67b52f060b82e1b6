"""An account's audit logging, read from moto and judged by the real detector against a table written by hand."""

from __future__ import annotations

import pytest

from collectors.aws.cloudtrail import AuditLoggingCollector
from collectors.aws.session import AwsAccount
from collectors.model import AuditLogging, Known, NotNeeded, Unread, UnreadReason
from detectors.logging.weighing import Parameters, Protection
from detectors.model import Judgement, Policy, Severity
from tests.collectors.aws import looking
from tests.collectors.aws.cloudtrail.cases import (
    ANYBODY_READS,
    FAIL,
    PASS,
    POLICY,
    REFUSED,
    TABLE,
    UNKNOWN,
    Seeding,
    basic,
    elsewhere,
    locked,
    second_factor,
)
from tests.fakes.aws_faults import DENIED, GATEWAY_PAGE, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.aws_trails import AuditedAccount

SCOPE = looking.scope(AuditLoggingCollector, "global")


def look(found: AuditLogging, policy: Policy = POLICY) -> Judgement:
    return looking.look("logging.audit_trail", found, policy)


def read(faults: Faults) -> AuditLogging:
    (found,) = AuditLoggingCollector(looking.connected(faults.url)).collect(SCOPE)
    assert isinstance(found, AuditLogging), found
    return found


def problems(judgement: Judgement) -> tuple[str, ...]:
    return tuple(code for one in judgement.evidence if one.violates for code in one.data.get("problems", ()))


@pytest.mark.parametrize("name", TABLE)
def test_an_account_is_judged_as_an_auditor_judges_it(moto: Moto, faults: Faults, name: str) -> None:
    make, verdict, expected = TABLE[name]
    seed = Seeding(moto, name)
    make(seed)
    for operation, fault, whose in seed.trouble:
        faults.plan(
            operation,
            fault,
            when=lambda call, whose=whose: whose in (call.bucket or "".join(call.form.values())),  # type: ignore[misc]
        )
    found = read(faults)
    judgement = look(found)
    assert (judgement.verdict.value, problems(judgement) or judgement.notes) == (verdict, expected), judgement
    assert bool(judgement.unread) is (verdict == UNKNOWN)


@pytest.mark.parametrize("fault", [REFUSED, GATEWAY_PAGE, Fault(body=b"{}")])
def test_trails_that_cannot_be_listed_are_unknown_and_not_absent(faults: Faults, moto: Moto, fault: Fault) -> None:
    AuditedAccount(moto, ACCOUNT, "own").well_kept()
    faults.plan("cloudtrail:DescribeTrails", fault)
    found = read(faults)
    assert isinstance(found.trails, Unread)
    judgement = look(found)
    assert judgement.verdict.value == UNKNOWN
    if fault is REFUSED:
        assert "Grant cloudtrail:DescribeTrails" in judgement.remediation
    assert found.coverage() == (0, 1)


def test_what_is_missing_is_named_to_be_granted(faults: Faults, moto: Moto) -> None:
    AuditedAccount(moto, ACCOUNT, "own").well_kept()
    faults.plan("cloudtrail:GetTrailStatus", REFUSED)
    found = read(faults)
    assert [one.permission for one in look(found).unread] == ["cloudtrail:GetTrailStatus"]
    assert found.coverage() == (1, 2)


def test_a_bucket_of_another_account_lowers_no_coverage(faults: Faults, moto: Moto) -> None:
    elsewhere("archive-log")(Seeding(moto))
    found = read(faults)
    judgement = look(found)
    (why,) = judgement.unread
    assert (why.reason, why.detail) == (UnreadReason.NOT_TOLD, "bucket_of_other_account")
    assert found.coverage() == (1, 1)
    assert faults.count("s3:GetBucketPolicy") == 0


def test_a_list_of_buckets_that_is_refused_leaves_the_owner_open(faults: Faults, moto: Moto) -> None:
    account = AuditedAccount(moto, ACCOUNT, "own")
    account.well_kept()
    faults.plan("s3:ListBuckets", DENIED)
    found = read(faults)
    assert isinstance(found.trails, Known)
    assert isinstance(found.trails.value[0].own_bucket, Unread)
    # Whose it is does not matter where it is locked and closed.
    assert look(found).verdict.value == PASS
    faults.plan("s3:GetObjectLockConfiguration", Fault(status=404, code="ObjectLockConfigurationNotFoundError"))
    assert look(read(faults)).verdict.value == UNKNOWN


def test_an_organization_s_trail_counts_for_its_members(faults: Faults, moto: Moto) -> None:
    AuditedAccount(moto, ACCOUNT, "own").well_kept(IsOrganizationTrail=True)
    assert look(read(faults)).notes == ("trail_of_the_organization",)


def test_a_trail_of_the_organization_that_is_not_shown_is_not_told(faults: Faults, moto: Moto) -> None:
    AuditedAccount(moto, ACCOUNT, "own").well_kept(IsOrganizationTrail=True)
    faults.plan(
        "cloudtrail:DescribeTrails", Fault(rewrite=lambda body: body.replace(b":123456789012:trail", b":111:trail"))
    )
    gone = Fault(status=400, code="TrailNotFoundException")
    faults.plan("cloudtrail:GetTrailStatus", gone)
    faults.plan("cloudtrail:GetEventSelectors", gone)
    judgement = look(read(faults))
    assert judgement.verdict.value == UNKNOWN
    assert {one.detail for one in judgement.unread} == {"trail_of_the_organization"}


def test_a_trail_that_goes_while_it_is_read_is_no_trail(faults: Faults, moto: Moto) -> None:
    AuditedAccount(moto, ACCOUNT, "own").well_kept()
    faults.plan("cloudtrail:GetTrailStatus", Fault(status=400, code="TrailNotFoundException"))
    assert read(faults).trails == Known(())


def test_a_trail_is_told_once_however_many_regions_show_it(faults: Faults, moto: Moto) -> None:
    account = AuditedAccount(moto, ACCOUNT, "own")
    account.bucket()
    arns = [account.trail(f"trail-{region}", region=region) for region in ("eu-west-1", "us-east-1")]
    found = read(faults)
    assert isinstance(found.trails, Known)
    assert [one.uid for one in found.trails.value] == sorted(arns)
    homes = {call.region for call in faults.calls if call.operation == "cloudtrail:GetTrailStatus"}
    assert homes == {"eu-west-1", "us-east-1"}
    assert faults.count("cloudtrail:DescribeTrails") == 1


def test_a_bucket_that_trails_share_is_read_once(faults: Faults, moto: Moto) -> None:
    account = AuditedAccount(moto, ACCOUNT, "own")
    account.bucket()
    for number in range(4):
        account.trail(f"trail-{number}")
    found = read(faults)
    assert isinstance(found.trails, Known)
    assert len(found.trails.value) == 4
    assert faults.count("s3:GetBucketAcl") == faults.count("s3:GetObjectLockConfiguration") == 1
    assert faults.count("cloudtrail:GetTrailStatus") == 4


def test_a_trail_of_one_region_costs_no_call_of_its_own(faults: Faults, moto: Moto) -> None:
    AuditedAccount(moto, ACCOUNT, "own").well_kept(region="us-east-1", IsMultiRegionTrail=False)
    found = read(faults)
    assert isinstance(found.trails, Known)
    (trail,) = found.trails.value
    assert trail.recording == trail.log_bucket == NotNeeded("trail_of_one_region")
    assert [call.operation for call in faults.calls] == ["sts:GetCallerIdentity", "cloudtrail:DescribeTrails"]


def test_the_severity_says_whether_the_record_or_only_its_keeping_falls_short(faults: Faults, moto: Moto) -> None:
    account = AuditedAccount(moto, ACCOUNT, "own")
    account.bucket(lock="")
    account.trail()
    assert look(read(faults)).severity is Severity.MEDIUM
    account.trail_client().stop_logging(Name="audit")
    assert look(read(faults)).severity is Severity.HIGH


@pytest.mark.parametrize(
    ("parameters", "verdict"),
    [
        (Parameters(), PASS),
        (Parameters(log_protection=Protection.IMMUTABLE), FAIL),
        (Parameters(require_customer_key=True), FAIL),
    ],
)
def test_an_operator_may_ask_for_more(faults: Faults, moto: Moto, parameters: Parameters, verdict: str) -> None:
    locked("GOVERNANCE")(Seeding(moto))
    policy = Policy(parameters={"logging.audit_trail": parameters})
    assert look(read(faults), policy).verdict.value == verdict


@pytest.mark.parametrize(
    ("parameters", "verdict", "notes"),
    [
        (Parameters(), FAIL, ()),
        (Parameters(log_protection=Protection.NONE), FAIL, ()),
        (
            Parameters(log_protection=Protection.NONE, may_leave_out=("kms.amazonaws.com",)),
            PASS,
            ("events_left_out_as_allowed",),
        ),
    ],
)
def test_an_operator_may_ask_for_less(
    faults: Faults, moto: Moto, parameters: Parameters, verdict: str, notes: tuple[str, ...]
) -> None:
    account = AuditedAccount(moto, ACCOUNT, "own")
    account.bucket(lock="")
    account.trail(selectors=(basic("All", ExcludeManagementEventSources=["kms.amazonaws.com"]),))
    policy = Policy(parameters={"logging.audit_trail": parameters})
    judgement = look(read(faults), policy)
    assert (judgement.verdict.value, judgement.notes) == (verdict, notes)


def test_what_changes_at_the_bucket_changes_the_logging_at_the_next_pass(faults: Faults, moto: Moto) -> None:
    account = AuditedAccount(moto, ACCOUNT, "own")
    account.well_kept()
    before = read(faults)
    assert read(faults) == before
    account.policy(ANYBODY_READS)
    after = read(faults)
    assert after != before
    assert problems(look(after)) == ("bucket_is_public",)


def test_tags_of_the_bucket_change_nothing_here(faults: Faults, moto: Moto) -> None:
    account = AuditedAccount(moto, ACCOUNT, "own")
    account.well_kept()
    before = read(faults)
    account.s3.put_bucket_tagging(Bucket="own-log", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert read(faults) == before


def test_it_is_read_anew_by_its_uid_and_nothing_else_is(faults: Faults, moto: Moto) -> None:
    AuditedAccount(moto, ACCOUNT, "own").well_kept()
    collector = AuditLoggingCollector(looking.connected(faults.url))
    (found,) = collector.collect(SCOPE)
    assert isinstance(found, AuditLogging)
    assert found.uid == f"arn:aws:cloudtrail::{ACCOUNT}:trail"
    assert collector.refresh(SCOPE, found.uid) == found
    assert collector.refresh(SCOPE, f"{found.uid}/other") is None


def test_versioning_is_read_though_no_rule_for_buckets_asks_for_it(faults: Faults, moto: Moto) -> None:
    second_factor(seed := Seeding(moto))
    faults.plan(*seed.trouble[0][:2])
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, asked=lambda _kind, fact: fact == "trails")
    (found,) = AuditLoggingCollector(account).collect(SCOPE)
    assert isinstance(found, AuditLogging)
    assert look(found).verdict.value == PASS
    assert faults.count("s3:GetBucketVersioning") == 1
    assert faults.count("s3:GetBucketTagging") == faults.count("s3:GetBucketReplication") == 0
