"""Who did it and whose data was used, from CloudTrail events and S3 access log lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collectors.aws.logs.cloudtrail import decode_record
from collectors.aws.logs.events import cloudtrail_event, s3access_event
from collectors.aws.logs.s3access import decode_line
from collectors.model import Actor, Capability, LogEvent, Reach, Use
from collectors.model.log_records import UndecodableRecordError

ACCOUNT = "111122223333"
OTHER = "444455556666"
OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
REAL = Path(__file__).parents[3] / "data" / "events" / "aws.cloudtrail.otrf.jsonl"
AT = datetime(2026, 3, 4, 8, 15, 30, tzinfo=UTC)
ROLE: dict[str, Any] = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:j.keller",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/j.keller",
    "accountId": ACCOUNT,
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "deploy"}},
}
NOBODY: dict[str, Any] = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}


def trail(**more: Any) -> LogEvent:
    record = {
        "userIdentity": ROLE,
        "eventTime": "2026-03-04T08:15:30Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutBucketPolicy",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.24",
        "userAgent": "aws-cli/2.15",
        "requestParameters": {"bucketName": "b"},
        "eventID": "e-1",
        "readOnly": False,
        "recipientAccountId": ACCOUNT,
        **more,
    }
    raw = json.dumps(record).encode()
    return cloudtrail_event(decode_record(raw), raw)


def data(name: str = "GetObject", **more: Any) -> Use | None:
    resources = [
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/secret.csv"},
        {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b"},
    ]
    common: dict[str, Any] = {
        "eventName": name,
        "readOnly": True,
        "managementEvent": False,
        "eventCategory": "Data",
        "resources": resources,
    }
    return trail(**(common | more)).use


def line(
    *,
    requester: str = "-",
    operation: str = "REST.GET.OBJECT",
    key: str = "secret.csv",
    status: str = "200 -",
    host: str = "b.s3.eu-central-1.amazonaws.com",
    remote: str = "198.51.100.24",
) -> bytes:
    return (
        f"{OWNER} b [04/Mar/2026:09:15:30 +0100] {remote} {requester} 3E57427F3EXAMPLE {operation} {key} "
        f'"GET /{key} HTTP/1.1" '
        f'{status} 2326 2326 70 10 "-" "curl/8.5.0" - hOsTiD= - TLS_AES_128_GCM_SHA256 - {host} TLSv1.3 - -'
    ).encode()


def access(**more: Any) -> LogEvent:
    raw = line(**more)
    return s3access_event(decode_line(raw), raw, account=ACCOUNT, region="eu-central-1")


def test_an_event_says_who_did_what_and_when() -> None:
    event = trail()
    assert event == LogEvent(
        uid="e-1",
        source="aws.cloudtrail",
        account=ACCOUNT,
        region="eu-central-1",
        time=AT,
        operation="PutBucketPolicy",
        outcome="success",
        actor=Actor(
            user_id="AROAEXAMPLE:j.keller",
            user_name="deploy/j.keller",
            ip="198.51.100.24",
            user_agent="aws-cli/2.15",
            operation="PutBucketPolicy",
            event_id="e-1",
            at=AT,
        ),
        touches=("arn:aws:s3:::b",),
        raw=event.raw,
    )
    assert msgspec.json.decode(event.raw)["eventID"] == "e-1"


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ({"type": "IAMUser", "userName": "alice", "arn": f"arn:aws:iam::{ACCOUNT}:user/alice"}, "alice"),
        (ROLE, "deploy/j.keller"),
        ({"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"}, "root"),
        ({"type": "Root", "userName": "the-alias", "arn": f"arn:aws:iam::{ACCOUNT}:root"}, "root"),
        ({"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/Bob"}, "Bob"),
        ({"type": "SAMLUser", "userName": "bob@example.com"}, "bob@example.com"),
        ({"type": "WebIdentityUser", "userName": "bob", "identityProvider": "accounts.google.com"}, "bob"),
        ({"type": "Role", "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "deploy"}}}, "deploy"),
        ({"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}, "cloudtrail.amazonaws.com"),
        ({"type": "AWSAccount", "accountId": OTHER, "principalId": "AIDAOTHER"}, ""),
        (NOBODY, "anonymous"),
        ({"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}, ""),
        ({"type": "IdentityCenterUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/x/eve"}, "eve"),
    ],
)
def test_everyone_is_named_as_people_know_them(identity: dict[str, Any], name: str) -> None:
    assert trail(userIdentity=identity).actor.user_name == name


def test_the_id_is_the_principal_else_the_arn_else_the_account() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert trail(userIdentity={"type": "IAMUser", "principalId": "AIDA", "arn": arn}).actor.user_id == "AIDA"
    assert trail(userIdentity={"type": "IAMUser", "arn": arn}).actor.user_id == arn
    assert trail(userIdentity={"type": "AWSAccount", "accountId": OTHER}).actor.user_id == OTHER
    assert trail(userIdentity=NOBODY).actor.user_id == ""


@pytest.mark.parametrize(
    ("told", "ip"),
    [
        ("198.51.100.24", "198.51.100.24"),
        ("2001:db8::1", "2001:db8::1"),
        ("cloudformation.amazonaws.com", ""),
        ("AWS Internal", ""),
        ("::zz", ""),
        (None, ""),
    ],
)
def test_only_an_address_is_an_address(told: str | None, ip: str) -> None:
    assert trail(sourceIPAddress=told).actor.ip == ip


def test_a_refused_call_is_a_failure_and_touches_nothing() -> None:
    refused = trail(errorCode="AccessDenied", errorMessage="no")
    assert (refused.outcome, refused.touches, refused.use) == ("failure", (), None)


def test_an_event_of_the_trails_account_or_else_the_callers() -> None:
    assert trail(recipientAccountId=None).account == ACCOUNT
    assert trail(recipientAccountId=OTHER).account == OTHER


def test_without_an_id_the_record_itself_is_one() -> None:
    one = trail(eventID=None)
    assert one.uid == trail(eventID=None).uid
    assert one.uid != trail(eventID=None, requestParameters={"bucketName": "c"}).uid
    assert len(one.uid) == 32


@pytest.mark.parametrize("time", ["", "yesterday", None])
def test_without_a_time_it_is_no_event(time: str | None) -> None:
    with pytest.raises(UndecodableRecordError, match="time"):
        trail(eventTime=time)


def test_real_events_have_an_actor_and_their_reads_are_uses() -> None:
    used = 0
    for raw in REAL.read_bytes().splitlines():
        event = cloudtrail_event(decode_record(raw), raw)
        assert event.uid == json.loads(raw)["eventID"]
        assert event.actor.user_name
        assert event.account
        if event.use is not None:
            used += 1
            assert event.use.reach is Reach.PRIVATE
            assert event.use.resource.startswith("arn:aws:s3:::")
    assert used == 9


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("GetObject", Capability.READ),
        ("HeadObject", Capability.READ),
        ("ListObjects", Capability.LIST),
        ("ListObjectVersions", Capability.LIST),
        ("PutObject", Capability.WRITE),
        ("UploadPart", Capability.WRITE),
        ("DeleteObject", Capability.DELETE),
        ("PutObjectAcl", Capability.ADMIN),
    ],
)
def test_nobody_signed_the_request(name: str, capability: Capability) -> None:
    expected = Use(resource="arn:aws:s3:::b", reach=Reach.ANONYMOUS_INTERNET, capability=capability)
    assert data(name, userIdentity=NOBODY) == expected
    assert data(name, userIdentity={"type": "AWSAccount", "accountId": "ANONYMOUS_PRINCIPAL"}) == expected
    assert data(name, userIdentity={"type": "AWSAccount", "principalId": "ANONYMOUS_PRINCIPAL"}) == expected


def test_another_account_read_and_the_own_one_did() -> None:
    foreign = data(userIdentity={"type": "AWSAccount", "accountId": OTHER, "principalId": "AIDA"})
    assert foreign == Use(
        resource="arn:aws:s3:::b", reach=Reach.NAMED_EXTERNAL, capability=Capability.READ, account=OTHER
    )
    own = data()
    assert own is not None
    assert (own.reach, own.account) == (Reach.PRIVATE, ACCOUNT)


def test_a_use_of_somebody_elses_bucket_is_told_by_the_owners_trail_alone() -> None:
    elsewhere = [{"accountId": OTHER, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::theirs"}]
    assert data(resources=elsewhere, sharedEventID="s-1") is None
    as_owner = data(resources=elsewhere, sharedEventID="s-1", recipientAccountId=OTHER)
    assert as_owner is not None
    assert (as_owner.resource, as_owner.reach, as_owner.account) == (
        "arn:aws:s3:::theirs",
        Reach.NAMED_EXTERNAL,
        ACCOUNT,
    )


def test_no_use_where_it_failed_or_a_service_did_it_or_nobodys_data_was_used() -> None:
    assert data(errorCode="AccessDenied", userIdentity=NOBODY) is None
    assert data(userIdentity={"type": "AWSService", "invokedBy": "cloudfront.amazonaws.com"}) is None
    assert data("GetBucketAcl") is None
    assert data(eventSource="sqs.amazonaws.com") is None
    assert data(resources=None, requestParameters=None) is None


def test_through_an_access_point_the_bucket_is_used() -> None:
    through = [
        {"type": "AWS::S3::AccessPoint", "ARN": f"arn:aws:s3:eu-central-1:{ACCOUNT}:accesspoint/ap"},
        {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b"},
    ]
    asked = {"bucketName": f"arn:aws:s3:eu-central-1:{ACCOUNT}:accesspoint/ap"}
    found = data(resources=through, requestParameters=asked, userIdentity=NOBODY)
    assert found is not None
    assert found.resource == "arn:aws:s3:::b"
    assert data(resources=None, requestParameters=asked, userIdentity=NOBODY) is None
    odd = data(resources={"not": "a list"}, userIdentity=NOBODY)
    assert odd is not None
    assert odd.resource == "arn:aws:s3:::b"


def test_a_line_of_the_access_log() -> None:
    event = access()
    assert event == LogEvent(
        uid="3E57427F3EXAMPLE",
        source="aws.s3access",
        account=ACCOUNT,
        region="eu-central-1",
        time=AT,
        operation="REST.GET.OBJECT",
        outcome="success",
        actor=Actor(
            user_name="anonymous",
            ip="198.51.100.24",
            user_agent="curl/8.5.0",
            operation="REST.GET.OBJECT",
            event_id="3E57427F3EXAMPLE",
            at=AT,
        ),
        use=Use(resource="arn:aws:s3:::b", reach=Reach.ANONYMOUS_INTERNET, capability=Capability.READ),
        raw=event.raw,
    )
    assert msgspec.json.decode(event.raw) == line().decode()


@pytest.mark.parametrize(
    ("requester", "reach", "caller", "name"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/x/alice", Reach.PRIVATE, ACCOUNT, "alice"),
        (f"arn:aws:sts::{OTHER}:assumed-role/r/s", Reach.NAMED_EXTERNAL, OTHER, "r/s"),
        (OWNER, Reach.PRIVATE, ACCOUNT, ""),
        ("deadbeef" * 8, Reach.NAMED_EXTERNAL, "", ""),
        ("arn:odd", Reach.UNKNOWN, "", "odd"),
    ],
)
def test_whose_requester_it_is(requester: str, reach: Reach, caller: str, name: str) -> None:
    event = access(requester=requester)
    assert event.use is not None
    assert (event.use.reach, event.use.account) == (reach, caller)
    assert event.actor.user_name == name
    assert event.actor.user_id == requester


def test_without_the_logs_account_a_requester_may_be_anyones() -> None:
    raw = line(requester=f"arn:aws:iam::{ACCOUNT}:user/alice")
    use = s3access_event(decode_line(raw), raw).use
    assert use is not None
    assert use.reach is Reach.UNKNOWN


@pytest.mark.parametrize(
    ("operation", "capability"),
    [
        ("REST.GET.OBJECT", Capability.READ),
        ("REST.HEAD.OBJECT", Capability.READ),
        ("WEBSITE.GET.OBJECT", Capability.READ),
        ("REST.COPY.OBJECT_GET", Capability.READ),
        ("REST.COPY.OBJECT", Capability.WRITE),
        ("REST.GET.BUCKET", Capability.LIST),
        ("REST.GET.BUCKETVERSIONS", Capability.LIST),
        ("REST.PUT.OBJECT", Capability.WRITE),
        ("REST.PUT.PART", Capability.WRITE),
        ("REST.POST.UPLOADS", Capability.WRITE),
        ("REST.DELETE.OBJECT", Capability.DELETE),
        ("BATCH.DELETE.OBJECT", Capability.DELETE),
        ("REST.PUT.ACL", Capability.ADMIN),
        ("REST.GET.ACL", Capability.READ),
        ("REST.GET.BUCKETPOLICY", None),
        ("REST.OPTIONS.PREFLIGHT", None),
        ("S3.EXPIRE.OBJECT", None),
    ],
)
def test_what_a_request_could(operation: str, capability: Capability | None) -> None:
    use = access(operation=operation, requester=OWNER).use
    assert (use.capability if use else None) is capability


def test_a_bucket_acl_is_no_data() -> None:
    assert access(operation="REST.PUT.ACL", key="-").use is None


@pytest.mark.parametrize("status", ["403 AccessDenied", "404 NoSuchKey", "200 SlowDown", "- -"])
def test_a_request_that_was_refused_is_no_use(status: str) -> None:
    event = access(status=status)
    assert event.use is None
    assert event.outcome == ("success" if status == "- -" else "failure")


def test_a_service_is_no_user() -> None:
    assert access(requester="svc:s3.amazonaws.com").use is None
    assert access(requester="AmazonS3").use is None


def test_the_region_is_the_logs_or_else_the_hosts() -> None:
    raw = line(host="b.s3.cn-north-1.amazonaws.com.cn")
    event = s3access_event(decode_line(raw), raw)
    assert event.region == "cn-north-1"
    assert event.use is not None
    assert event.use.resource == "arn:aws-cn:s3:::b"
    website = line(host="b.s3-website.eu-west-1.amazonaws.com")
    assert s3access_event(decode_line(website), website).region == "eu-west-1"
