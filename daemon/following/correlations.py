"""Correlation rules over followed logs. What they wait with is in the state, so that no restart forgets it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from daemon.following.reading import Told
from daemon.logs.correlating import Correlating, Match
from daemon.state import sightings
from daemon.state.sightings import Sighting
from detectors.sigma.correlation import LATE, Correlation, Seen

_GROUP = msgspec.json.Decoder(tuple[str, ...])


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

    def forget(self) -> None:
        """Drop what is held in memory."""
        self._correlating = None
        self._newest.clear()

    def observe(self, connection: Connection, told: Sequence[Told]) -> list[tuple[Correlation, Told]]:
        """Take events into account, oldest first; return the rules they fulfil, each with the event that did."""
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
                if not correlating.take(match):
                    waiting.setdefault(group, []).append(sighting)
                    continue
                waiting.pop(group, None)
                sightings.fulfilled(connection, *group)
                done.append((match.correlation, one))
        sightings.add(connection, [sighting for group in waiting.values() for sighting in group])
        for uid in {uid for uid, _ in waiting}:
            span = timedelta(seconds=self._rules[uid].seconds)
            sightings.expire(connection, self._source, uid, self._newest[uid] - span - LATE)
        return done

    def _known(self, connection: Connection) -> Correlating:
        if self._correlating is None:
            self._correlating = Correlating(self._rules.values())
            for one in sightings.load(connection, self._source):
                rule = self._rules.get(one.correlation)
                if rule is None or one.rule not in rule.rules:
                    continue
                self._newest[one.correlation] = max(one.at, self._newest.get(one.correlation, one.at))
                seen = Seen(at=one.at, rule=one.rule, event=one.event_uid, value=one.value)
                self._correlating.take(Match(correlation=rule, group=_GROUP.decode(one.group_key), seen=seen))
        return self._correlating

    def _sighting(self, match: Match) -> Sighting:
        return Sighting(
            correlation=match.correlation.uid,
            group_key=msgspec.json.encode(match.group).decode(),
            rule=match.seen.rule,
            event_uid=match.seen.event,
            source=self._source,
            at=match.seen.at,
            value=match.seen.value,
        )
