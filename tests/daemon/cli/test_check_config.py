import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from daemon.cli import check_config
from daemon.state import State
from tests.fakes.posture import OFF, VERSIONED, World, bucket

TARGET = 'version: 1\ntargets: [{name: a, provider: aws, accounts: ["123456789012"]}]\n'
EXCEPTION = (
    "exceptions:\n"
    "  - {detector: storage.*, resource: 'arn:aws:s3:::www-*', reason: '${WHY}', owner: web@example.com,"
    " expires: 2999-12-31}\n"
)


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()

    @app.callback()
    def frame() -> None:
        """Make the command a subcommand, as it is on the real command line."""

    check_config.register(app)
    return app


def _run(app: typer.Typer, *arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(app, ["check-config", *arguments], env=environ)


def test_a_good_file_is_summed_up(app: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "cspmd.yaml"
    file.write_text(
        TARGET
        + "state: {url: 'sqlite:///state.db'}\n"
        + "sinks: {elasticsearch: {hosts: ['${ES}'], api_key: '${KEY}'}, file: {path: out.jsonl}}\n"
        + EXCEPTION
    )

    result = _run(app, "--config", str(file), ES="https://es.internal:9200", KEY="k3y-k3y", WHY="public website")

    assert result.exit_code == 0
    assert result.stdout == (
        f"{file}: OK\n"
        "targets:\n"
        "  a: aws, account 123456789012, all regions; no logs\n"
        "    polled every 5m, read anew every 1d\n"
        f"state: {tmp_path}/state.db, history kept 400d\n"
        "http: 127.0.0.1:9464, no TLS, no password\n"
        f"detectors: {_detectors_on()} on\n"
        "residency: not configured, nothing is judged\n"
        f"sinks: elasticsearch ${{ES}} (API key), namespace default; file {tmp_path}/out.jsonl\n"
        "exceptions:\n"
        "  storage.* on arn:aws:s3:::www-*: ${WHY} (web@example.com, until 2999-12-31 23:59 UTC)\n"
    )
    assert result.stderr == (f"what the exceptions match is not known yet: there is no state at {tmp_path}/state.db\n")
    assert not (tmp_path / "state.db").exists()


def _detectors_on() -> int:
    from detectors.catalogue import catalogue

    return len(catalogue())


def test_a_bad_file_is_exit_2_and_every_problem_on_stderr(app: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "cspmd.yaml"
    file.write_text("version: 1\ntargets: [{name: a, provider: aws}]\nlogg: {}\nlog: {level: '${L}'}\n")

    result = _run(app, "--config", str(file), L="verbose-secret")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        f'{file}:2: targets[0]: expected either accounts: (a list such as ["123456789012"]) or organization: true, '
        "and not both\n"
        f'{file}:3: logg: unknown key: did you mean "log"?\n'
        f'{file}:4: log.level: found "${{L}}": expected one of debug, info, warning, error\n'
    )


def test_no_file_at_all_is_exit_2(app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    result = _run(app, CSPMD_CONFIG=str(tmp_path / "named.yaml"))

    assert result.exit_code == 2
    assert result.stderr == (f"{tmp_path}/named.yaml: expected a configuration file in YAML, but it does not exist\n")


def test_what_this_build_does_not_do_is_a_warning(app: typer.Typer, tmp_path: Path) -> None:
    file, register = tmp_path / "cspmd.yaml", tmp_path / "register.yaml"
    register.touch()
    file.write_text(
        "version: 1\n"
        "targets:\n"
        '  - {name: prod, provider: aws, accounts: ["123456789012"]}\n'
        "  - {name: corp, provider: azure, tenant_id: 11111111-2222-3333-4444-555555555555, subscriptions: all}\n"
        "  - {name: data, provider: gcp, projects: [a-project]}\n"
        "register: register.yaml\n"
    )

    result = _run(app, "--config", str(file))

    assert result.exit_code == 0
    corp, data, registered = result.stderr.splitlines()
    assert corp.startswith(f"warning: {file}: target 'corp': this build of cspmd reads AWS only, no azure target.")
    assert data.startswith(f"warning: {file}: target 'data': this build of cspmd reads AWS only, no gcp target.")
    assert "register: the cloud service register is not judged yet" in registered


def test_warnings_do_not_fail_it(app: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "cspmd.yaml"
    file.write_text(
        TARGET
        + "state: {url: 'postgresql+psycopg://u:pw-of-state@db/cspmd'}\n"
        + EXCEPTION.replace("2999-12-31", "2020-01-01")
    )

    result = _run(app, "--config", str(file), WHY="x")

    assert result.exit_code == 0
    assert "state: PostgreSQL, history kept 400d\n" in result.stdout
    assert result.stderr == (
        f"warning: {file}:5: exceptions[0].expires: found 2020-01-01: "
        "this exception has expired: what it matches is a finding again\n"
        "what the exceptions match is not shown: the state lies across the network, and this command uses none\n"
    )


def test_an_empty_state_matches_nothing(app: typer.Typer, tmp_path: Path) -> None:
    State.open(f"sqlite:///{tmp_path}/state.db").close()
    file = tmp_path / "cspmd.yaml"
    file.write_text(TARGET + "state: {url: 'sqlite:///state.db'}\n" + EXCEPTION)

    result = _run(app, "--config", str(file), WHY="x")

    assert result.exit_code == 0
    assert result.stdout.endswith("    matches nothing in the stored state\n")
    assert result.stderr == ""


def test_each_exception_lists_what_it_matches(app: typer.Typer, tmp_path: Path) -> None:
    state = State.open(f"sqlite:///{tmp_path}/state.db")
    World(state).read(
        *(bucket(f"www-{number:02}", versioning=OFF) for number in range(check_config.MOST_MATCHES + 2)),
        bucket("records", versioning=OFF),
        bucket("www-fine"),
    )
    state.close()
    file = tmp_path / "cspmd.yaml"
    expired = EXCEPTION.splitlines()[1].replace("www-*", "records").replace("2999-12-31", "2020-01-01")
    file.write_text(TARGET + "state: {url: 'sqlite:///state.db'}\n" + EXCEPTION + expired + "\n")

    result = _run(app, "--config", str(file), WHY="x")

    assert result.exit_code == 0
    told = result.stdout.partition("exceptions:\n")[2].splitlines()
    assert told[0].startswith("  storage.* on arn:aws:s3:::www-*: ")
    assert told[1:21] == [f"    matches {VERSIONED.uid} on arn:aws:s3:::www-{number:02}" for number in range(20)]
    assert told[21] == "    and 2 more"
    assert told[22].startswith("  storage.* on arn:aws:s3:::records: ")
    assert told[23:] == [f"    expired, would match {VERSIONED.uid} on arn:aws:s3:::records"]


def test_a_state_that_cannot_be_read_is_said_and_no_error(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("this is no database, and long enough that SQLite looks at its header" * 20)
    file = tmp_path / "cspmd.yaml"
    file.write_text(TARGET + "state: {url: 'sqlite:///state.db'}\n" + EXCEPTION)

    result = _run(app, "--config", str(file), WHY="x")

    assert result.exit_code == 0
    assert result.stderr.startswith("what the exceptions match is not known: ")


def test_each_refused_rule_is_named(app: typer.Typer, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "good.yml").write_text(
        "title: Bucket policy changed\nid: 5f1f2c0e-3d3f-4d5b-8c51-0a2b9a1d9d11\n"
        "logsource: {product: aws, service: cloudtrail}\n"
        "detection: {selection: {eventName: PutBucketPolicy}, condition: selection}\nlevel: medium\n"
    )
    (rules / "elsewhere.yml").write_text(
        "title: A process\nid: 5f1f2c0e-3d3f-4d5b-8c51-0a2b9a1d9d12\n"
        "logsource: {product: windows, service: security}\n"
        "detection: {selection: {EventID: 4688}, condition: selection}\nlevel: medium\n"
    )
    (rules / "regex.yml").write_text(
        "title: Odd\nid: 5f1f2c0e-3d3f-4d5b-8c51-0a2b9a1d9d13\nlogsource: {product: aws, service: cloudtrail}\n"
        "detection: {selection: {eventName|re: '('}, condition: selection}\nlevel: medium\n"
    )
    (rules / "broken.yaml").write_text("title: [\n")
    (rules / "latin1.yml").write_bytes(b"title: caf\xe9\n")
    (rules / "notes.txt").write_text("no rule\n")
    file = tmp_path / "cspmd.yaml"
    file.write_text(TARGET + "rules: [rules]\n")

    result = _run(app, "--config", str(file))

    assert result.exit_code == 0
    assert result.stdout.startswith(f"{file}: can be used, but 3 rules are refused\n")
    assert f"rules: {rules}\n" in result.stdout
    latin1, broken, regex, elsewhere = result.stderr.splitlines()
    assert latin1 == f"warning: {rules}/latin1.yml: rule refused: the file is not UTF-8 text (line 1)"
    assert broken.startswith(f"warning: {rules}/broken.yaml: rule refused: not valid YAML")
    assert regex.endswith("rule refused: Regular expression '(' is invalid: missing ): (")
    assert elsewhere == (
        "warning: 1 rule is for logs that cspmd does not read and will never match: windows/security (1)"
    )


def test_the_rules_that_run_are_counted_by_log(app: typer.Typer, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    file = tmp_path / "cspmd.yaml"
    file.write_text(TARGET + "rules: [rules]\n")
    before = _counted(_run(app, "--config", str(file)))
    (rules / "one.yml").write_text(
        "title: Bucket policy changed\nid: 5f1f2c0e-3d3f-4d5b-8c51-0a2b9a1d9d11\nname: changed\n"
        "logsource: {product: aws, service: cloudtrail}\n"
        "detection: {selection: {eventName: PutBucketPolicy}, condition: selection}\nlevel: medium\n"
        "---\ntitle: Often\nid: 5f1f2c0e-3d3f-4d5b-8c51-0a2b9a1d9d12\nlevel: high\n"
        "correlation: {type: temporal, rules: [changed, aws_root_used], timespan: 5m}\n"
    )
    after = _counted(_run(app, "--config", str(file)))
    assert after == (before[0] + 1, before[1] + 1, before[2] + 1)


def _counted(result: Result) -> tuple[int, ...]:
    """Return the numbers of rules, of correlations and of rules for CloudTrail."""
    assert (result.exit_code, result.stderr) == (0, "")
    found = re.search(r"among them: (\d+) and (\d+) correlations?\n  by log: aws.cloudtrail (\d+), ", result.stdout)
    assert found is not None, result.stdout
    return tuple(map(int, found.groups()))


def test_a_refused_expression_makes_no_noise_below_python(tmp_path: Path) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text(
        "title: Odd\nlogsource: {product: aws, service: cloudtrail}\n"
        "detection: {selection: {eventName|re|i: '('}, condition: selection}\n"
    )
    code = (
        "import sys, pathlib; from detectors.sigma.rules import load_directories\n"
        "print(load_directories([pathlib.Path(sys.argv[1])]).refused[0].reason)"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert (ran.stderr, ran.stdout) == ("", "Regular expression '(' is invalid: missing ): (\n")


def test_the_schema_is_printed_without_any_configuration(
    app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = _run(app, "--schema")

    assert result.exit_code == 0
    assert result.stdout == (Path(__file__).parents[3] / "config" / "cspmd.schema.json").read_text()
    assert json.loads(result.stdout)["title"] == "cspmd.yaml"
