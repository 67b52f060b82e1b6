"""Correlation rules over followed logs. What they wait with is in the state, so that no restart forgets it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from daemon.following.reading import Told
from daemon.logs.correlating import Correlating, Match
from daemon.state import sightings
from daemon.state.sightings import BURST, Sighting
from detectors.sigma.correlation import LATE, Correlation, CorrelationKind, Seen, entry_key

_GROUP = msgspec.json.Decoder(tuple[str, ...])


class _Burst(NamedTuple):
    """Matches that fulfilled a correlation in one group: when the first and when the last of them happened."""

    first: datetime
    last: datetime


class Correlations:
    """The correlation rules of one source of logs, shared by all logs of it.

    For use by one thread at a time, from before the transaction until it has ended. Where it was not committed,
    :meth:`forget` has what is known read anew from the state.
    """

    def __init__(self, source: str, rules: Sequence[Correlation]) -> None:
        self._source = source
        self._rules = {rule.uid: rule for rule in rules}
        self._correlating: Correlating | None = None
        self._newest: dict[str, datetime] = {}
        self._bursts: dict[tuple[str, str], list[_Burst]] = {}

    def forget(self) -> None:
        """Drop what is held in memory."""
        self._correlating = None
        self._newest.clear()
        self._bursts.clear()

    def observe(self, connection: Connection, told: Sequence[Told]) -> list[tuple[Correlation, Told]]:
        """Take events into account, oldest first; return the rules they fulfil, each with the event that did.

        The same events may come again: what waits counts once, and what belongs to a burst that was told of does
        not count.
        """
        if not self._rules:
            return []
        correlating = self._known(connection)
        waiting: dict[tuple[str, str], list[Sighting]] = {}
        done: list[tuple[Correlation, Told]] = []
        for one in told:
            event = one.event
            for match in correlating.matches(one.record, one.kind.log, one.hits, at=event.time, event=event.uid):
                sighting = self._sighting(match)
                group = sighting.correlation, sighting.group_key
                self._newest[group[0]] = max(event.time, self._newest.get(group[0], event.time))
                if any(burst.first <= event.time <= burst.last for burst in self._bursts.get(group, ())):
                    continue
                burst = correlating.take(match)
                if burst is None:
                    waiting.setdefault(group, []).append(sighting)
                    continue
                waiting.pop(group, None)
                sightings.fulfilled(connection, *group)
                sightings.add(connection, [self._told(group, _Burst(burst[0].at, burst[-1].at))])
                done.append((match.correlation, one))
        sightings.add(connection, [sighting for group in waiting.values() for sighting in group])
        for uid in {uid for uid, _ in waiting} | {correlation.uid for correlation, _ in done}:
            self._expire(connection, uid)
        return done

    def _told(self, group: tuple[str, str], burst: _Burst) -> Sighting:
        """Remember a burst that is told of; return what remembers it over a restart."""
        self._bursts.setdefault(group, []).append(burst)
        first = burst.first.isoformat()
        return Sighting(
            correlation=group[0],
            group_key=group[1],
            rule=BURST,
            counts_as=first,
            source=self._source,
            at=burst.last,
            value=first,
        )

    def _expire(self, connection: Connection, uid: str) -> None:
        """Forget what no event of a correlation can come to any more."""
        before = self._newest[uid] - timedelta(seconds=self._rules[uid].seconds) - LATE
        sightings.expire(connection, self._source, uid, before)
        for group in [group for group in self._bursts if group[0] == uid]:
            self._bursts[group] = [burst for burst in self._bursts[group] if burst.last >= before]
            if not self._bursts[group]:
                del self._bursts[group]

    def _known(self, connection: Connection) -> Correlating:
        if self._correlating is None:
            self._correlating = Correlating(self._rules.values())
            for one in sightings.load(connection, self._source):
                rule = self._rules.get(one.correlation)
                if rule is not None and one.rule == BURST:
                    burst = _Burst(datetime.fromisoformat(one.value), one.at)
                    self._bursts.setdefault((one.correlation, one.group_key), []).append(burst)
                if rule is None or one.rule not in rule.rules:
                    continue
                self._newest[one.correlation] = max(one.at, self._newest.get(one.correlation, one.at))
                seen = Seen(at=one.at, rule=one.rule, event=one.counts_as, value=one.value)
                self._correlating.take(Match(correlation=rule, group=_GROUP.decode(one.group_key), seen=seen))
        return self._correlating

    def _sighting(self, match: Match) -> Sighting:
        return Sighting(
            correlation=match.correlation.uid,
            group_key=msgspec.json.encode(match.group).decode(),
            rule=match.seen.rule,
            counts_as=_counts_as(match),
            source=self._source,
            at=match.seen.at,
            value=match.seen.value,
        )


def _counts_as(match: Match) -> str:
    """Return what tells a match from others of its rule and group; a value may be long, and is hashed."""
    rule = match.correlation
    key = entry_key(rule.kind, match.seen)
    if rule.kind is CorrelationKind.EVENT_COUNT or rule.kind is CorrelationKind.TEMPORAL_ORDERED:
        return match.seen.event
    return blake2b("\0".join(key).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
