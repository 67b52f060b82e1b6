from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from collectors.model import KeyHolder
from daemon.configuration import (
    AwsTarget,
    AzureTarget,
    CloudTrailSource,
    Configuration,
    GcpTarget,
    Listen,
    S3AccessLogSource,
    load,
)
from detectors.catalogue import catalogue
from detectors.model import Policy, Severity

EXAMPLES = Path(__file__).parents[3] / "config"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
TARGET = 'version: 1\ntargets: [{name: a, provider: aws, accounts: ["123456789012"]}]\n'

Loader = Callable[..., Configuration]


@pytest.fixture
def loaded(tmp_path: Path) -> Loader:
    def load_text(text: str, **environ: str) -> Configuration:
        file = tmp_path / "cspmd.yaml"
        file.write_text(text)
        return load(file, environ, now=NOW)

    return load_text


def test_the_example_is_valid_and_means_what_it_says() -> None:
    configuration = load(EXAMPLES / "cspmd.yaml", {"ES_API_KEY": "k", "CSPMD_EXTERNAL_ID": "e"}, now=NOW)

    assert configuration.warnings == ()
    assert [target.name for target in configuration.targets] == ["prod-aws", "corp-azure", "data-gcp"]
    assert configuration.schedule_of(configuration.targets[0]).config == timedelta(minutes=2)
    assert configuration.schedule_of(configuration.targets[0]).logs == timedelta(minutes=1)
    assert configuration.schedule_of(configuration.targets[1]) == configuration.schedule
    policy = configuration.policy()
    assert policy.residency.classes["personal"] == (
        "aws:eu-central-1",
        "azure:germanywestcentral",
        "gcp:europe-west3",
    )
    encryption = catalogue()["storage.encryption_at_rest"]
    assert encryption.parameters is not None
    parameters = policy.parameter(encryption.uid, encryption.parameters)
    assert msgspec.to_builtins(parameters) == {"require": "provider", "classes": {"personal": "customer_key"}}


def test_the_minimal_example_takes_every_default() -> None:
    configuration = load(EXAMPLES / "cspmd.minimal.yaml", {"HOME": "/home/op"}, now=NOW)

    target = configuration.targets[0]
    assert isinstance(target, AwsTarget)
    assert target.regions == "all"
    assert (target.organization, target.role_name, target.logs) == (False, None, ())
    assert configuration.schedule.config == timedelta(minutes=5)
    assert configuration.schedule.reconcile == timedelta(hours=24)
    assert configuration.schedule.logs == timedelta(minutes=1)
    assert configuration.state.retention == timedelta(days=400)
    assert configuration.http.listen == Listen("127.0.0.1", 9464)
    assert (configuration.log.level, configuration.log.format) == ("info", None)
    assert configuration.policy() == Policy()
    assert configuration.severities == {}
    assert configuration.enabled_detectors() == tuple(catalogue().values())
    assert configuration.exceptions.rules == ()
    assert configuration.sinks.elasticsearch is None
    assert configuration.sinks.file is None
    assert configuration.secrets == frozenset()
    assert configuration.warnings == ()


def test_every_key_of_the_contract_is_known(loaded: Loader, tmp_path: Path) -> None:
    for name in ("tls.crt", "tls.key", "ca.pem", "register.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "rules").mkdir()
    configuration = loaded(
        """
        version: 1
        state: {url: "sqlite:////var/lib/cspmd/state.db", retention: 400d}
        http: {listen: "[::1]:0", tls: {cert: tls.crt, key: tls.key}, basic_auth: {username: u, password: p}}
        log: {level: info, format: json}
        targets:
          - name: prod-aws
            provider: aws
            accounts: ["012345678901"]
            profile: audit
            role_name: team/cspmd-read
            external_id: x-1
            regions: [eu-central-1, us-gov-west-1]
            endpoint_url: http://127.0.0.1:5000
            logs:
              - {source: aws.cloudtrail, bucket: trail, prefix: "", queue_url: "https://sqs/1/q"}
              - {source: aws.cloudtrail, lookup: true}
              - {source: aws.s3access, bucket: logs, prefix: ""}
            schedule: {config: 1m, reconcile: 12h, logs: 30s}
          - {name: org-aws, provider: aws, organization: true, role_name: cspmd-read}
          - name: corp-azure
            provider: azure
            tenant_id: 11111111-2222-3333-4444-555555555555
            subscriptions: ["11111111-2222-3333-4444-555555555555"]
            endpoints: {authority: "https://a", resource_manager: "https://r", graph: "https://g",
                        log_analytics: "https://l"}
            logs:
              - {source: azure.activitylogs, workspace: w}
              - {source: azure.signinlogs, workspace: w}
              - {source: azure.auditlogs, workspace: w}
              - {source: azure.storage, workspace: w}
          - name: data-gcp
            provider: gcp
            organization: "1234"
            endpoints: {storage: "https://s", asset: "https://a", logging: "https://l",
                        resource_manager: "https://r", iam: "https://i", admin: "https://d", compute: "https://c"}
            logs: [{source: gcp.audit}]
          - {name: more-gcp, provider: gcp, projects: [a, b]}
        schedule: {config: 5m, reconcile: 24h, logs: 1m}
        detectors: {disable: [storage.access_logging], severity: {storage.versioning: low}}
        policy:
          residency:
            default: {allow: ["aws:eu-*", "azure:westeurope", "gcp:europe-*"]}
            classes: {personal: {allow: ["aws:eu-central-1"]}}
            class_tag: classification
          parameters: {storage.encryption_at_rest: {require: hsm}}
        exceptions:
          - {detector: storage.public_access, resource: "arn:aws:s3:::www-*", reason: public website,
             owner: web@example.com, expires: 2027-06-30}
        register: register.yaml
        rules: [rules/]
        sinks:
          elasticsearch: {hosts: ["https://es:9200"], username: u, password: "${PW}", ca_certs: ca.pem, namespace: prod}
          file: {path: findings.jsonl, posture: true}
        """,
        PW="elastic-password",
    )

    aws, organization, azure, gcp, projects = configuration.targets
    assert isinstance(aws, AwsTarget)
    assert isinstance(organization, AwsTarget)
    assert organization.organization
    assert aws.accounts == ("012345678901",)
    assert aws.regions == ("eu-central-1", "us-gov-west-1")
    assert [type(source) for source in aws.logs] == [CloudTrailSource, CloudTrailSource, S3AccessLogSource]
    assert isinstance(azure, AzureTarget)
    assert [source.source for source in azure.logs] == [
        "azure.activitylogs",
        "azure.signinlogs",
        "azure.auditlogs",
        "azure.storage",
    ]
    assert isinstance(gcp, GcpTarget)
    assert gcp.endpoints.compute == "https://c"
    assert isinstance(projects, GcpTarget)
    assert projects.projects == ("a", "b")
    assert str(configuration.http.listen) == "[::1]:0"
    assert configuration.http.listen == Listen("::1", 0)
    assert configuration.policy().class_tag == "classification"
    assert configuration.severities == {"storage.versioning": Severity.LOW}
    assert "storage.access_logging" not in {detector.uid for detector in configuration.enabled_detectors()}
    assert configuration.secrets == {"p", "elastic-password"}
    assert configuration.sinks.file is not None
    assert configuration.sinks.file.path == tmp_path / "findings.jsonl"
    assert configuration.register_file == tmp_path / "register.yaml"
    assert configuration.rules == (tmp_path / "rules",)
    assert configuration.http.tls is not None
    assert configuration.http.tls.key == tmp_path / "tls.key"


def test_typed_parameters_reach_the_policy(loaded: Loader) -> None:
    configuration = loaded(TARGET + "policy: {parameters: {storage.encryption_at_rest: {require: hsm}}}\n")

    parameters = configuration.policy().parameters["storage.encryption_at_rest"]
    assert msgspec.to_builtins(parameters) == {"require": KeyHolder.HSM.value, "classes": {}}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-06-30", datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)),
        ('"2027-06-30"', datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)),
        ("2027-06-30T12:00:00Z", datetime(2027, 6, 30, 12, tzinfo=UTC)),
        ("2027-06-30 12:00:00+02:00", datetime(2027, 6, 30, 10, tzinfo=UTC)),
        ("2027-06-30T12:00", datetime(2027, 6, 30, 12, tzinfo=UTC)),
    ],
)
def test_a_date_means_the_end_of_that_day(loaded: Loader, written: str, meant: datetime) -> None:
    configuration = loaded(
        TARGET + f"exceptions: [{{detector: storage.*, resource: '*', reason: r, owner: o, expires: {written}}}]\n"
    )

    (rule,) = configuration.exceptions.rules
    assert rule.expires == meant
    assert (rule.detector, rule.resource, rule.reason, rule.owner) == ("storage.*", "*", "r", "o")


def test_a_key_with_nothing_behind_it_counts_as_not_written(loaded: Loader) -> None:
    assert loaded(TARGET + "http:\nstate: {url: }\nexceptions:\npolicy:\n  residency:\n") == loaded(TARGET)


def test_text_that_yaml_takes_for_a_date_or_an_octal_stays_text(loaded: Loader) -> None:
    configuration = loaded(
        "version: 1\ntargets: [{name: 2027-06-30, provider: gcp, projects: [on-call]}]\n"
        "policy: {residency: {classes: {no: {allow: ['aws:*']}, 1: {allow: ['gcp:*']}}}}\n"
    )

    assert configuration.targets[0].name == "2027-06-30"
    assert list(configuration.policy().residency.classes) == ["no", "1"]


def test_aliases_stand_for_what_they_name(loaded: Loader) -> None:
    configuration = loaded(
        TARGET + "policy: {residency: {default: &eu {allow: ['aws:eu-*']}, classes: {personal: *eu}}}\n"
    )

    assert configuration.policy().residency.classes["personal"] == ("aws:eu-*",)


def test_references_are_replaced_and_escapes_kept(loaded: Loader, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n")
    (tmp_path / "crlf").write_bytes(b"from-dos\r\n")
    configuration = loaded(
        TARGET
        + """sinks:
  elasticsearch: {hosts: ["https://${HOST}:9200"], username: "${file:crlf}", password: "${file:key}"}
exceptions:
  - {detector: "*", resource: "$${HOST}-$HOST-$$", reason: "${HOST}/${HOST}", owner: "{}", expires: 2027-01-01}
log: {level: "${LEVEL}"}
""",
        HOST="es.example",
        LEVEL="debug",
    )

    elasticsearch = configuration.sinks.elasticsearch
    assert elasticsearch is not None
    assert elasticsearch.hosts == ("https://es.example:9200",)
    assert elasticsearch.username == "from-dos"
    assert elasticsearch.password is not None
    assert elasticsearch.password.get_secret_value() == "from-file"
    assert configuration.secrets == {"from-file", "from-dos"}
    (rule,) = configuration.exceptions.rules
    assert (rule.resource, rule.reason) == ("${HOST}-$HOST-$$", "es.example/es.example")
    assert configuration.log.level == "debug"


def test_a_reference_cannot_bring_in_keys_or_references(loaded: Loader) -> None:
    configuration = loaded(
        TARGET + "exceptions: [{detector: storage.*, resource: '${R}', reason: r, owner: o, expires: 2027-01-01}]\n",
        R="x, reason: other}\n- {detector: '${HOME}'",
    )

    (rule,) = configuration.exceptions.rules
    assert rule.resource == "x, reason: other}\n- {detector: '${HOME}'"


def test_switches_may_come_from_the_environment(loaded: Loader) -> None:
    text = "version: 1\ntargets: [{name: a, provider: aws, organization: '${ORG}', role_name: r}]\n"

    (target,) = loaded(text, ORG="true").targets
    assert isinstance(target, AwsTarget)
    assert target.organization is True


class TestState:
    def test_relative_sqlite_path_is_meant_from_the_file(self, loaded: Loader, tmp_path: Path) -> None:
        configuration = loaded(TARGET + 'state: {url: "sqlite:///data/state.db"}\n')

        assert configuration.state_url == f"sqlite:///{tmp_path}/data/state.db"

    def test_postgresql_password_is_a_secret(self, loaded: Loader) -> None:
        configuration = loaded(TARGET + 'state: {url: "postgresql+psycopg://me:${PW}@db/cspmd"}\n', PW="p%40ss")

        assert configuration.state_url == "postgresql+psycopg://me:p%40ss@db/cspmd"
        assert configuration.secrets == {"p%40ss", "p@ss"}

    def test_default_lies_in_the_users_state_home(self, loaded: Loader, tmp_path: Path) -> None:
        configuration = loaded(TARGET, XDG_STATE_HOME=str(tmp_path))

        assert configuration.state_url in {
            f"sqlite:///{tmp_path}/cspmd/state.db",
            "sqlite:////var/lib/cspmd/state.db",
        }


class TestWarnings:
    @staticmethod
    def warned(configuration: Configuration) -> list[tuple[str, str]]:
        return [(warning.path, warning.expected) for warning in configuration.warnings]

    def test_expired_exception(self, loaded: Loader) -> None:
        configuration = loaded(
            TARGET
            + "exceptions: [{detector: storage.*, resource: 'arn:a', reason: r, owner: o, expires: 2026-05-31}]\n"
        )

        assert self.warned(configuration) == [
            ("exceptions[0].expires", "this exception has expired: what it matches is a finding again")
        ]
        assert configuration.warnings[0].value == "2026-05-31"

    def test_exception_holds_through_its_last_day(self, loaded: Loader) -> None:
        configuration = loaded(
            TARGET
            + "exceptions: [{detector: storage.*, resource: 'arn:a', reason: r, owner: o, expires: 2026-06-01}]\n"
        )

        assert configuration.warnings == ()

    def test_exception_that_names_no_uid(self, loaded: Loader) -> None:
        def exception(resource: str) -> str:
            return f"- {{detector: storage.*, resource: '{resource}', reason: r, owner: o, expires: 2027-01-01}}\n"

        uids = ("arn:aws:s3:::a", "*", "site-?", "[ab]", "projects/p/buckets/b")
        configuration = loaded(
            TARGET + "exceptions:\n" + "".join(map(exception, uids)) + exception("helvia-status-page")
        )

        (warning,) = configuration.warnings
        assert (warning.path, warning.value) == (f"exceptions[{len(uids)}].resource", '"helvia-status-page"')
        assert "a name alone matches no resource" in warning.expected

    def test_residency_rule_that_fits_no_region(self, loaded: Loader) -> None:
        configuration = loaded(
            TARGET + "policy: {residency: {classes: {personal: {allow: ['aws:eu-*', 'aws:europe-*']}}}}\n"
        )

        (warning,) = configuration.warnings
        assert warning.path == "policy.residency.classes.personal.allow[1]"
        assert warning.value == '"aws:europe-*"'
        assert "no region known" in warning.expected

    def test_a_rule_over_events_is_named_as_a_detector_is(self, loaded: Loader) -> None:
        rule = "event.sigma.0000"
        configuration = loaded(
            TARGET
            + f"detectors: {{disable: [{rule}], severity: {{{rule}: low}}}}\n"
            + f"exceptions: [{{detector: {rule}, resource: 'arn:a', reason: r, owner: o, expires: 2027-01-01}}]\n"
        )

        assert configuration.warnings == ()
        assert configuration.detectors.disable == (rule,)
        assert configuration.severities == {rule: Severity.LOW}

    def test_several_accounts_without_a_role(self, loaded: Loader) -> None:
        configuration = loaded(
            'version: 1\ntargets: [{name: a, provider: aws, accounts: ["111111111111", "222222222222"]}]\n'
        )

        (warning,) = configuration.warnings
        assert warning.path == "targets[0]"
        assert "no role_name" in warning.expected

    def test_an_account_of_two_targets(self, loaded: Loader) -> None:
        configuration = loaded(
            "version: 1\ntargets:\n"
            '- {name: a, provider: aws, role_name: r, accounts: ["111111111111", "222222222222"]}\n'
            '- {name: b, provider: aws, accounts: ["333333333333"]}\n'
            '- {name: c, provider: aws, role_name: r, accounts: ["444444444444", "222222222222"]}\n'
        )

        (warning,) = configuration.warnings
        assert warning.path == "targets[2].accounts[1]"
        assert warning.value == '"222222222222"'
        assert warning.expected.startswith("the target a reads this account too")

    def test_credentials_in_the_clear(self, loaded: Loader) -> None:
        configuration = loaded(
            TARGET
            + "http: {listen: '0.0.0.0:9464', basic_auth: {username: u, password: p}}\n"
            + "sinks: {elasticsearch: {hosts: ['http://127.0.0.1:9200', 'http://es:9200'], api_key: k}}\n"
        )

        assert [path for path, _ in self.warned(configuration)] == ["http.basic_auth", "sinks.elasticsearch.hosts[1]"]

    def test_reconcile_more_often_than_the_poll(self, loaded: Loader) -> None:
        configuration = loaded(
            'version: 1\ntargets: [{name: a, provider: aws, accounts: ["123456789012"], schedule: {reconcile: 1m}}]\n'
        )

        assert [path for path, _ in self.warned(configuration)] == ["targets[0].schedule"]
