"""Every operation refused in turn: the right fact is unread, names the right permission, and nothing else is lost."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from collectors.aws.operations import Operation
from collectors.aws.policy.notes import RESOURCE_CONTROLS_UNREAD
from collectors.aws.s3 import S3Collector
from collectors.aws.s3 import operations as ops
from collectors.aws.session import AwsAccount
from collectors.model import Bucket, Fact, Grant, Known, Reach, Unread, UnreadReason
from tests.collectors.aws.conftest import SCOPE
from tests.fakes.aws_estate import NO_BLOCK, policy, statement, tls_statement
from tests.fakes.aws_faults import DENIED, EXPIRED, GARBAGE, GATEWAY_PAGE, RESET, SLOW_DOWN, UNKNOWN_KEY, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

NAME = "everything"

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture(scope="module")
def everything(moto_process: Moto) -> str:
    """A bucket on which the collector needs every operation it has; no test here changes it."""
    moto = moto_process
    moto.reset()
    s3, s3control = moto.client("s3"), moto.client("s3control")
    s3.create_bucket(Bucket=NAME)
    moto.client("s3", region="eu-west-1").create_bucket(
        Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    moto.client("s3", account="999999999999").create_bucket(Bucket="stranger")
    s3.put_bucket_policy(Bucket=NAME, Policy=policy(statement(NAME), tls_statement(NAME)))
    s3.put_bucket_acl(Bucket=NAME, ACL="public-read")
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": [{"Key": "data-class", "Value": "personal"}]})
    s3.put_bucket_website(Bucket=NAME, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_replication(
        Bucket=NAME,
        ReplicationConfiguration={
            "Role": f"arn:aws:iam::{ACCOUNT}:role/replication",
            "Rules": [_rule("near", "elsewhere", 1), _rule("far", "stranger", 2)],
        },
    )
    s3control.create_access_point(AccountId=ACCOUNT, Name="door", Bucket=NAME, PublicAccessBlockConfiguration=NO_BLOCK)
    arn = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/door"
    s3control.put_access_point_policy(
        AccountId=ACCOUNT, Name="door", Policy=policy(statement(NAME, Resource=f"{arn}/object/*"))
    )
    control = moto.client("s3control", region="us-west-2")
    control.create_multi_region_access_point(
        AccountId=ACCOUNT,
        ClientToken="token",
        Details={"Name": "span", "Regions": [{"Bucket": NAME}, {"Bucket": "elsewhere"}], "PublicAccessBlock": NO_BLOCK},
    )
    moto.client("organizations").create_organization(FeatureSet="ALL")
    return NAME


@pytest.fixture(scope="module")
def account(proxy: Faults) -> AwsAccount:
    return AwsAccount(ACCOUNT, endpoint_url=proxy.url)


@pytest.fixture
def fresh(proxy: Faults) -> AwsAccount:
    """An account that nothing has throttled yet."""
    return AwsAccount(ACCOUNT, endpoint_url=proxy.url)


@pytest.fixture
def faults(proxy: Faults) -> Faults:
    proxy.clear()
    return proxy


@pytest.fixture(scope="module")
def whole(everything: str, account: AwsAccount, proxy: Faults) -> Bucket:
    """The bucket when nothing fails."""
    proxy.clear()
    bucket = read(account)
    assert bucket.name == everything
    return bucket


def _rule(uid: str, bucket: str, priority: int) -> dict[str, Any]:
    return {
        "ID": uid,
        "Status": "Enabled",
        "Priority": priority,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{bucket}"},
    }


def read(account: AwsAccount) -> Bucket:
    found = [item for item in S3Collector(account).collect(SCOPE) if isinstance(item, Bucket) and item.name == NAME]
    assert len(found) == 1
    return found[0]


FACTS: dict[Operation, tuple[str, ...]] = {
    ops.GET_PUBLIC_ACCESS_BLOCK: ("policy_silenced", "acl_silenced", "switches"),
    ops.GET_ACCOUNT_PUBLIC_ACCESS_BLOCK: ("policy_silenced", "acl_silenced", "switches"),
    ops.GET_BUCKET_POLICY: ("policy_grants", "tls_only"),
    ops.GET_BUCKET_POLICY_STATUS: ("provider_opinion",),
    ops.GET_BUCKET_ACL: ("acl_grants",),
    ops.GET_BUCKET_WEBSITE: ("website",),
    ops.GET_BUCKET_REQUEST_PAYMENT: ("requester_pays",),
    ops.GET_BUCKET_ENCRYPTION: ("default_encryption", "key_holder"),
    ops.GET_BUCKET_VERSIONING: ("versioning",),
    ops.GET_BUCKET_LOGGING: ("access_logging",),
    ops.GET_BUCKET_REPLICATION: ("copies",),
    ops.GET_BUCKET_TAGGING: ("tags",),
    ops.LIST_MULTI_REGION_ACCESS_POINTS: ("access_point_copies",),
}
"""Which facts go unread where an operation is refused. The others change members of facts, or nothing."""


def test_the_bucket_needs_every_operation(account: AwsAccount, faults: Faults) -> None:
    bucket = read(account)
    assert bucket.unread() == ()
    called = {call.operation for call in faults.calls}
    # Those bind members of an organization, and this account manages one.
    of_members = {ops.LIST_POLICIES_FOR_TARGET.uid, ops.LIST_PARENTS.uid, ops.DESCRIBE_POLICY.uid}
    assert {operation.uid for operation in ops.OPERATIONS} - of_members == called - {"sts:GetCallerIdentity"}


@pytest.mark.parametrize("operation", FACTS, ids=lambda operation: operation.uid)
def test_a_refused_read_is_unread_with_its_permission_and_costs_nothing_else(
    whole: Bucket, account: AwsAccount, faults: Faults, operation: Operation
) -> None:
    faults.plan(operation.uid, DENIED, when=lambda call: call.bucket in {"", NAME})
    bucket = read(account)
    expected = Unread(
        reason=UnreadReason.DENIED, operation=operation.uid, permission=operation.action, detail="AccessDenied"
    )
    for name, fact in bucket.facts():
        if name in FACTS[operation]:
            assert fact == expected, name
        else:
            assert _alike(fact, getattr(whole, name), expected), name
    assert expected in bucket.unread()
    known, asked = bucket.coverage()
    assert known < asked


def _alike(fact: Fact[Any], before: Fact[Any], expected: Unread) -> bool:
    """Whether a fact is as it was, apart from members that depend on what was refused."""
    if fact == before:
        return True
    if not (isinstance(fact, Known) and isinstance(before, Known) and isinstance(fact.value, tuple)):
        return False
    changed = [now for now in fact.value if now not in before.value]
    return len(fact.value) >= len(before.value) and all(now.effective == expected for now in changed)


@pytest.mark.parametrize(
    "operation",
    [ops.GET_ACCESS_POINT, ops.GET_ACCESS_POINT_POLICY, ops.GET_MULTI_REGION_ACCESS_POINT_POLICY],
    ids=lambda operation: operation.uid,
)
def test_one_access_point_that_cannot_be_read_costs_itself_alone(
    whole: Bucket, account: AwsAccount, faults: Faults, operation: Operation
) -> None:
    faults.plan(operation.uid, DENIED)
    bucket = read(account)
    assert isinstance(whole.access_point_grants, Known)
    assert isinstance(bucket.access_point_grants, Known)
    unread = [grant for grant in bucket.access_point_grants.value if isinstance(grant.effective, Unread)]
    assert [grant.effective.permission for grant in unread if isinstance(grant.effective, Unread)] == [operation.action]
    kept = [grant for grant in bucket.access_point_grants.value if grant not in unread]
    assert kept == [grant for grant in whole.access_point_grants.value if grant.via != unread[0].via]
    assert {fact.permission for fact in bucket.unread()} == {operation.action}


@pytest.mark.parametrize("operation", [ops.LIST_ACCESS_POINTS, ops.LIST_MULTI_REGION_ACCESS_POINTS])
def test_a_refused_list_of_access_points_hides_none_of_the_others(
    account: AwsAccount, faults: Faults, operation: Operation
) -> None:
    faults.plan(operation.uid, DENIED)
    bucket = read(account)
    assert operation.action in {fact.permission for fact in bucket.unread()}
    if isinstance(bucket.access_point_grants, Known):
        (unlisted,) = [grant for grant in bucket.access_point_grants.value if grant.reach is Reach.UNKNOWN]
        assert isinstance(unlisted.effective, Unread)
        assert unlisted.effective.permission == operation.action
    else:
        assert isinstance(bucket.access_point_grants, Unread)
        assert bucket.access_point_grants.permission == operation.action


def test_an_unread_ownership_leaves_the_acls_grants_open(account: AwsAccount, faults: Faults) -> None:
    faults.plan(ops.GET_BUCKET_OWNERSHIP.uid, DENIED)
    bucket = read(account)
    assert isinstance(bucket.acl_grants, Known)
    unread = [grant.effective for grant in bucket.acl_grants.value if isinstance(grant.effective, Unread)]
    assert [fact.permission for fact in unread] == [ops.GET_BUCKET_OWNERSHIP.action]


@pytest.mark.parametrize("operation", [ops.DESCRIBE_ORGANIZATION, ops.DESCRIBE_EFFECTIVE_POLICY])
@pytest.mark.parametrize("fault", [DENIED, GARBAGE, Fault(status=500, code="ServiceException")])
def test_an_organization_that_cannot_be_asked_costs_a_note_at_most(
    whole: Bucket, account: AwsAccount, faults: Faults, operation: Operation, fault: Fault
) -> None:
    faults.plan(operation.uid, fault)
    found = read(account)
    assert unannotated(found) == unannotated(whole)
    assert found.unread() == whole.unread()
    # Whether the organization takes anything away is not known without it; that it does is no reason to call it closed.
    doubted = {grant.via for grant in grants_of(found) if RESOURCE_CONTROLS_UNREAD in grant.notes}
    assert bool(doubted) is (operation is ops.DESCRIBE_ORGANIZATION)


def grants_of(bucket: Bucket) -> tuple[Grant, ...]:
    facts = (bucket.policy_grants, bucket.acl_grants, bucket.access_point_grants)
    return tuple(grant for fact in facts if isinstance(fact, Known) for grant in fact.value)


def unannotated(bucket: Bucket) -> tuple[Bucket, tuple[Grant, ...]]:
    """Return the bucket and its grants, without the note on what could not be read of the organization."""
    bare = tuple(
        msgspec.structs.replace(grant, notes=tuple(note for note in grant.notes if note != RESOURCE_CONTROLS_UNREAD))
        for grant in grants_of(bucket)
    )
    nothing = Known(())
    return msgspec.structs.replace(bucket, policy_grants=nothing, acl_grants=nothing, access_point_grants=nothing), bare


def test_a_refused_location_is_mended_by_what_the_bucket_says_to_anyone(
    whole: Bucket, account: AwsAccount, faults: Faults
) -> None:
    faults.plan(ops.GET_BUCKET_LOCATION.uid, DENIED)
    assert read(account) == whole


def test_a_bucket_whose_place_cannot_be_told_is_still_read(account: AwsAccount, faults: Faults) -> None:
    faults.plan(ops.GET_BUCKET_LOCATION.uid, DENIED)
    faults.plan(ops.HEAD_BUCKET.uid, RESET)
    bucket = read(account)
    assert isinstance(bucket.places, Unread)
    assert bucket.places.permission == "s3:GetBucketLocation"
    assert bucket.region == "global"
    assert isinstance(bucket.policy_grants, Known)


def test_a_destination_that_does_not_answer_leaves_that_copys_place_open(account: AwsAccount, faults: Faults) -> None:
    faults.plan(ops.HEAD_BUCKET.uid, RESET)
    bucket = read(account)
    assert isinstance(bucket.copies, Known)
    near, far = bucket.copies.value
    assert near.places == Known(("aws:eu-west-1",))
    assert isinstance(far.places, Unread)
    assert far.places.reason is UnreadReason.UNREACHABLE
    assert far.places in bucket.unread()


FAULTS = {
    UnreadReason.THROTTLED: SLOW_DOWN,
    UnreadReason.CREDENTIALS: EXPIRED,
    UnreadReason.UNREACHABLE: RESET,
    UnreadReason.MALFORMED: GARBAGE,
    UnreadReason.UNSUPPORTED: Fault(status=501, code="NotImplemented"),
    UnreadReason.DENIED: Fault(status=403, code="AllAccessDisabled"),
    UnreadReason.ERROR: Fault(status=400, code="InvalidRequest"),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_each_way_to_fail_has_its_reason(account: AwsAccount, faults: Faults, reason: UnreadReason) -> None:
    faults.plan(ops.GET_BUCKET_VERSIONING.uid, FAULTS[reason], when=lambda call: call.bucket == NAME)
    fact = read(account).versioning
    assert isinstance(fact, Unread)
    assert fact.reason is reason
    assert fact.operation == "s3:GetBucketVersioning"


@pytest.mark.parametrize(
    "operation",
    [operation for operation in FACTS if operation is not ops.GET_BUCKET_REQUEST_PAYMENT],
    ids=lambda operation: operation.uid,
)
@pytest.mark.parametrize("fault", [GARBAGE, GATEWAY_PAGE], ids=["garbage", "page"])
def test_an_answer_that_makes_no_sense_is_no_setting(
    account: AwsAccount, faults: Faults, operation: Operation, fault: Fault
) -> None:
    faults.plan(operation.uid, fault, when=lambda call: call.bucket in {"", NAME})
    bucket = read(account)
    for name in FACTS[operation]:
        fact = getattr(bucket, name)
        assert isinstance(fact, Unread), name
        assert fact.reason is UnreadReason.MALFORMED


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (DENIED, UnreadReason.DENIED),
        (EXPIRED, UnreadReason.CREDENTIALS),
        (RESET, UnreadReason.UNREACHABLE),
        (GARBAGE, UnreadReason.MALFORMED),
        (GATEWAY_PAGE, UnreadReason.MALFORMED),
    ],
)
def test_a_listing_that_fails_is_told_and_yields_nothing(
    account: AwsAccount, faults: Faults, fault: Fault, reason: UnreadReason
) -> None:
    faults.plan("s3:ListBuckets", fault)
    (told,) = S3Collector(account).collect(SCOPE)
    assert isinstance(told, Unread)
    assert told.reason is reason
    assert told.permission == ("s3:ListAllMyBuckets" if reason is UnreadReason.DENIED else "")


def test_refused_credentials_are_told_before_anything_is_read(account: AwsAccount, faults: Faults) -> None:
    faults.plan("sts:GetCallerIdentity", UNKNOWN_KEY)
    (told,) = S3Collector(account).collect(SCOPE)
    assert isinstance(told, Unread)
    assert told.reason is UnreadReason.CREDENTIALS
    assert {call.operation for call in faults.calls} == {"sts:GetCallerIdentity"}


def test_facts_of_equal_failures_are_equal_and_hold_nothing_of_the_message(account: AwsAccount, faults: Faults) -> None:
    faults.plan(ops.GET_BUCKET_ACL.uid, DENIED)
    first, second = read(account), read(account)
    assert first == second
    assert first.acl_grants == Unread(
        reason=UnreadReason.DENIED, operation="s3:GetBucketAcl", permission="s3:GetBucketAcl", detail="AccessDenied"
    )


def test_throttling_is_waited_out(fresh: AwsAccount, faults: Faults) -> None:
    faults.plan(ops.GET_BUCKET_VERSIONING.uid, SLOW_DOWN, times=2, when=lambda call: call.bucket == NAME)
    assert isinstance(read(fresh).versioning, Known)
    assert faults.count(ops.GET_BUCKET_VERSIONING.uid, NAME) == 3


def test_a_connection_that_breaks_once_costs_nothing(account: AwsAccount, faults: Faults) -> None:
    faults.plan(ops.GET_BUCKET_TAGGING.uid, RESET, times=1)
    assert read(account).tags == Known({"data-class": "personal"})
