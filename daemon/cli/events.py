"""``cspmd events``: raw provider log records through decoding, documents and rules, without any configuration."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.exits import ExitCode, finish, refuse
from daemon.cli.output import OutputClosedError, say

if TYPE_CHECKING:
    from io import BufferedReader

    from daemon.logs.evaluation import Evaluation
    from detectors.sigma.rules import RuleSet


class Source(StrEnum):
    """The log sources by their names in the configuration."""

    CLOUDTRAIL = "aws.cloudtrail"
    S3ACCESS = "aws.s3access"
    ACTIVITYLOGS = "azure.activitylogs"
    SIGNINLOGS = "azure.signinlogs"
    AUDITLOGS = "azure.auditlogs"
    STORAGE = "azure.storage"
    AUDIT = "gcp.audit"


def register(app: typer.Typer) -> None:
    """Put the commands on the command line."""
    events = typer.Typer(
        name="events", help="Look into the events of a provider's log.", no_args_is_help=True, rich_markup_mode=None
    )

    @events.callback()
    def frame() -> None:
        pass

    @events.command("eval")
    def evaluate(
        source: Annotated[Source, typer.Option("--source", help="The log the records are of.")],
        file: Annotated[
            str,
            typer.Argument(
                metavar="FILE|-",
                help="The records as the provider writes them: JSON lines, a JSON array, an object that wraps one "
                "(CloudTrail's Records), or S3 access log lines; plain or gzip. - is stdin.",
            ),
        ],
        rules: Annotated[
            list[Path] | None,
            typer.Option(
                "--rules",
                metavar="DIR",
                help="A directory of Sigma rules, in place of those that come with cspmd. May be repeated.",
            ),
        ] = None,
    ) -> None:
        """Turn raw records into ECS documents and tell which rules each matches: one JSON line a record."""
        _evaluate(source, file, rules or [])

    app.add_typer(events)


def _evaluate(source: Source, file: str, directories: list[Path]) -> None:
    from daemon.logs.evaluation import Evaluation
    from daemon.logs.formats import log_format
    from daemon.logs.reading import open_input

    path = None if file == "-" else Path(file)
    if path is not None and path.is_dir():
        refuse(f"{file} is a directory; give one log file, or - for stdin")
    try:
        stream = open_input(path)
    except OSError as error:
        refuse(f"{file} cannot be opened: {error.strerror or error}")
    with stream:
        rules = _rules(directories)
        evaluation = Evaluation(log_format(source.value), rules)
        if rules.rules and not evaluation.rules:
            say(f"none of the {len(rules.rules)} rules is for {source.value}: nothing can match")
        undecodable = _write(evaluation, stream)
    if undecodable:
        say(
            f"{undecodable} of the records could not be decoded as {source.value}; each has an `error` on its line, "
            "and whatever they tell of has been judged by no rule"
        )
        finish(ExitCode.INCOMPLETE)


def _rules(directories: list[Path]) -> RuleSet:
    """Load the rules; tell of each that is refused."""
    from daemon.own_rules import own_rules
    from detectors.sigma.rules import load_directories

    for directory in directories:
        if not directory.is_dir():
            refuse(f"--rules {directory}: {'not a directory' if directory.exists() else 'no such directory'}")
    rules = load_directories(directories or [own_rules()])
    for refused in rules.refused:
        say(f"rule refused: {refused.file}{f' ({refused.rule})' if refused.rule else ''}: {refused.reason}")
    return rules


def _write(evaluation: Evaluation, stream: BufferedReader) -> int:
    """Write one line a record; return how many could not be decoded."""
    import msgspec

    encode = msgspec.json.Encoder().encode_into
    out = sys.stdout.buffer
    undecodable = 0
    line = bytearray()
    try:
        for told, decoded in evaluation.lines(stream, out.flush):
            undecodable += not decoded
            encode(told, line)
            line += b"\n"
            out.write(line)
        out.flush()
    except BrokenPipeError:
        raise OutputClosedError from None
    return undecodable
