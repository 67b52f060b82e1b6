"""``cspmd scan`` against a fake AWS: verdicts, exit codes, what is shipped, and what is refused."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from tests.fakes.aws_estate import PUBLIC_POLICY, put_bucket
from tests.fakes.aws_moto import Moto
from tests.fakes.program import Program

PUBLIC = "storage.public_access"


def _exception(detector: str, resource: str, **changes: object) -> dict[str, object]:
    expires = (datetime.now(UTC) + timedelta(days=30)).date()
    return {"detector": detector, "resource": resource, "reason": "r", "owner": "o", "expires": expires} | changes


def test_tells_open_buckets_from_closed_ones(program: Program) -> None:
    code, judgements = program.scan()
    assert code == 0
    verdicts = {name: line["verdict"] for (detector, name), line in judgements.items() if detector == PUBLIC}
    assert verdicts == {
        "open-policy": "FAIL",
        "open-acl": "FAIL",
        "guarded": "PASS",
        "private": "PASS",
        "latent": "PASS",
    }
    assert judgements["storage.latent_public_access", "latent"]["verdict"] == "FAIL"
    line = judgements[PUBLIC, "open-policy"]
    assert (line["provider"], line["account"], line["region"], line["severity"]) == (
        "aws",
        "123456789012",
        "us-east-1",
        "critical",
    )
    assert line["resource"] == {"kind": "bucket", "name": "open-policy", "uid": "arn:aws:s3:::open-policy"}
    assert line["evidence"][0]["data"]["statement"]["Sid"] == "Estate"
    assert "ISO/IEC 27001:2022 A.5.23" in line["controls"]
    assert "aws s3api" in line["remediation"]


def test_a_second_scan_prints_the_same_and_writes_and_ships_nothing(program: Program) -> None:
    first = program.scan()
    shipped = program.documents()
    changes = _changes(program)
    assert program.scan() == first
    assert program.documents() == shipped
    assert _changes(program) == changes
    assert {document["event"]["action"] for document in shipped} == {"finding-opened"}


def _changes(program: Program) -> list[tuple[object, ...]]:
    """Return every row of every table of the state."""
    with sqlite3.connect(program.folder / "state.db") as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [(table, *row) for table in tables for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608 - the names come from the database itself


@pytest.mark.parametrize(("threshold", "code"), [("low", 1), ("medium", 1), ("high", 1), ("critical", 1)])
def test_findings_decide_the_exit_code_only_when_asked(program: Program, threshold: str, code: int) -> None:
    assert program.cspmd("scan", "--fail-on", threshold, "--no-ship").returncode == code


def test_findings_below_the_threshold_do_not_count(program: Program) -> None:
    program.configure(detectors={"severity": {PUBLIC: "medium"}})
    assert program.cspmd("scan", "--fail-on", "high").returncode == 0
    assert program.cspmd("scan", "--fail-on", "medium").returncode == 1


def test_findings_of_a_detector_that_was_not_asked_for_do_not_count(program: Program) -> None:
    assert program.cspmd("scan", "--detector", "storage.versioning", "--fail-on", "high").returncode == 0
    assert program.cspmd("scan", "--detector", PUBLIC, "--fail-on", "high").returncode == 1


def test_excepted_findings_do_not_count_and_say_so(program: Program) -> None:
    program.configure(exceptions=[_exception("storage.*", "*")])
    code, judgements = program.scan("--fail-on", "low")
    assert code == 0
    assert judgements[PUBLIC, "open-policy"]["verdict"] == "FAIL"
    assert judgements[PUBLIC, "open-policy"]["exception"]["owner"] == "o"
    assert program.open_findings() == {}
    expired = _exception("storage.*", "*", expires="2020-01-01")
    program.configure(exceptions=[expired])
    assert program.scan("--fail-on", "low")[0] == 1


def test_shows_what_was_asked_for(program: Program) -> None:
    def verdicts(*arguments: str) -> set[str]:
        done = program.cspmd("scan", "--format", "jsonl", *arguments)
        judgements = [json.loads(line) for line in done.stdout.splitlines()]
        return {one["verdict"] for one in judgements if one["detector"].startswith("storage.")}

    assert verdicts() == {"FAIL"}
    assert verdicts("--show", "all") == {"FAIL", "PASS"}
    assert verdicts("--show", "unknown") == set()
    code, judgements = program.scan("--detector", PUBLIC, "--detector", "storage.versioning")
    assert code == 0
    assert {detector for detector, _ in judgements} == {PUBLIC, "storage.versioning"}


def test_asking_for_one_detector_ends_no_finding_of_another(program: Program) -> None:
    program.scan()
    before = program.open_findings().keys()
    program.scan("--detector", PUBLIC)
    assert program.open_findings().keys() == before


def test_asking_for_one_target_ends_nothing_of_another(program: Program, moto: Moto) -> None:
    second = "222222222222"
    put_bucket(lambda region: moto.client("s3", region=region, account=second), "elsewhere", PUBLIC_POLICY)
    both = [program.target(), program.target("other", accounts=[second], role_name="cspmd-read")]
    program.configure(targets=both)
    assert program.scan()[0] == 0
    before = program.open_findings()
    assert before[PUBLIC, "elsewhere"].target == "other"
    _, judgements = program.scan("--target", "estate")
    assert "elsewhere" not in {name for _, name in judgements}
    assert program.open_findings().keys() == before.keys()


def test_a_target_taken_out_of_the_configuration_takes_its_findings_with_it(program: Program, moto: Moto) -> None:
    second = "222222222222"
    put_bucket(lambda region: moto.client("s3", region=region, account=second), "elsewhere", PUBLIC_POLICY)
    program.configure(targets=[program.target(), program.target("other", accounts=[second], role_name="cspmd-read")])
    program.scan()
    program.configure()
    program.scan()
    assert (PUBLIC, "elsewhere") not in program.open_findings()
    ended = [one for one in program.documents() if one["resource"]["name"] == "elsewhere"][-1]
    assert ended["cspmd"]["drift"]["cause"] == "out_of_scope"


def test_what_is_not_shipped_waits_for_the_next_scan_that_ships(program: Program) -> None:
    program.scan("--no-ship")
    assert program.documents() == []
    program.scan()
    assert len(program.documents()) == len(program.open_findings())


def test_ocsf_lines_are_compliance_findings(program: Program) -> None:
    done = program.cspmd("scan", "--format", "ocsf", "--detector", PUBLIC)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {(line["class_uid"], line["compliance"]["status_id"]) for line in lines} == {(2003, 3)}


def test_the_table_is_worst_first_and_ends_with_a_summary(program: Program) -> None:
    text = program.cspmd("scan").stdout
    groups = [line.split()[0] for line in text.splitlines() if re.match(r"[a-z_]+\.[a-z_]+  ", line)]
    assert groups[0] == PUBLIC
    assert "open-policy" in text
    assert "\x1b" not in text
    assert re.search(r"^[0-9]+ critical, .*, 0 unknown, 0 excepted$", text, re.MULTILINE)
    assert re.search(
        r"^[0-9]+ resources in 1 account read, coverage 100 %, [0-9]+ API calls, [0-9.]+ s$", text, re.MULTILINE
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--target", "nowhere"), "no target nowhere"),
        (("--detector", "storage.nothing"), "no detector storage.nothing"),
        (("--show", "everything"), "--show everything"),
        (("--format", "xml"), "--format"),
        (("--fail-on", "terrible"), "--fail-on"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_refuses_what_makes_no_sense(program: Program, arguments: tuple[str, ...], words: str) -> None:
    done = program.cspmd("scan", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_refuses_a_detector_that_is_switched_off(program: Program) -> None:
    program.configure(detectors={"disable": [PUBLIC]})
    done = program.cspmd("scan", "--detector", PUBLIC)
    assert (done.returncode, "switches storage.public_access off" in done.stderr) == (2, True)


def test_refuses_a_cloud_that_this_build_cannot_read(program: Program) -> None:
    azure = {"name": "corp", "provider": "azure", "tenant_id": "t"}
    program.configure(targets=[program.target(), azure])
    done = program.cspmd("scan")
    assert done.returncode == 2
    assert "reads AWS only" in done.stderr
    assert program.cspmd("scan", "--target", "estate").returncode == 0
    assert program.cspmd("run").returncode == 2


def test_refuses_a_state_that_cannot_be_used(program: Program) -> None:
    program.configure(state={"url": f"sqlite:///{program.configuration}/state.db"})
    done = program.cspmd("scan")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_result(program: Program) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "scan", "--config", str(program.configuration), "--format", "jsonl"],
        env=program.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert "Traceback" not in complaint


def test_reads_and_judges_every_family_there_is(program: Program) -> None:
    settings = {**program.settings(), "detectors": {}}
    program.configuration.write_text(yaml.safe_dump(settings))
    code, judgements = program.scan()
    assert code == 0
    assert {
        "storage.public_access",
        "identity.root_mfa",
        "network.open_port",
        "coverage.unread_scope",
    } <= {detector for detector, _ in judgements}
