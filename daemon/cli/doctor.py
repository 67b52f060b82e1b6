"""``cspmd doctor``: what works, what is missing, and how to grant it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from daemon.cli.exits import finish, outcome
from daemon.cli.options import ConfigOption, configuration
from daemon.cli.output import emit, emit_all

if TYPE_CHECKING:
    from daemon.targets import Check

_MARKS = {"ok": "ok", "missing": "MISSING", "lesser": "note", "untried": "not tried"}


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""

    @app.command("doctor")
    def doctor(config: ConfigOption = None) -> None:
        """Try credentials, permissions, sinks and state; say what is missing and how to grant it."""
        _doctor(config)


def _doctor(path: Path | None) -> None:
    settings = configuration(path)
    from daemon.logging import set_up

    logs = set_up("error", settings.log.format, secrets=settings.secrets)
    from daemon.runtime.diagnosis import checks
    from daemon.targets import Health

    emit(f"configuration {settings.file}: ok")
    area = ""
    missing = False
    grants: dict[str, None] = {}
    for check in checks(settings):
        if check.area != area:
            area = check.area
            emit(f"\n{area}")
        emit_all(logs.redactor.text(line) for line in _lines(check))
        missing = missing or check.health is Health.MISSING
        if check.grant:
            grants[check.grant] = None
    if grants:
        _how_to_grant(list(grants))
    emit("\nsomething is missing" if missing else "\nall is well")
    finish(outcome(findings=False, incomplete=missing))


def _lines(check: Check) -> list[str]:
    lines = [f"  {_MARKS[check.health.value]:10}{check.what}{f'  ({check.why})' if check.why else ''}"]
    if check.problem:
        lines.append(f"            {check.problem}")
    if check.remedy:
        lines.append(f"            to mend it: {check.remedy}")
    return lines


def _how_to_grant(actions: list[str]) -> None:
    emit("\nGrant to the identity that cspmd reads with:")
    emit_all(f"  {action}" for action in sorted(actions))
    emit("`cspmd permissions aws` prints the whole policy, `--format terraform` with a role to attach it to.")
