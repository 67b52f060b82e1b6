"""Whatever a record says, its document is one that ECS 9.4 and Elastic's integrations have fields for."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.model import encode
from collectors.model.log_records import UndecodableRecordError
from daemon.documents.credentials import text_without_credentials
from daemon.logs.formats import SOURCE_NAMES, Format, log_format
from tests.fakes.elastic_fields import log_problems
from tests.fakes.log_events import S3_LINE, bare_lines, storage_diagnostic, storage_lines, storage_table
from tests.fakes.sigma_samples import samples

REAL = Path(__file__).parents[3] / "data" / "events" / "aws.cloudtrail.otrf.jsonl"


def lines() -> Iterator[tuple[str, bytes]]:
    """Yield source and raw record of every event there is."""
    for sample in samples():
        yield sample.source, sample.line
    for line in REAL.read_bytes().splitlines():
        yield "aws.cloudtrail", line
    for line in storage_lines():
        yield "azure.storage", line
    yield "aws.s3access", S3_LINE.encode()
    yield (
        "aws.s3access",
        S3_LINE.replace("200 -", "403 AccessDenied").replace("REST.GET.OBJECT", "REST.GET.BUCKET").encode(),
    )


def document(source: Format, raw: bytes) -> dict[str, Any]:
    """Return the document as a consumer reads it."""
    record = source.decode(raw)
    found: dict[str, Any] = json.loads(encode(source.kind(record).document(record, raw)))
    return found


@pytest.mark.parametrize("name", SOURCE_NAMES)
def test_every_event_has_a_valid_document(name: str) -> None:
    source = log_format(name)
    found = [raw for owner, raw in lines() if owner == name]
    assert found
    for raw in found:
        told = document(source, raw)
        assert log_problems(told) == [], raw
        assert told["event"]["original"] == text_without_credentials(raw.decode())


@pytest.mark.parametrize("name", SOURCE_NAMES)
def test_a_record_that_says_almost_nothing_has_a_valid_document_but_for_its_time(name: str) -> None:
    raw = bare_lines()[name]
    told = document(log_format(name), raw)
    assert set(log_problems(told)) <= {"@timestamp is missing"}
    assert ("@timestamp" in told) is (name == "aws.s3access")


def test_the_same_record_has_the_same_document() -> None:
    for name, raw in bare_lines().items():
        source = log_format(name)
        assert document(source, raw) == document(source, raw)


SEEDS: dict[str, list[dict[str, Any]]] = {
    name: [sample.event for sample in samples() if sample.source == name] for name in SOURCE_NAMES
}
SEEDS["azure.storage"] = [storage_diagnostic(), storage_table()]
del SEEDS["aws.s3access"]

strange = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
        st.sampled_from(
            ["", "\x00", "198.51.100.24", "::1", "fe80::1%eth0", "10.0.0.1:99999", "2026-03-04T08:15:30Z", "@"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["", "a", "key", "a.b", "\x00"]), inner, max_size=3),
    ),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a record."""
    if path:
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from places(member, (*path, key))


@st.composite
def disturbed(draw: st.DrawFn, name: str) -> bytes:
    """Draw an event of a source some of whose values are not what they should be."""
    event = copy.deepcopy(draw(st.sampled_from(SEEDS[name])))
    for _ in range(draw(st.integers(1, 4))):
        *path, last = draw(st.sampled_from(list(places(event))))
        holder: Any = event
        for key in path:
            holder = holder[key]
        holder[last] = draw(strange)
    return json.dumps(event).encode()


@pytest.mark.parametrize("name", sorted(SEEDS))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_a_disturbed_record_has_a_valid_document_or_is_refused(name: str, data: st.DataObject) -> None:
    raw = data.draw(disturbed(name))
    try:
        told = document(log_format(name), raw)
    except UndecodableRecordError:
        return
    assert set(log_problems(told)) <= {"@timestamp is missing"}


@pytest.mark.parametrize("name", SOURCE_NAMES)
@settings(max_examples=100, deadline=None)
@given(raw=st.one_of(st.binary(max_size=80), strange.map(lambda value: json.dumps(value).encode())))
def test_anything_at_all_has_a_document_or_is_refused(name: str, raw: bytes) -> None:
    try:
        told = document(log_format(name), raw)
    except UndecodableRecordError as refused:
        assert str(refused)  # noqa: PT017 - either outcome is one
        return
    assert set(log_problems(told)) <= {"@timestamp is missing"}
