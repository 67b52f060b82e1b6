"""Exit codes, and which of them wins."""

from __future__ import annotations

from enum import IntEnum
from typing import NoReturn

import typer

from daemon.cli.output import say


class ExitCode(IntEnum):
    """What the program's end says.

    0 to 3 are the contract's. A crash, an interruption and a closed output are none of them, so that
    no script takes one for a result (70 is ``EX_SOFTWARE`` of sysexits.h; 128 + n is how a shell
    reports death by signal n).
    """

    FINE = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    CRASH = 70
    INTERRUPTED = 130
    OUTPUT_CLOSED = 141


def outcome(*, findings: bool, incomplete: bool) -> ExitCode:
    """Return the exit code of a command that worked: incomplete outranks findings."""
    if incomplete:
        return ExitCode.INCOMPLETE
    return ExitCode.FINDINGS if findings else ExitCode.FINE


def refuse(message: str) -> NoReturn:
    """End the command as a usage or configuration error, saying why on stderr."""
    say(message)
    raise typer.Exit(ExitCode.USAGE)


def finish(code: ExitCode) -> NoReturn:
    """End the command with this code."""
    raise typer.Exit(code)
