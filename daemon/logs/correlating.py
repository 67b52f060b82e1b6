"""Feeding a rule's matches to the correlation rules that refer to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from detectors.sigma.correlation import Correlation, Correlator, Seen
from detectors.sigma.rules import Rule
from detectors.sigma.source import LogSource
from detectors.sigma.values import texts


class Correlating:
    """All correlation rules and what each has seen."""

    def __init__(self, correlations: Iterable[Correlation]) -> None:
        self._by_rule: dict[str, list[Correlator]] = {}
        for correlation in correlations:
            correlator = Correlator(correlation)
            for uid in correlation.rules:
                self._by_rule.setdefault(uid, []).append(correlator)

    def observe(
        self,
        record: Any,  # noqa: ANN401 - the source's own record type
        log: LogSource,
        hits: Sequence[Rule],
        *,
        at: datetime,
        event: str,
    ) -> list[Correlation]:
        """Take a record's matches into account; return the correlation rules that they fulfil.

        ``at`` is when the event happened (aware), ``event`` its id. A record without a value for a
        field that a correlation groups by, or counts the values of, is none of its.
        """
        fulfilled: list[Correlation] = []
        for rule in hits:
            for correlator in self._by_rule.get(rule.uid, ()):
                correlation = correlator.rule
                group = [_value(record, log, _field(correlation, name, rule.uid)) for name in correlation.group_by]
                value = _value(record, log, correlation.field) if correlation.field else ""
                if value is None or None in group:
                    continue
                key = tuple(one for one in group if one is not None)
                if correlator.observe(key, Seen(at=at, rule=rule.uid, event=event, value=value)) is not None:
                    fulfilled.append(correlation)
        return fulfilled


def _field(correlation: Correlation, name: str, rule: str) -> str:
    """Return the rule's own field for a name to group by."""
    return correlation.aliases.get(name, {}).get(rule, name)


def _value(record: Any, log: LogSource, field: str) -> str | None:  # noqa: ANN401 - the source's own record type
    for path in log.paths(field):
        head, *segments = path.split(".")
        found = texts(log.read(record, head), tuple(segments))
        if found:
            return found[0]
    return None
