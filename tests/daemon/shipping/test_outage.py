"""The shipper, a real outbox and Elasticsearch over HTTP, through whatever may go wrong between them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from daemon.shipping.backoff import Backoff, Pace
from daemon.shipping.shipper import Shipper
from daemon.shipping.sinks.access import Access
from daemon.shipping.sinks.elasticsearch import ElasticsearchSink
from daemon.shipping.sinks.file import FileSink
from daemon.state import State
from tests.fakes.elasticsearch_server import ElasticsearchServer, Fault
from tests.fakes.queued import finding, odd, posture, queue
from tests.fakes.waiting import wait_until

QUICK = Backoff(first=0.01, longest=0.1)
FAST = Pace(backoff=QUICK, put_off=QUICK, idle=0.02, grace=5.0)
SECRET = "dG9wOnNlY3JldA=="


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State.open(f"sqlite:///{tmp_path / 'state.db'}")
    yield opened
    opened.close()


@contextmanager
def shipping(shipper: Shipper) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=shipper.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        shipper.close()


def waiting(state: State) -> int:
    return sum(stats.pending for stats in state.outbox.stats())


def test_elasticsearch_down_for_the_whole_time_then_up(state: State, tmp_path: Path) -> None:
    cluster = ElasticsearchServer()
    cluster.reserve_address()
    path = tmp_path / "findings.jsonl"
    sinks = [ElasticsearchSink(Access(hosts=(cluster.url,))), FileSink(path)]
    numbers = range(300)
    with capture_logs() as logs, shipping(Shipper(state.outbox, sinks, pace=FAST)):
        for number in numbers:
            queue(state, [finding(number), finding(number, "file"), posture(number)])
        wait_until(lambda: path.exists() and len(path.read_bytes().splitlines()) == len(numbers))
        wait_until(lambda: any(entry["log_level"] == "warning" for entry in logs))
        wait_until(lambda: waiting(state) == 2 * len(numbers))
        cluster.start()
        wait_until(lambda: waiting(state) == 0, 60)
    cluster.stop()
    expected = {finding(number).uid for number in numbers} | {posture(number).uid for number in numbers}
    assert Counter(cluster.ids()) == dict.fromkeys(expected, 1)
    assert cluster.violations == []
    in_file = [json.loads(line)["event"]["id"] for line in path.read_bytes().splitlines()]
    assert Counter(in_file) == {finding(number).uid: 1 for number in numbers}
    [down] = [entry for entry in logs if entry["log_level"] == "warning"]
    assert down["sink"] == "elasticsearch"
    assert cluster.url in down["reason"]
    assert "cannot be reached" in down["reason"]
    assert sum(entry["event"] == "a sink takes documents again" for entry in logs) == 1


def test_mapping_errors_become_dead_letters_and_block_nothing(state: State, cluster: ElasticsearchServer) -> None:
    queue(state, [odd(number) if number % 10 == 0 else finding(number) for number in range(600)])
    sink = ElasticsearchSink(Access(hosts=(cluster.url,)))
    shipper = Shipper(state.outbox, [sink])
    [drained] = shipper.drain_once()
    shipper.close()
    assert (drained.delivered, drained.rejected, drained.failure) == (540, 60, "")
    assert len(cluster.ids()) == 540
    letters = state.outbox.dead_letters(1000)
    assert {item.uid for item, _ in letters} == {odd(number).uid for number in range(0, 600, 10)}
    assert all("strict_dynamic_mapping_exception" in reason for _, reason in letters)
    assert waiting(state) == 0


def test_expired_credentials_keep_everything_queued_and_no_secret_is_told(state: State) -> None:
    queue(state, [finding(number) for number in range(20)])
    with ElasticsearchServer(api_key="other") as cluster, capture_logs() as logs:
        sink = ElasticsearchSink(Access(hosts=(cluster.url,), api_key=SECRET))
        with shipping(Shipper(state.outbox, [sink], pace=FAST)):
            wait_until(lambda: len(cluster.requests) > 5)
            assert waiting(state) == 20
            assert cluster.ids() == []
            cluster.credentials = {f"ApiKey {SECRET}"}
            wait_until(lambda: waiting(state) == 0)
        assert len(cluster.ids()) == 20
    warnings = [entry for entry in logs if entry["log_level"] == "warning"]
    assert len(warnings) == 1
    assert "check api_key:" in warnings[0]["reason"]
    assert SECRET not in str(logs)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_goes_wrong_every_document_is_stored_once(
    seed: int, state: State, cluster: ElasticsearchServer
) -> None:
    chance = random.Random(seed)
    stream = "logs-cspmd.findings-default"

    def rollover() -> None:
        if stream in cluster.store.streams:
            cluster.store.rollover(stream)

    def some(uid: str) -> int:
        return 503 if int(uid[2:]) % 3 == seed % 3 else 0

    kinds = [
        lambda: Fault(reset="before"),
        lambda: Fault(reset="after", then=rollover),
        lambda: Fault(reset="after"),
        lambda: Fault(status=503),
        lambda: Fault(status=502, reset="", then=rollover),
        lambda: Fault(status=429, headers={"Retry-After": "0"}),
        lambda: Fault(items=some, error=("unavailable_shards_exception", "primary shard is not active")),
        lambda: Fault(path="_search", reset="before"),
        lambda: Fault(path="_search", status=503),
        lambda: Fault(path="_refresh", status=500),
    ]
    queue(state, [finding(number) for number in range(300)])
    sink = ElasticsearchSink(Access(hosts=(cluster.url,)), largest_body=60_000)
    with shipping(Shipper(state.outbox, [sink], pace=FAST)):
        for _ in range(25):
            cluster.faults.append(chance.choice(kinds)())
        wait_until(lambda: waiting(state) < 250)
        queue(state, [finding(number) for number in range(300, 400)])
        wait_until(lambda: waiting(state) == 0, 60)
    assert Counter(cluster.ids()) == {finding(number).uid: 1 for number in range(400)}


def test_a_killed_process_ships_nothing_twice_even_across_a_rollover(state: State, tmp_path: Path) -> None:
    """kill -9 between the commit in Elasticsearch and the acknowledgement in the outbox, again and again."""
    queue(state, [finding(number) for number in range(120)])
    state.close()
    code = (
        "import sys\n"
        "from daemon.shipping.shipper import Shipper\n"
        "from daemon.shipping.sinks.access import Access\n"
        "from daemon.shipping.sinks.elasticsearch import ElasticsearchSink\n"
        "from daemon.state import State\n"
        "sink = ElasticsearchSink(Access(hosts=(sys.argv[2],)), largest_body=60_000)\n"
        "Shipper(State.open(sys.argv[1]).outbox, [sink]).drain_once()\n"
    )
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with ElasticsearchServer() as cluster:
        for kill_at in (1, 2, 3):
            process: list[subprocess.Popen[bytes]] = []

            def kill(process: list[subprocess.Popen[bytes]] = process) -> None:
                process[0].kill()
                process[0].wait()
                for stream in list(cluster.store.streams):
                    cluster.store.rollover(stream)

            cluster.faults = [Fault(times=kill_at - 1), Fault(then=kill)]
            process.append(subprocess.Popen([sys.executable, "-c", code, url, cluster.url]))
            assert process[0].wait(30) == -9
        subprocess.run([sys.executable, "-c", code, url, cluster.url], check=True)
        assert cluster.violations == []
        assert Counter(cluster.ids()) == {finding(number).uid: 1 for number in range(120)}
    again = State.open(url)
    assert again.outbox.stats() == []
    again.close()


def test_a_stop_in_the_middle_loses_and_doubles_nothing(state: State, cluster: ElasticsearchServer) -> None:
    queue(state, [finding(number) for number in range(2000)])
    cluster.faults = [Fault(times=3, delay=0.2)]
    for _ in range(3):
        with shipping(
            Shipper(state.outbox, [ElasticsearchSink(Access(hosts=(cluster.url,)), largest_body=100_000)], pace=FAST)
        ):
            wait_until(lambda: cluster.paths("_bulk"))
        cluster.requests.clear()
    Shipper(state.outbox, [ElasticsearchSink(Access(hosts=(cluster.url,)))]).drain_once()
    assert Counter(cluster.ids()) == {finding(number).uid: 1 for number in range(2000)}
    assert waiting(state) == 0
