"""logging.audit_trail: whether the account's audit log records everything, and is kept from those it is about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from collectors.model import (
    AuditLogging,
    DeletionRule,
    Known,
    ManagementEvents,
    Provider,
    Recording,
    Versioning,
)
from detectors.logging.examples import (
    GOVERNED,
    IN_ANOTHER_ACCOUNT,
    LOG_BUCKET,
    NO_RULE,
    UNLOCKED,
    VERSIONED,
    logging,
    of_one_region,
    trail,
)
from detectors.logging.weighing import Parameters, Weighed, weigh_trail
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, iso27001, over
from detectors.storage.examples import policy_grant

UID = "logging.audit_trail"

# Whether a bucket is public does not hang on the time.
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_LESSER = frozenset(
    {"log_can_be_deleted", "log_files_not_validated", "digest_delivery_fails", "no_key_of_ones_own", "events_left_out"}
)
_MOST_SHOWN = 5


@over("trails")
def no_sound_trail(account: AuditLogging, policy: Policy, now: datetime) -> Iterator[Observation]:
    """Observe that no trail is all that an audit trail must be: one that is suffices, whatever the others are."""
    weighed = _weighed(account, policy, now)
    sound = [one for one in weighed if one.sound]
    open_ones = [one for one in weighed if not one.problems]
    if sound:
        yield Evidence(
            name="trails", data={"trail": sound[0].trail.uid, "bucket": sound[0].trail.bucket}, violates=False
        )
    elif open_ones:
        for one in open_ones:
            yield from one.unread
    elif not weighed:
        yield Evidence(name="trails", data={"trails_of_every_region": 0})
    else:
        for one in sorted(weighed, key=lambda each: len(each.problems))[:_MOST_SHOWN]:
            seen = {code: data for code, data in one.problems.items() if data is not True}
            shown = {"trail": one.trail.uid, "bucket": one.trail.bucket, "problems": list(one.problems), "seen": seen}
            yield Evidence(name="trails", data={name: value for name, value in shown.items() if value})


def _weighed(account: AuditLogging, policy: Policy, now: datetime) -> list[Weighed]:
    parameters = policy.parameter(UID, Parameters)
    return [weigh_trail(one, policy, parameters, now) for one in account.trails.value]


def notes(account: AuditLogging, policy: Policy) -> Iterator[str]:
    """Yield how a sound trail holds: what weak guard it has, what was vouched for."""
    sound = next((one for one in _weighed(account, policy, _ANY_TIME) if one.sound), None)
    if sound is not None:
        yield from sound.notes


def weigh(account: AuditLogging, policy: Policy, _evidence: tuple[Evidence, ...], severity: Severity) -> Severity:
    """Return a lower severity where everything is recorded, and only the record is not kept as it should be."""
    weighed = _weighed(account, policy, _ANY_TIME)
    return Severity.MEDIUM if any(_LESSER.issuperset(one.problems) for one in weighed) else severity


_PUBLIC = msgspec.structs.replace(
    LOG_BUCKET, policy_grants=Known((policy_grant(resources=("arn:aws:s3:::audit-log/*",)),))
)
_UNLOCKED = {"object_lock": UNLOCKED}
_LOCKED_BY_MFA = {**_UNLOCKED, "versioning": Known(Versioning(enabled=True, state="Enabled", mfa_delete=True))}
_DENIED = {
    **_UNLOCKED,
    "deletion": Known(DeletionRule(refused=True, liftable=False, statements=("KeepTheLog",))),
}

DETECTOR = Detector(
    uid=UID,
    title="The audit log is not kept as it must be",
    on=AuditLogging,
    severity=Severity.HIGH,
    description=(
        "No trail records every region's management events, reading and writing, of every service, now and without "
        "errors, with log file validation, into a bucket that is neither public nor emptied by the very people whose "
        "deeds are in it. One such trail suffices, and an organization's counts for its member accounts. What keeps "
        "the log from deletion: Object Lock with a default retention, MFA delete, a bucket policy that denies it to "
        "everybody, or a bucket of another account. What such a bucket is open to cannot be seen from here and is "
        "unknown, unless trusted_buckets vouches for it. Events that a trail leaves out on purpose (KMS, RDS Data API) "
        "are missing unless may_leave_out names them. Where everything is recorded and only its keeping falls short, "
        "the severity is one step lower. A lock whose default retention is shorter than min_retention is noted, and is "
        "not enough where log_protection asks for an immutable log. Event data stores of CloudTrail Lake are not "
        "looked at."
    ),
    risk=(
        "Without a whole record nobody can say what an intruder did, or prove that there was none; and a record that "
        "the intruder can stop, read or delete is the first thing to go."
    ),
    controls=(iso27001("5.23"), iso27001("8.15"), iso27001("8.16"), iso27001("5.28"), iso27001("5.33")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Give account $account one trail for all regions, with log file validation and all management events, "
                "into a bucket of an account for logs alone, with Object Lock; in an organization, one trail of the "
                "organization does it for every account. Mend what the evidence names: a trail that is stopped, an "
                "error of delivery (the bucket's policy, the key's policy), selectors that leave events out."
            ),
            cli=(
                "# TRAIL and LOG_BUCKET: the trail and its bucket; in the trail's home region\n"
                "aws cloudtrail create-trail --name TRAIL --s3-bucket-name LOG_BUCKET --is-multi-region-trail "
                "--enable-log-file-validation --kms-key-id KEY_ARN\n"
                "# or, for one that is there: aws cloudtrail update-trail --name TRAIL --is-multi-region-trail "
                "--enable-log-file-validation\n"
                "aws cloudtrail put-event-selectors --trail-name TRAIL --event-selectors "
                '\'[{"ReadWriteType":"All","IncludeManagementEvents":true}]\'\n'
                "aws cloudtrail start-logging --name TRAIL\n"
                "aws s3api put-object-lock-configuration --bucket LOG_BUCKET --object-lock-configuration "
                '\'{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Days":400}}}\''
            ),
            terraform=(
                "# in account $account\n"
                'resource "aws_cloudtrail" "audit" {\n'
                '  name                          = "TRAIL"\n'
                '  s3_bucket_name                = "LOG_BUCKET"\n'
                "  is_multi_region_trail         = true\n"
                "  include_global_service_events = true\n"
                "  enable_log_file_validation    = true\n"
                '  kms_key_id                    = "KEY_ARN"\n'
                "}\n\n"
                'resource "aws_s3_bucket_object_lock_configuration" "audit" {\n'
                '  bucket = "LOG_BUCKET"\n'
                "  rule {\n"
                "    default_retention {\n"
                '      mode = "COMPLIANCE"\n'
                "      days = 400\n"
                "    }\n"
                "  }\n"
                "}"
            ),
        ),
    },
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html",
        "https://docs.aws.amazon.com/config/latest/developerguide/multi-region-cloudtrail-enabled.html",
    ),
    violations=(no_sound_trail,),
    notes=notes,
    weigh=weigh,
    parameters=Parameters,
    example_policy=Policy(parameters={UID: Parameters(trusted_buckets=("archive-*",))}),
    good=(
        logging(trail()),
        logging(of_one_region(), trail()),
        logging(trail(**_LOCKED_BY_MFA)),
        logging(trail(**_DENIED)),
        logging(trail(object_lock=GOVERNED)),
        logging(trail(organization=True, **IN_ANOTHER_ACCOUNT)),
    ),
    bad=(
        logging(),
        logging(of_one_region()),
        logging(trail(recording=Known(Recording(on=False)))),
        logging(trail(recording=Known(Recording(on=True, delivery_error="AccessDenied")))),
        logging(trail(validated=False)),
        logging(trail(events=Known(ManagementEvents(read=False, write=True)))),
        logging(trail(events=Known(ManagementEvents(read=True, write=True, left_out=("kms.amazonaws.com",))))),
        logging(trail(log_bucket=Known(_PUBLIC))),
        logging(trail(**_UNLOCKED, deletion=NO_RULE, versioning=VERSIONED)),
    ),
)
