"""``cspmd events eval`` as its user runs it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.events import Source
from daemon.logs.formats import SOURCE_NAMES
from tests.fakes.elastic_fields import log_problems
from tests.fakes.log_events import S3_LINE, bare_lines, storage_diagnostic
from tests.fakes.sigma_samples import Sample, samples

ROOT = Path(__file__).parents[2]
REAL = ROOT / "tests" / "data" / "events" / "aws.cloudtrail.otrf.jsonl"

RULE = """\
title: Somebody read something
id: 11111111-2222-4333-8444-555555555555
level: low
logsource: {product: PRODUCT, service: SERVICE}
detection:
  reads:
    FIELD|contains: Get
  condition: reads
"""


def evaluate(
    *arguments: str, stdin: bytes | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("CSPMD_CONFIG", None)
    command = [sys.executable, "-m", "daemon", "events", "eval", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=cwd, env=environment, timeout=60, check=False)


def told(result: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def events_of(source: str) -> list[Sample]:
    return [one for one in samples() if one.source == source]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A directory with one rule for every source; in it also a file that is none."""
    directory = tmp_path / "rules"
    (directory / "deeper").mkdir(parents=True)
    for number, (product, service, field) in enumerate(
        [
            ("aws", "cloudtrail", "eventName"),
            ("aws", "s3access", "operation"),
            ("azure", "activitylogs", "operationName"),
            ("azure", "signinlogs", "operationName"),
            ("azure", "auditlogs", "operationName"),
            ("azure", "storage", "operationName"),
            ("gcp", "gcp.audit", "protoPayload.methodName"),
        ]
    ):
        text = RULE.replace("PRODUCT", product).replace("SERVICE", service).replace("FIELD", field)
        (directory / "deeper" / f"{service}.yml").write_text(text.replace("555555555555", f"{number:012d}"))
    (directory / "notes.txt").write_text("no rule")
    return directory


def test_real_events(tmp_path: Path) -> None:
    result = evaluate("--source", "aws.cloudtrail", str(REAL), cwd=tmp_path)
    assert result.returncode == 0
    lines = told(result)
    events = [json.loads(line) for line in REAL.read_bytes().splitlines()]
    assert [one["event"]["event"]["id"] for one in lines] == [event["eventID"] for event in events]
    for one in lines:
        assert set(one) == {"event", "matches"}
        assert log_problems(one["event"]) == []


@pytest.mark.parametrize("name", [name for name in SOURCE_NAMES if name not in {"aws.s3access", "azure.storage"}])
def test_every_source_that_public_rules_are_for(name: str) -> None:
    events = events_of(name)
    result = evaluate("--source", name, "-", stdin=b"\n".join(one.line for one in events))
    assert result.returncode == 0, result.stderr
    lines = told(result)
    assert len(lines) == len(events) > 0
    for one in lines:
        assert log_problems(one["event"]) == []


def test_access_log_lines_and_storage_logs(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(f"{S3_LINE}\n\n{S3_LINE.replace('REST.GET', 'REST.PUT')}\n")
    first, second = told(evaluate("--source", "aws.s3access", "--rules", str(rules), str(file)))
    assert first["event"]["aws"]["s3access"]["bucket"] == "invoices"
    assert [match["title"] for match in first["matches"]] == ["Somebody read something"]
    assert second["matches"] == []
    raw = json.dumps({"records": [storage_diagnostic()]}).encode()
    (blob,) = told(evaluate("--source", "azure.storage", "--rules", str(rules), "-", stdin=raw))
    assert blob["event"]["event"]["action"] == "GetBlob"
    assert len(blob["matches"]) == 1


EVENTS = [{"eventName": f"Get{number}", "eventTime": "2026-03-04T08:15:30Z"} for number in range(5)]
FORMS = {
    "lines": b"".join(json.dumps(one).encode() + b"\n" for one in EVENTS),
    "array": json.dumps(EVENTS).encode(),
    "pretty": json.dumps(EVENTS, indent=2).encode(),
    "records": json.dumps({"Records": EVENTS}).encode(),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_from_a_file_and_from_stdin(form: str, packed: bool, rules: Path, tmp_path: Path) -> None:
    content = gzip.compress(FORMS[form]) if packed else FORMS[form]
    file = tmp_path / "events"
    file.write_bytes(content)
    options = ("--source", "aws.cloudtrail", "--rules", str(rules))
    from_file = evaluate(*options, str(file))
    from_stdin = evaluate(*options, "-", stdin=content)
    assert from_file.returncode == from_stdin.returncode == 0
    assert from_file.stdout == from_stdin.stdout
    lines = told(from_file)
    assert [one["event"]["event"]["action"] for one in lines] == [one["eventName"] for one in EVENTS]
    assert all(
        one["matches"]
        == [{"rule_id": "11111111-2222-4333-8444-000000000000", "title": "Somebody read something", "level": "low"}]
        for one in lines
    )


def test_undecodable_records_stand_in_their_place_and_end_with_three() -> None:
    content = b'{"eventName":"A"}\nnot json\n{"foo":1}\n{"eventName":"B"}\n'
    result = evaluate("--source", "aws.cloudtrail", "-", stdin=content)
    assert result.returncode == 3
    assert [set(one) for one in told(result)] == [{"event", "matches"}, {"error"}, {"error"}, {"event", "matches"}]
    assert b"2 of the records could not be decoded" in result.stderr


def test_a_file_that_is_cut_off_ends_with_three() -> None:
    result = evaluate("--source", "aws.cloudtrail", "-", stdin=gzip.compress(FORMS["lines"])[:-12])
    assert result.returncode == 3
    assert "cut off" in told(result)[-1]["error"]
    result = evaluate("--source", "aws.cloudtrail", "-", stdin=FORMS["records"][:-40])
    assert result.returncode == 3
    assert "error" in told(result)[-1]


def test_nothing_in_is_nothing_out() -> None:
    result = evaluate("--source", "gcp.audit", "-", stdin=b"")
    assert (result.returncode, result.stdout) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--source", "aws.config", "-"), b"aws.config"),
        (("-",), b"--source"),
        (("--source", "gcp.audit"), b"FILE"),
        (("--source", "gcp.audit", "/nowhere/at/all"), b"/nowhere/at/all cannot be opened: No such file"),
        (("--source", "gcp.audit", "/"), b"is a directory"),
        (("--source", "gcp.audit", "--rules", "/nowhere/rules", "-"), b"/nowhere/rules: no such directory"),
        (("--source", "gcp.audit", "--rules", __file__, "-"), b"not a directory"),
    ],
)
def test_wrong_usage_ends_with_two_and_a_reason(arguments: tuple[str, ...], said: bytes) -> None:
    result = evaluate(*arguments, stdin=bare_lines()["gcp.audit"])
    assert (result.returncode, result.stdout) == (2, b"")
    assert said in result.stderr


def test_a_rule_that_is_refused_is_told_and_the_others_run(rules: Path) -> None:
    (rules / "bad.yml").write_text(
        "title: x\ndetection: {a: {b|unheardof: c}, condition: a}\nlogsource: {product: aws}\n"
    )
    (rules / "broken.yaml").write_bytes(b"\xff\xfe")
    result = evaluate("--source", "aws.cloudtrail", "--rules", str(rules), "-", stdin=FORMS["lines"])
    assert result.returncode == 0
    assert all(len(one["matches"]) == 1 for one in told(result))
    assert b"rule refused: " in result.stderr
    assert b"bad.yml" in result.stderr
    assert b"broken.yaml: the file is not UTF-8" in result.stderr


def test_rules_take_the_place_of_the_built_in_ones_and_may_be_several(rules: Path, tmp_path: Path) -> None:
    root = next(one for one in samples() if one.rule == "8ad1600d-e9dc-4251-b0ee-a65268f29add" and one.matches)
    built_in = told(evaluate("--source", "aws.cloudtrail", "-", stdin=root.line))[0]["matches"]
    assert built_in
    more = tmp_path / "more"
    more.mkdir()
    (more / "root.yml").write_text(
        "title: Root\nid: 99999999-2222-4333-8444-555555555555\nlevel: high\n"
        "logsource: {product: aws, service: cloudtrail}\n"
        "detection: {root: {userIdentity.type: Root}, condition: root}\n"
    )
    (only,) = told(evaluate("--source", "aws.cloudtrail", "--rules", str(rules), "-", stdin=root.line))
    assert only["matches"] == []
    both = told(
        evaluate("--source", "aws.cloudtrail", "--rules", str(rules), "--rules", str(more), "-", stdin=root.line)
    )
    assert [match["title"] for match in both[0]["matches"]] == ["Root"]


def test_rules_that_are_for_other_logs_are_told_of(tmp_path: Path) -> None:
    directory = tmp_path / "rules"
    directory.mkdir()
    (directory / "one.yml").write_text(RULE.replace("PRODUCT", "okta").replace("SERVICE", "okta").replace("FIELD", "a"))
    result = evaluate("--source", "gcp.audit", "--rules", str(directory), "-", stdin=bare_lines()["gcp.audit"])
    assert result.returncode == 0
    assert b"none of the 1 rules is for gcp.audit" in result.stderr


def test_a_reader_that_has_enough_ends_it_quietly(tmp_path: Path) -> None:
    file = tmp_path / "many"
    file.write_bytes(FORMS["lines"] * 2000)
    with subprocess.Popen(
        [sys.executable, "-m", "daemon", "events", "eval", "--source", "aws.cloudtrail", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"event"')
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        assert process.wait(timeout=30) == 141


def test_each_record_is_answered_before_the_next_is_awaited() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "daemon", "events", "eval", "--source", "aws.cloudtrail", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("First", "Second"):
            process.stdin.write(json.dumps({"eventName": name}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["event"]["event"]["action"] == name
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_the_command_line_knows_the_sources_of_the_contract() -> None:
    assert tuple(one.value for one in Source) == SOURCE_NAMES
