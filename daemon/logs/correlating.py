"""Feeding a rule's matches to the correlation rules that refer to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from detectors.sigma.correlation import Correlation, Correlator, Seen
from detectors.sigma.rules import Rule
from detectors.sigma.source import LogSource
from detectors.sigma.values import texts


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's match as a correlation rule sees it, in the group that it belongs to."""

    correlation: Correlation
    group: tuple[str, ...]
    seen: Seen


class Correlating:
    """All correlation rules and what each has seen."""

    def __init__(self, correlations: Iterable[Correlation]) -> None:
        self._correlators: dict[str, Correlator] = {}
        self._by_rule: dict[str, list[Correlation]] = {}
        for correlation in correlations:
            self._correlators[correlation.uid] = Correlator(correlation)
            for uid in correlation.rules:
                self._by_rule.setdefault(uid, []).append(correlation)

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

        The arguments are those of :meth:`matches`.
        """
        matches = self.matches(record, log, hits, at=at, event=event)
        return [match.correlation for match in matches if self.take(match)]

    def matches(
        self,
        record: Any,  # noqa: ANN401 - the source's own record type
        log: LogSource,
        hits: Sequence[Rule],
        *,
        at: datetime,
        event: str,
    ) -> Iterator[Match]:
        """Yield a record's matches for each correlation rule that refers to one of them.

        ``at`` is when the event happened (aware), ``event`` its id. A record without a value for a
        field that a correlation groups by, or counts the values of, is none of its.
        """
        for rule in hits:
            for correlation in self._by_rule.get(rule.uid, ()):
                group = [_value(record, log, _field(correlation, name, rule.uid)) for name in correlation.group_by]
                value = _value(record, log, correlation.field) if correlation.field else ""
                if value is None or None in group:
                    continue
                yield Match(
                    correlation=correlation,
                    group=tuple(one for one in group if one is not None),
                    seen=Seen(at=at, rule=rule.uid, event=event, value=value),
                )

    def take(self, match: Match) -> tuple[Seen, ...] | None:
        """Take one match into account; return those that now fulfil its rule, oldest first, else None."""
        return self._correlators[match.correlation.uid].observe(match.group, match.seen)


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
