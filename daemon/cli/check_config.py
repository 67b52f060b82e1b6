"""``cspmd check-config``: whether the configuration can be used, and what it comes to. No network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.options import ConfigOption, configuration
from daemon.cli.output import emit, emit_all, say

if TYPE_CHECKING:
    from daemon.configuration import Configuration
    from daemon.exceptions import ExceptionMatches

MOST_MATCHES = 20
"""Findings listed under one exception; the rest is counted."""


def register(app: typer.Typer) -> None:
    """Put the command on the command line."""

    @app.command("check-config")
    def check_config(
        *,
        schema: Annotated[
            bool, typer.Option("--schema", help="Print the JSON Schema of the configuration file instead.")
        ] = False,
        config: ConfigOption = None,
    ) -> None:
        """Check the configuration without any network, and show what it comes to."""
        if schema:
            _schema()
        else:
            _check(config)


def _schema() -> None:
    from daemon.configuration.schema import encoded

    emit(encoded().rstrip("\n"))


def _check(path: Path | None) -> None:
    settings = configuration(path)
    for warning in settings.warnings:
        say(f"warning: {warning}")
    from daemon.configuration.summary import summary

    _say_not_done(settings)
    running, refused = _rules(settings)
    verdict = "OK" if not refused else f"can be used, but {_several(refused, 'rule is', 'rules are')} refused"
    emit_all([f"{settings.file}: {verdict}", *summary(settings), *running, *_exceptions(settings)])


def _say_not_done(settings: Configuration) -> None:
    """Tell of what is configured rightly and this build does not do; without it scan or run may refuse to start."""
    from daemon.runtime.composition import not_yet_done
    from daemon.targets import not_collected

    for sentence in (*not_collected(settings), *not_yet_done(settings)):
        say(f"warning: {settings.file}: {sentence}")


def _rules(settings: Configuration) -> tuple[list[str], int]:
    """Return what the Sigma rules come to, and how many are refused, having told of each rule that never matches."""
    if not settings.rules and not any(target.logs for target in settings.targets):
        return [], 0
    from daemon.configuration.rule_files import load_running_rules
    from detectors.sigma.reach import rules_by_log

    rules = load_running_rules(settings.rules)
    for refused in rules.refused:
        named = f" ({refused.rule})" if refused.rule else ""
        say(f"warning: {refused.file}{named}: rule refused: {refused.reason}")
    by_log, nowhere = rules_by_log(rules.rules)
    if nowhere:
        say(
            f"warning: {_several(sum(nowhere.values()), 'rule is', 'rules are')} for logs that cspmd does not read and "
            f"will never match: {', '.join(f'{log} ({count})' for log, count in nowhere.items())}"
        )
    running = len(rules.rules) - sum(nowhere.values())
    correlations = _several(len(rules.correlations), "correlation", "correlations")
    counts = ", ".join(f"{log} {count}" for log, count in by_log.items())
    return [
        f"rules that run, those that come with cspmd among them: {running} and {correlations}",
        f"  by log: {counts}",
    ], len(rules.refused)


def _several(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _exceptions(settings: Configuration) -> Iterator[str]:
    """Yield each exception with what it matches in the stored state, if that is there to be read."""
    if not settings.exceptions.rules:
        return
    from daemon.configuration.summary import exception_line

    yield "exceptions:"
    matches = _matches(settings)
    for index in range(len(settings.exceptions.rules)):
        yield f"  {exception_line(settings, index)}"
        if matches is not None:
            yield from _matched(matches[index])


def _matched(found: ExceptionMatches) -> Iterator[str]:
    outcome = "expired, would match" if found.expired else "matches"
    if not found.findings:
        yield f"    {outcome} nothing in the stored state"
    for uid, detector in found.findings[:MOST_MATCHES]:
        yield f"    {outcome} {detector} on {uid}"
    if len(found.findings) > MOST_MATCHES:
        yield f"    and {len(found.findings) - MOST_MATCHES} more"


def _matches(settings: Configuration) -> list[ExceptionMatches] | None:
    """Return what the exceptions match; None, having said why, where there is no state to look into."""
    from daemon.configuration.summary import state_file

    file = state_file(settings)
    if file is None:
        say("what the exceptions match is not shown: the state lies across the network, and this command uses none")
        return None
    if not file.exists():
        say(f"what the exceptions match is not known yet: there is no state at {file}")
        return None
    from daemon.state import State, StateError

    try:
        state = State.open(settings.state_url, create=False)
    except StateError as error:
        say(f"what the exceptions match is not known: {error}")
        return None
    try:
        return settings.exceptions.matches(state, datetime.now(UTC))
    except StateError as error:
        say(f"what the exceptions match is not known: {error}")
        return None
    finally:
        state.close()
