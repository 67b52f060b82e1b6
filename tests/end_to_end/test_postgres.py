"""One PostgreSQL for several processes: a scan beside the daemon is fine, a second daemon is not."""

from __future__ import annotations

import pytest

from tests.fakes.databases import new_database
from tests.fakes.program import Program

pytestmark = pytest.mark.postgres
PUBLIC = "storage.public_access"


@pytest.fixture
def shared(program: Program, postgres_url: str) -> Program:
    """The program on a database of its own."""
    program.configure(state={"url": new_database(postgres_url)})
    return program


def test_run_and_scan_share_a_state(shared: Program) -> None:
    with shared.running() as daemon:
        daemon.wait_until_ready()
        daemon.wait_for_metric(2, "cspmd_findings", detector=PUBLIC, status="fail")
        code, judgements = shared.scan()
        assert code == 0
        assert judgements[PUBLIC, "open-acl"]["verdict"] == "FAIL"
        second = shared.cspmd("run")
        assert (second.returncode, "is held by cspmd run" in second.stderr) == (2, True)
        assert daemon.stop() == 0
    opened = [one for one in shared.documents() if one["event"]["action"] == "finding-opened"]
    assert len({one["event"]["id"] for one in opened}) == len(opened)


def test_a_database_that_is_not_there_is_told_without_its_password(program: Program) -> None:
    program.configure(state={"url": "postgresql+psycopg://cspmd:swordfish-swordfish@127.0.0.1:9/cspmd"})
    for command in ("run", "scan", "findings"):
        done = program.cspmd(command)
        assert done.returncode == 2
        assert "127.0.0.1:9" in done.stderr
        assert "swordfish" not in done.stderr
        assert "Traceback" not in done.stderr
