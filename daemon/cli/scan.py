"""``cspmd scan``: one full pass and out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.exits import ExitCode, finish, outcome, refuse
from daemon.cli.options import ConfigOption, configuration
from daemon.cli.output import OutputClosedError, say

if TYPE_CHECKING:
    from daemon.cli.scan_output import Output
    from daemon.configuration import Configuration
    from daemon.exceptions import ExceptionRule
    from daemon.runtime.scan import Scan
    from detectors.model import Judgement

SHOWN = ("fail", "unknown", "pass")


class Format(StrEnum):
    """How judgements are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    OCSF = "ocsf"


class Threshold(StrEnum):
    """From which severity on a finding makes the exit code 1."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""

    @app.command("scan")
    def scan(  # noqa: PLR0913 - one parameter an option
        *,
        target: Annotated[
            list[str] | None, typer.Option("--target", metavar="NAME", help="Read this target only; repeatable.")
        ] = None,
        detector: Annotated[
            list[str] | None, typer.Option("--detector", metavar="UID", help="Show this detector only; repeatable.")
        ] = None,
        output: Annotated[Format, typer.Option("--format", help="How to print judgements.")] = Format.TABLE,
        show: Annotated[
            str, typer.Option("--show", metavar="VERDICTS", help="Which to print: fail,unknown or all.")
        ] = "fail,unknown",
        fail_on: Annotated[
            Threshold | None, typer.Option("--fail-on", help="Exit with 1 for a finding this severe or worse.")
        ] = None,
        no_ship: Annotated[
            bool, typer.Option("--no-ship", help="Ship nothing now; what is new waits for the next run.")
        ] = False,
        config: ConfigOption = None,
    ) -> None:
        """Read everything anew, judge it, and end. Exit code 3: something could not be read."""
        _scan(Request(target or [], detector or [], output, show, fail_on, ship=not no_ship), config)


class Request:
    """What was asked for on the command line; refuses what makes no sense."""

    def __init__(  # noqa: PLR0913 - one parameter an option
        self,
        targets: list[str],
        detectors: list[str],
        output: Format,
        show: str,
        fail_on: Threshold | None,
        *,
        ship: bool,
    ) -> None:
        words = [word.strip().lower() for word in show.split(",")]
        odd = [word for word in words if word not in {*SHOWN, "all"}]
        if odd:
            refuse(
                f"--show {show}: expected all, or some of {', '.join(SHOWN)} with commas between, such as fail,unknown"
            )
        self.targets = tuple(dict.fromkeys(targets))
        self.detectors = tuple(dict.fromkeys(detectors))
        self.output = output
        self.shown = frozenset(SHOWN if "all" in words else words)
        self.fail_on = fail_on
        self.ship = ship

    def wants(self, judgement: Judgement) -> bool:
        """Whether this judgement is of a detector that was asked for."""
        return not self.detectors or judgement.detector in self.detectors

    def shows(self, judgement: Judgement) -> bool:
        """Whether this judgement is to be printed."""
        return self.wants(judgement) and judgement.verdict.value.lower() in self.shown

    def fails(self, judgement: Judgement) -> bool:
        """Whether this judgement, not being excepted, makes the exit code 1."""
        from detectors.model import Severity, Verdict

        return (
            self.fail_on is not None
            and judgement.verdict is Verdict.FAIL
            and self.wants(judgement)
            and judgement.severity.rank >= Severity(self.fail_on.value).rank
        )


def _scan(request: Request, path: Path | None) -> None:
    settings = configuration(path)
    _check_detectors(request, settings)
    from daemon.logging import set_up

    logs = set_up(settings.log.level, settings.log.format, secrets=settings.secrets)
    from daemon.runtime.scan import Scan
    from daemon.state import StateError
    from daemon.targets import TargetError

    try:
        scan = Scan(settings, request.targets, request.detectors)
        try:
            _perform(scan, request, settings)
        finally:
            scan.close()
    except (StateError, TargetError) as error:
        refuse(logs.redactor.text(str(error)))


def _perform(scan: Scan, request: Request, settings: Configuration) -> None:
    import structlog

    from daemon.cli.progress import following
    from daemon.cli.scan_output import output_for
    from daemon.runtime.composition import not_yet_done

    log = structlog.get_logger(__name__)
    for sentence in not_yet_done(settings):
        log.warning("configured, and not done by this build", what=sentence)
    printed: Output = output_for(request.output.value, whole=bool(request.detectors))
    found = False

    def judged(judgement: Judgement, rule: ExceptionRule | None) -> None:
        nonlocal found
        if rule is None and request.fails(judgement):
            found = True
        if request.wants(judgement):
            printed.judged(judgement, rule, shown=request.shows(judgement))

    with following() as progress:
        scan.run(judged, progress, ended_by=OutputClosedError)
        if request.ship:
            progress.shipping()
            scan.ship()
    incomplete = scan.completeness.incomplete(scan.totals.snapshots)
    printed.done(scan.totals)
    _tell_shipping(scan, request)
    if scan.totals.crashes:
        say(f"{len(scan.totals.crashes)} read(s) crashed; this is a defect of the program, see the log above")
        finish(ExitCode.CRASH)
    finish(outcome(findings=found, incomplete=incomplete))


def _tell_shipping(scan: Scan, request: Request) -> None:
    if not request.ship:
        return
    if scan.totals.shipped is None:
        say("shipping did not end in time; what is left stays queued for the next scan or run")
        return
    for drained in scan.totals.shipped:
        if drained.failure:
            say(f"sink {drained.sink}: {drained.failure}; what it did not take stays queued")
        if drained.rejected:
            say(f"sink {drained.sink} refused {drained.rejected} documents for good; `cspmd doctor` shows why")


def _check_detectors(request: Request, settings: Configuration) -> None:
    """Refuse detectors that do not exist, and those that would never judge."""
    if not request.detectors:
        return
    from detectors.catalogue import catalogue

    unknown = [uid for uid in request.detectors if uid not in catalogue()]
    if unknown:
        refuse(f"no detector {', '.join(unknown)}; `cspmd detectors` lists them")
    disabled = [uid for uid in request.detectors if uid in settings.detectors.disable]
    if disabled:
        refuse(f"{settings.file}: detectors.disable switches {', '.join(disabled)} off")
