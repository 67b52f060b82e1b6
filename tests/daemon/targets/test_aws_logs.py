"""Which logs a target has, what they need, and what the doctor says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.aws.logs.lookup import CloudTrailLookup
from collectors.aws.logs.sources import CloudTrailBucket, CloudTrailQueue, S3AccessBucket, S3AccessQueue
from daemon.configuration import Configuration, load
from daemon.targets import Check, Health, Observer, Targets, aws_permissions, diagnose
from daemon.targets.aws_organization import ORGANIZATION
from tests.fakes.aws_faults import DENIED, Faults, fault_proxy
from tests.fakes.aws_log_cloud import trail_file, trail_key
from tests.fakes.aws_moto import ACCOUNT, Moto, moto_server
from tests.fakes.program import HARMLESS

SECOND = "222222222222"
TRAIL = {"source": "aws.cloudtrail", "bucket": "trail", "prefix": "audit"}
QUEUED = {**TRAIL, "queue_url": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/logs"}
LOOKUP = {"source": "aws.cloudtrail", "lookup": True}
ACCESS = {"source": "aws.s3access", "bucket": "access"}


class Nothing:
    """Counts nothing."""

    def called(self, provider: str, service: str, operation: str, outcome: str) -> None:
        pass

    def disagreed(self, provider: str, account: str) -> None:
        pass


@pytest.fixture(scope="session")
def _moto() -> Iterator[Moto]:
    with moto_server() as server:
        yield server


@pytest.fixture
def moto(_moto: Moto, monkeypatch: pytest.MonkeyPatch) -> Moto:
    for name, value in HARMLESS.items():
        monkeypatch.setenv(name, value)
    _moto.reset()
    return _moto


@pytest.fixture
def faults(moto: Moto) -> Iterator[Faults]:
    with fault_proxy(moto.port) as proxy:
        yield proxy


@pytest.fixture
def configured(tmp_path: Path) -> Any:
    def configuration(*logs: dict[str, Any], **more: Any) -> Configuration:
        target = {"name": "prod", "provider": "aws", "regions": ["eu-west-1"], "logs": list(logs)}
        target |= {"endpoint_url": "http://127.0.0.1:9"} | ({} if "organization" in more else {"accounts": [ACCOUNT]})
        path = tmp_path / "cspmd.yaml"
        path.write_text(yaml.safe_dump({"version": 1, "targets": [target | more]}))
        return load(path, {})

    return configuration


def targets(configuration: Configuration, previous: Targets | None = None) -> Targets:
    return Targets(configuration, Observer(Nothing()), previous=previous)


def test_each_configured_log_is_a_source(configured: Any) -> None:
    queued_access = {**ACCESS, "queue_url": QUEUED["queue_url"]}
    made = targets(configured(TRAIL, {**QUEUED, "bucket": "two"}, ACCESS, {**queued_access, "prefix": "x"}))
    units = made.log_sources()
    assert [type(unit.source) for unit in units] == [CloudTrailBucket, CloudTrailQueue, S3AccessBucket, S3AccessQueue]
    assert {(unit.target, unit.account, unit.interval.total_seconds()) for unit in units} == {("prod", ACCOUNT, 60)}
    assert len({unit.key for unit in units}) == 4
    assert all(unit.key.startswith("prod/aws.") for unit in units)
    assert made.log_sources() == units


def test_a_target_without_logs_has_none(configured: Any) -> None:
    assert targets(configured()).log_sources() == ()


def test_a_place_that_is_configured_twice_is_read_once(configured: Any) -> None:
    assert len(targets(configured(TRAIL, TRAIL)).log_sources()) == 1


def test_the_target_s_own_schedule_counts(configured: Any) -> None:
    [unit] = targets(configured(TRAIL, schedule={"logs": "5m"})).log_sources()
    assert unit.interval.total_seconds() == 300


def test_files_are_read_by_the_first_account_that_is_configured(configured: Any) -> None:
    made = targets(configured(TRAIL, accounts=[SECOND, ACCOUNT], role_name="r"))
    [unit] = made.log_sources()
    assert unit.account == SECOND
    assert isinstance(unit.source, CloudTrailBucket)
    assert unit.source.account.account_id == SECOND


def lookups(made: Targets) -> dict[tuple[str, str], object]:
    return {
        (unit.account, unit.source.region): unit
        for unit in made.log_sources()
        if isinstance(unit.source, CloudTrailLookup)
    }


def test_the_event_history_is_asked_for_in_each_account_and_region_and_where_global_services_are(
    configured: Any, moto: Moto
) -> None:
    made = targets(configured(LOOKUP, accounts=[ACCOUNT, SECOND], role_name="r", endpoint_url=moto.url, regions="all"))
    assert lookups(made).keys() == {(ACCOUNT, "us-east-1"), (SECOND, "us-east-1")}
    before = lookups(made)
    for unit in made.discoveries():
        assert list(unit.collector.collect(unit.scope)) == []
    found = lookups(made)
    assert {region for account, region in found if account == SECOND} >= {"us-east-1", "eu-west-1", "ap-southeast-2"}
    assert all(found[key] is unit for key, unit in before.items())
    assert len({unit.key for unit in made.log_sources()}) == len(made.log_sources())


def test_a_list_of_regions_bounds_the_event_histories(configured: Any) -> None:
    assert lookups(targets(configured(LOOKUP))).keys() == {(ACCOUNT, "us-east-1"), (ACCOUNT, "eu-west-1")}
    chinese = targets(configured(LOOKUP, regions=["cn-northwest-1"]))
    assert lookups(chinese).keys() == {(ACCOUNT, "cn-north-1"), (ACCOUNT, "cn-northwest-1")}


def test_an_organization_s_files_are_read_with_its_own_credentials(configured: Any, moto: Moto) -> None:
    client = moto.client("organizations")
    client.create_organization(FeatureSet="ALL")
    client.create_account(Email="1@example.com", AccountName="one")
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="trail")
    s3.put_object(Bucket="trail", Key=trail_key(datetime.now(UTC), "a", above="audit/"), Body=trail_file("1"))
    made = targets(configured(TRAIL, LOOKUP, organization=True, role_name="r", endpoint_url=moto.url))
    [unit] = made.log_sources()
    assert unit.account == ORGANIZATION
    [delivery] = unit.source.read(None)
    assert [len(records) for records in [delivery.records]] == [1]
    for discovery in made.discoveries():
        list(discovery.collector.collect(discovery.scope))
    assert {account for account, _ in lookups(made)} == {
        account["Id"] for account in client.list_accounts()["Accounts"]
    }
    assert made.log_sources()[0] is unit


def test_logs_that_are_configured_as_before_stay_the_same(configured: Any) -> None:
    before = targets(configured(TRAIL))
    same = targets(configured(TRAIL), previous=before)
    assert same.log_sources()[0] is before.log_sources()[0]
    other = targets(configured({**TRAIL, "prefix": "other"}), previous=before)
    assert other.log_sources()[0].key != before.log_sources()[0].key


def statements(configuration: Configuration) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(aws_permissions.reading_policy(configuration.targets))["Statement"]
    return [one for one in found if one["Sid"].startswith("CspmdLogs")]


def test_logs_need_only_their_own_buckets_and_queues(configured: Any) -> None:
    assert statements(configured()) == []
    needed = {
        (action, one["Resource"])
        for one in statements(configured({**QUEUED, "bucket": "two"}, ACCESS))
        for action in one["Action"]
    }
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:logs"
    assert needed == {
        ("s3:ListBucket", "arn:aws:s3:::access"),
        ("s3:GetObject", "arn:aws:s3:::access/*"),
        ("s3:GetObject", "arn:aws:s3:::two/*"),
        ("sqs:ReceiveMessage", queue),
        ("sqs:DeleteMessage", queue),
        ("sqs:ChangeMessageVisibility", queue),
        ("sqs:GetQueueAttributes", queue),
        ("kms:Decrypt", "*"),
    }
    [decrypt] = [one for one in statements(configured(TRAIL)) if one["Action"] == ["kms:Decrypt"]]
    assert decrypt["Condition"] == {"StringLike": {"kms:ViaService": ["s3.*.amazonaws.com", "s3.*.amazonaws.com.cn"]}}


def test_the_event_history_needs_one_action(configured: Any) -> None:
    granted = {
        action
        for one in json.loads(aws_permissions.reading_policy(configured(LOOKUP).targets))["Statement"]
        for action in one["Action"]
    }
    assert granted - {
        action for one in json.loads(aws_permissions.reading_policy())["Statement"] for action in one["Action"]
    } == {"cloudtrail:LookupEvents"}


def test_the_policy_and_its_terraform_say_the_same(configured: Any, moto: Moto) -> None:
    configuration = configured(QUEUED, ACCESS, LOOKUP)
    text = aws_permissions.reading_policy(configuration.targets)
    created = moto.client("iam").create_policy(PolicyName="cspmd-read", PolicyDocument=text)
    assert created["Policy"]["Arn"]
    terraform = aws_permissions.terraform(configuration.targets)
    for one in json.loads(text)["Statement"]:
        assert terraform.count(f'sid       = "{one["Sid"]}"') == 1
        for action in one["Action"]:
            assert f'"{action}", # ' in terraform
    assert terraform.count("{") == terraform.count("}")
    assert terraform.count('variable = "kms:ViaService"') == 1


def of_logs(configuration: Configuration) -> list[Check]:
    [target] = configuration.targets
    return [check for check in diagnose(target, Observer(Nothing())) if ", log " in check.area]


def test_doctor_tries_each_log_and_says_how_to_mend_it(configured: Any, moto: Moto, faults: Faults) -> None:
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="trail")
    s3.put_object(Bucket="trail", Key=trail_key(datetime.now(UTC), "a", above="audit/"), Body=trail_file("1"))
    sqs = moto.client("sqs")
    url = sqs.create_queue(QueueName="logs")["QueueUrl"]
    logs = (TRAIL, {**TRAIL, "queue_url": url}, ACCESS)
    configuration = configured(*logs, endpoint_url=faults.url, regions=["us-east-1"])
    faults.plan("s3:GetObject", DENIED)
    found = {(check.area.partition(": ")[2], check.what): check for check in of_logs(configuration)}
    trail, queue, access = "bucket trail", f"{url} for bucket trail", "bucket access"
    assert {key: check.health for key, check in found.items()} == {
        (trail, "s3:ListBucket"): Health.OK,
        (trail, "s3:GetObject"): Health.MISSING,
        (queue, "sqs:GetQueueAttributes"): Health.OK,
        (queue, "sqs:ReceiveMessage"): Health.OK,
        (queue, "sqs:ChangeMessageVisibility"): Health.OK,
        (queue, "sqs:DeleteMessage"): Health.OK,
        (queue, "s3:GetObject"): Health.UNTRIED,
        (queue, "dead-letter queue"): Health.LESSER,
        (access, "s3:ListBucket"): Health.MISSING,
        (access, "s3:GetObject"): Health.UNTRIED,
    }
    assert found[trail, "s3:GetObject"].grant == "s3:GetObject"
    assert "the bucket's objects" in found[trail, "s3:GetObject"].remedy
    assert "NoSuchBucket" in found[access, "s3:ListBucket"].problem
    assert "bucket" in found[access, "s3:ListBucket"].remedy
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "10"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    assert "dead-letter queue" not in {check.what for check in of_logs(configuration)}


def test_doctor_tries_no_log_with_credentials_that_are_refused(configured: Any, faults: Faults) -> None:
    from tests.fakes.aws_faults import UNKNOWN_KEY

    faults.plan("sts:GetCallerIdentity", UNKNOWN_KEY)
    configuration = configured(TRAIL, LOOKUP, endpoint_url=faults.url)
    assert of_logs(configuration) == []
