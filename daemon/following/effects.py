"""What the events of one delivery lead to, written in one transaction with the position that is reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from daemon.following import uses
from daemon.following.correlations import Correlations
from daemon.following.detections import SIGMA, Alerting, Detection, detection_uid, stand
from daemon.following.novelties import Novelties, Seen
from daemon.following.reading import Told
from daemon.state import log_events, outbox, touches
from daemon.state.retention import COUNTED_KEPT, SEEN_KEPT
from daemon.state.touches import Touch
from detectors.sigma.correlation import Correlation
from detectors.sigma.rules import Rule

_FAILURE = "failure"


class Caused(msgspec.Struct, frozen=True, kw_only=True):
    """What was written: the uids that are to be looked at again, and how often each rule matched."""

    touched: frozenset[str] = frozenset()
    news: frozenset[str] = frozenset()
    detected: dict[str, int] = {}


def write(  # noqa: PLR0913 - what was told, where, and by what it is judged
    connection: Connection,
    told: Sequence[Told],
    correlations: Correlations,
    novelties: Novelties,
    alerting: Alerting,
    *,
    target: str,
    now: datetime,
) -> Caused:
    """Write the effects of events, oldest first; an event that had its effects before has none."""
    fresh = _fresh(connection, told, now)
    hits = novelties.told(connection, [Seen(record=one.record, hits=one.hits, at=one.event.time) for one in fresh], now)
    matches: list[tuple[Rule | Correlation, Told]] = [
        (rule, one) for one, rules in zip(fresh, hits, strict=True) for rule in rules if not rule.silent
    ]
    matches += correlations.observe(connection, fresh)
    detections = [
        _matched(one, rule, alerting) for rule, one in matches if f"{SIGMA}{rule.uid}" not in alerting.disabled
    ]
    found = [touch for one in fresh for touch in _touches(one, now)]
    touches.add(connection, found)
    news = uses.count(connection, [one.event for one in fresh])
    news |= uses.told_of(connection, [one.event for one in told])
    if detections:
        detected = stand(connection, detections, alerting.exceptions, target=target, now=now)
        outbox.put(
            connection,
            (
                document
                for detection, about in detected
                for document in alerting.publisher.detection(detection, about, now)
            ),
            now,
        )
    return Caused(
        touched=frozenset(touch.resource_uid for touch in found),
        news=news,
        detected=dict(Counter(one.detector for one in detections)),
    )


def _fresh(connection: Connection, told: Sequence[Told], now: datetime) -> list[Told]:
    """Return the events that had no effects before, each once, and remember those that must have none again.

    One that only feeds correlations is not remembered here: those know what they wait with. One that is only
    counted is remembered for a day: of a public website's readers there is no end.
    """
    keyed = {log_events.event_key(one.event.source, one.event.uid): one for one in reversed(told)}
    seen = log_events.seen(connection, keyed)
    fresh = {key: one for key, one in reversed(keyed.items()) if key not in seen and _has_effect(one)}
    lasting = [key for key, one in fresh.items() if _lasts(one)]
    counted = [key for key, one in fresh.items() if not _lasts(one) and uses.counts(one.event)]
    log_events.note(connection, lasting, now)
    log_events.note(connection, counted, now - SEEN_KEPT + COUNTED_KEPT)
    return list(fresh.values())


def _has_effect(one: Told) -> bool:
    return bool(one.hits) or uses.counts(one.event) or any(_touched(one))


def _lasts(one: Told) -> bool:
    """Whether an event has an effect that must not come again: it is told of, or has something looked at."""
    return any(not rule.silent for rule in one.hits) or any(_touched(one))


def _touched(one: Told) -> Iterable[str]:
    """Return what an event may have changed: nothing where it failed."""
    return () if one.event.outcome == _FAILURE else one.event.touches


def _touches(one: Told, now: datetime) -> Iterable[Touch]:
    event = one.event
    for uid in _touched(one):
        yield Touch(
            resource_uid=uid,
            event_uid=event.uid,
            source=event.source,
            account=event.account,
            at=event.time,
            seen_at=now,
            operation=event.operation,
            actor=event.actor,
        )


def _matched(one: Told, rule: Rule | Correlation, alerting: Alerting) -> Detection:
    event = one.event
    return Detection(
        uid=detection_uid(event.source, event.uid, rule.uid),
        rule=rule.uid,
        title=rule.title,
        severity=alerting.severity(rule.uid, rule.level),
        event=event,
        document=one.kind.document(one.record, one.raw),
        description=rule.description if isinstance(rule, Rule) else "",
        references=rule.references if isinstance(rule, Rule) else (),
    )
