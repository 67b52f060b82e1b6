from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from daemon.logging import set_up
from daemon.redaction import HIDDEN


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_own_and_library_events_are_json_lines_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    set_up()
    structlog.get_logger("daemon.x").info("unit failed", scope="a/b")
    logging.getLogger("some.library").warning("pool of %d is full", 3)
    own, library = _lines(capsys)
    assert own.pop("timestamp")
    assert own == {"event": "unit failed", "level": "info", "logger": "daemon.x", "scope": "a/b"}
    assert (library["event"], library["level"], library["logger"]) == ("pool of 3 is full", "warning", "some.library")


def test_secrets_are_hidden_in_values_messages_and_tracebacks(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(secrets=["swordfish"])
    logging.getLogger("some.library").error("signed in with %s", "swordfish")
    try:
        raise ValueError("swordfish is wrong")  # noqa: EM101, TRY003, TRY301 - a library's error
    except ValueError:
        structlog.get_logger("x").exception("failed", api_key="swordfish")
    text = json.dumps(_lines(capsys))
    assert "swordfish" not in text
    assert text.count(HIDDEN) == 4  # message, field, traceback: its source line and its last line
    assert "ValueError" in text


def test_the_level_holds_and_can_change_while_running(capsys: pytest.CaptureFixture[str]) -> None:
    setup = set_up("warning")
    log = structlog.get_logger("x")
    log.info("not wanted")
    setup.level("debug")
    log.debug("wanted")
    assert [line["event"] for line in _lines(capsys)] == ["wanted"]


def test_debug_never_shows_the_sdk_s_signed_requests(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("debug")
    logging.getLogger("botocore.auth").debug("Signature: abc")
    logging.getLogger("urllib3.connectionpool").debug("GET /?X-Amz-Security-Token=abc")
    assert _lines(capsys) == []


def test_the_sdk_s_tracebacks_of_credentials_that_are_not_renewed_are_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for level in ("info", "debug"):
        set_up(level)
        for library in ("botocore.credentials", "botocore.tokens"):
            logging.getLogger(library).warning("Refreshing failed.", exc_info=ValueError("key AKIA, request 1"))
    assert _lines(capsys) == []


def test_console_lines_carry_no_colour_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(log_format="console")
    structlog.get_logger("x").info("unit failed", scope="a/b")
    line = capsys.readouterr().err
    assert "unit failed" in line
    assert "scope=a/b" in line
    assert "\x1b" not in line
