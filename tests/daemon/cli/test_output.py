from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.model import Known, Unread, UnreadReason
from daemon.cli.wording import change_words, cut, why
from daemon.configuration import load
from daemon.model import FactChange
from daemon.state import State
from detectors.catalogue import catalogue
from tests.fakes.posture import DENIED, OFF, START, VERSIONED, World, bucket, grant, judging, rule

UID = "storage.public_access"


def _cspmd(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "daemon", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "cspmd.yaml"
    path.write_text(
        "version: 1\n"
        f"state: {{url: 'sqlite:///{tmp_path}/state.db'}}\n"
        "targets: [{name: a, provider: aws, organization: true, role_name: r}]\n"
        f"detectors: {{disable: [storage.versioning], severity: {{{UID}: low}}}}\n"
    )
    return path


def test_the_catalogue_as_json_is_all_there_is_to_know() -> None:
    done = _cspmd("detectors", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["uid"] for one in json.loads(done.stdout)] == list(catalogue())
    one = json.loads(_cspmd("detectors", UID, "--format", "json").stdout)
    assert (one["uid"], one["kind"], one["severity"], one["enabled"]) == (UID, "bucket", "critical", True)
    assert one["remediation"]["aws"]["cli"]


def test_the_catalogue_shows_what_the_configuration_makes_of_it(configuration: Path) -> None:
    done = _cspmd("detectors", "--format", "json", "--config", str(configuration))
    by_uid = {one["uid"]: one for one in json.loads(done.stdout)}
    assert by_uid[UID]["severity"] == "low"
    assert not by_uid["storage.versioning"]["enabled"]
    assert "disabled" in _cspmd("detectors", "--config", str(configuration)).stdout


def test_the_catalogue_for_people() -> None:
    table = _cspmd("detectors").stdout
    assert all(uid in table for uid in catalogue())
    page = _cspmd("detectors", UID).stdout
    assert page.startswith(f"{UID}: ")
    assert "aws s3api" in page
    sections = _cspmd("detectors", "--format", "markdown").stdout.splitlines()
    assert [line.removeprefix("## ") for line in sections if line.startswith("## ")] == list(catalogue())


def test_a_detector_that_does_not_exist_is_code_2() -> None:
    done = _cspmd("detectors", "storage.nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no detector 'storage.nothing'" in done.stderr


def test_the_policy_is_what_the_collectors_need(configuration: Path) -> None:
    def actions(*arguments: str) -> set[str]:
        policy = json.loads(_cspmd("permissions", "aws", *arguments).stdout)
        return {action for statement in policy["Statement"] for action in statement["Action"]}

    alone = actions()
    assert "s3:GetBucketAcl" in alone
    assert not any(action.partition(":")[2].startswith(("Put", "Delete", "Create", "*")) for action in alone)
    assert actions("--config", str(configuration)) - alone == {"organizations:ListAccounts"}
    terraform = _cspmd("permissions", "aws", "--format", "terraform").stdout
    assert 'data "aws_iam_policy_document" "cspmd_read"' in terraform


@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_a_cloud_that_is_not_read_has_no_policy_to_print(cloud: str) -> None:
    done = _cspmd("permissions", cloud)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"nothing to grant on {cloud} yet" in done.stderr


@pytest.fixture
def known(configuration: Path) -> Path:
    """A state with an open, an excepted and a resolved finding."""
    state = State.open(load(configuration, {}).state_url)
    world = World(state)
    world.judging = judging(rule("*:excepted"))
    everything = [bucket(name, versioning=OFF) for name in ("open", "excepted", "mended")]
    world.read(*everything)
    world.later(*everything[:2], bucket("mended"))
    state.close()
    return configuration


def _findings(configuration: Path, *arguments: str) -> list[dict[str, object]]:
    done = _cspmd("findings", "--config", str(configuration), "--format", "jsonl", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), {"open"}),
        (("--status", "open"), {"open"}),
        (("--status", "excepted"), {"excepted"}),
        (("--status", "resolved"), {"mended"}),
        (("--status", "all"), {"open", "excepted", "mended"}),
    ],
)
def test_findings_are_those_asked_for(known: Path, arguments: tuple[str, ...], names: set[str]) -> None:
    found = _findings(known, *arguments)
    assert {one["judgement"]["resource"]["name"] for one in found} == names  # type: ignore[index] # JSON of a known shape


def test_a_finding_says_when_and_how_it_came(known: Path) -> None:
    [one] = _findings(known, "--status", "resolved")
    assert one["first_seen"] == "2026-03-01T12:00:00Z"
    assert one["resolved_at"] == "2026-03-01T12:05:00Z"
    assert one["drift"] == "resolved"
    assert [change["fact"] for change in one["changes"]] == ["versioning"]  # type: ignore[attr-defined] # the same


def test_findings_for_people(known: Path) -> None:
    text = _cspmd("findings", "--config", str(known), "--status", "all").stdout
    assert "2026-03-01 12:00:00Z" in text
    assert "excepted: agreed (web@example.com" in text
    assert "resolved 2026-03-01 12:05:00Z" in text
    assert "3 findings; --format jsonl shows everything known of each" in text
    assert "\x1b" not in text


def test_no_state_yet_is_a_plain_answer(configuration: Path) -> None:
    done = _cspmd("findings", "--config", str(configuration))
    assert (done.returncode, done.stdout) == (2, "")
    assert "state.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_why_says_what_violates_what_is_unread_and_what_to_note() -> None:
    judged_by = judging()
    failing = judged_by.judge(VERSIONED, bucket("a", versioning=OFF), START)
    unknown = judged_by.judge(VERSIONED, bucket("a", versioning=DENIED), START)
    assert failing is not None
    assert unknown is not None
    assert "Suspended" in why(failing)
    assert why(unknown) == DENIED.summary


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"fact": "known", "value": {"enabled": True}}, None, "x y: enabled yes → none"),
        (Known(()), Known((grant("*"),)), "x y: none → bucket policy: anonymous-internet may read"),
        (
            Unread(reason=UnreadReason.DENIED, operation="s3:GetX"),
            {"fact": "not_needed", "because": "acl_hidden"},
            "x y: unread (s3:GetX) → not read (acl hidden)",
        ),
        (Known("eu"), Known(["a", "b"]), "x y: eu → a, b"),
    ],
)
def test_a_change_is_told_in_few_words(before: object, after: object, words: str) -> None:
    assert change_words(FactChange(fact="x_y", before=before, after=after)) == words


def test_long_texts_are_cut() -> None:
    assert cut("a" * 10, 5) == "aaaa…"
    assert cut("aaa", 5) == "aaa"
