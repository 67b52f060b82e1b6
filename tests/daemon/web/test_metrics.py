from __future__ import annotations

import platform
from datetime import timedelta

import msgspec
import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from daemon.model import FindPath, TransitionKind
from daemon.state import State
from daemon.web.gauges import StateGauges
from daemon.web.metrics import Metrics
from tests.fakes.posture import (
    ACCOUNT,
    DENIED,
    GRANTED,
    LIST_DENIED,
    OFF,
    SCOPE,
    START,
    VERSIONED,
    World,
    bucket,
    judging,
    rule,
)

COUNTED = f"""\
# HELP cspmd_build_info Which build runs; always 1.
# TYPE cspmd_build_info gauge
cspmd_build_info{{python="{platform.python_version()}",version="1.2.3"}} 1.0
# HELP cspmd_poll_duration_seconds How long one read of a scope took, successful or not.
# TYPE cspmd_poll_duration_seconds histogram
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="0.5",provider="aws"}} 0.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="1.0",provider="aws"}} 0.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="2.5",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="5.0",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="10.0",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="30.0",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="60.0",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="120.0",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="300.0",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="600.0",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="1800.0",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="3600.0",provider="aws"}} 1.0
cspmd_poll_duration_seconds_bucket{{collector="aws.s3",le="+Inf",provider="aws"}} 1.0
cspmd_poll_duration_seconds_count{{collector="aws.s3",provider="aws"}} 1.0
cspmd_poll_duration_seconds_sum{{collector="aws.s3",provider="aws"}} 1.5
# HELP cspmd_cloud_api_calls_total Calls of cloud APIs, retries included, by how they ended (ok, or why they failed).
# TYPE cspmd_cloud_api_calls_total counter
cspmd_cloud_api_calls_total{{operation="ListBuckets",outcome="ok",provider="aws",service="s3"}} 2.0
cspmd_cloud_api_calls_total{{operation="GetBucketAcl",outcome="denied",provider="aws",service="s3"}} 1.0
# HELP cspmd_drift_total Resources that left a good state (regressed) or came back to it (resolved).
# TYPE cspmd_drift_total counter
cspmd_drift_total{{account="{ACCOUNT}",detector="storage.public_access",direction="regressed",provider="aws"}} 1.0
cspmd_drift_total{{account="{ACCOUNT}",detector="storage.public_access",direction="resolved",provider="aws"}} 0.0
# HELP cspmd_detection_latency_seconds How long a regression may have stood before it was seen: since its event, or \
since the read before.
# TYPE cspmd_detection_latency_seconds histogram
cspmd_detection_latency_seconds_bucket{{le="1.0",path="poll",provider="aws"}} 0.0
cspmd_detection_latency_seconds_bucket{{le="5.0",path="poll",provider="aws"}} 0.0
cspmd_detection_latency_seconds_bucket{{le="15.0",path="poll",provider="aws"}} 0.0
cspmd_detection_latency_seconds_bucket{{le="30.0",path="poll",provider="aws"}} 0.0
cspmd_detection_latency_seconds_bucket{{le="60.0",path="poll",provider="aws"}} 0.0
cspmd_detection_latency_seconds_bucket{{le="120.0",path="poll",provider="aws"}} 0.0
cspmd_detection_latency_seconds_bucket{{le="300.0",path="poll",provider="aws"}} 1.0
cspmd_detection_latency_seconds_bucket{{le="600.0",path="poll",provider="aws"}} 1.0
cspmd_detection_latency_seconds_bucket{{le="1800.0",path="poll",provider="aws"}} 1.0
cspmd_detection_latency_seconds_bucket{{le="3600.0",path="poll",provider="aws"}} 1.0
cspmd_detection_latency_seconds_bucket{{le="14400.0",path="poll",provider="aws"}} 1.0
cspmd_detection_latency_seconds_bucket{{le="86400.0",path="poll",provider="aws"}} 1.0
cspmd_detection_latency_seconds_bucket{{le="+Inf",path="poll",provider="aws"}} 1.0
cspmd_detection_latency_seconds_count{{path="poll",provider="aws"}} 1.0
cspmd_detection_latency_seconds_sum{{path="poll",provider="aws"}} 300.0
# HELP cspmd_deliveries_total Documents handed to a sink, by how that ended (delivered, retried, rejected).
# TYPE cspmd_deliveries_total counter
cspmd_deliveries_total{{outcome="delivered",sink="file"}} 3.0
# HELP cspmd_provider_disagreements_total Resources on whose policy the provider's own opinion and ours differ, \
counted once each.
# TYPE cspmd_provider_disagreements_total counter
cspmd_provider_disagreements_total{{account="{ACCOUNT}",provider="aws"}} 1.0
# HELP cspmd_log_events_total Records that were read from followed logs.
# TYPE cspmd_log_events_total counter
cspmd_log_events_total{{source="aws.cloudtrail",target="prod"}} 7.0
# HELP cspmd_log_undecodable_total Records of followed logs that could not be decoded: no rule judged what they tell of.
# TYPE cspmd_log_undecodable_total counter
cspmd_log_undecodable_total{{source="aws.cloudtrail",target="prod"}} 0.0
# HELP cspmd_detections_total Log events that matched a rule, by the rule's detector uid.
# TYPE cspmd_detections_total counter
cspmd_detections_total{{detector="event.sigma.1",source="aws.cloudtrail",target="prod"}} 2.0
# HELP cspmd_looks_total Resources looked at again because an event touched them, by what that came to.
# TYPE cspmd_looks_total counter
cspmd_looks_total{{outcome="changed"}} 1.0
# HELP cspmd_reconcile_missed_total Drifts that a poll found and a followed log should have told of and did not.
# TYPE cspmd_reconcile_missed_total counter
cspmd_reconcile_missed_total{{account="{ACCOUNT}",provider="aws"}} 0.0
# HELP cspmd_config_last_reload_successful Whether the newest attempt to load the configuration succeeded (1) or the \
one before is kept (0).
# TYPE cspmd_config_last_reload_successful gauge
cspmd_config_last_reload_successful 0.0
# HELP cspmd_config_last_reload_success_timestamp_seconds When the running configuration was loaded.
# TYPE cspmd_config_last_reload_success_timestamp_seconds gauge
cspmd_config_last_reload_success_timestamp_seconds {START.timestamp()}
"""


def test_what_was_counted_is_shown_as_the_contract_names_it() -> None:
    metrics = Metrics("1.2.3", process=False)
    metrics.reloaded(successful=True, at=START)
    metrics.reloaded(successful=False, at=START + timedelta(hours=1))
    metrics.polled("aws", "aws.s3", 1.5)
    metrics.called("aws", "s3", "ListBuckets", "ok")
    metrics.called("aws", "s3", "ListBuckets", "ok")
    metrics.called("aws", "s3", "GetBucketAcl", "denied")
    metrics.expect_drift("aws", ACCOUNT, "storage.public_access")
    metrics.drifted("aws", ACCOUNT, "storage.public_access", TransitionKind.REGRESSED)
    metrics.drifted("aws", ACCOUNT, "storage.public_access", TransitionKind.OPENED)
    metrics.detected("aws", FindPath.POLL, 300)
    metrics.shipped("file", "delivered", 3)
    metrics.disagreed("aws", ACCOUNT)
    metrics.expect_log("aws.cloudtrail", "prod", "aws", ACCOUNT)
    metrics.log_told("aws.cloudtrail", "prod", 7)
    metrics.log_detected("aws.cloudtrail", "prod", "event.sigma.1", 2)
    metrics.looked("changed")
    shown = generate_latest(metrics.registry).decode()
    assert _lines(shown) == _lines(COUNTED)


STATE = f"""\
# HELP cspmd_findings Open findings (fail, also where they can no longer be read), what could not be judged (unknown), \
and accepted risks (excepted).
# TYPE cspmd_findings gauge
cspmd_findings{{account="{ACCOUNT}",detector="coverage.unread_scope",provider="aws",severity="high",\
status="fail"}} 1.0
cspmd_findings{{account="{ACCOUNT}",detector="coverage.unread_scope",provider="aws",severity="medium",\
status="fail"}} 1.0
cspmd_findings{{account="{ACCOUNT}",detector="{GRANTED.uid}",provider="aws",severity="medium",status="unknown"}} 1.0
cspmd_findings{{account="{ACCOUNT}",detector="{VERSIONED.uid}",provider="aws",severity="medium",status="excepted"}} 1.0
cspmd_findings{{account="{ACCOUNT}",detector="{VERSIONED.uid}",provider="aws",severity="medium",\
status="fail"}} 1.0
# HELP cspmd_judgements Judgements by verdict (PASS, FAIL, UNKNOWN).
# TYPE cspmd_judgements gauge
cspmd_judgements{{account="{ACCOUNT}",detector="coverage.unread_scope",provider="aws",verdict="FAIL"}} 2.0
cspmd_judgements{{account="{ACCOUNT}",detector="storage.test_expired",provider="aws",verdict="PASS"}} 3.0
cspmd_judgements{{account="{ACCOUNT}",detector="{GRANTED.uid}",provider="aws",verdict="PASS"}} 2.0
cspmd_judgements{{account="{ACCOUNT}",detector="{GRANTED.uid}",provider="aws",verdict="UNKNOWN"}} 1.0
cspmd_judgements{{account="{ACCOUNT}",detector="{VERSIONED.uid}",provider="aws",verdict="FAIL"}} 2.0
cspmd_judgements{{account="{ACCOUNT}",detector="{VERSIONED.uid}",provider="aws",verdict="PASS"}} 1.0
# HELP cspmd_resources Resources that are known.
# TYPE cspmd_resources gauge
cspmd_resources{{account="{ACCOUNT}",kind="bucket",provider="aws"}} 3.0
# HELP cspmd_coverage_ratio The share of what was asked that could be read in the last read, in the worst region.
# TYPE cspmd_coverage_ratio gauge
cspmd_coverage_ratio{{account="{ACCOUNT}",collector="aws.s3",provider="aws",target="prod"}} 0.0
# HELP cspmd_last_success_timestamp_seconds When a read last came back whole, in the region where that is longest ago \
(0: never).
# TYPE cspmd_last_success_timestamp_seconds gauge
cspmd_last_success_timestamp_seconds{{account="{ACCOUNT}",collector="aws.s3",target="prod"}} 0.0
# HELP cspmd_outbox_pending Documents that wait for delivery.
# TYPE cspmd_outbox_pending gauge
cspmd_outbox_pending{{sink="file"}} 0.0
cspmd_outbox_pending{{sink="test"}} 3.0
# HELP cspmd_outbox_oldest_timestamp_seconds When the oldest document that waits was queued; absent where none waits.
# TYPE cspmd_outbox_oldest_timestamp_seconds gauge
cspmd_outbox_oldest_timestamp_seconds{{sink="test"}} {START.timestamp()}
# HELP cspmd_outbox_dead Documents that a sink refused for good; `cspmd doctor` shows why.
# TYPE cspmd_outbox_dead gauge
cspmd_outbox_dead{{sink="file"}} 0.0
cspmd_outbox_dead{{sink="test"}} 0.0
# HELP cspmd_state_reachable Whether the state could be read for this scrape.
# TYPE cspmd_state_reachable gauge
cspmd_state_reachable 1.0
"""


def _gauges(state: State, *sinks: str) -> str:
    metrics = Metrics("1.2.3", process=False)
    metrics.registry.register(StateGauges(state, lambda: sinks or ("file", "test")))
    shown = generate_latest(metrics.registry).decode()
    return shown[shown.index("# HELP cspmd_findings") if "# HELP cspmd_findings" in shown else 0 :]


def test_what_the_state_knows_is_shown_as_the_contract_names_it(state: State) -> None:
    world = World(state)
    world.judging = judging(rule("*:c", VERSIONED.uid))
    world.read(bucket("a", versioning=OFF), bucket("b", acl_grants=DENIED), bucket("c", versioning=OFF))
    world.read(LIST_DENIED, scope=msgspec.structs.replace(SCOPE, region="eu-west-1"))
    assert _lines(_gauges(state)) == _lines(STATE)


def test_a_sink_that_is_configured_no_more_alarms_nobody(state: State) -> None:
    world = World(state)
    world.read(bucket("a", versioning=OFF))
    shown = _gauges(state, "file")
    assert 'cspmd_outbox_pending{sink="file"} 0.0' in shown
    assert 'sink="test"' not in shown


def _lines(text: str) -> list[str]:
    """Return the lines, times as numbers written one way."""
    lines = []
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        lines.append(f"{name} {float(value)}" if "timestamp" in name and not line.startswith("#") else line)
    return lines


def test_a_violation_that_can_no_longer_be_read_stays_under_fail(state: State) -> None:
    world = World(state)
    world.read(bucket("a", versioning=OFF))
    world.later(bucket("a", versioning=DENIED))
    labels = f'{{account="{ACCOUNT}",detector="{VERSIONED.uid}",provider="aws",severity="medium",status='
    assert f'cspmd_findings{labels}"fail"}} 1.0' in _gauges(state)
    assert f'cspmd_findings{labels}"unknown"' not in _gauges(state)


def test_the_worst_region_decides_coverage_and_the_oldest_decides_the_last_success(state: State) -> None:
    world = World(state)
    west, east = (msgspec.structs.replace(SCOPE, region=region) for region in ("eu-west-1", "us-east-1"))
    world.read(bucket("a"), scope=west)
    world.later(bucket("b", versioning=DENIED), scope=east, minutes=60)
    labels = f'{{account="{ACCOUNT}",collector="aws.s3"'
    shown = _gauges(state)
    coverage = next(line for line in shown.splitlines() if line.startswith(f"cspmd_coverage_ratio{labels}"))
    assert 0 < float(coverage.split()[-1]) < 1
    success = next(
        line for line in shown.splitlines() if line.startswith(f"cspmd_last_success_timestamp_seconds{labels}")
    )
    assert float(success.split()[-1]) == START.timestamp()


def test_a_state_out_of_reach_shows_no_stale_number_and_is_told_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("gone") / "state.db"
    state = State.open(f"sqlite:///{path}")
    metrics = Metrics("1.2.3", process=False)
    metrics.registry.register(StateGauges(state, lambda: ["file"]))
    state.close()
    for part in path.parent.iterdir():
        part.unlink()
    path.mkdir()
    with capture_logs() as logs:
        for _ in range(2):
            shown = generate_latest(metrics.registry).decode()
    assert "cspmd_state_reachable 0.0" in shown
    assert "cspmd_findings" not in shown
    assert len(logs) == 1
