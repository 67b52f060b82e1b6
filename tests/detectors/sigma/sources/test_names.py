"""Rules written for other systems' names find the raw record's fields."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.logs.formats import log_format
from detectors.sigma.matcher import Matcher
from detectors.sigma.rules import load_rules
from detectors.sigma.source import LogSource
from detectors.sigma.sources import SOURCES
from detectors.sigma.sources.gcp import method_names
from tests.fakes.log_events import S3_LINE, storage_diagnostic, storage_table
from tests.fakes.sigma_samples import samples

LOGS = {log.name: log for log in SOURCES}
CONTRACT = {"azure.identity_protection": "azure.signinlogs", "o365.audit": "azure.auditlogs"}


LOCKED_OUT = "2b7d6fc0-71ac-4cf7-8ed1-b5788ee5257a"


def sample(source: str, form: str = "raw", rule: str = "", **wanted: Any) -> bytes:
    found = (
        one
        for one in samples()
        if (one.source, one.form, one.matches) == (source, form, True)
        and rule in {"", one.rule}
        and all(one.event.get(name) == value for name, value in wanted.items())
    )
    return next(found).line


def matches(log: str, raw: bytes, selection: dict[str, Any]) -> bool:
    """Whether a rule of this one selection matches the record."""
    product, service = min(LOGS[log].matches)
    rule = {
        "title": "one",
        "logsource": {"product": product, "service": service},
        "detection": {"selection": selection, "condition": "selection"},
    }
    loaded = load_rules([("rule.yml", json.dumps(rule))])
    assert loaded.refused == ()
    record = log_format(CONTRACT.get(log, log)).decode(raw)
    return bool(Matcher(LOGS[log], loaded.rules).match(record))


CONSOLE = {
    "eventSource": "signin.amazonaws.com",
    "eventName": "ConsoleLogin",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "198.51.100.24",
    "userAgent": "Mozilla/5.0",
    "userIdentity": {
        "type": "AssumedRole",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "userName": "deploy"},
            "attributes": {"mfaAuthenticated": "false"},
        },
    },
    "additionalEventData": {"MFAUsed": "No"},
    "requestParameters": {"name": "x"},
}


@pytest.mark.parametrize(
    "selection",
    [
        {"eventname": "consolelogin"},
        {"aws.cloudtrail.user_identity.type": "AssumedRole"},
        {"aws.cloudtrail.user_identity.session_context.session_issuer.type": "Role"},
        {"aws.cloudtrail.user_identity.session_context.mfa_authenticated": "false"},
        {"aws.cloudtrail.flattened.request_parameters.name": "x"},
        {"aws.cloudtrail.console_login.additional_eventdata.MFAUsed": "No"},
        {"detail.eventName": "ConsoleLogin"},
        {"event.action": "ConsoleLogin", "event.provider": "signin.amazonaws.com", "event.outcome": "success"},
        {"source.ip|cidr": "198.51.100.0/24", "user_agent.original|startswith": "Mozilla"},
        {"user.name": "deploy", "cloud.region|startswith": "eu-"},
        {"status": "Success"},
    ],
)
def test_cloudtrail(selection: dict[str, Any]) -> None:
    assert matches("aws.cloudtrail", json.dumps(CONSOLE).encode(), selection)


def test_a_failed_call_has_a_status_of_failure() -> None:
    raw = json.dumps({**CONSOLE, "errorCode": "AccessDenied"}).encode()
    assert matches("aws.cloudtrail", raw, {"status": "failure"})
    assert not matches("aws.cloudtrail", raw, {"status": "success"})


def test_a_policy_inside_a_parameter_is_searched_as_it_is_written() -> None:
    raw = json.dumps(
        {"eventName": "PutUserPolicy", "requestParameters": {"policyDocument": '{"Effect":"Allow"}'}}
    ).encode()
    assert matches("aws.cloudtrail", raw, {"requestParameters|contains": '"Effect":"Allow"'})


@pytest.mark.parametrize(
    "selection",
    [
        {"operation": "rest.get.object"},
        {"aws.s3access.http_status": 200},
        {"http.response.status_code": 200},
        {"RemoteIP|cidr": "198.51.100.0/24"},
        {"source.ip": "198.51.100.24"},
        {"aws.s3access.user_agent|contains": "curl", "anonymous": False},
        {"error_code": None},
    ],
)
def test_s3_access(selection: dict[str, Any]) -> None:
    assert matches("aws.s3access", S3_LINE.encode(), selection)


def test_an_anonymous_read_has_no_requester() -> None:
    raw = S3_LINE.replace("arn:aws:sts::111122223333:assumed-role/deploy/j.keller", "-").encode()
    assert matches("aws.s3access", raw, {"requester": None, "anonymous": True})
    assert not matches("aws.s3access", S3_LINE.encode(), {"requester": None})


@pytest.mark.parametrize("form", ["diagnostic", "table", "rest"])
@pytest.mark.parametrize(
    "selection",
    [
        {"OperationNameValue|endswith": "/ACTION"},
        {"azure.activitylogs.operation_name|endswith": "/ACTION"},
        {"CategoryValue": "Administrative"},
        {"ActivityStatusValue": "Success"},
        {"status": "Succeeded"},
        {"Caller": "j.keller@example.com"},
        {"user.name": "j.keller@example.com"},
        {"CallerIpAddress": "198.51.100.24"},
        {"httpRequest.clientIpAddress": "198.51.100.24"},
        {"Claims_d.name": "Jana Keller"},
        {"identity.claims.name": "Jana Keller"},
        {"identity.authorization.evidence.role": "Owner"},
        {"Properties_d.statusCode": "Created"},
    ],
)
def test_activity_log(form: str, selection: dict[str, Any]) -> None:
    assert matches("azure.activitylogs", sample("azure.activitylogs", form), selection)


def test_the_words_of_an_operation_are_found_as_well() -> None:
    raw = sample("azure.activitylogs", "table")
    assert matches("azure.activitylogs", raw, {"OperationName": "Words for the operation"})
    assert matches(
        "azure.activitylogs", sample("azure.activitylogs", "rest"), {"operationName.localizedValue|contains": "Words"}
    )


@pytest.mark.parametrize("form", ["diagnostic", "table", "graph"])
@pytest.mark.parametrize(
    "selection",
    [
        {"properties.userPrincipalName": "j.keller@example.com"},
        {"UserPrincipalName": "j.keller@example.com"},
        {"azure.signinlogs.properties.user_principal_name": "j.keller@example.com"},
        {"azure.signinlogs.properties.status.error_code": 50053},
        {"status.errorCode": 50053},
        {"ResultType": "50053"},
        {"Status": "failure"},
        {"IPAddress": "198.51.100.24"},
        {"LocationDetails.countryOrRegion": "DE"},
        {"DeviceDetail.trustType": "Azure AD joined"},
        {"ConditionalAccessPolicies.result": "success"},
        {"source.ip": "198.51.100.24", "user.id": "6d5c4b3a-2f1e-4d0c-9b8a-7f6e5d4c3b2a"},
    ],
)
def test_sign_in_log(form: str, selection: dict[str, Any]) -> None:
    assert matches("azure.signinlogs", sample("azure.signinlogs", form, LOCKED_OUT), selection)


@pytest.mark.parametrize("form", ["diagnostic", "table", "graph"])
@pytest.mark.parametrize(
    "selection",
    [
        {"OperationName": "Delete conditional access policy"},
        {"properties.activityDisplayName": "Delete conditional access policy"},
        {"azure.auditlogs.properties.activity_display_name": "Delete conditional access policy"},
        {"category": "Policy", "Result": "success"},
        {"InitiatedBy.user.userPrincipalName": "j.keller@example.com"},
        {"InitiatedBy": "j.keller@example.com"},
        {"azure.auditlogs.properties.initiated_by.user.displayName": "Jana Keller"},
        {"TargetResources.modifiedProperties.displayName": "Description"},
        {"Description|contains": "b"},
        {"AdditionalDetails.key": "User-Agent"},
        {"additionalDetails.User-Agent|contains": "Linux"},
        {"source.ip": "198.51.100.24"},
    ],
)
def test_audit_log(form: str, selection: dict[str, Any]) -> None:
    assert matches("azure.auditlogs", sample("azure.auditlogs", form), selection)


def test_microsoft_365_finds_pairs_by_name() -> None:
    raw = sample("azure.auditlogs", "raw", Operation="UserLoggedIn")
    assert matches("o365.audit", raw, {"ExtendedProperties.Name": "RequestType", "RequestType": "Cmsi:Cmsi"})
    assert matches("o365.audit", raw, {"o365.audit.Workload": "AzureActiveDirectory", "event.outcome": "success"})


@pytest.mark.parametrize("event", [storage_diagnostic(), storage_table()], ids=["diagnostic", "table"])
@pytest.mark.parametrize(
    "selection",
    [
        {"AuthenticationType": "OAuth"},
        {"identity.type": "OAuth"},
        {"properties.accountName": "stinvoices"},
        {"azure.platformlogs.operation_name": "GetBlob"},
        {"StatusCode": 200},
        {"RequesterUpn|endswith": "@example.com"},
        {"UserAgentHeader|startswith": "azcopy"},
    ],
)
def test_storage(event: dict[str, Any], selection: dict[str, Any]) -> None:
    assert matches("azure.storage", json.dumps(event).encode(), selection)


@pytest.mark.parametrize(
    "selection",
    [
        {"gcp.audit.method_name": "storage.buckets.delete"},
        {"data.protoPayload.methodName": "storage.buckets.delete"},
        {"protopayload.servicename": "storage.googleapis.com"},
        {"gcp.audit.service_name": "storage.googleapis.com"},
        {"gcp.audit.authentication_info.principal_email": "j.keller@example.com"},
        {"gcp.audit.request_metadata.caller_ip": "198.51.100.24"},
        {"gcp.audit.authorization_info.granted": "true"},
        {"gcp.audit.resource_location.current_locations": "europe-west3-a"},
        {"data.resource.labels.bucket_name": "invoices"},
        {"data.logName|contains": "cloudaudit.googleapis.com%2Factivity"},
        {"logName": "cloudaudit.googleapis.com/activity"},
        {"user.email": "j.keller@example.com", "source.ip": "198.51.100.24"},
    ],
)
def test_cloud_audit(selection: dict[str, Any]) -> None:
    raw = next(one.line for one in samples() if "storage.buckets.delete" in str(one.event))
    assert matches("gcp.audit", raw, selection)


@pytest.mark.parametrize(
    ("method", "also"),
    [
        ("v1.compute.vpnTunnels.insert", "compute.vpnTunnels.insert"),
        ("beta.compute.instances.insert", "compute.instances.insert"),
        ("storage.buckets.create", "storage.buckets.insert"),
        ("google.iam.admin.v1.DisableServiceAccount", "iam.serviceAccounts.disable"),
        ("google.privacy.dlp.v2.DlpService.ReidentifyContent", "projects.content.reidentify"),
        (
            "io.k8s.admissionregistration.v1.validatingwebhookconfigurations.update",
            "admissionregistration.k8s.io.v1.validatingwebhookconfigurations.replace",
        ),
        ("io.k8s.batch.v1.jobs.create", "io.k8s.api.batch.v1.Job"),
    ],
)
def test_names_of_a_method(method: str, also: str) -> None:
    names = method_names(method)
    assert names[0] == method
    assert also in names


@pytest.mark.parametrize("method", ["io.k8s.batch.v1.jobs.list", "storage.objects.get", "", "google"])
def test_a_method_has_no_names_it_has_not(method: str) -> None:
    assert not any(name.endswith((".Job", ".insert")) for name in method_names(method))


def test_every_log_has_a_name_of_its_own_and_takes_rules_of_a_product_without_a_service() -> None:
    assert len(LOGS) == len(SOURCES)
    for log in SOURCES:
        for product, service in log.matches:
            assert log.accepts(product, service)
            assert log.accepts(product, "")
        assert not log.accepts("okta", "")


def test_fields_are_found_in_order() -> None:
    log = LogSource(
        name="x",
        matches=frozenset(),
        wrappers=("wrap.",),
        aliases={"a": ("b",), "c.*": ("d", "e")},
        unnamed=lambda field: (field, f"more.{field}"),
    )
    assert log.paths("wrap.A") == ("b",)
    assert log.paths("C.x.Y") == ("d.x.Y", "e.x.Y")
    assert log.paths("c") == ("c", "more.c")
    assert log.paths("Other.z") == ("Other.z", "more.Other.z")
