"""What a scan prints: lines for machines as they are judged, a table for people at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from collectors.model import encode
from daemon.cli.output import emit, show
from detectors.model import Severity, Verdict

if TYPE_CHECKING:
    from rich.console import RenderableType

    from daemon.exceptions import ExceptionRule
    from daemon.runtime.scan import Totals
    from detectors.model import Judgement

ROWS = 10
"""Resources listed under one detector and verdict; the rest is counted, and `--detector` lists them all."""


class Output(Protocol):
    """Takes judgements as they come and prints them, sooner or later."""

    def judged(self, judgement: Judgement, rule: ExceptionRule | None, *, shown: bool) -> None:
        """Take one judgement that was asked for and the exception that covers it."""

    def done(self, totals: Totals) -> None:
        """Print what is left to print."""


def output_for(name: str, *, whole: bool) -> Output:
    """Return the output of this name (``table``, ``jsonl``, ``ocsf``); ``whole``: the table lists everything."""
    match name:
        case "jsonl":
            return Lines()
        case "ocsf":
            return OcsfLines()
        case _:
            return Table(whole=whole)


class Lines:
    """One judgement a line. One that is excepted says by what, under ``exception``."""

    def judged(self, judgement: Judgement, rule: ExceptionRule | None, *, shown: bool) -> None:
        """Print the judgement at once."""
        if not shown:
            return
        if rule is None:
            emit(encode(judgement))
            return
        line: dict[str, Any] = msgspec.to_builtins(judgement)
        line["exception"] = {"reason": rule.reason, "owner": rule.owner, "expires": rule.expires}
        emit(encode(line))

    def done(self, totals: Totals) -> None:
        """Print nothing more."""


class OcsfLines:
    """One OCSF Compliance Finding a line. One that is excepted has the status Suppressed."""

    def judged(self, judgement: Judgement, rule: ExceptionRule | None, *, shown: bool) -> None:
        """Print the finding at once."""
        from daemon.documents.compliance import ocsf

        if not shown:
            return
        finding = ocsf(judgement, datetime.now(UTC))
        if rule is not None:
            finding |= {"status_id": 3, "status": "Suppressed", "comment": rule.summary}
        emit(encode(finding))

    def done(self, totals: Totals) -> None:
        """Print nothing more."""


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    severity: Severity
    verdict: Verdict
    name: str
    place: str
    why: str
    excepted: str


class _Group:
    """What one detector found."""

    def __init__(self, uid: str) -> None:
        self.uid = uid
        self.worst = Severity.LOW
        self.counts: Counter[str] = Counter()
        self.rows: list[_Row] = []
        self.hidden = 0

    @property
    def order(self) -> tuple[int, int, str]:
        """Worst first: what fails by severity, then what is unknown, then what passes."""
        failing = self.worst.rank if self.counts["fail"] else 0
        return -failing, -self.counts["unknown"], self.uid


class Table:
    """A table by detector, worst first, with a summary. Holds no more than it prints."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._groups: dict[str, _Group] = {}
        self._severities: Counter[Severity] = Counter()
        self._unknown = 0
        self._excepted = 0

    def judged(self, judgement: Judgement, rule: ExceptionRule | None, *, shown: bool) -> None:
        """Count the judgement, and keep it if it will be printed."""
        self._count(judgement, rule)
        if not shown:
            return
        group = self._groups.setdefault(judgement.detector, _Group(judgement.detector))
        key = "excepted" if rule is not None else judgement.verdict.value.lower()
        group.counts[key] += 1
        if rule is None and judgement.verdict is Verdict.FAIL and judgement.severity.rank > group.worst.rank:
            group.worst = judgement.severity
        if not self._whole and group.counts[key] > ROWS:
            group.hidden += 1
            return
        from daemon.cli.wording import why

        group.rows.append(
            _Row(
                severity=judgement.severity,
                verdict=judgement.verdict,
                name=judgement.resource.name or judgement.resource.uid,
                place=f"{judgement.account} {judgement.region}",
                why=why(judgement),
                excepted="" if rule is None else rule.summary,
            )
        )

    def done(self, totals: Totals) -> None:
        """Print the groups and the summary."""
        for group in sorted(self._groups.values(), key=lambda one: one.order):
            show(*_drawn(group))
            emit("")
        show(*self._summary(totals))

    def _count(self, judgement: Judgement, rule: ExceptionRule | None) -> None:
        if rule is not None:
            self._excepted += 1
        elif judgement.verdict is Verdict.FAIL:
            self._severities[judgement.severity] += 1
        elif judgement.verdict is Verdict.UNKNOWN:
            self._unknown += 1

    def _summary(self, totals: Totals) -> Iterator[RenderableType]:
        from rich.text import Text

        from daemon.cli.wording import STYLES, UNKNOWN_STYLE

        counts = Text()
        for severity in sorted(self._severities, key=lambda one: -one.rank):
            counts.append(f"{self._severities[severity]:,} {severity.value}", style=STYLES[severity])
            counts.append(", ")
        if not self._severities:
            counts.append("no violation, ", style="green")
        counts.append(f"{self._unknown:,} unknown", style=UNKNOWN_STYLE if self._unknown else "none")
        counts.append(f", {self._excepted:,} excepted")
        calls = sum(totals.calls.values())
        accounts = len({snapshot.scope.account for snapshot in totals.snapshots})
        yield counts
        yield (
            f"{totals.resources:,} resource{'s' * (totals.resources != 1)} "
            f"in {accounts:,} account{'s' * (accounts != 1)} read, "
            f"coverage {_percent(totals.coverage)}, {calls:,} API calls, {totals.seconds:.1f} s"
        )
        yield Text(
            "--show all lists what passes too, --detector UID all of one detector, --format jsonl everything with "
            "evidence and remediation; `cspmd detectors UID` explains a detector.",
            style="dim",
        )


def _percent(share: float) -> str:
    """Return a share in percent, never rounded up to 100."""
    return "100 %" if share >= 1 else f"{min(share * 100, 99.9):.1f} %"


def _drawn(group: _Group) -> Iterator[RenderableType]:
    from rich.table import Table as Grid
    from rich.text import Text

    from daemon.cli.wording import STYLES, UNKNOWN_STYLE
    from detectors.catalogue import catalogue

    style = STYLES[group.worst] if group.counts["fail"] else UNKNOWN_STYLE if group.counts["unknown"] else "none"
    title = Text(f"{group.uid}  ", style=f"bold {style}" if style != "none" else "bold")
    title.append(catalogue()[group.uid].title, style="none")
    title.append(f"  ({', '.join(f'{count:,} {name}' for name, count in group.counts.items())})", style="dim")
    yield title
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for name in ("mark", "name", "place"):
        grid.add_column(name, no_wrap=name != "name", overflow="fold")
    grid.add_column("why", overflow="fold")
    for row in sorted(group.rows, key=lambda one: (-one.verdict.status_id, -one.severity.rank, one.name)):
        grid.add_row(_mark(row), row.name, row.place, f"excepted: {row.excepted}" if row.excepted else row.why)
    yield grid
    if group.hidden:
        yield Text(f"  and {group.hidden:,} more: cspmd scan --detector {group.uid}", style="dim")


def _mark(row: _Row) -> RenderableType:
    from rich.text import Text

    from daemon.cli.wording import STYLES, UNKNOWN_STYLE

    if row.verdict is Verdict.FAIL:
        return Text(f"  {row.severity.value}", style="dim" if row.excepted else STYLES[row.severity])
    if row.verdict is Verdict.UNKNOWN:
        return Text("  unknown", style=UNKNOWN_STYLE)
    return Text("  pass", style="green")
