"""The command line's frame: instant answers, exit codes, and ends that are no results."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from daemon.cli import app
from daemon.cli.exits import ExitCode, outcome

COMMANDS = ("run", "scan", "check-config", "doctor", "detectors", "findings", "permissions", "demo")
DEAR = ("boto3", "botocore", "sqlalchemy", "uvicorn", "starlette", "apscheduler", "elasticsearch", "rich.console")


def _cspmd(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "daemon", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("arguments", [("--version",), ("findings", "--help")])
def test_what_needs_nothing_loads_nothing(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "daemon", *arguments], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert imported.isdisjoint(DEAR)
    assert ("typer" in imported) == (arguments != ("--version",))


def test_the_version_is_the_distribution_s() -> None:
    from importlib.metadata import version

    assert _cspmd("--version").stdout == f"cspmd {version('cspmd')}\n"
    assert _cspmd("--version", "--help").stdout == f"cspmd {version('cspmd')}\n"


def test_every_command_of_the_contract_is_there_and_takes_a_configuration() -> None:
    listed = _cspmd("--help").stdout
    for command in COMMANDS:
        assert f"  {command} " in listed
    for command in COMMANDS[:-1]:
        assert "--config PATH" in _cspmd(command, "--help").stdout


@pytest.mark.parametrize(
    "arguments", [(), ("nonsense",), ("scan", "--nonsense"), ("permissions",), ("detectors", "a", "b")]
)
def test_a_usage_error_is_code_2_and_prints_nothing_on_stdout(arguments: tuple[str, ...]) -> None:
    done = _cspmd(*arguments)
    assert done.returncode == 2
    assert not done.stdout or not arguments


@pytest.mark.parametrize("command", ["run", "scan", "check-config", "doctor", "findings"])
def test_a_missing_configuration_is_code_2(command: str) -> None:
    done = _cspmd(command, "--config", "/nowhere/cspmd.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "/nowhere/cspmd.yaml" in done.stderr


def test_incomplete_outranks_findings() -> None:
    assert outcome(findings=False, incomplete=False) is ExitCode.FINE
    assert outcome(findings=True, incomplete=False) is ExitCode.FINDINGS
    assert outcome(findings=True, incomplete=True) is ExitCode.INCOMPLETE
    assert outcome(findings=False, incomplete=True) is ExitCode.INCOMPLETE


def _raising(error: BaseException) -> typer.Typer:
    made = typer.Typer(pretty_exceptions_enable=False)

    @made.command("it")
    def it() -> None:
        raise error

    @made.callback()
    def frame() -> None:
        pass

    return made


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (typer.Exit(3), 3),
        (KeyboardInterrupt(), 130),
        (KeyError("x"), 70),
        (OSError("disk"), 70),
        (RuntimeError("at https://bob:hunter22@host"), 70),
    ],
)
def test_each_way_of_ending_has_a_code_of_its_own(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(_raising(error), ["it"]) == code
    assert ("defect" in capsys.readouterr().err) == (code == ExitCode.CRASH)


def test_a_crash_shows_where_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(_raising(RuntimeError("at https://bob:hunter22@host")), ["it"]) == ExitCode.CRASH
    shown = capsys.readouterr()
    assert "Traceback" in shown.err
    assert "hunter22" not in shown.err
    assert shown.out == ""
