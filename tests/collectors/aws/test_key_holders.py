"""Who holds a key is asked once: by the families of a region, and by the passes of an account."""

from __future__ import annotations

import pytest

from collectors.aws.keys import KeyHolders
from collectors.aws.session import AwsAccount
from collectors.model import KeyHolder, Known, Unread
from tests.fakes.aws_faults import DENIED, Faults
from tests.fakes.aws_moto import ACCOUNT, Moto

REGION = "eu-central-1"
DESCRIBE = "kms:DescribeKey"


@pytest.fixture
def key(moto: Moto) -> str:
    arn: str = moto.client("kms", region=REGION).create_key()["KeyMetadata"]["Arn"]
    return arn


def test_what_was_told_of_a_key_lasts(account: AwsAccount, faults: Faults, key: str) -> None:
    for _ in range(3):
        assert KeyHolders(account, REGION).of(key) == Known(KeyHolder.CUSTOMER_KEY)
    assert faults.count(DESCRIBE) == 1
    other = AwsAccount(ACCOUNT, endpoint_url=faults.url)
    assert KeyHolders(other, REGION).of(key) == Known(KeyHolder.CUSTOMER_KEY)
    assert faults.count(DESCRIBE) == 2


def test_what_was_refused_is_asked_again_by_the_next_pass(account: AwsAccount, faults: Faults, key: str) -> None:
    faults.plan(DESCRIBE, DENIED)
    holders = KeyHolders(account, REGION)
    assert isinstance(holders.of(key), Unread)
    assert isinstance(holders.of(key), Unread)
    assert faults.count(DESCRIBE) == 1
    faults.clear()
    assert KeyHolders(account, REGION).of(key) == Known(KeyHolder.CUSTOMER_KEY)


def test_an_alias_may_name_another_key_next_time(account: AwsAccount, faults: Faults, key: str, moto: Moto) -> None:
    moto.client("kms", region=REGION).create_alias(AliasName="alias/data", TargetKeyId=key)
    for _ in range(2):
        assert KeyHolders(account, REGION).of("alias/data") == Known(KeyHolder.CUSTOMER_KEY)
    assert faults.count(DESCRIBE) == 2
