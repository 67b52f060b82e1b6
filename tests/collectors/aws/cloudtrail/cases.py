"""Accounts' audit logging, good, bad and unread: how each is made, and how an auditor judges it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detectors.logging.weighing import Parameters
from detectors.model import Policy
from tests.fakes.aws_faults import DENIED, GATEWAY_PAGE, Fault
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.aws_trails import EVERYTHING, MANAGEMENT, AuditedAccount, advanced

OTHER_OWNER = "999999999999"
HOME = "us-east-1"
"""Where an account is asked for what belongs to no region, with no other configured."""
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
ONLY_BY_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["BUCKET", "BUCKET/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ONE_ROLE_KEPT_OFF = NOBODY_DELETES | {"Principal": {"AWS": "arn:aws:iam::123456789012:role/intern"}}
OUR_OWN_DELETE = NOBODY_DELETES | {"Condition": {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}}
ANOTHER_READS = ANYBODY_READS | {"Principal": {"AWS": "arn:aws:iam::999999999999:role/siem"}}
THE_ORGANIZATION_READS = ANYBODY_READS | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
NOBODY_LIFTS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutLifecycleConfiguration"],
    "Resource": "BUCKET",
}


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


def locked(mode: str, **period: int) -> Callable[[Seeding], None]:
    def make(seed: Seeding) -> None:
        seed.own.bucket(lock=mode, period=period)
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


def of_the_organization(seed: Seeding) -> None:
    seed.own.well_kept(IsOrganizationTrail=True)


def halves_in_two_trails(seed: Seeding) -> None:
    seed.own.bucket()
    seed.own.trail("a-reads", selectors=(basic("ReadOnly"),))
    seed.own.trail("b-writes", selectors=(basic("WriteOnly"),))


def stopped_and_not_validated(seed: Seeding) -> None:
    seed.own.well_kept(recording=False, EnableLogFileValidation=False)


def no_delivery_at_all(seed: Seeding) -> None:
    seed.own.well_kept()
    errors = '"LatestDeliveryError": "NoSuchBucket", "LatestDigestDeliveryError": "NoSuchBucket"'
    seed.fails("cloudtrail:GetTrailStatus", add_to_status(errors))


def listed_by(acl: str) -> Callable[[Seeding], None]:
    def make(seed: Seeding) -> None:
        seed.own.well_kept()
        seed.own.s3.put_bucket_acl(Bucket=f"{seed.own.name}-log", ACL=acl)

    return make


def blocked_by_half(seed: Seeding) -> None:
    under(ANYBODY_READS)(seed)
    seed.own.s3.put_public_access_block(
        Bucket=f"{seed.own.name}-log",
        PublicAccessBlockConfiguration={"BlockPublicPolicy": True, "RestrictPublicBuckets": False},
    )


def elsewhere_and_stopped(seed: Seeding) -> None:
    elsewhere("archive-log")(seed)
    seed.own.trail_client().stop_logging(Name="audit")


def block_unread_of_a_public_one(seed: Seeding) -> None:
    under(ANYBODY_READS)(seed)
    seed.fails("s3:GetPublicAccessBlock", DENIED)


def not_validated_and_status_unread(seed: Seeding) -> None:
    seed.own.well_kept(EnableLogFileValidation=False)
    seed.fails("cloudtrail:GetTrailStatus", REFUSED)


def second_unread(seed: Seeding) -> None:
    seed.own.well_kept()
    seed.fails("cloudtrail:GetTrailStatus", REFUSED, whose=seed.own.trail("second"))


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
    "locked-for-a-day": (locked("COMPLIANCE", Days=1), PASS, ("object_lock_ends_early",)),
    "locked-for-a-year": (locked("COMPLIANCE", Years=1), PASS, ()),
    "governed-for-a-day": (
        locked("GOVERNANCE", Days=1),
        PASS,
        ("object_lock_can_be_bypassed", "object_lock_ends_early"),
    ),
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
    "of-the-organization": (of_the_organization, PASS, ("trail_of_the_organization",)),
    "halves-in-two-trails": (halves_in_two_trails, FAIL, ("writes_not_recorded", "reads_not_recorded")),
    "nothing-selected": (
        selecting({"ReadWriteType": "All", "IncludeManagementEvents": False}),
        FAIL,
        ("reads_not_recorded", "writes_not_recorded"),
    ),
    "databases-left-out": (
        selecting(basic("All", ExcludeManagementEventSources=["rdsdata.amazonaws.com"])),
        FAIL,
        ("events_left_out",),
    ),
    "basic-add-up": (selecting(basic("ReadOnly"), basic("WriteOnly")), PASS, ()),
    "advanced-reads": (selecting(advanced(**MANAGEMENT, readOnly=["true"])), FAIL, ("writes_not_recorded",)),
    "objects-besides": (
        selecting(advanced(**MANAGEMENT), advanced(eventCategory=["Data"], **{"resources.type": ["AWS::S3::Object"]})),
        PASS,
        (),
    ),
    "one-name-left-out": (
        selecting(advanced(**MANAGEMENT, eventName={"NotEquals": ["AssumeRole"]})),
        FAIL,
        ("events_narrowed",),
    ),
    "stopped-and-not-validated": (stopped_and_not_validated, FAIL, ("log_files_not_validated", "not_recording")),
    "no-delivery-at-all": (no_delivery_at_all, FAIL, ("delivery_fails", "digest_delivery_fails")),
    "tls-alone-is-asked-for": (under(ONLY_BY_TLS, lock=""), FAIL, ("log_can_be_deleted",)),
    "one-role-does-not-delete": (under(ONE_ROLE_KEPT_OFF, lock=""), FAIL, ("log_can_be_deleted",)),
    "the-account-s-own-delete": (under(OUR_OWN_DELETE, lock=""), FAIL, ("log_can_be_deleted",)),
    "the-bucket-alone-is-kept": (
        under(NOBODY_DELETES | {"Resource": "BUCKET", "Action": "s3:DeleteBucket"}, lock=""),
        FAIL,
        ("log_can_be_deleted",),
    ),
    "governed-and-denied": (
        under(NOBODY_DELETES, lock="GOVERNANCE"),
        PASS,
        ("deletion_rule_can_be_lifted", "object_lock_can_be_bypassed"),
    ),
    "another-account-reads-it": (under(ANOTHER_READS, lock="COMPLIANCE"), PASS, ()),
    "the-organization-reads-it": (under(THE_ORGANIZATION_READS), PASS, ()),
    "anybody-writes-to-it": (under(ANYBODY_READS | {"Action": "s3:PutObject"}), FAIL, ("bucket_is_public",)),
    "any-account-lists-it": (listed_by("authenticated-read"), FAIL, ("bucket_is_public",)),
    "blocked-by-half": (blocked_by_half, FAIL, ("bucket_is_public",)),
    "elsewhere-and-stopped": (elsewhere_and_stopped, FAIL, ("not_recording",)),
    "elsewhere-and-not-vouched": (elsewhere("avouched-log"), UNKNOWN, ()),
    "versioning-unread": (unread("s3:GetBucketVersioning", DENIED, lock=""), UNKNOWN, ()),
    "lock-behind-a-gateway": (unread("s3:GetObjectLockConfiguration", GATEWAY_PAGE), UNKNOWN, ()),
    "status-behind-a-gateway": (unread("cloudtrail:GetTrailStatus", GATEWAY_PAGE), UNKNOWN, ()),
    "status-empty": (unread("cloudtrail:GetTrailStatus", Fault(body=b"{}")), UNKNOWN, ()),
    "block-unread-of-a-public-one": (block_unread_of_a_public_one, UNKNOWN, ()),
    "not-validated-and-status-unread": (not_validated_and_status_unread, FAIL, ("log_files_not_validated",)),
    "second-unread": (second_unread, PASS, ()),
}
