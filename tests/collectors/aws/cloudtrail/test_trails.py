"""Trails as data that lies somewhere, read from moto and judged by the real rules of residency."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.aws.cloudtrail import TrailCollector
from collectors.aws.session import AwsAccount
from collectors.model import Known, LogTrail, Unread, UnreadReason
from detectors.model import Policy, Residency
from tests.collectors.aws.looking import connected, look, read, scope, verdicts
from tests.fakes.aws_faults import DENIED, GATEWAY_PAGE, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.aws_trails import REGION, AuditedAccount

REFUSED = Fault(status=400, code="AccessDeniedException")
POLICY = Policy(residency=Residency(default=("aws:eu-*",), classes={"personal": ("aws:eu-central-1",)}))
PASS, FAIL, UNKNOWN = "PASS", "FAIL", "UNKNOWN"


@pytest.fixture
def account(faults: Faults) -> AwsAccount:
    return connected(faults.url)


@pytest.fixture
def audited(moto: Moto) -> AuditedAccount:
    return AuditedAccount(moto, ACCOUNT, "own")


def log_group(region: str) -> dict[str, str]:
    return {"CloudWatchLogsLogGroupArn": f"arn:aws:logs:{region}:{ACCOUNT}:log-group:audit:*"}


PERSONAL = [{"Key": "data-class", "Value": "personal"}]
TABLE: dict[str, tuple[dict[str, Any], str]] = {
    # how it is made; copies
    "plain": ({}, PASS),
    "to-its-group": (log_group(REGION), PASS),
    "group-elsewhere": (log_group("eu-west-1"), PASS),
    "group-in-america": (log_group("us-east-1"), FAIL),
    "bucket-in-america": ({"bucket": "american-log"}, FAIL),
    "bucket-refused": ({"bucket": "refused-log"}, UNKNOWN),
    "bucket-gone": ({"bucket": "gone-log"}, UNKNOWN),
    "bucket-of-others": ({"bucket": "others-log"}, PASS),
    "personal": ({"TagsList": PERSONAL}, PASS),
    "personal-group-elsewhere": ({"TagsList": PERSONAL, **log_group("eu-west-1")}, FAIL),
}


def test_the_estate_is_judged_as_a_person_judges_it(
    audited: AuditedAccount, account: AwsAccount, faults: Faults, moto: Moto
) -> None:
    for name in ("own-log", "refused-log", "gone-log", "others-log"):
        audited.bucket(name, lock="")
    moto.client("s3", region="us-west-2").create_bucket(
        Bucket="american-log", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    for name, (settings, _) in TABLE.items():
        audited.trail(name, **settings)
    for name in ("gone-log", "others-log"):
        audited.s3.delete_bucket(Bucket=name)
    AuditedAccount(moto, "999999999999", "owner").bucket("others-log", lock="")
    # What S3 refuses it still tells the place of, unless something in between keeps that back.
    faults.plan(
        "s3:HeadBucket",
        Fault(status=403, code="403", silent=True),
        times=9,
        when=lambda call: call.bucket == "refused-log",
    )
    faults.plan("s3:HeadBucket", DENIED, times=9, when=lambda call: call.bucket == "others-log")
    found = read(TrailCollector, account, REGION)
    assert verdicts("residency.copy_out_of_region", found.values(), POLICY) == {
        name: verdict for name, (_, verdict) in TABLE.items()
    }
    assert set(verdicts("residency.out_of_region", found.values(), POLICY).values()) == {PASS}
    america = look("residency.copy_out_of_region", found["group-in-america"], POLICY)
    (evidence,) = america.evidence
    assert (evidence.data["kind"], evidence.data["via"]) == ("log_delivery", "delivery to CloudWatch Logs")
    assert "update-trail" in america.remediation
    assert faults.count("cloudtrail:DescribeTrails") == faults.count("cloudtrail:ListTags") == 1
    assert faults.count("s3:HeadBucket") == 5


def test_each_trail_is_told_by_its_home_region_alone(
    audited: AuditedAccount, account: AwsAccount, faults: Faults
) -> None:
    audited.bucket()
    for region in (REGION, "us-east-1"):
        audited.trail(f"trail-{region}", region=region)
    assert set(read(TrailCollector, account, REGION)) == {f"trail-{REGION}"}
    (far,) = read(TrailCollector, account, "us-east-1").values()
    judgement = look("residency.out_of_region", far, POLICY)
    assert (far.region, judgement.verdict.value) == ("us-east-1", FAIL)
    assert "create-trail --region ALLOWED_REGION" in judgement.remediation
    faults.calls.clear()
    assert read(TrailCollector, account, "eu-west-1") == {}
    assert [call.operation for call in faults.calls if not call.operation.startswith("sts:")] == [
        "cloudtrail:DescribeTrails"
    ]


def test_a_trail_that_the_organization_keeps_is_its_owner_s(
    audited: AuditedAccount, account: AwsAccount, faults: Faults
) -> None:
    audited.well_kept()
    faults.plan(
        "cloudtrail:DescribeTrails",
        Fault(rewrite=lambda body: body.replace(f":{ACCOUNT}:trail".encode(), b":210987654321:trail")),
    )
    assert read(TrailCollector, account, REGION) == {}


@pytest.mark.parametrize(
    "fault",
    [
        REFUSED,
        GATEWAY_PAGE,
        Fault(body=b"{}"),
        Fault(body=b'{"trailList": [{"TrailARN": "odd", "S3BucketName": "b", "IsMultiRegionTrail": true}]}'),
        Fault(
            body=json.dumps(
                {
                    "trailList": [
                        {
                            "TrailARN": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/t",
                            "S3BucketName": "b",
                            "IsMultiRegionTrail": True,
                            "CloudWatchLogsLogGroupArn": "odd",
                        }
                    ]
                }
            ).encode()
        ),
    ],
)
def test_trails_that_cannot_be_listed_are_no_empty_region(
    audited: AuditedAccount, account: AwsAccount, faults: Faults, fault: Fault
) -> None:
    audited.well_kept()
    faults.plan("cloudtrail:DescribeTrails", fault)
    (unread,) = TrailCollector(account).collect(scope(TrailCollector, REGION))
    assert isinstance(unread, Unread)
    assert unread.reason is (UnreadReason.DENIED if fault is REFUSED else UnreadReason.MALFORMED)


@pytest.mark.parametrize("fault", [REFUSED, Fault(status=400, code="ResourceNotFoundException")])
def test_tags_that_cannot_be_read_leave_the_class_open(
    audited: AuditedAccount, account: AwsAccount, faults: Faults, fault: Fault
) -> None:
    audited.bucket()
    audited.trail(**log_group("eu-west-1"))
    faults.plan("cloudtrail:ListTags", fault)
    found = read(TrailCollector, account, REGION)["audit"]
    assert isinstance(found.tags, Unread)
    assert look("residency.copy_out_of_region", found, POLICY).verdict.value == UNKNOWN


def test_many_trails_cost_a_call_for_the_tags_of_twenty(
    audited: AuditedAccount, account: AwsAccount, faults: Faults
) -> None:
    audited.bucket()
    for number in range(21):
        audited.trail(f"trail-{number}", TagsList=[{"Key": "number", "Value": str(number)}])
    found = read(TrailCollector, account, REGION)
    assert {name: one.tags for name, one in found.items()} == {
        f"trail-{number}": Known({"number": str(number)}) for number in range(21)
    }
    assert faults.count("cloudtrail:ListTags") == 2


def test_a_trail_is_read_anew_by_its_arn(audited: AuditedAccount, account: AwsAccount, faults: Faults) -> None:
    audited.bucket()
    arn = audited.trail("one", **log_group("us-east-1"))
    audited.trail("two")
    found = read(TrailCollector, account, REGION)["one"]
    collector, where = TrailCollector(account), scope(TrailCollector, REGION)
    assert isinstance(found, LogTrail)
    assert collector.refresh(where, arn) == found
    audited.trail_client().delete_trail(Name="one")
    assert collector.refresh(where, arn) is None
    faults.plan("cloudtrail:DescribeTrails", REFUSED)
    assert isinstance(collector.refresh(where, arn), Unread)
