"""What every test may use, and the rule that a skipped test fails the run where nothing may be missing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.fakes.postgres import postgres_server

NO_SKIPS = "CSPMD_NO_SKIPS"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real, empty PostgreSQL server of this test process: make a database for each test."""
    with postgres_server() as url:
        yield url


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a test was skipped, where the environment says that none may be."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get(NO_SKIPS) and reporter is not None and reporter.stats.get("skipped"):
        reporter.ensure_newline()
        reporter.write_line(f"a test was skipped, and {NO_SKIPS} is set: that fails the run", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
