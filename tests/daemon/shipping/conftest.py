from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from daemon.shipping.sinks.access import Access
from daemon.shipping.sinks.elasticsearch import ElasticsearchSink
from tests.fakes.elasticsearch_server import ElasticsearchServer


@pytest.fixture
def cluster() -> Iterator[ElasticsearchServer]:
    """An Elasticsearch that is up; what it had to refuse as against the protocol fails the test."""
    with ElasticsearchServer() as server:
        yield server
    assert server.violations == []


@pytest.fixture
def sink(cluster: ElasticsearchServer) -> Iterator[ElasticsearchSink]:
    made = ElasticsearchSink(Access(hosts=(cluster.url,)))
    yield made
    made.close()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)
