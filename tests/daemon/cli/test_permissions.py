"""What to grant follows from what is configured: who reads, who assumes a role, and whom the role trusts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from daemon.cli.app import build

IDENTITY = "arn:aws:iam::999999999999:role/cspmd"
PROD = {"name": "prod", "provider": "aws", "accounts": ["111111111111", "222222222222"], "role_name": "cspmd-read"}
ORGANIZATION = {
    "name": "all",
    "provider": "aws",
    "organization": True,
    "role_name": "audit/reader",
    "external_id": "e x t",
    "logs": [{"source": "aws.cloudtrail", "bucket": "trail"}],
}
ALONE = {"name": "here", "provider": "aws", "accounts": ["333333333333"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cspmd.yaml"


def permissions(path: Path, targets: list[dict[str, Any]], *arguments: str) -> tuple[int, str, str]:
    path.write_text(yaml.safe_dump({"version": 1, "targets": targets}))
    done = CliRunner().invoke(build(), ["permissions", "aws", "--config", str(path), *arguments])
    return done.exit_code, done.stdout, done.stderr


def printed(path: Path, targets: list[dict[str, Any]], *arguments: str) -> dict[str, Any]:
    code, text, _ = permissions(path, targets, *arguments)
    assert code == 0
    [*statements] = json.loads(text)["Statement"]
    return {action: one for one in statements for action in _list(one["Action"])}


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_no_external_id_is_asked_for_where_no_target_has_one(path: Path) -> None:
    for targets in ([ALONE], [PROD], [ALONE, PROD]):
        code, text, _ = permissions(path, targets, "--format", "terraform")
        assert code == 0
        assert "external_id" not in text
        assert "ExternalId" not in text
    assert "Condition" not in printed(path, [PROD], "--for", "trust", "--principal", IDENTITY)["sts:AssumeRole"]


def test_the_external_id_of_the_target_is_asked_for(path: Path) -> None:
    code, text, _ = permissions(path, [ORGANIZATION], "--format", "terraform")
    assert code == 0
    assert 'variable "cspmd_external_id"' in text
    assert 'name               = "reader"' in text
    trust = printed(path, [ORGANIZATION], "--for", "trust", "--principal", IDENTITY)["sts:AssumeRole"]
    assert trust["Principal"] == {"AWS": IDENTITY}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "e x t"}}


def test_cspmd_s_own_identity_may_assume_the_roles_and_what_comes_before_them(path: Path) -> None:
    own = printed(path, [PROD], "--for", "own")
    assert own.keys() == {"sts:AssumeRole"}
    assert own["sts:AssumeRole"]["Resource"] == [
        "arn:aws:iam::111111111111:role/cspmd-read",
        "arn:aws:iam::222222222222:role/cspmd-read",
    ]
    own = printed(path, [ORGANIZATION], "--for", "own")
    assert own["sts:AssumeRole"]["Resource"] == "arn:aws:iam::*:role/audit/reader"
    assert own["organizations:ListAccounts"]["Resource"] == "*"
    assert own["s3:GetObject"]["Resource"] == "arn:aws:s3:::trail/*"
    sids = [one["Sid"] for one in own.values()]
    assert sorted(set(sids)) == [
        "CspmdAssume",
        "CspmdLogsKms1",
        "CspmdLogsS31",
        "CspmdLogsS32",
        "CspmdReadOrganizations",
    ]
    _, text, _ = permissions(path, [ORGANIZATION], "--format", "terraform")
    assert '"arn:aws:iam::*:role/audit/reader"' in text[text.index('"cspmd_own"') :]
    _, text, _ = permissions(path, [ALONE], "--format", "terraform")
    assert "cspmd_own" not in text


def test_an_identity_that_reads_by_itself_needs_nothing_else(path: Path) -> None:
    code, text, told = permissions(path, [ALONE], "--for", "own")
    assert (code, text) == (2, "")
    assert "reads by itself" in told


def test_targets_whose_roles_differ_are_printed_one_by_one(path: Path) -> None:
    for arguments in (["--format", "terraform"], ["--for", "trust", "--principal", IDENTITY]):
        code, _, told = permissions(path, [PROD, ORGANIZATION], *arguments)
        assert code == 2
        assert "prod, all" in told
        assert "--target NAME" in told
        assert permissions(path, [PROD, ORGANIZATION], *arguments, "--target", "prod")[0] == 0
    alone = printed(path, [PROD, ORGANIZATION], "--target", "prod")
    assert "organizations:ListAccounts" not in alone
    assert "organizations:ListAccounts" in printed(path, [PROD, ORGANIZATION])
    code, _, told = permissions(path, [PROD], "--target", "nowhere")
    assert (code, "no AWS target nowhere; there is prod" in told) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--for", "trust"),
        ("--principal", IDENTITY),
        ("--for", "own", "--format", "terraform"),
    ],
)
def test_options_that_do_not_go_together_are_refused(path: Path, arguments: tuple[str, ...]) -> None:
    code, text, _ = permissions(path, [PROD], *arguments)
    assert (code, text) == (2, "")
