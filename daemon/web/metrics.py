"""Counters and histograms of one process, as the contract names them.

What the state knows is no concern of this module: gauges are computed at scrape by
:mod:`daemon.web.gauges`. Nothing is labelled by resource.
"""

from __future__ import annotations

import platform
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from daemon.model import FindPath, TransitionKind

POLL_BUCKETS = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
LATENCY_BUCKETS = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400)

DRIFT_DIRECTIONS = (TransitionKind.REGRESSED, TransitionKind.RESOLVED)
"""The transitions that are drift: a good state left, or regained."""


class Metrics:
    """Every counter and histogram of this process; injected into whoever counts.

    ``process=False`` leaves out the process and platform metrics (tests pin the exact text).
    """

    def __init__(self, version: str, *, process: bool = True) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library ships this one without annotations
        self.registry = CollectorRegistry(auto_describe=True)
        if process:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)
        build = Gauge(
            "cspmd_build_info",
            "Which build runs; always 1.",
            ("version", "python"),
            registry=self.registry,
        )
        build.labels(version, platform.python_version()).set(1)
        self._polls = Histogram(
            "cspmd_poll_duration_seconds",
            "How long one read of a scope took, successful or not.",
            ("provider", "collector"),
            buckets=POLL_BUCKETS,
            registry=self.registry,
        )
        self._calls = Counter(
            "cspmd_cloud_api_calls",
            "Calls of cloud APIs, retries included, by how they ended (ok, or why they failed).",
            ("provider", "service", "operation", "outcome"),
            registry=self.registry,
        )
        self._drift = Counter(
            "cspmd_drift",
            "Resources that left a good state (regressed) or came back to it (resolved).",
            ("provider", "account", "detector", "direction"),
            registry=self.registry,
        )
        self._latency = Histogram(
            "cspmd_detection_latency_seconds",
            "How long a regression may have stood before it was seen: since its event, or since the read before.",
            ("provider", "path"),
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self._deliveries = Counter(
            "cspmd_deliveries",
            "Documents handed to a sink, by how that ended (delivered, retried, rejected).",
            ("sink", "outcome"),
            registry=self.registry,
        )
        self._disagreements = Counter(
            "cspmd_provider_disagreements",
            "Resources on whose policy the provider's own opinion and ours differ, counted once each.",
            ("provider", "account"),
            registry=self.registry,
        )
        self._log_events = Counter(
            "cspmd_log_events",
            "Records that were read from followed logs.",
            ("source", "target"),
            registry=self.registry,
        )
        self._log_undecodable = Counter(
            "cspmd_log_undecodable",
            "Records of followed logs that could not be decoded: no rule judged what they tell of.",
            ("source", "target"),
            registry=self.registry,
        )
        self._detections = Counter(
            "cspmd_detections",
            "Log events that matched a rule, by the rule's detector uid.",
            ("source", "target", "detector"),
            registry=self.registry,
        )
        self._looks = Counter(
            "cspmd_looks",
            "Resources looked at again because an event touched them, by what that came to.",
            ("outcome",),
            registry=self.registry,
        )
        self._missed = Counter(
            "cspmd_reconcile_missed",
            "Drifts that a poll found and a followed log should have told of and did not.",
            ("provider", "account"),
            registry=self.registry,
        )
        self._reload_successful = Gauge(
            "cspmd_config_last_reload_successful",
            "Whether the newest attempt to load the configuration succeeded (1) or the one before is kept (0).",
            registry=self.registry,
        )
        self._reload_time = Gauge(
            "cspmd_config_last_reload_success_timestamp_seconds",
            "When the running configuration was loaded.",
            registry=self.registry,
        )

    def polled(self, provider: str, collector: str, seconds: float) -> None:
        """Count one read of a scope."""
        self._polls.labels(provider, collector).observe(seconds)

    def called(self, provider: str, service: str, operation: str, outcome: str) -> None:
        """Count one call of a cloud API."""
        self._calls.labels(provider, service, operation, outcome).inc()

    def expect_drift(self, provider: str, account: str, detector: str) -> None:
        """Show zero for a drift that may come: an increase from nothing is invisible to ``increase()``."""
        for direction in DRIFT_DIRECTIONS:
            self._drift.labels(provider, account, detector, direction.value)

    def drifted(self, provider: str, account: str, detector: str, kind: TransitionKind) -> None:
        """Count a transition, if it is a drift."""
        if kind in DRIFT_DIRECTIONS:
            self._drift.labels(provider, account, detector, kind.value).inc()

    def detected(self, provider: str, path: FindPath, seconds: float) -> None:
        """Take note of how long a regression may have stood unseen."""
        self._latency.labels(provider, path.value).observe(max(seconds, 0.0))

    def shipped(self, sink: str, outcome: str, documents: int = 1) -> None:
        """Count documents handed to a sink."""
        self._deliveries.labels(sink, outcome).inc(documents)

    def disagreed(self, provider: str, account: str) -> None:
        """Count one resource on which the provider's opinion and ours differ."""
        self._disagreements.labels(provider, account).inc()

    def expect_log(self, source: str, target: str, provider: str, account: str) -> None:
        """Show zero for what a followed log may come to tell of."""
        self._log_events.labels(source, target)
        self._log_undecodable.labels(source, target)
        self._missed.labels(provider, account)

    def log_told(self, source: str, target: str, records: int) -> None:
        """Count records of a log."""
        self._log_events.labels(source, target).inc(records)

    def log_undecodable(self, source: str, target: str, records: int) -> None:
        """Count records of a log that could not be decoded."""
        self._log_undecodable.labels(source, target).inc(records)

    def log_detected(self, source: str, target: str, detector: str, matches: int) -> None:
        """Count events that matched a rule."""
        self._detections.labels(source, target, detector).inc(matches)

    def looked(self, outcome: str) -> None:
        """Count one look at what an event touched, by what it came to."""
        self._looks.labels(outcome).inc()

    def missed(self, provider: str, account: str) -> None:
        """Count one drift that a followed log should have told of and did not."""
        self._missed.labels(provider, account).inc()

    def reloaded(self, *, successful: bool, at: datetime) -> None:
        """Take note of an attempt to load the configuration."""
        self._reload_successful.set(1 if successful else 0)
        if successful:
            self._reload_time.set(at.timestamp())
