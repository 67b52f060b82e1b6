"""An account's audit logging, read from moto and judged by the real detector against a table written by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from collectors.aws.cloudtrail import AuditLoggingCollector
from collectors.aws.session import AwsAccount
from collectors.model import AuditLogging, Known, NotNeeded, Provider, Scope, Unread, UnreadReason
from detectors.catalogue import catalogue
from detectors.engine import judge
from detectors.logging.weighing import Parameters, Protection
from detectors.model import Judgement, Policy, Severity
from tests.fakes.aws_faults import DENIED, GATEWAY_PAGE, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.aws_trails import EVERYTHING, MANAGEMENT, AuditedAccount, advanced

OTHER_OWNER = "999999999999"
HOME = "us-east-1"
"""Where an account is asked for what belongs to no region, with no other configured."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = Policy(parameters={"logging.audit_trail": Parameters(trusted_buckets=("vouched-*",))})
REFUSED = Fault(status=400, code="AccessDeniedException")

ANYBODY_READS = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "BUCKET/*"}
NOBODY_DELETES = {
    "Sid": "KeepTheLog",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
    "Resource": "BUCKET/*",
}
ONLY_THE_KEEPER_DELETES = NOBODY_DELETES | {
    "Condition": {"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/log-keeper"}}
}
NOBODY_LIFTS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutLifecycleConfiguration"],
    "Resource": "BUCKET",
}


SCOPE = Scope(
    target="test", provider=Provider.AWS, account=ACCOUNT, region="global", collector="aws.cloudtrail.logging"
)


def add_to_status(text: str) -> Fault:
    return Fault(rewrite=lambda body: body.rstrip()[:-1] + f", {text}}}".encode())


class Seeding:
    """What the cases are made with: an account, and failures that hit one of its trails or its bucket."""

    def __init__(self, moto: Moto, name: str = "own") -> None:
        self.own = AuditedAccount(moto, ACCOUNT, name)
        self.moto = moto
        self.trouble: list[tuple[str, Fault, str]] = []

    def fails(self, operation: str, fault: Fault, whose: str = "") -> None:
        self.trouble.append((operation, fault, whose or (f"{self.own.name}-log" if operation[:3] == "s3:" else "")))


def everything(seed: Seeding) -> None:
    seed.own.well_kept()


def nothing(seed: Seeding) -> None:
    seed.own.bucket()


def one_region(seed: Seeding) -> None:
    seed.own.well_kept(region=HOME, IsMultiRegionTrail=False)


def one_region_elsewhere(seed: Seeding) -> None:
    seed.own.well_kept(IsMultiRegionTrail=False)


def stopped(seed: Seeding) -> None:
    seed.own.well_kept(recording=False)


def delivery_fails(seed: Seeding) -> None:
    seed.own.well_kept()
    seed.fails("cloudtrail:GetTrailStatus", add_to_status('"LatestDeliveryError": "AccessDenied"'))


def digest_fails(seed: Seeding) -> None:
    seed.own.well_kept()
    seed.fails("cloudtrail:GetTrailStatus", add_to_status('"LatestDigestDeliveryError": "NoSuchBucket"'))


def not_validated(seed: Seeding) -> None:
    seed.own.well_kept(EnableLogFileValidation=False)


def without_global_services(seed: Seeding) -> None:
    seed.own.well_kept()
    leaves_out = Fault(
        rewrite=lambda body: body.replace(b'"IncludeGlobalServiceEvents": true', b'"IncludeGlobalServiceEvents": false')
    )
    seed.fails("cloudtrail:DescribeTrails", leaves_out)


def selecting(*selectors: dict[str, Any]) -> Callable[[Seeding], None]:
    return lambda seed: _ignored(seed.own.well_kept(selectors=selectors))


def locked(mode: str) -> Callable[[Seeding], None]:
    def make(seed: Seeding) -> None:
        seed.own.bucket(lock=mode)
        seed.own.trail()

    return make


def under(*statements: dict[str, Any], lock: str = "COMPLIANCE", versioned: bool = True) -> Callable[[Seeding], None]:
    def make(seed: Seeding) -> None:
        seed.own.bucket(lock=lock, versioned=versioned)
        seed.own.policy(*statements)
        seed.own.trail()

    return make


def open_by_acl(seed: Seeding) -> None:
    seed.own.well_kept()
    seed.own.s3.put_bucket_acl(Bucket=f"{seed.own.name}-log", ACL="public-read")


def open_but_blocked(seed: Seeding) -> None:
    under(ANYBODY_READS)(seed)
    seed.own.s3.put_public_access_block(
        Bucket=f"{seed.own.name}-log",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )


def second_factor(seed: Seeding) -> None:
    locked("")(seed)
    said = b"<Status>Enabled</Status>"
    seed.fails(
        "s3:GetBucketVersioning",
        Fault(rewrite=lambda body: body.replace(said, said + b"<MfaDelete>Enabled</MfaDelete>")),
    )


def elsewhere(name: str) -> Callable[[Seeding], None]:
    """The bucket is another account's; moto wants it in the trail's own when the trail is made."""

    def make(seed: Seeding) -> None:
        seed.own.bucket(name, lock="")
        seed.own.trail(bucket=name)
        seed.own.s3.delete_bucket(Bucket=name)
        AuditedAccount(seed.moto, OTHER_OWNER, "owner").bucket(name)

    return make


def bucket_gone(seed: Seeding) -> None:
    locked("")(seed)
    seed.own.s3.delete_bucket(Bucket=f"{seed.own.name}-log")


def unread(operation: str, fault: Fault = REFUSED, lock: str = "COMPLIANCE") -> Callable[[Seeding], None]:
    def make(seed: Seeding) -> None:
        locked(lock)(seed)
        seed.fails(operation, fault)

    return make


def lock_unread_and_stopped(seed: Seeding) -> None:
    seed.own.bucket(lock="")
    seed.own.trail(recording=False)
    seed.fails("s3:GetObjectLockConfiguration", DENIED)


def one_good_among_bad(seed: Seeding) -> None:
    seed.own.well_kept()
    seed.own.trail("old", recording=False)
    seed.own.trail("local", IsMultiRegionTrail=False)


def bad_and_unread(seed: Seeding) -> None:
    seed.own.well_kept(recording=False)
    arn = seed.own.trail("second")
    seed.fails("cloudtrail:GetTrailStatus", REFUSED, whose=arn)


def in_another_region(seed: Seeding) -> None:
    seed.own.well_kept(region="eu-north-1")


def _ignored(_: object) -> None:
    return None


def basic(kind: str, **more: Any) -> dict[str, Any]:
    return {"ReadWriteType": kind, "IncludeManagementEvents": True, **more}


PASS, FAIL, UNKNOWN = "PASS", "FAIL", "UNKNOWN"
TABLE: dict[str, tuple[Callable[[Seeding], None], str, tuple[str, ...]]] = {
    # what it is: how it is made, the verdict, and the problems or the notes
    "everything": (everything, PASS, ()),
    "nothing": (nothing, FAIL, ()),
    "one-region": (one_region, FAIL, ("of_one_region",)),
    "one-region-elsewhere": (one_region_elsewhere, FAIL, ()),
    "stopped": (stopped, FAIL, ("not_recording",)),
    "delivery-fails": (delivery_fails, FAIL, ("delivery_fails",)),
    "digest-fails": (digest_fails, FAIL, ("digest_delivery_fails",)),
    "not-validated": (not_validated, FAIL, ("log_files_not_validated",)),
    "without-global-services": (without_global_services, FAIL, ("global_services_left_out",)),
    "selectors-say-all": (selecting(*EVERYTHING), PASS, ()),
    "reads-alone": (selecting(basic("ReadOnly")), FAIL, ("writes_not_recorded",)),
    "writes-alone": (selecting(basic("WriteOnly")), FAIL, ("reads_not_recorded",)),
    "kms-left-out": (
        selecting(basic("All", ExcludeManagementEventSources=["kms.amazonaws.com"])),
        FAIL,
        ("events_left_out",),
    ),
    "objects-alone": (
        selecting(advanced(eventCategory=["Data"], **{"resources.type": ["AWS::S3::Object"]})),
        FAIL,
        ("reads_not_recorded", "writes_not_recorded"),
    ),
    "advanced-all": (selecting(advanced(**MANAGEMENT)), PASS, ()),
    "advanced-writes": (selecting(advanced(**MANAGEMENT, readOnly=["false"])), FAIL, ("reads_not_recorded",)),
    "advanced-add-up": (
        selecting(advanced(**MANAGEMENT, readOnly=["false"]), advanced(**MANAGEMENT, readOnly=["true"])),
        PASS,
        (),
    ),
    "advanced-leaves-out": (
        selecting(advanced(**MANAGEMENT, eventSource={"NotEquals": ["rdsdata.amazonaws.com"]})),
        FAIL,
        ("events_left_out",),
    ),
    "advanced-narrowed": (
        selecting(advanced(**MANAGEMENT, eventName={"StartsWith": ["Delete"]})),
        FAIL,
        ("events_narrowed",),
    ),
    "anybody-reads-it": (under(ANYBODY_READS), FAIL, ("bucket_is_public",)),
    "anybody-lists-it": (open_by_acl, FAIL, ("bucket_is_public",)),
    "open-but-blocked": (open_but_blocked, PASS, ()),
    "unlocked": (locked(""), FAIL, ("log_can_be_deleted",)),
    "governed": (locked("GOVERNANCE"), PASS, ("object_lock_can_be_bypassed",)),
    "second-factor": (second_factor, PASS, ()),
    "nobody-deletes": (under(NOBODY_DELETES, lock=""), PASS, ("deletion_rule_can_be_lifted",)),
    "nobody-lifts-it": (under(NOBODY_DELETES, NOBODY_LIFTS, lock=""), PASS, ()),
    "only-the-keeper-deletes": (under(ONLY_THE_KEEPER_DELETES, lock=""), PASS, ("deletion_rule_can_be_lifted",)),
    "other-keys-kept": (
        under(NOBODY_DELETES | {"Resource": "BUCKET/other/*"}, lock=""),
        FAIL,
        ("log_can_be_deleted",),
    ),
    "versions-kept": (
        under(NOBODY_DELETES | {"Action": "s3:DeleteObjectVersion"}, lock=""),
        PASS,
        ("deletion_rule_can_be_lifted",),
    ),
    "versions-kept-of-none": (
        under(NOBODY_DELETES | {"Action": "s3:DeleteObjectVersion"}, lock="", versioned=False),
        FAIL,
        ("log_can_be_deleted",),
    ),
    "elsewhere": (elsewhere("archive-log"), UNKNOWN, ()),
    "elsewhere-vouched": (elsewhere("vouched-log"), PASS, ("log_bucket_vouched_for",)),
    "bucket-gone": (bucket_gone, FAIL, ("bucket_does_not_exist",)),
    "status-unread": (unread("cloudtrail:GetTrailStatus"), UNKNOWN, ()),
    "selectors-unread": (unread("cloudtrail:GetEventSelectors"), UNKNOWN, ()),
    "selectors-nonsense": (unread("cloudtrail:GetEventSelectors", GATEWAY_PAGE), UNKNOWN, ()),
    "policy-unread": (unread("s3:GetBucketPolicy", DENIED), UNKNOWN, ()),
    "acl-unread": (unread("s3:GetBucketAcl", DENIED), UNKNOWN, ()),
    "lock-unread": (unread("s3:GetObjectLockConfiguration", DENIED, lock=""), UNKNOWN, ()),
    "lock-unread-and-stopped": (lock_unread_and_stopped, FAIL, ("not_recording",)),
    "one-good-among-bad": (one_good_among_bad, PASS, ()),
    "bad-and-unread": (bad_and_unread, UNKNOWN, ()),
    "in-another-region": (in_another_region, PASS, ()),
}


def look(found: AuditLogging, policy: Policy = POLICY) -> Judgement:
    judgement = judge(catalogue()["logging.audit_trail"], found, policy, NOW)
    assert judgement is not None
    return judgement


@cache
def connected(url: str) -> AwsAccount:
    """One account for all tests: what it costs to make its clients anew is not what is tested."""
    return AwsAccount(ACCOUNT, endpoint_url=url)


def read(faults: Faults) -> AuditLogging:
    (found,) = AuditLoggingCollector(connected(faults.url)).collect(SCOPE)
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
    collector = AuditLoggingCollector(connected(faults.url))
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
