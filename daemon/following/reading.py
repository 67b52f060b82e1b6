"""From the raw records of one log to what they tell: events with an effect, and the rules that they match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from collectors.model import LogEvent
from collectors.model.log_records import UndecodableRecordError
from daemon.following.crashes import Crashes
from daemon.following.novelties import Novelties
from daemon.logs.formats import Format, Kind, Telling
from daemon.state import StateUnavailableError
from detectors.sigma.matcher import Matcher
from detectors.sigma.rules import Rule, RuleSet

_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")


class UnfollowableError(Exception):
    """This build cannot follow the log: it does not know what its records tell of resources."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One event that has an effect or matches a rule. ``record`` is the source's own, ``raw`` as it came."""

    event: LogEvent
    hits: tuple[Rule, ...]
    kind: Kind
    record: Any
    raw: bytes


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What some records tell, in the order in which it happened.

    ``undecodable`` of them could not be decoded, the first of them for the reason ``problem``; ``newest`` is
    when the newest happened, None where none says so.
    """

    told: tuple[Told, ...]
    records: int
    undecodable: int = 0
    problem: str = ""
    newest: datetime | None = None


class Reader:
    """Decodes and matches the records of one kind of log. Safe for use by many threads.

    ``novelties`` are the rules over what was never there before: a match of one that surely tells nothing new is none.

    Raises UnfollowableError for a format of which nobody knows what its records tell.
    """

    def __init__(self, source: Format, rules: RuleSet) -> None:
        self.source = source.name
        self._decode = source.decode
        self._kinds = {kind: (one, _telling(source, one)) for kind, one in source.kinds.items()}
        self._matchers = {kind: Matcher(one.log, rules.rules) for kind, one in source.kinds.items()}
        self._order = {rule.uid: position for position, rule in enumerate(rules.rules)}
        self._crashes = Crashes()
        self.novelties = Novelties(source.kinds, lambda kind: self._matchers[kind].rules)

    def read(self, records: Iterable[bytes], owner_of: Callable[[str], str]) -> Batch:
        """Return what the records tell.

        ``owner_of`` returns the account of a resource by its uid, empty where that is not known.
        """
        told: list[Told] = []
        count = undecodable = 0
        problem = newest = ""
        for raw in records:
            count += 1
            try:
                record = self._decode(raw)
                kind, telling = self._kinds[type(record)]
                time = telling.time(record)
                newest = max(newest, time)
                hits = self._matchers[type(record)].match(record)
                if hits:
                    hits = self.novelties.sift(record, hits, time)
                if not hits and not telling.matters(record):
                    continue
                event = telling.event(record, raw, owner_of)
            except UndecodableRecordError as error:
                undecodable += 1
                problem = problem or str(error)
                continue
            except (StateUnavailableError, MemoryError):
                raise
            except Exception as error:  # noqa: BLE001 - one record that shows a defect would hold its log for ever
                undecodable += 1
                problem = problem or "a defect of the program; its log says which"
                self._crashed(error)
                continue
            if hits or event.touches or event.use is not None:
                hits.sort(key=lambda rule: self._order[rule.uid])
                told.append(Told(event=event, hits=tuple(hits), kind=kind, record=record, raw=raw))
        told.sort(key=lambda one: (one.event.time, one.event.uid))
        return Batch(
            told=tuple(told),
            records=count,
            undecodable=undecodable,
            problem=problem,
            newest=datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", newest)) if newest else None,
        )

    def _crashed(self, error: Exception) -> None:
        self._crashes.tell(
            "reading a record of a log crashed; this is a defect of the program. The record is set aside",
            error,
            datetime.now(UTC),
            source=self.source,
        )


def _telling(source: Format, kind: Kind) -> Telling:
    if kind.telling is None:
        message = f"logs of {source.name} are not followed by this build; `cspmd events eval` reads its records"
        raise UnfollowableError(message)
    return kind.telling
