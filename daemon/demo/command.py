"""``cspmd demo``."""

from __future__ import annotations

import importlib.util
import os
import signal
from threading import Event
from typing import Annotated

import typer

from daemon.cli.exits import ExitCode, finish, refuse
from daemon.cli.output import say

NEEDED = ("boto3", "moto", "flask", "flask_cors")
"""What the demo extra brings."""

_PORT = typer.Option("--port", min=1, max=65535, help="Port of the metrics; a taken one yields a free one.")
_INTERVAL = typer.Option("--interval", min=2.0, help="Seconds from one drift to the next.")
_ONCE = typer.Option("--once", help="End after one drift has come and gone (exit code 3 if it was missed).")


def demo(
    *,
    port: Annotated[int, _PORT] = 9464,
    interval: Annotated[float, _INTERVAL] = 20.0,
    once: Annotated[bool, _ONCE] = False,
) -> None:
    """Watch cspmd at work: a fake AWS with a badly configured estate, and buckets that drift open."""
    missing = [module for module in NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        refuse(f"The demo needs {', '.join(missing)}, which the demo extra brings: pip install 'cspmd[demo]'")
    from daemon.demo.isolation import isolate
    from daemon.demo.show import Pace, show
    from daemon.demo.stage import StageError

    isolate(os.environ)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _signal, _frame: stop.set())
    try:
        caught = show(Pace(port=port, interval=interval, once=once), stop)
    except StageError as error:
        say(f"cspmd demo cannot go on: {error}")
        finish(ExitCode.CRASH)
    if not caught:
        finish(ExitCode.INCOMPLETE)


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("demo")(demo)
