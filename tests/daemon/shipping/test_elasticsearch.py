"""The sink against a server that speaks the real protocol, through the unmodified official client."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest

from daemon.shipping.sinks.access import Access
from daemon.shipping.sinks.base import Delivered, Outcome, Rejected, Retry
from daemon.shipping.sinks.elasticsearch import ElasticsearchSink
from tests.fakes.elasticsearch_server import COMPATIBLE_NDJSON, ElasticsearchServer, Fault
from tests.fakes.queued import finding, items, odd, posture

FINDINGS, MISCONFIGURATION = "logs-cspmd.findings-default", "logs-cspmd.misconfiguration-default"
STORED, ALREADY = Delivered(), Delivered(already=True)
SECRET = "c2VjcmV0LWtleQ=="


def only(outcomes: list[Outcome] | tuple[Outcome, ...], kind: type) -> None:
    assert {type(outcome) for outcome in outcomes} == {kind}


def test_documents_arrive_in_their_streams_under_their_ids(
    cluster: ElasticsearchServer, sink: ElasticsearchSink
) -> None:
    batch = items([finding(1), posture(2), finding(3)])
    assert sink.send(batch) == [STORED] * 3
    assert sorted(cluster.ids(FINDINGS)) == ["t-000001", "t-000003"]
    assert cluster.ids(MISCONFIGURATION) == [posture(2).uid]
    stored = {uid: source for _, uid, source in cluster.documents()}
    assert all(stored[item.uid] == json.loads(item.body) for item in batch)
    assert {stream.template for stream in cluster.store.streams.values()} == {
        "logs-cspmd.findings",
        "logs-cspmd.misconfiguration",
    }
    [bulk, _] = cluster.paths("_bulk")
    assert bulk.headers["content-type"] == COMPATIBLE_NDJSON


def test_what_waits_when_the_namespace_changes_goes_where_it_was_queued_for(cluster: ElasticsearchServer) -> None:
    batch = items([finding(1, namespace="before"), finding(2, namespace="after"), finding(3, namespace="before")])
    sink = ElasticsearchSink(Access(hosts=(cluster.url,)), namespace="after")
    assert sink.send(batch) == [STORED] * 3
    assert sorted(cluster.ids("logs-cspmd.findings-before")) == ["t-000001", "t-000003"]
    assert cluster.ids("logs-cspmd.findings-after") == ["t-000002"]
    sink.close()


def test_what_got_through_before_the_namespace_changed_is_not_sent_again(cluster: ElasticsearchServer) -> None:
    before = ElasticsearchSink(Access(hosts=(cluster.url,)), namespace="before")
    after = ElasticsearchSink(Access(hosts=(cluster.url,)), namespace="after")
    assert before.prepare() is None
    cluster.faults = [
        Fault(path="_bulk", reset="after", then=lambda: cluster.store.rollover("logs-cspmd.findings-before"))
    ]
    only(before.send(items([finding(1, namespace="before")])), Retry)
    assert after.send(items([finding(1, namespace="before")], attempts=1)) == [ALREADY]
    assert cluster.ids() == ["t-000001"]
    before.close()
    after.close()


def test_a_second_delivery_changes_nothing(cluster: ElasticsearchServer, sink: ElasticsearchSink) -> None:
    assert sink.send(items([finding(1)])) == [STORED]
    assert sink.send(items([finding(1), finding(2)])) == [ALREADY, STORED]
    assert Counter(cluster.ids()) == {"t-000001": 1, "t-000002": 1}


def test_fresh_documents_are_not_looked_up(cluster: ElasticsearchServer, sink: ElasticsearchSink) -> None:
    sink.send(items([finding(1)]))
    assert cluster.paths("_search") == []


def test_a_reset_after_the_commit_and_a_rollover_make_no_duplicate(
    cluster: ElasticsearchServer, sink: ElasticsearchSink
) -> None:
    batch = items([finding(number) for number in range(5)])
    cluster.faults = [Fault(reset="after", then=lambda: cluster.store.rollover(FINDINGS))]
    first = sink.send(batch)
    only(first, Retry)
    assert len(cluster.store.streams[FINDINGS].indices) == 2
    later = [*batch, *items([finding(9)])]
    later[-1] = msgspec.structs.replace(later[-1], id=99)
    assert sink.send(later) == [ALREADY] * 5 + [STORED]
    assert set(Counter(cluster.ids()).values()) == {1}


def test_a_document_not_yet_refreshed_is_found_all_the_same(
    cluster: ElasticsearchServer, sink: ElasticsearchSink
) -> None:
    assert sink.prepare() is None
    cluster.store.components["logs-cspmd@settings"]["template"]["settings"]["index"]["refresh_interval"] = "3600s"
    cluster.faults = [Fault(reset="after", then=lambda: cluster.store.rollover(FINDINGS))]
    batch = items([finding(1)])
    only(sink.send(batch), Retry)
    assert sink.send(batch) == [ALREADY]
    assert cluster.ids() == ["t-000001"]


def test_what_an_earlier_process_queued_is_looked_up_first(cluster: ElasticsearchServer) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    first = ElasticsearchSink(Access(hosts=(cluster.url,)))
    batch = items([finding(1), finding(2)], queued_at=before)
    first.send(batch[:1])
    first.close()
    cluster.store.rollover(FINDINGS)
    second = ElasticsearchSink(Access(hosts=(cluster.url,)))
    assert second.send(batch) == [ALREADY, STORED]
    assert Counter(cluster.ids()) == {"t-000001": 1, "t-000002": 1}
    second.close()


@pytest.mark.parametrize("attempts", [1, 3])
def test_what_was_tried_before_is_looked_up_first(
    attempts: int, cluster: ElasticsearchServer, sink: ElasticsearchSink
) -> None:
    sink.send(items([finding(1)]))
    cluster.store.rollover(FINDINGS)
    assert sink.send(items([finding(1)], attempts=attempts)) == [ALREADY]
    assert len(cluster.ids()) == 1


def test_a_look_up_that_fails_sends_nothing(cluster: ElasticsearchServer, sink: ElasticsearchSink) -> None:
    assert sink.prepare() is None
    cluster.faults = [Fault(path="_search", status=503)]
    only(sink.send(items([finding(1)], attempts=1)), Retry)
    assert cluster.paths("_bulk") == []
    assert sink.send(items([finding(1)], attempts=1)) == [STORED]


def test_without_the_maintenance_privilege_it_still_looks_up(
    cluster: ElasticsearchServer, sink: ElasticsearchSink
) -> None:
    cluster.denied = {"maintenance"}
    assert sink.send(items([finding(1)], attempts=1)) == [STORED]
    cluster.store.refresh("*")
    cluster.store.rollover(FINDINGS)
    assert sink.send(items([finding(1)], attempts=1)) == [ALREADY]


def test_a_mapping_error_costs_its_own_document_alone(cluster: ElasticsearchServer, sink: ElasticsearchSink) -> None:
    outcomes = sink.send(items([finding(1), odd(2), finding(3)]))
    assert outcomes[0] == outcomes[2] == STORED
    assert isinstance(outcomes[1], Rejected)
    assert "strict_dynamic_mapping_exception" in outcomes[1].reason
    assert "made_up" in outcomes[1].reason
    assert sorted(cluster.ids()) == ["t-000001", "t-000003"]


def test_an_illegal_argument_is_the_documents_fault_only_where_others_pass(
    cluster: ElasticsearchServer, sink: ElasticsearchSink
) -> None:
    missing_pipeline = ("illegal_argument_exception", "pipeline with id [x] does not exist")
    cluster.faults = [Fault(items=lambda _uid: 400, error=missing_pipeline)]
    only(sink.send(items([finding(1), finding(2)])), Retry)
    cluster.faults = [Fault(items=lambda uid: 400 if uid == "t-000001" else 0, error=missing_pipeline)]
    outcomes = sink.send(items([finding(1), finding(2)]))
    assert [type(outcome) for outcome in outcomes] == [Rejected, Delivered]


def test_too_many_shards_lose_no_document(cluster: ElasticsearchServer, sink: ElasticsearchSink) -> None:
    full = ("validation_exception", "this action would add [2] shards, but this cluster has [1000]/[1000] open")
    cluster.faults = [Fault(items=lambda _uid: 400, error=full)]
    [outcome] = sink.send(items([finding(1)]))
    assert isinstance(outcome, Retry)
    assert "shards" in outcome.reason


def test_an_overloaded_cluster_is_left_alone_as_long_as_it_asks(
    cluster: ElasticsearchServer, sink: ElasticsearchSink
) -> None:
    assert sink.prepare() is None
    cluster.faults = [Fault(status=429, headers={"Retry-After": "7"})]
    [outcome] = sink.send(items([finding(1)]))
    assert isinstance(outcome, Retry)
    assert outcome.after == 7
    later = datetime.now(UTC) + timedelta(seconds=30)
    cluster.faults = [Fault(status=503, headers={"Retry-After": format_datetime(later, usegmt=True)})]
    [outcome] = sink.send(items([finding(1)]))
    assert isinstance(outcome, Retry)
    assert outcome.after is not None
    assert 25 < outcome.after <= 30


def test_a_429_for_one_document_puts_that_one_off(cluster: ElasticsearchServer, sink: ElasticsearchSink) -> None:
    cluster.faults = [Fault(items=lambda uid: 429 if uid == "t-000002" else 0)]
    outcomes = sink.send(items([finding(1), finding(2), finding(3)]))
    assert [type(outcome) for outcome in outcomes] == [Delivered, Retry, Delivered]
    assert sink.send(items([finding(2)])) == [STORED]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_are_tried_again(status: int, cluster: ElasticsearchServer, sink: ElasticsearchSink) -> None:
    assert sink.prepare() is None
    cluster.faults = [Fault(status=status)]
    only(sink.send(items([finding(1)])), Retry)
    assert sink.send(items([finding(1)])) == [STORED]


@pytest.mark.parametrize("access", [{"api_key": "wrong"}, {"username": "u", "password": "wrong"}, {}])
def test_wrong_credentials_lose_nothing_and_say_what_to_check(access: dict[str, str]) -> None:
    with ElasticsearchServer(api_key=SECRET, username="u", password="right") as cluster:
        sink = ElasticsearchSink(Access(hosts=(cluster.url,), **access))
        [outcome] = sink.send(items([finding(1)]))
        assert isinstance(outcome, Retry)
        assert "check api_key: or username: and password:" in outcome.reason
        assert "wrong" not in outcome.reason.replace("are wrong", "")
        sink.close()


@pytest.mark.parametrize("access", [{"api_key": SECRET}, {"username": "u", "password": "p:@/%"}])
def test_right_credentials_pass(access: dict[str, str]) -> None:
    with ElasticsearchServer(api_key=SECRET, username="u", password="p:@/%") as cluster:
        sink = ElasticsearchSink(Access(hosts=(cluster.url,), **access))
        assert sink.send(items([finding(1)])) == [STORED]
        sink.close()


def test_credentials_in_a_url_work_and_are_never_shown() -> None:
    with ElasticsearchServer(username="u", password="p@ss") as cluster:
        access = Access(hosts=(cluster.url.replace("http://", "http://u:p%40ss@"),))
        assert "p%40ss" not in repr(access) + access.shown
        sink = ElasticsearchSink(access)
        assert sink.send(items([finding(1)])) == [STORED]
        cluster.stop()
        [outcome] = sink.send(items([finding(2)]))
        assert isinstance(outcome, Retry)
        assert cluster.url in outcome.reason
        assert "p@ss" not in outcome.reason
        assert "p%40ss" not in outcome.reason
        sink.close()


def test_access_never_shows_its_secrets() -> None:
    access = Access(hosts=("https://es:9200",), api_key="k3y", username="u", password="pw")
    assert repr(access) == "Access(hosts='https://es:9200')"


def test_a_missing_privilege_is_named(cluster: ElasticsearchServer, sink: ElasticsearchSink) -> None:
    cluster.denied = {"create_doc"}
    [outcome] = sink.send(items([finding(1)]))
    assert isinstance(outcome, Retry)
    assert "create_doc" in outcome.reason
    assert "doctor" in outcome.reason


def test_requests_are_bounded_in_size(cluster: ElasticsearchServer) -> None:
    size = len(finding(1).body)
    sink = ElasticsearchSink(Access(hosts=(cluster.url,)), largest_body=size * 3)
    assert sink.send(items([finding(number) for number in range(10)])) == [STORED] * 10
    assert len(cluster.paths("_bulk")) == 5
    assert all(seen.size <= size * 3 for seen in cluster.paths("_bulk"))
    sink.close()


def test_what_the_server_finds_too_large_goes_in_halves_and_a_giant_is_refused(cluster: ElasticsearchServer) -> None:
    giant = finding(99)
    giant = msgspec.structs.replace(giant, body=giant.body.replace(b'"alice"', b'"%b"' % (b"a" * 100_000), 1))
    cluster.largest_body = 20_000
    sink = ElasticsearchSink(Access(hosts=(cluster.url,)))
    cluster.largest_body = 10**9
    assert sink.prepare() is None
    cluster.largest_body = 20_000
    outcomes = sink.send(items([finding(1), finding(2), giant, *(finding(number) for number in range(3, 12))]))
    assert [type(outcome) for outcome in outcomes] == [Delivered, Delivered, Rejected, *([Delivered] * 9)]
    refused = outcomes[2]
    assert isinstance(refused, Rejected)
    assert str(len(giant.body)) in refused.reason
    assert len(cluster.ids()) == 11
    sink.close()


def test_a_cluster_that_comes_back_empty_gets_its_templates_again(cluster: ElasticsearchServer) -> None:
    sink = ElasticsearchSink(Access(hosts=(cluster.url,)))
    assert sink.send(items([finding(1)])) == [STORED]
    cluster.stop()
    only(sink.send(items([finding(2)])), Retry)
    cluster.store.__init__()  # type: ignore[misc] # a new, empty cluster at the same address
    cluster.start()
    assert sink.send(items([finding(2)])) == [STORED]
    assert {stream.template for stream in cluster.store.streams.values()} == {"logs-cspmd.findings"}
    sink.close()


def test_something_that_is_not_elasticsearch_is_told_apart() -> None:
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sink = ElasticsearchSink(Access(hosts=(f"http://127.0.0.1:{server.server_address[1]}",)))
        refusal = sink.prepare()
        assert refusal is not None
        assert "is not Elasticsearch" in refusal.reason
        sink.close()
        server.shutdown()


def test_a_second_node_is_used_when_the_first_is_down(cluster: ElasticsearchServer) -> None:
    dead = ElasticsearchServer()
    dead.reserve_address()
    sink = ElasticsearchSink(Access(hosts=(dead.url, cluster.url)))
    outcomes = [sink.send(items([finding(1)]))[0] for _ in range(3)]
    assert any(isinstance(outcome, Delivered) for outcome in outcomes)
    assert cluster.ids() == ["t-000001"]
    sink.close()
    dead.stop()


def test_tls_with_a_private_authority(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    with ElasticsearchServer(tls=(cert, key)) as cluster:
        assert cluster.url.startswith("https://")
        trusting = ElasticsearchSink(Access(hosts=(cluster.url,), ca_certs=str(cert)))
        assert trusting.send(items([finding(1)])) == [STORED]
        trusting.close()
        wary = ElasticsearchSink(Access(hosts=(cluster.url,)))
        [outcome] = wary.send(items([finding(2)]))
        assert isinstance(outcome, Retry)
        assert "certificate" in outcome.reason.lower()
        wary.close()
    assert cluster.ids() == ["t-000001"]


def test_the_client_is_imported_only_when_it_is_needed() -> None:
    code = (
        "import sys\n"
        "from daemon.shipping.shipper import Shipper\n"
        "from daemon.shipping.sinks.access import Access\n"
        "from daemon.shipping.sinks.elasticsearch import ElasticsearchSink\n"
        "ElasticsearchSink(Access(hosts=('http://127.0.0.1:1',)))\n"
        "print('elasticsearch' in sys.modules, 'elastic_transport' in sys.modules)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]
