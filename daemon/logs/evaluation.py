"""What becomes of one raw record: its document and the rules it matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BufferedReader
from typing import Any

from collectors.framing import json_records, text_lines
from collectors.model.log_records import UndecodableRecordError
from collectors.unpacking import UnreadableInputError, chunks
from daemon.logs.correlating import Correlating
from daemon.logs.formats import Format
from detectors.sigma.correlation import Correlation
from detectors.sigma.first_seen import FirstSeenWatch
from detectors.sigma.matcher import Matcher
from detectors.sigma.rules import Rule, RuleSet

_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")


class Evaluation:
    """A source's records run through rules, one after another.

    ``clock`` tells the time that stands for an event's own where the record has none.
    """

    def __init__(
        self, source: Format, rules: RuleSet, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._source = source
        self._clock = clock
        self._matchers = {kind: Matcher(one.log, rules.rules) for kind, one in source.kinds.items()}
        self._watches = {
            kind: FirstSeenWatch(one.log, self._matchers[kind].rules) for kind, one in source.kinds.items()
        }
        self._order = {rule.uid: position for position, rule in enumerate(rules.rules)}
        self._correlating = Correlating(rules.correlations)

    @property
    def rules(self) -> int:
        """How many rules apply to the source."""
        return len({rule.uid for matcher in self._matchers.values() for rule in matcher.rules})

    def lines(
        self, stream: BufferedReader, before_reading: Callable[[], None] = lambda: None
    ) -> Iterator[tuple[dict[str, Any], bool]]:
        """Yield for each record in order what :meth:`line` returns; the last may tell that the stream broke off."""
        frame = text_lines if self._source.lines else json_records
        try:
            for raw in frame(chunks(stream, before_reading)):
                yield self.line(raw) if isinstance(raw, bytes) else ({"error": str(raw)}, False)
        except UnreadableInputError as error:
            yield {"error": str(error)}, False

    def line(self, raw: bytes) -> tuple[dict[str, Any], bool]:
        """Return what is told of one raw record, and whether it could be decoded.

        That is ``event`` (the ECS document) and ``matches`` (``rule_id``, ``title`` and ``level`` of each
        rule, a correlation rule where this record fulfils it), or else ``error``.
        """
        try:
            record = self._source.decode(raw)
            kind = self._source.kind(record)
            document = kind.document(record, raw)
            hits = self._matchers[type(record)].match(record)
        except UndecodableRecordError as error:
            return {"error": str(error)}, False
        time = document.get("@timestamp")
        if time is None:
            time = document["@timestamp"] = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        matches: list[Rule | Correlation] = []
        if hits:
            at = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", time))
            hits = self._watches[type(record)].tell(record, hits, at)
            hits.sort(key=lambda rule: self._order[rule.uid])
            matches += [rule for rule in hits if not rule.silent]
            matches += self._correlating.observe(record, kind.log, hits, at=at, event=document["event"]["id"])
        told = [{"rule_id": one.uid, "title": one.title, "level": one.level} for one in matches]
        return {"event": document, "matches": told}, True
