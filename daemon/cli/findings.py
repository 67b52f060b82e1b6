"""``cspmd findings``: what the state knows of every violation, whether or not the daemon runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.exits import refuse
from daemon.cli.options import ConfigOption, configuration
from daemon.cli.output import emit, show

if TYPE_CHECKING:
    from rich.console import RenderableType

    from daemon.model import Finding
    from daemon.state import State


class Status(StrEnum):
    """Which findings are shown."""

    OPEN = "open"
    EXCEPTED = "excepted"
    RESOLVED = "resolved"
    ALL = "all"


class Format(StrEnum):
    """How findings are printed."""

    TABLE = "table"
    JSONL = "jsonl"


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""

    @app.command("findings")
    def findings(
        status: Annotated[Status, typer.Option("--status", help="Which findings to show.")] = Status.OPEN,
        output: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
        config: ConfigOption = None,
    ) -> None:
        """Show what is known: first and last seen, how it drifted, and who did it."""
        _findings(status, output, config)


def _findings(status: Status, output: Format, config: Path | None) -> None:
    from daemon.state import State, StateError

    settings = configuration(config)
    try:
        state = State.open(settings.state_url, create=False)
    except StateError as error:
        refuse(str(error))
    try:
        if output is Format.JSONL:
            _lines(_wanted(state, status))
        else:
            _table(_wanted(state, status), status)
    except StateError as error:
        refuse(str(error))
    finally:
        state.close()


def _wanted(state: State, status: Status) -> Iterator[Finding]:
    from daemon.model import FindingStatus

    return state.findings(None if status is Status.ALL else FindingStatus(status.value))


def _lines(findings: Iterable[Finding]) -> None:
    from collectors.model import encode

    for finding in findings:
        emit(encode(finding))


def _table(findings: Iterable[Finding], status: Status) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from daemon.cli.wording import STYLES
    from daemon.documents.wording import actor_summary

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=False)
    for column in ("severity", "finding", "first seen", "last seen", "drift", "by"):
        table.add_column(column, no_wrap=column in {"severity", "first seen", "last seen"}, overflow="fold")
    rows = sorted(findings, key=lambda one: (-one.judgement.severity.rank, one.judgement.detector, one.first_seen))
    for finding in rows:
        judgement = finding.judgement
        table.add_row(
            Text(judgement.severity.value, style=STYLES[judgement.severity]),
            _what(finding),
            _moment(finding.first_seen),
            _moment(finding.last_seen),
            _drift(finding),
            actor_summary(finding.actor),
        )
    word = "" if status is Status.ALL else f"{status.value} "
    if not rows:
        show(f"no {word}findings")
        return
    show(table, f"{len(rows)} {word}finding{'s' * (len(rows) != 1)}; --format jsonl shows everything known of each")


def _what(finding: Finding) -> RenderableType:
    from rich.text import Text

    from daemon.cli.wording import why
    from daemon.model import FindingStatus

    judgement = finding.judgement
    text = Text(f"{judgement.detector}  {judgement.resource.name}", style="bold")
    text.append(
        f"\n{judgement.resource.uid} in {judgement.account}, {judgement.region} ({finding.target})", style="dim"
    )
    text.append(f"\n{why(judgement)}", style="none")
    if finding.stale:
        text.append(
            "\nstale: it cannot be read just now, and stays open until a complete read clears it", style="magenta"
        )
    if finding.status is FindingStatus.EXCEPTED:
        text.append(f"\nexcepted: {finding.exception}", style="cyan")
    if finding.resolved_at is not None:
        text.append(f"\nresolved {_moment(finding.resolved_at)}", style="green")
    return text


def _drift(finding: Finding) -> RenderableType:
    from rich.text import Text

    from daemon.cli.wording import change_words

    if finding.drift is None:
        return Text("")
    text = Text(finding.drift.value)
    for change in finding.changes:
        text.append(f"\n{change_words(change)}", style="dim")
    return text


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ")
