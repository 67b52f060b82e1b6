"""Gauges, computed from the state at each scrape: what the state says is what Prometheus sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from daemon.state import State, StateError

log = structlog.get_logger(__name__)


class StateGauges(Collector):
    """A collector of prometheus_client over the state.

    ``sinks`` returns the names of the configured sinks: nothing waiting is a zero, not an absence, and
    what is left of a sink that is configured no more is nobody's alarm. A
    state that is out of reach gives ``cspmd_state_reachable 0`` and no other gauge: a stale number
    would silence an alert.
    """

    def __init__(self, state: State, sinks: Callable[[], Iterable[str]]) -> None:
        self._state = state
        self._sinks = sinks
        self._reachable = True

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Return nothing: the state is asked at a scrape and not at registration."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return every gauge, read anew."""
        reachable = GaugeMetricFamily("cspmd_state_reachable", "Whether the state could be read for this scrape.")
        try:
            families = [*self._findings(), *self._scopes(), *self._outbox()]
        except StateError as error:
            if self._reachable:
                log.error("metrics of the state are missing: it cannot be read", error=str(error))  # noqa: TRY400 - no traceback wanted
            self._reachable = False
            reachable.add_metric((), 0)
            return [reachable]
        self._reachable = True
        reachable.add_metric((), 1)
        return [*families, reachable]

    def _findings(self) -> Iterator[GaugeMetricFamily]:
        findings = GaugeMetricFamily(
            "cspmd_findings",
            "Open findings (fail, also where they can no longer be read), what could not be judged (unknown), "
            "and accepted risks (excepted).",
            labels=("provider", "account", "detector", "severity", "status"),
        )
        for one in sorted(self._state.finding_counts()):
            findings.add_metric((one.provider, one.account, one.detector, one.severity, one.status), one.count)
        yield findings
        judgements = GaugeMetricFamily(
            "cspmd_judgements",
            "Judgements by verdict (PASS, FAIL, UNKNOWN).",
            labels=("provider", "account", "detector", "verdict"),
        )
        for judgement in sorted(self._state.judgement_counts()):
            labels = (judgement.provider, judgement.account, judgement.detector, judgement.verdict)
            judgements.add_metric(labels, judgement.count)
        yield judgements
        resources = GaugeMetricFamily(
            "cspmd_resources",
            "Resources that are known.",
            labels=("provider", "account", "kind"),
        )
        for resource in sorted(self._state.resource_counts()):
            resources.add_metric((resource.provider, resource.account, resource.kind), resource.count)
        yield resources

    def _scopes(self) -> Iterator[GaugeMetricFamily]:
        coverage: dict[tuple[str, str, str, str], float] = {}
        success: dict[tuple[str, str, str], float] = {}
        for status in self._state.scopes():
            scope = status.scope
            labels = (scope.target, scope.provider.value, scope.account, scope.collector)
            coverage[labels] = min(status.coverage, coverage.get(labels, 1.0))
            of_account = (scope.target, scope.account, scope.collector)
            at = 0.0 if status.last_success is None else status.last_success.timestamp()
            success[of_account] = min(at, success.get(of_account, at))
        ratio = GaugeMetricFamily(
            "cspmd_coverage_ratio",
            "The share of what was asked that could be read in the last read, in the worst region.",
            labels=("target", "provider", "account", "collector"),
        )
        for labels, value in sorted(coverage.items()):
            ratio.add_metric(labels, value)
        yield ratio
        last = GaugeMetricFamily(
            "cspmd_last_success_timestamp_seconds",
            "When a read last came back whole, in the region where that is longest ago (0: never).",
            labels=("target", "account", "collector"),
        )
        for of_account, at in sorted(success.items()):
            last.add_metric(of_account, at)
        yield last

    def _outbox(self) -> Iterator[GaugeMetricFamily]:
        pending = GaugeMetricFamily(
            "cspmd_outbox_pending",
            "Documents that wait for delivery.",
            labels=("sink",),
        )
        oldest = GaugeMetricFamily(
            "cspmd_outbox_oldest_timestamp_seconds",
            "When the oldest document that waits was queued; absent where none waits.",
            labels=("sink",),
        )
        dead = GaugeMetricFamily(
            "cspmd_outbox_dead",
            "Documents that a sink refused for good; `cspmd doctor` shows why.",
            labels=("sink",),
        )
        waiting = {stats.sink: stats for stats in self._state.outbox.stats()}
        for sink in sorted(self._sinks()):
            stats = waiting.get(sink)
            pending.add_metric((sink,), 0 if stats is None else stats.pending)
            dead.add_metric((sink,), 0 if stats is None else stats.dead)
            if stats is not None and stats.oldest is not None:
                oldest.add_metric((sink,), stats.oldest.timestamp())
        yield from (pending, oldest, dead)
