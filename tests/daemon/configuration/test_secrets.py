"""No secret ever shows, whatever else is wrong with the file it belongs to."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.configuration import attempt, load
from daemon.configuration.schema import encoded
from daemon.configuration.summary import exception_line, summary

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECRET = "hunter2-0b5e"
ENVIRON = {"SECRET": SECRET, "OTHER": f"x {SECRET}:\n- y"}

_KEYS = st.sampled_from(
    [
        "version",
        "targets",
        "state",
        "http",
        "log",
        "schedule",
        "detectors",
        "policy",
        "exceptions",
        "register",
        "rules",
        "sinks",
        "name",
        "provider",
        "accounts",
        "organization",
        "profile",
        "role_name",
        "external_id",
        "regions",
        "endpoint_url",
        "logs",
        "source",
        "bucket",
        "lookup",
        "queue_url",
        "tenant_id",
        "subscriptions",
        "endpoints",
        "graph",
        "projects",
        "url",
        "retention",
        "listen",
        "tls",
        "cert",
        "key",
        "basic_auth",
        "username",
        "password",
        "level",
        "format",
        "config",
        "reconcile",
        "disable",
        "severity",
        "storage.versioning",
        "residency",
        "default",
        "classes",
        "personal",
        "class_tag",
        "parameters",
        "storage.encryption_at_rest",
        "require",
        "allow",
        "detector",
        "resource",
        "reason",
        "owner",
        "expires",
        "elasticsearch",
        "hosts",
        "api_key",
        "ca_certs",
        "namespace",
        "file",
        "path",
        "posture",
        "unknown",
        "api-key",
        "a.b",
    ]
)
_HARMLESS = st.sampled_from(
    [
        1,
        0,
        True,
        None,
        1.5,
        "aws",
        "azure",
        "gcp",
        "all",
        "5m",
        "2027-06-30",
        "x",
        "",
        "aws.cloudtrail",
        "aws:eu-*",
        "storage.*",
        "storage.versioning",
        "123456789012",
        123456789012,
        "https://es:9200",
        "low",
        "${UNSET}",
        "${",
        "$${SECRET}",
    ]
)
_REFERENCES = st.sampled_from(
    ["${SECRET}", "${OTHER}", "${file:secret}", "https://${SECRET}@es", "${SECRET}${UNSET}", "aws:${SECRET}"]
)
_ANYTHING: st.SearchStrategy[Any] = st.recursive(
    _HARMLESS | _REFERENCES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=25,
)
_TARGET: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"provider": st.sampled_from(["aws", "azure", "gcp", "${SECRET}"])},
    optional={
        "name": _HARMLESS | _REFERENCES,
        "accounts": _ANYTHING,
        "role_name": _REFERENCES,
        "logs": _ANYTHING,
        "tenant_id": _REFERENCES,
        "projects": st.lists(_REFERENCES, max_size=2),
        "endpoints": st.dictionaries(_KEYS, _REFERENCES, max_size=3),
    },
)
_FILES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"version": st.just(1), "targets": st.lists(_TARGET, max_size=2) | _ANYTHING},
    optional={
        "state": st.fixed_dictionaries({"url": _REFERENCES}) | _ANYTHING,
        "http": _ANYTHING,
        "policy": _ANYTHING,
        "detectors": _ANYTHING,
        "exceptions": st.lists(st.dictionaries(_KEYS, _HARMLESS | _REFERENCES, max_size=6), max_size=2),
        "sinks": st.fixed_dictionaries(
            {"elasticsearch": st.dictionaries(_KEYS, _HARMLESS | _REFERENCES | st.just([SECRET]), max_size=6)}
        )
        | _ANYTHING,
    },
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secrets")
    (path / "secret").write_text(f"{SECRET}\n")
    return path


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=_FILES)
def test_references_never_show_in_errors_or_representations(folder: Path, data: dict[str, Any]) -> None:
    file = folder / "cspmd.yaml"
    # JSON is YAML. A secret that is written out under a key that holds no secret is not looked for here.
    file.write_text(json.dumps(data).replace(f'["{SECRET}"]', '["${SECRET}"]'))

    tried = attempt(file, ENVIRON, now=NOW)

    told = [*map(str, tried.problems), *map(repr, tried.problems), repr(tried)]
    configuration = tried.configuration
    if configuration is not None:
        told += [repr(configuration), str(configuration), repr(configuration.targets), repr(configuration.sinks)]
        told += [*map(str, configuration.warnings), *summary(configuration)]
        told += [exception_line(configuration, index) for index in range(len(configuration.exception_settings))]
    assert tried.problems or configuration is not None
    assert not [text for text in told if SECRET in text]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    secret=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12).map(
        lambda text: f"{text}{SECRET}"
    ),
    where=st.sampled_from(
        ["api_key", "password", "basic_auth", "url", "userinfo", "schemeless", "token", "misspelt", "section"]
    ),
    wrong=st.booleans(),
)
def test_secrets_written_out_never_show(folder: Path, secret: str, where: str, wrong: bool) -> None:
    data: dict[str, Any] = {
        "version": 2 if wrong else 1,
        "targets": [{"name": "a", "provider": "aws", "accounts": ["123456789012"]}],
        "sinks": {"elasticsearch": {"hosts": ["https://es:9200"]}},
        "http": {},
    }
    written = secret.replace("${", "$${")
    match where:
        case "api_key":
            data["sinks"]["elasticsearch"]["api_key"] = written
        case "password":
            data["sinks"]["elasticsearch"] |= {"username": "u", "password": written}
        case "basic_auth":
            data["http"]["basic_auth"] = {"username": "u", "password": written}
        case "url":
            data["state"] = {"url": f"{'mysql' if wrong else 'postgresql+psycopg'}://u:{written}@host/db"}
        case "userinfo":
            data["targets"][0]["endpoint_url"] = f"https://u:{written}@host"
        case "schemeless":
            data["sinks"]["elasticsearch"]["hosts"] = [f"u:{written}@es:9200"]
        case "token":
            data["sinks"]["elasticsearch"]["hosts"] = [f"https://{written}@es:9200"]
        case "misspelt":
            data["sinks"]["elasticsearch"]["api-key"] = written
        case "section":
            data["sinks"]["elasticsearch"] = written
    file = folder / "written.yaml"
    file.write_text(json.dumps(data))

    tried = attempt(file, {}, now=NOW)

    told = [*map(str, tried.problems), repr(tried.problems)]
    if tried.configuration is not None:
        told += [repr(tried.configuration), *map(repr, tried.configuration.targets), *summary(tried.configuration)]
        told += [
            repr(tried.configuration.sinks.elasticsearch),
            repr(tried.configuration.http),
            repr(tried.configuration.state),
        ]
    assert not [text for text in told if SECRET in text]


@pytest.mark.parametrize(
    "line",
    [
        f"api_key: *{SECRET}",
        f"api_key: &{SECRET} &x y",
        f"api_key: @{SECRET}",
        f'api_key: "{SECRET}',
        f'api_key: "{SECRET}\\q"',
        f"api_key: {SECRET}: x",
        f"api_key: !{SECRET} x",
        f"api_key: {{{SECRET}",
        f"api_key: '{SECRET}' {SECRET}",
        f"api_key: %{SECRET}\n\t{SECRET}",
        f"api_key: {SECRET}\n   other: {SECRET}",
        f"api_key: {SECRET}\x01",
        f"api_key:\n      - {SECRET}",
        f"api_key: [{SECRET}, {{a: {SECRET}}}]",
    ],
)
def test_syntax_errors_do_not_quote_the_file(tmp_path: Path, line: str) -> None:
    file = tmp_path / "cspmd.yaml"
    file.write_text(
        "version: 1\ntargets: [{name: a, provider: aws, organization: true}]\n"
        f"sinks:\n  elasticsearch:\n    hosts: ['https://es:9200']\n    {line}\n"
    )

    problems = attempt(file, {}, now=NOW).problems

    assert problems
    assert SECRET not in repr(problems)
    assert SECRET not in "\n".join(map(str, problems))


def test_the_schema_knows_no_value(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("SECRET", SECRET)
    file = folder / "valid.yaml"
    file.write_text(
        "version: 1\ntargets: [{name: a, provider: aws, organization: true, role_name: r}]\n"
        "sinks: {elasticsearch: {hosts: ['https://es:9200'], api_key: '${SECRET}'}}\n"
    )
    configuration = load(file)

    assert SECRET in configuration.secrets
    assert SECRET not in encoded()
    assert SECRET not in configuration.model_dump_json()
