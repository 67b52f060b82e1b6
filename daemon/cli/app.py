"""The command line's frame: its commands, and what each way of ending means for the exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from daemon.cli import check_config, detectors, doctor, events, findings, permissions, scan
from daemon.cli import run as run_daemon
from daemon.cli.exits import ExitCode
from daemon.cli.output import OutputClosedError, emit, say
from daemon.demo import command as demo
from daemon.redaction import Redactor


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - the signature Typer calls
    if wanted:
        from daemon.version import version

        emit(f"cspmd {version()}")
        raise typer.Exit


def build() -> typer.Typer:
    """Return the command line with every command on it."""
    app = typer.Typer(
        name="cspmd",
        help="Watches clouds without pause: what is exposed, what drifted, who did it.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    @app.callback()
    def frame(
        *,
        version: Annotated[
            bool,
            typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and exit."),
        ] = False,
    ) -> None:
        pass

    for command in (run_daemon, scan, check_config, doctor, detectors, events, findings, permissions, demo):
        command.register(app)
    return app


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command of the program and return its exit code."""
    return run(build(), arguments)


def run(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; what no command foresaw is told and is code 70."""
    try:
        app(args=list(arguments), prog_name="cspmd")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.FINE
    except OutputClosedError:
        _forget_output()
        return ExitCode.OUTPUT_CLOSED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001 - the outermost frame: without it a crash would exit 1, which means findings
        trace = Redactor().text(traceback.format_exc())
        say(f"cspmd crashed; this is a defect of the program, not a result.\n{trace}")
        return ExitCode.CRASH
    return ExitCode.FINE


def _forget_output() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain of the closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
