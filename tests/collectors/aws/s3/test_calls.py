"""What reading costs: calls per bucket, on an endpoint that says regions and on one that does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from collectors.aws.s3 import S3Collector
from collectors.aws.session import AwsAccount
from collectors.model import Bucket, Known, Unread, UnreadReason
from tests.collectors.aws.conftest import SCOPE
from tests.fakes.aws_estate import GUARDED, ORGANISATION, PRIVATE, PUBLIC_ACL, PUBLIC_POLICY, TLS_ONLY, shape_of
from tests.fakes.aws_replay import Replay, replay

BUCKETS = 40
ORDINARY = 8


@pytest.fixture(params=[True, False], ids=["regions-listed", "regions-not-listed"])
def endpoint(request: pytest.FixtureRequest) -> Iterator[tuple[Replay, int]]:
    """A replay server, and the calls that an ordinary private bucket may cost there."""
    with replay(buckets=BUCKETS, regions_listed=request.param) as server:
        yield server, ORDINARY if request.param else ORDINARY + 1


def test_an_ordinary_private_bucket_costs_no_more_than_it_must(endpoint: tuple[Replay, int]) -> None:
    server, most = endpoint
    account = AwsAccount("123456789012", endpoint_url=server.url)
    found = [item for item in S3Collector(account).collect(SCOPE) if isinstance(item, Bucket)]
    assert len(found) == BUCKETS
    calls = Counter(server.stats()["buckets"])
    by_shape = {shape_of(name): count for name, count in calls.items()}
    assert by_shape[PRIVATE] == by_shape[TLS_ONLY] == most
    # Its ACL is hidden by the bucket's own IgnorePublicAcls.
    assert by_shape[GUARDED] == most - 1
    assert by_shape[ORGANISATION] == most + 1  # the provider's opinion
    assert by_shape[PUBLIC_POLICY] == most + 3  # and payer and website
    assert by_shape[PUBLIC_ACL] == most + 3  # payer, website, ownership


def test_the_account_is_asked_once_and_its_regions_once_each(endpoint: tuple[Replay, int]) -> None:
    server, _ = endpoint
    account = AwsAccount("123456789012", endpoint_url=server.url)
    list(S3Collector(account).collect(SCOPE))
    stats = server.stats()
    of_account = {name: count for name, count in stats["calls"].items() if name[0].isupper() and name != "HEAD"}
    assert of_account == {
        "GetCallerIdentity": 1,
        "ListBuckets": 1,
        "GetPublicAccessBlock": 1,
        "DescribeOrganization": 1,
        "ListAccessPoints": 2,
        "ListMultiRegionAccessPoints": 1,
        # A key that many buckets name is asked for once in each of their regions.
        "DescribeKey": 2,
    }


def test_reading_twice_gives_the_same_facts(endpoint: tuple[Replay, int]) -> None:
    server, _ = endpoint
    account = AwsAccount("123456789012", endpoint_url=server.url)
    first, second = (
        {item.uid: item for item in S3Collector(account).collect(SCOPE) if isinstance(item, Bucket)} for _ in range(2)
    )
    assert first == second


def test_what_nothing_looks_at_is_not_asked_for_and_lowers_no_coverage(endpoint: tuple[Replay, int]) -> None:
    server, most = endpoint
    unasked = {"copies", "key_holder", "tags", "versioning"}
    account = AwsAccount("123456789012", endpoint_url=server.url, asked=lambda _, fact: fact not in unasked)
    found = [item for item in S3Collector(account).collect(SCOPE) if isinstance(item, Bucket)]
    for bucket in found:
        facts = dict(bucket.facts())
        left_out = {name for name, fact in facts.items() if isinstance(fact, Unread)}
        # A key that is not named needs no asking.
        named = isinstance(facts["default_encryption"], Known) and facts["default_encryption"].value.key_uid
        assert left_out == (unasked if named else unasked - {"key_holder"})
        assert {facts[name].reason for name in left_out} == {UnreadReason.NOT_ASKED}
        assert bucket.unread() == ()
    calls = server.stats()["buckets"]
    assert {count for name, count in calls.items() if shape_of(name) == PRIVATE} == {
        most - len(unasked - {"key_holder"})
    }
