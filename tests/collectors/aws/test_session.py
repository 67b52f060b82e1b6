from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.aws.regions import DESCRIBE_REGIONS
from collectors.aws.s3 import S3Collector
from collectors.aws.s3.operations import LIST_BUCKETS
from collectors.aws.session import AwsAccount
from collectors.model import Bucket, Known, Unread, UnreadReason
from tests.collectors.aws.conftest import SCOPE
from tests.fakes.aws_faults import DENIED, EXPIRED, RESET, SLOW_DOWN, UNKNOWN_KEY, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

OTHER = "222222222222"


def names(account: AwsAccount) -> set[str]:
    found = list(S3Collector(account).collect(SCOPE))
    assert all(isinstance(item, Bucket) for item in found), found
    return {item.name for item in found if isinstance(item, Bucket)}


def test_nothing_is_sent_before_something_is_read(faults: Faults) -> None:
    account = AwsAccount.connect(ACCOUNT, endpoint_url=faults.url, role_name="cspmd-read", profile="nobody")
    assert account.account_id == ACCOUNT
    assert faults.calls == []


def test_a_role_is_assumed_in_the_account_with_its_external_id(moto: Moto, faults: Faults) -> None:
    moto.client("s3", account=OTHER).create_bucket(Bucket="theirs")
    moto.client("s3").create_bucket(Bucket="ours")
    account = AwsAccount(OTHER, endpoint_url=faults.url, role_name="cspmd-read", external_id="e x t")
    assert names(account) == {"theirs"}
    (assumed,) = [call for call in faults.calls if call.operation == "sts:AssumeRole"]
    assert assumed.form["RoleArn"] == f"arn:aws:iam::{OTHER}:role/cspmd-read"
    assert assumed.form["ExternalId"] == "e x t"
    assert assumed.form["RoleSessionName"] == "cspmd"


def test_two_accounts_of_one_process_share_nothing(moto: Moto, faults: Faults) -> None:
    accounts = {number: AwsAccount(number, endpoint_url=faults.url, role_name="read") for number in (ACCOUNT, OTHER)}
    for number in accounts:
        moto.client("s3", account=number).create_bucket(Bucket=f"of-{number}")
    found: dict[str, set[str]] = {}
    threads = [
        threading.Thread(target=lambda number=number, account=account: found.update({number: names(account)}))
        for number, account in accounts.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {number: {f"of-{number}"} for number in accounts}
    one, two = accounts.values()
    assert one.client("s3", "us-east-1") is not two.client("s3", "us-east-1")
    assert one.client("s3", "us-east-1") is one.client("s3", "us-east-1")


def test_a_role_that_may_not_be_assumed_is_told_as_such(faults: Faults) -> None:
    faults.plan("sts:AssumeRole", DENIED)
    account = AwsAccount(OTHER, endpoint_url=faults.url, role_name="cspmd-read")
    (told,) = S3Collector(account).collect(SCOPE)
    assert told == Unread(
        reason=UnreadReason.CREDENTIALS, operation="sts:AssumeRole", permission="sts:AssumeRole", detail="AccessDenied"
    )


@pytest.mark.parametrize(
    ("failing", "reason"),
    [
        (Fault(status=500, code="InternalFailure"), UnreadReason.ERROR),
        (RESET, UnreadReason.UNREACHABLE),
    ],
    ids=["failing", "reset"],
)
def test_an_sts_that_assumes_no_role_now_is_no_missing_credential(
    faults: Faults, failing: Fault, reason: UnreadReason
) -> None:
    faults.plan("sts:AssumeRole", failing)
    account = AwsAccount(OTHER, endpoint_url=faults.url, role_name="cspmd-read")
    (told,) = S3Collector(account).collect(SCOPE)
    assert isinstance(told, Unread)
    assert told.reason is reason
    assert told.operation.startswith("sts:")
    assert told.permission == ""


def test_a_roles_credentials_are_renewed_before_they_end(moto: Moto, faults: Faults) -> None:
    moto.client("s3", account=OTHER).create_bucket(Bucket="theirs")
    account = AwsAccount(OTHER, endpoint_url=faults.url, role_name="cspmd-read")
    faults.plan("sts:AssumeRole", Fault(rewrite=expiring_in(timedelta(minutes=5))), times=1)
    assert names(account) == {"theirs"}
    assert faults.count("sts:AssumeRole") >= 2
    faults.calls.clear()
    assert names(account) == {"theirs"}
    assert faults.count("sts:AssumeRole") == 0


def expiring_in(left: timedelta) -> Any:
    """Make a role's credentials end soon, as they do towards the end of their hour."""

    def rewrite(answer: bytes) -> bytes:
        head, _, rest = answer.partition(b"<Expiration>")
        end = (datetime.now(UTC) + left).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        return head + b"<Expiration>" + end + rest[rest.index(b"<") :]

    return rewrite


def test_credentials_of_another_account_read_nothing(moto: Moto, faults: Faults) -> None:
    moto.client("s3").create_bucket(Bucket="ours")
    account = AwsAccount(OTHER, endpoint_url=faults.url)
    (told,) = S3Collector(account).collect(SCOPE)
    assert isinstance(told, Unread)
    assert told.reason is UnreadReason.CREDENTIALS
    assert told.detail == f"credentials_of_account_{ACCOUNT}"
    assert {call.operation for call in faults.calls} == {"sts:GetCallerIdentity"}
    assert S3Collector(account).refresh(SCOPE, "arn:aws:s3:::ours") == told


@pytest.mark.parametrize("failing", [SLOW_DOWN, RESET, DENIED], ids=["throttled", "reset", "denied"])
def test_credentials_of_another_account_read_nothing_where_sts_cannot_say_so(
    moto: Moto, faults: Faults, failing: Fault
) -> None:
    moto.client("s3").create_bucket(Bucket="ours")
    faults.plan("sts:GetCallerIdentity", failing)
    (told,) = S3Collector(AwsAccount(OTHER, endpoint_url=faults.url)).collect(SCOPE)
    assert isinstance(told, Unread)
    assert told.operation == "sts:GetCallerIdentity"
    assert told.reason is not UnreadReason.CREDENTIALS
    assert {call.operation for call in faults.calls} == {"sts:GetCallerIdentity"}


def test_credentials_that_were_verified_before_read_on_without_sts(moto: Moto, faults: Faults) -> None:
    moto.client("s3").create_bucket(Bucket="ours")
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url)
    assert names(account) == {"ours"}
    faults.plan("sts:GetCallerIdentity", DENIED)
    assert names(account) == {"ours"}


def test_other_credentials_than_were_verified_read_nothing_without_sts(
    moto: Moto, faults: Faults, credentials: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    moto.client("s3").create_bucket(Bucket="ours")
    mounted = tmp_path / "credentials"
    keys = "[default]\naws_access_key_id = {}\naws_secret_access_key = s\n"
    mounted.write_text(keys.format("AKIAOLD"))
    with credentials.context() as environment:
        environment.delenv("AWS_ACCESS_KEY_ID")
        environment.delenv("AWS_SECRET_ACCESS_KEY")
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(mounted))
        account = AwsAccount(ACCOUNT, endpoint_url=faults.url)
        assert names(account) == {"ours"}
        mounted.write_text(keys.format("AKIANEW"))
        faults.plan("sts:GetCallerIdentity", UNKNOWN_KEY, times=1)
        faults.plan("sts:GetCallerIdentity", DENIED, times=1)
        (told,) = S3Collector(account).collect(SCOPE)
        assert isinstance(told, Unread)
        assert told.reason is UnreadReason.DENIED
        assert names(account) == {"ours"}


def test_a_role_that_was_assumed_in_the_account_needs_no_proof(moto: Moto, faults: Faults) -> None:
    moto.client("s3", account=OTHER).create_bucket(Bucket="theirs")
    faults.plan("sts:GetCallerIdentity", DENIED)
    assert names(AwsAccount(OTHER, endpoint_url=faults.url, role_name="cspmd-read")) == {"theirs"}


def test_a_profile_is_used(moto: Moto, faults: Faults, credentials: pytest.MonkeyPatch, tmp_path: Path) -> None:
    moto.client("s3").create_bucket(Bucket="ours")
    config = tmp_path / "profiles"
    config.write_text(
        "[profile prod]\naws_access_key_id = AKIAOFPROFILE\naws_secret_access_key = s\nregion = eu-west-1\n"
    )
    with credentials.context() as environment:
        environment.setenv("AWS_CONFIG_FILE", str(config))
        account = AwsAccount(ACCOUNT, endpoint_url=faults.url, profile="prod")
        assert account.home_region == "eu-west-1"
        assert names(account) == {"ours"}
    assert all("Credential=AKIAOFPROFILE/" in call.headers["Authorization"] for call in faults.calls)


def test_keys_rotated_on_disk_are_taken_up(
    moto: Moto, faults: Faults, credentials: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    moto.client("s3").create_bucket(Bucket="ours")
    mounted = tmp_path / "credentials"
    keys = "[default]\naws_access_key_id = {}\naws_secret_access_key = s\n"
    mounted.write_text(keys.format("AKIAOLD"))
    with credentials.context() as environment:
        environment.delenv("AWS_ACCESS_KEY_ID")
        environment.delenv("AWS_SECRET_ACCESS_KEY")
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(mounted))
        account = AwsAccount(ACCOUNT, endpoint_url=faults.url)
        assert names(account) == {"ours"}
        faults.plan("sts:GetCallerIdentity", UNKNOWN_KEY, when=lambda call: "AKIAOLD" in call.headers["Authorization"])
        (told,) = S3Collector(account).collect(SCOPE)
        assert isinstance(told, Unread)
        mounted.write_text(keys.format("AKIANEW"))
        assert names(account) == {"ours"}


@pytest.mark.parametrize("configure", [{"profile": "never-configured"}, {}], ids=["profile", "none"])
def test_credentials_that_do_not_exist_are_a_fact(
    faults: Faults, credentials: pytest.MonkeyPatch, configure: dict[str, str]
) -> None:
    with credentials.context() as environment:
        environment.delenv("AWS_ACCESS_KEY_ID")
        environment.delenv("AWS_SECRET_ACCESS_KEY")
        (told,) = S3Collector(AwsAccount(ACCOUNT, endpoint_url=faults.url, **configure)).collect(SCOPE)
    assert isinstance(told, Unread)
    assert told.reason is UnreadReason.CREDENTIALS
    assert faults.calls == []


def test_a_list_of_regions_bounds_where_calls_of_no_region_go(faults: Faults) -> None:
    assert AwsAccount(ACCOUNT, endpoint_url=faults.url).home_region == "us-east-1"
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, regions=("eu-central-1", "eu-west-1"))
    assert account.home_region == "eu-central-1"
    assert account.partition == "aws"
    assert AwsAccount(ACCOUNT, regions=("cn-north-1",)).partition == "aws-cn"
    assert AwsAccount(ACCOUNT, regions=("us-gov-west-1",)).partition == "aws-us-gov"


def test_a_region_that_is_not_enabled_is_no_wrong_credential(moto: Moto, faults: Faults, s3: Any) -> None:
    region = "eu-south-1"
    moto.client("s3", region=region).create_bucket(
        Bucket="asleep", CreateBucketConfiguration={"LocationConstraint": region}
    )
    faults.plan(
        "s3:GetBucketAcl",
        Fault(status=403, code="InvalidToken"),
        when=lambda call: f"/{region}/" in call.headers["Authorization"],
    )
    (bucket,) = S3Collector(AwsAccount(ACCOUNT, endpoint_url=faults.url)).collect(SCOPE)
    assert isinstance(bucket, Bucket)
    assert bucket.acl_grants == Unread(
        reason=UnreadReason.SERVICE_DISABLED, operation="s3:GetBucketAcl", detail="eu-south-1:InvalidToken"
    )
    assert s3


def test_the_observer_is_told_each_call_with_its_final_outcome(moto: Moto, faults: Faults) -> None:
    moto.client("s3").create_bucket(Bucket="one")
    told: list[dict[str, Any]] = []
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, observer=lambda **call: told.append(call))
    faults.plan("s3:GetBucketVersioning", Fault(status=500, code="InternalError"), times=1)
    faults.plan("s3:GetBucketTagging", EXPIRED)
    assert names(account) == {"one"}
    by_operation = {(call["service"], call["operation"]): call for call in told}
    assert len(by_operation) == len(told)
    assert by_operation["s3", "GetBucketVersioning"]["outcome"] == "ok"
    assert by_operation["s3", "GetBucketPolicy"]["outcome"] == "ok"
    assert by_operation["s3", "GetBucketTagging"]["outcome"] == "credentials"
    assert by_operation["s3control", "ListAccessPoints"]["outcome"] == "ok"
    assert all(call["seconds"] > 0 for call in told)
    assert faults.count("s3:GetBucketVersioning") == 2


def test_throttling_slows_the_service_down_in_this_account_alone(moto: Moto, faults: Faults) -> None:
    moto.client("s3").create_bucket(Bucket="one")
    account, other = (AwsAccount(ACCOUNT, endpoint_url=faults.url) for _ in range(2))
    before = account.rate("s3")
    faults.plan("s3:ListBuckets", Fault(status=503, code="SlowDown"), times=1)
    assert isinstance(account.read(LIST_BUCKETS, "us-east-1", dict), Known)
    assert account.rate("s3") < before
    assert account.rate("s3control") == AwsAccount(ACCOUNT).rate("s3control")
    assert other.rate("s3") == before


def test_the_account_travels_in_a_header_where_the_endpoint_is_ones_own(s3: Any, faults: Faults) -> None:
    s3.create_bucket(Bucket="one")
    assert names(AwsAccount(ACCOUNT, endpoint_url=faults.url)) == {"one"}
    control = [call for call in faults.calls if call.operation.startswith("s3control:")]
    assert {call.headers["x-amz-account-id"] for call in control} == {ACCOUNT}
    assert {call.headers["Host"] for call in control} == {faults.url.removeprefix("http://")}


def test_no_secret_reaches_a_fact(moto: Moto, faults: Faults) -> None:
    moto.client("s3").create_bucket(Bucket="one")
    faults.plan("s3:GetBucketAcl", DENIED)
    (bucket,) = S3Collector(AwsAccount(ACCOUNT, endpoint_url=faults.url)).collect(SCOPE)
    text = repr(bucket)
    assert "AKIA" not in text
    assert "secret" not in text
    assert "dead-beef" not in text


def test_clients_of_a_region_go_with_the_last_that_reads_there(faults: Faults) -> None:
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, regions=("us-east-1", "eu-west-1"))
    with account.reading("eu-west-1"):
        before = account.client("ec2", "eu-west-1")
        with account.reading("eu-west-1"), account.reading("us-east-1"):
            assert account.verify() is None
            home = account.client("sts", "us-east-1")
        assert account.client("ec2", "eu-west-1") is before
    assert account.client("ec2", "eu-west-1") is not before
    assert account.client("sts", "us-east-1") is home
    with pytest.raises(KeyError), account.reading("eu-west-1"):
        raise KeyError
    listed = account.read(DESCRIBE_REGIONS, "eu-west-1", lambda answer: len(answer["Regions"]))
    assert isinstance(listed, Known)


def test_what_never_connected_has_nothing_to_let_go(credentials: pytest.MonkeyPatch) -> None:
    assert credentials
    with AwsAccount(ACCOUNT, profile="nobody configured it").reading("eu-west-1"):
        pass
