"""``cspmd run``: the daemon."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from daemon.cli.exits import refuse
from daemon.cli.options import ConfigOption
from daemon.cli.output import emit


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""

    @app.command("run")
    def run(config: ConfigOption = None) -> None:
        """Watch without pause: poll, judge, ship, and serve metrics. SIGTERM ends it, SIGHUP reloads."""
        _run(config)


def _run(path: Path | None) -> None:
    from daemon.runtime.commands import Commands

    # First of all, so that no signal finds the process unprepared: SIGHUP would end it.
    commands = Commands()
    commands.follow_signals()
    from daemon.configuration import ConfigurationError, find
    from daemon.configuration.watch import Reloader
    from daemon.logging import set_up
    from daemon.runtime.service import Service
    from daemon.state import StateError
    from daemon.targets import TargetError
    from daemon.version import version
    from daemon.web.server import ListenError

    try:
        reloader = Reloader(find(path, os.environ), os.environ)
    except ConfigurationError as error:
        refuse(str(error))
    settings = reloader.configuration
    logs = set_up(settings.log.level, settings.log.format, secrets=settings.secrets)
    try:
        service = Service(reloader, logs, commands, version())
    except (StateError, TargetError, ListenError) as error:
        refuse(logs.redactor.text(str(error)))
    if settings.http.listen.port == 0:
        emit(f"{service.url}/metrics")
    service.run()
