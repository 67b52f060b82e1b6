"""Many accounts: followed through their organization, read side by side, and never mixed up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collectors.aws.catalogue import COLLECTORS
from tests.fakes.aws_estate import PUBLIC_POLICY, put_bucket
from tests.fakes.aws_families import HOME, Families, supplement
from tests.fakes.aws_faults import ANY, DENIED, Call, Fault, Faults, fault_proxy
from tests.fakes.aws_moto import ACCOUNT, Moto
from tests.fakes.program import Daemon, Program, json_lines, wait_for

OTHER = "210987654321"
NAMES = {ACCOUNT: "alpha", OTHER: "omega"}
COVERAGE = "coverage.unread_scope"
PUBLIC = "storage.public_access"
LIST_ACCOUNTS = "organizations:ListAccounts"

Judgements = list[dict[str, Any]]


@pytest.fixture
def moto(_moto: Moto) -> Moto:
    """A fake AWS that holds nothing."""
    _moto.reset()
    return _moto


@pytest.fixture
def faults(moto: Moto) -> Iterator[Faults]:
    with fault_proxy(moto.port) as proxy:
        supplement(proxy)
        yield proxy


@pytest.fixture
def two(moto: Moto, faults: Faults, tmp_path: Path) -> Program:
    """The program, aimed at two accounts with the same sorts of things under other names; every detector judges."""
    for account, name in NAMES.items():
        Families(moto, name, account=account).seed()
    program = Program(tmp_path, faults.url)
    configure(program, accounts=[ACCOUNT, OTHER])
    return program


def configure(program: Program, **target: Any) -> None:
    everything = {"role_name": "cspmd-read", "external_id": "e x t", "regions": [HOME], **target}
    settings = program.settings(targets=[program.target(**everything)])
    if "organization" in target:
        del settings["targets"][0]["accounts"]
    settings["detectors"] = {}
    settings["policy"] = {"residency": {"default": {"allow": ["aws:eu-*"]}}}
    settings["schedule"] = {"config": "1s", "reconcile": "1s"}
    program.configuration.write_text(json.dumps(settings))


def scanned(program: Program) -> tuple[int, Judgements]:
    done = program.cspmd("scan", "--format", "jsonl", "--show", "all")
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def of(account: str, judgements: Judgements) -> Judgements:
    return [one for one in judgements if one["account"] == account]


def verdicts(judgements: Judgements) -> dict[tuple[str, str], str]:
    return {(one["detector"], one["resource"]["name"]): one["verdict"] for one in judgements}


def told_of_itself(account: str, line: dict[str, Any]) -> bool:
    """Whether a judgement says nothing but of the account's own things."""
    text = json.dumps(line)
    other = next(one for one in NAMES if one != account)
    return NAMES[other] not in text and other not in text


def test_two_accounts_side_by_side_never_see_each_other(two: Program, faults: Faults) -> None:
    code, judgements = scanned(two)
    assert code == 0
    for account, name in NAMES.items():
        own = of(account, judgements)
        assert {line["resource"]["kind"] for line in own} >= {
            kind.__struct_config__.tag for collector in COLLECTORS for kind in collector.kinds
        }
        assert sum(name in line["resource"]["name"] for line in own) > 30
        assert [line for line in own if not told_of_itself(account, line)] == []
    assert len(of(ACCOUNT, judgements)) + len(of(OTHER, judgements)) == len(judgements)
    uids = [line["resource"]["uid"] for line in judgements]
    assert [uid for uid in uids if uid.endswith(":root")] != []
    _same_but_for_the_name(judgements)
    assert {call.account for call in faults.calls} == {ACCOUNT, OTHER}
    assumed = [call.form for call in faults.calls if call.operation == "sts:AssumeRole"]
    assert {form["RoleArn"] for form in assumed} == {f"arn:aws:iam::{one}:role/cspmd-read" for one in NAMES}
    assert {form["ExternalId"] for form in assumed} == {"e x t"}


def _same_but_for_the_name(judgements: Judgements) -> None:
    """Both accounts were made alike, and so they are judged alike: nothing leaks into either's verdicts."""
    alike = [
        {
            (line["detector"], line["resource"]["name"].replace(name, "name"), line["verdict"])
            for line in of(account, judgements)
            if name in line["resource"]["name"]
        }
        for account, name in NAMES.items()
    ]
    assert alike[0] == alike[1]


def test_an_account_that_refuses_everything_costs_the_other_nothing(two: Program, faults: Faults) -> None:
    _, before = scanned(two)
    faults.plan(ANY, DENIED, when=lambda call: call.account == OTHER)
    two.folder.joinpath("state.db").unlink()
    code, after = scanned(two)
    assert code == 3
    assert verdicts(of(ACCOUNT, after)) == verdicts(of(ACCOUNT, before))
    assert COVERAGE not in {line["detector"] for line in of(ACCOUNT, after) if line["verdict"] == "FAIL"}
    missing = [line for line in of(OTHER, after) if line["detector"] == COVERAGE]
    assert {line["verdict"] for line in missing} == {"FAIL"}
    scopes = {line["resource"]["uid"] for line in missing}
    assert {scope.rpartition("/")[2] for scope in scopes} >= {"aws.s3", "aws.iam", "aws.regions"}
    assert {scope.split("/")[2] for scope in scopes} == {OTHER}
    assert [line for line in of(OTHER, after) if line["verdict"] == "PASS"] == []


def test_the_accounts_of_an_organization_are_watched_as_they_come_and_go(
    moto: Moto, faults: Faults, tmp_path: Path
) -> None:
    organization = moto.client("organizations")
    organization.create_organization(FeatureSet="ALL")
    open_bucket(moto, ACCOUNT, "of-the-management")
    program = Program(tmp_path, faults.url)
    configure(program, organization=True)
    only_storage(program)
    with program.running() as daemon:
        daemon.wait_until_ready()
        wait_for(lambda: public(daemon, ACCOUNT) == [1.0], "the management account's own finding")
        cost = daemon.wait_for_event("account was read")
        assert cost["calls"] == sum(cost["by_service"].values()) > 0
        assert sum(daemon.metrics("cspmd_cloud_api_calls_total", service="s3")) >= cost["by_service"].get("s3", 0)

        joined = organization.create_account(Email="a@example.com", AccountName="a")["CreateAccountStatus"]["AccountId"]
        open_bucket(moto, joined, "of-the-new")
        wait_for(lambda: public(daemon, joined) == [1.0], "the new account's finding")
        assert daemon.wait_for_event("accounts joined the organization and are watched")["accounts"] == [joined]

        faults.plan(LIST_ACCOUNTS, DENIED)
        refused = len([call for call in faults.calls if call.operation == LIST_ACCOUNTS])
        wait_for(lambda: faults.count(LIST_ACCOUNTS) > refused + 1, "a discovery that is refused")
        assert public(daemon, joined) == [1.0]
        faults.plan(LIST_ACCOUNTS, Fault())

        organization.close_account(AccountId=joined)
        wait_for(lambda: sum(public(daemon, joined)) == 0, "the end of the closed account's finding")
        assert public(daemon, ACCOUNT) == [1.0]
        [left] = [line for line in events(daemon) if line["event"].startswith("accounts left the organization")]
        assert (left["accounts"], left["level"]) == ([joined], "warning")
        assert daemon.stop() == 0
    told = [one for one in program.documents() if one["cloud"]["account"]["id"] == joined]
    assert {one["event"]["action"] for one in told} == {"finding-opened", "finding-resolved"}


def open_bucket(moto: Moto, account: str, name: str) -> None:
    put_bucket(lambda region: moto.client("s3", region=region, account=account), name, PUBLIC_POLICY)


def only_storage(program: Program) -> None:
    settings = json.loads(program.configuration.read_text())
    settings["detectors"] = program.settings()["detectors"]
    program.configuration.write_text(json.dumps(settings))


def public(daemon: Daemon, account: str) -> list[float]:
    return daemon.metrics("cspmd_findings", account=account, detector=PUBLIC, status="fail")


def events(daemon: Daemon) -> list[dict[str, Any]]:
    return json_lines(daemon.log)


def test_empty_pages_and_suspended_accounts_of_an_organization_are_no_end(
    moto: Moto, faults: Faults, tmp_path: Path
) -> None:
    def entry(account: str, **standing: str) -> dict[str, str]:
        return {"Id": account, "Name": account, **standing}

    pages = [
        {"Accounts": [entry(ACCOUNT, State="ACTIVE", Status="ACTIVE")], "NextToken": "1"},
        {"Accounts": [], "NextToken": "2"},
        {
            "Accounts": [entry("333333333333", State="SUSPENDED"), entry("444444444444", State="PENDING_CLOSURE")],
            "NextToken": "3",
        },
        {"Accounts": [entry(OTHER, Status="ACTIVE"), entry("555555555555", Status="SUSPENDED")]},
    ]

    def on_page(number: int) -> Any:
        return lambda call: _token(call) == (str(number) if number else None)

    for number, page in enumerate(pages):
        faults.plan(LIST_ACCOUNTS, Fault(body=json.dumps(page).encode()), times=1, when=on_page(number))
    open_bucket(moto, ACCOUNT, "here")
    open_bucket(moto, OTHER, "there")
    program = Program(tmp_path, faults.url)
    configure(program, organization=True)
    only_storage(program)
    code, judgements = scanned(program)
    assert code == 0
    assert {line["account"] for line in judgements if line["detector"] == PUBLIC} == {ACCOUNT, OTHER}
    assert faults.count(LIST_ACCOUNTS) == len(pages)
    assert {call.account for call in faults.calls} == {ACCOUNT, OTHER}


def _token(call: Call) -> str | None:
    return call.form.get("NextToken")


def test_a_role_that_may_not_be_assumed_is_told_once_a_scope_and_in_our_words(two: Program, faults: Faults) -> None:
    refused = f"arn:aws:iam::{OTHER}:role/cspmd-read"
    faults.plan("sts:AssumeRole", DENIED, when=lambda call: call.form.get("RoleArn") == refused)
    done = two.cspmd("scan", "--format", "jsonl", "--show", "all")
    assert done.returncode == 3
    judgements = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["detector"] for line in of(OTHER, judgements)} == {COVERAGE}
    for leak in ("Traceback", "botocore", "AKIA", "dead-beef"):
        assert leak not in done.stderr
    told = [line for line in map(json.loads, done.stderr.splitlines()) if line["level"] in {"warning", "error"}]
    scopes = sorted(line["resource"]["uid"].removeprefix("cspmd:") for line in of(OTHER, judgements))
    assert sorted(line["scope"] for line in told) == scopes
    assert {tuple(line["grant"]) for line in told} == {("sts:AssumeRole",)}
