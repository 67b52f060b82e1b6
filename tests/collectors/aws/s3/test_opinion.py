from __future__ import annotations

from typing import Any

import pytest
import structlog

from collectors.aws.s3 import S3Collector
from collectors.aws.session import AwsAccount
from collectors.model import Bucket, Known, NotNeeded, ProviderOpinion
from detectors.model import Policy
from tests.collectors.aws.conftest import SCOPE
from tests.collectors.aws.looking import verdicts
from tests.fakes.aws_estate import policy, statement
from tests.fakes.aws_faults import DENIED, Fault, Faults
from tests.fakes.aws_moto import ACCOUNT

NAME = "debated"


def status(public: bool) -> Fault:
    text = f"<PolicyStatus><IsPublic>{str(public).lower()}</IsPublic></PolicyStatus>"
    return Fault(body=text.encode())


def read(account: AwsAccount) -> Bucket:
    (bucket,) = S3Collector(account).collect(SCOPE)
    assert isinstance(bucket, Bucket)
    return bucket


@pytest.fixture
def debated(s3: Any) -> None:
    s3.create_bucket(Bucket=NAME)
    s3.put_bucket_policy(Bucket=NAME, Policy=policy(statement(NAME)))


@pytest.mark.usefixtures("debated")
@pytest.mark.parametrize("public", [True, False])
def test_the_providers_opinion_stands_beside_ours(account: AwsAccount, faults: Faults, public: bool) -> None:
    faults.plan("s3:GetBucketPolicyStatus", status(public))
    assert read(account).provider_opinion == Known(ProviderOpinion(public=public, source="GetBucketPolicyStatus"))


@pytest.mark.usefixtures("debated")
def test_a_disagreement_is_logged_and_counted_once_until_it_ends(faults: Faults) -> None:
    counted: list[str] = []
    account = AwsAccount(ACCOUNT, endpoint_url=faults.url, on_disagreement=counted.append)
    with structlog.testing.capture_logs() as logs:
        for public in (True, False, False, True, False):
            faults.plan("s3:GetBucketPolicyStatus", status(public))
            read(account)
    assert counted == [f"arn:aws:s3:::{NAME}"] * 2
    assert [(entry["bucket"], entry["policy_by_provider"], entry["policy_by_us"]) for entry in logs] == [
        (f"arn:aws:s3:::{NAME}", "not public", "public")
    ] * 2


def test_a_disagreement_is_on_the_policy_and_says_nothing_of_a_bucket_that_a_switch_keeps_private(
    s3: Any, debated: None, account: AwsAccount, faults: Faults
) -> None:
    assert debated is None
    blocked = {"RestrictPublicBuckets": True, "BlockPublicPolicy": False}
    s3.put_public_access_block(Bucket=NAME, PublicAccessBlockConfiguration=blocked)
    faults.plan("s3:GetBucketPolicyStatus", status(public=False))
    with structlog.testing.capture_logs() as logs:
        found = {NAME: read(account)}
    assert verdicts("storage.public_access", found.values(), Policy()) == {NAME: "PASS"}
    [entry] = logs
    assert "policy" in entry["event"]
    said = {name: value for name, value in entry.items() if value in {"public", "not public"}}
    assert said == {"policy_by_provider": "not public", "policy_by_us": "public"}


def test_nobody_is_asked_about_a_bucket_that_grants_nothing(s3: Any, account: AwsAccount, faults: Faults) -> None:
    s3.create_bucket(Bucket="quiet")
    own = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}
    s3.put_bucket_policy(Bucket="quiet", Policy=policy(statement("quiet", Principal=own)))
    assert read(account).provider_opinion == NotNeeded("nothing_granted")
    assert faults.count("s3:GetBucketPolicyStatus") == 0


@pytest.mark.usefixtures("debated")
def test_the_opinion_is_asked_where_the_policy_is_refused(account: AwsAccount, faults: Faults) -> None:
    faults.plan("s3:GetBucketPolicy", DENIED)
    faults.plan("s3:GetBucketPolicyStatus", status(public=True))
    bucket = read(account)
    assert bucket.provider_opinion == Known(ProviderOpinion(public=True, source="GetBucketPolicyStatus"))


def test_nobody_is_asked_about_a_bucket_that_services_alone_may_use(
    s3: Any, account: AwsAccount, faults: Faults
) -> None:
    s3.create_bucket(Bucket="trail")
    service = {"Service": "cloudtrail.amazonaws.com"}
    limited = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    s3.put_bucket_policy(
        Bucket="trail",
        Policy=policy(statement("trail", Principal=service, Action="s3:PutObject", Condition=limited)),
    )
    assert read(account).provider_opinion == NotNeeded("nothing_granted")
    assert faults.count("s3:GetBucketPolicyStatus") == 0
