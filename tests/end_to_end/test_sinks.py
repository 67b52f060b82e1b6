"""What is found reaches its sinks: through an outage, and through a change of sinks while running."""

from __future__ import annotations

from collections import Counter

from tests.fakes.elasticsearch_server import ElasticsearchServer
from tests.fakes.program import Program, wait_for

STREAMS = "logs-cspmd.*"


def test_a_siem_that_is_down_from_the_start_gets_everything_once(program: Program) -> None:
    siem = ElasticsearchServer(api_key="swordfish-swordfish")
    siem.reserve_address()
    program.configure(sinks={"elasticsearch": {"hosts": [siem.url], "api_key": "swordfish-swordfish"}})
    with program.running() as daemon:
        daemon.wait_until_ready()
        daemon.wait_for_event("a sink takes no documents now; they stay queued")
        [waiting] = daemon.metrics("cspmd_outbox_pending", sink="elasticsearch")
        assert waiting > 0
        assert len(daemon.metrics("cspmd_outbox_oldest_timestamp_seconds", sink="elasticsearch")) == 1
        with siem:
            daemon.wait_for_metric(0, "cspmd_outbox_pending", sink="elasticsearch")
            delivered = Counter(siem.ids(STREAMS))
            assert daemon.stop() == 0
        assert set(delivered.values()) == {1}
        assert len(delivered) >= waiting
        assert siem.violations == []
        assert "swordfish" not in daemon.log.read_text()


def test_sinks_can_be_exchanged_while_running(program: Program) -> None:
    with ElasticsearchServer() as siem, program.running() as daemon:
        daemon.wait_until_ready()
        wait_for(program.documents, "documents in the file")
        program.configure(
            sinks={"elasticsearch": {"hosts": [siem.url]}}, detectors={"severity": {"storage.public_access": "low"}}
        )
        changed = wait_for(lambda: siem.documents("logs-cspmd.findings-*"), "what the change made of the findings")
        assert {source["event"]["severity"] for _, _, source in changed} == {21}
        assert daemon.stop() == 0


def test_a_scan_says_what_its_sinks_did_not_take_and_keeps_it(program: Program) -> None:
    siem = ElasticsearchServer()
    siem.reserve_address()
    program.configure(sinks={"elasticsearch": {"hosts": [siem.url]}})
    done = program.cspmd("scan")
    assert done.returncode == 0
    assert "sink elasticsearch:" in done.stderr
    assert "stays queued" in done.stderr
    with siem:
        assert program.cspmd("scan").returncode == 0
        assert len(siem.ids("logs-cspmd.findings-*")) == len(program.open_findings())


def test_what_waits_for_a_sink_that_was_taken_out_is_told_once_and_alarms_nobody(program: Program) -> None:
    siem = ElasticsearchServer()
    siem.reserve_address()
    program.configure(sinks={"elasticsearch": {"hosts": [siem.url]}})
    assert program.cspmd("scan", "--no-ship").returncode == 0
    program.configure()
    with program.running() as daemon:
        daemon.wait_until_ready()
        told = daemon.wait_for_event("documents are queued for a sink that is not configured")
        assert told["sink"] == "elasticsearch"
        assert told["pending"] > 0
        assert "forgotten 400 days" in told["meaning"]
        assert daemon.metrics("cspmd_outbox_pending", sink="elasticsearch") == []
        assert daemon.metrics("cspmd_outbox_pending", sink="file") != []
        assert len(daemon.events(told["event"])) == 1
        assert daemon.stop() == 0
    assert "the sink elasticsearch is not configured" in program.cspmd("doctor").stdout
