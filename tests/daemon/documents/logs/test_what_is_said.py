"""What the documents say of single events: who, what, where from, and how it ended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.logs.formats import log_format
from tests.fakes.log_events import S3_LINE, storage_diagnostic
from tests.fakes.sigma_samples import laid_over, samples


def said(source: str, event: Any) -> dict[str, Any]:
    raw = event if isinstance(event, bytes) else json.dumps(event).encode()
    known = log_format(source)
    record = known.decode(raw)
    return known.kind(record).document(record, raw)


def case(rule: str, **change: Any) -> dict[str, Any]:
    event = next(one.event for one in samples() if one.rule == rule and one.matches)
    found: dict[str, Any] = laid_over(event, change)
    return found


def classified(document: dict[str, Any]) -> tuple[list[str], list[str], str]:
    event = document["event"]
    return event["category"], event["type"], event["outcome"]


ASSUMED = "905d389b-b853-46d0-9d3d-dea0d3a3cd49"
CONSOLE = "77caf516-34e5-4df9-b4db-20744fea0a60"
NEW_KEY = "0a5177f4-6ca9-44c2-aacf-d3f3d8b6e4d2"
ROOT = "8ad1600d-e9dc-4251-b0ee-a65268f29add"


def test_a_role_and_the_person_behind_it() -> None:
    document = said("aws.cloudtrail", case(ASSUMED))
    assert document["user"] == {"id": "AROAEXAMPLEDEPLOY:j.keller", "name": "deploy"}
    assert document["related"]["user"] == ["deploy", "j.keller"]
    assert document["cloud"] == {
        "provider": "aws",
        "account": {"id": "111122223333"},
        "region": "eu-central-1",
        "service": {"name": "ec2"},
    }
    own = document["aws"]["cloudtrail"]
    assert own["user_identity"]["session_context"] == {
        "mfa_authenticated": "false",
        "creation_date": "2026-03-04T08:00:00Z",
        "session_issuer": {
            "type": "Role",
            "principal_id": "AROAEXAMPLEDEPLOY",
            "arn": "arn:aws:iam::111122223333:role/deploy",
            "account_id": "111122223333",
        },
    }
    assert document["tls"] == {
        "version": "1.3",
        "version_protocol": "tls",
        "cipher": "TLS_AES_128_GCM_SHA256",
        "client": {"server_name": "ec2.eu-central-1.amazonaws.com"},
    }


def test_a_console_login() -> None:
    document = said("aws.cloudtrail", case(CONSOLE))
    assert classified(document) == (["authentication"], ["start"], "success")
    assert document["aws"]["cloudtrail"]["console_login"] == {
        "additional_eventdata": {
            "mobile_version": False,
            "login_to": "https://console.aws.amazon.com/console/home",
            "mfa_used": False,
        }
    }
    failed = said("aws.cloudtrail", case(CONSOLE, responseElements={"ConsoleLogin": "Failure"}))
    assert failed["event"]["outcome"] == "failure"


def test_a_key_made_for_somebody_else() -> None:
    document = said("aws.cloudtrail", case(NEW_KEY))
    assert classified(document) == (["iam"], ["creation", "user"], "success")
    assert document["user"]["target"] == {"name": "backup"}
    assert document["related"]["user"] == ["j.keller", "backup"]
    own = document["aws"]["cloudtrail"]
    assert json.loads(own["request_parameters"]) == own["flattened"]["request_parameters"] == {"userName": "backup"}
    assert own["flattened"]["response_elements"]["accessKey"]["status"] == "Active"


def test_root_has_a_name() -> None:
    assert said("aws.cloudtrail", case(ROOT))["user"]["name"] == "root"


def test_a_refused_call() -> None:
    event = case(NEW_KEY, errorCode="AccessDenied", errorMessage="User is not authorized")
    document = said("aws.cloudtrail", event)
    assert document["event"]["outcome"] == "failure"
    assert document["error"] == {"code": "AccessDenied", "message": "User is not authorized"}


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("198.51.100.24", {"address": "198.51.100.24", "ip": "198.51.100.24"}),
        ("2001:db8:0:0::1", {"address": "2001:db8:0:0::1", "ip": "2001:db8::1"}),
        (
            "cloudformation.amazonaws.com",
            {"address": "cloudformation.amazonaws.com", "domain": "cloudformation.amazonaws.com"},
        ),
        ("AWS Internal", {"address": "AWS Internal"}),
    ],
)
def test_an_address_is_an_ip_only_where_it_is_one(address: str, source: dict[str, Any]) -> None:
    document = said("aws.cloudtrail", case(ASSUMED, sourceIPAddress=address))
    assert document["source"] == source
    assert document["related"].get("ip", []) == ([source["ip"]] if "ip" in source else [])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"eventSource": "s3.amazonaws.com", "eventName": "GetObject", "eventCategory": "Data", "readOnly": True},
            (["file"], ["access"]),
        ),
        (
            {"eventSource": "s3.amazonaws.com", "eventName": "DeleteObject", "managementEvent": False},
            (["file"], ["deletion"]),
        ),
        ({"eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy"}, (["configuration"], ["change"])),
        ({"eventName": "AuthorizeSecurityGroupIngress"}, (["network", "configuration"], ["change"])),
        ({"eventName": "RunInstances"}, (["host", "configuration"], ["creation"])),
        (
            {"eventSource": "rds.amazonaws.com", "eventName": "DeleteDBCluster"},
            (["database", "configuration"], ["deletion"]),
        ),
        ({"eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "readOnly": True}, (["iam"], ["info", "user"])),
        ({"eventSource": "iam.amazonaws.com", "eventName": "DeleteGroup"}, (["iam"], ["deletion", "group"])),
        ({"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole"}, (["authentication"], ["start"])),
        (
            {"eventSource": "dynamodb.amazonaws.com", "eventName": "BatchGetItem"},
            (["database", "configuration"], ["access"]),
        ),
        ({"eventSource": "unheard.amazonaws.com", "eventName": "X"}, (["configuration"], ["change"])),
    ],
)
def test_categories_of_aws_operations(change: dict[str, Any], expected: tuple[list[str], list[str]]) -> None:
    assert classified(said("aws.cloudtrail", case(ASSUMED, **change)))[:2] == expected


def test_data_that_no_index_takes_is_made_fit_or_left_as_text() -> None:
    deep: Any = "end"
    for _ in range(40):
        deep = {"a": deep}
    event = case(
        ASSUMED, requestParameters={"deep": deep, "nul\x00": 1, "big": 10**25}, responseElements={"x": "y" * 40_000}
    )
    own = said("aws.cloudtrail", event)["aws"]["cloudtrail"]
    assert own["flattened"]["request_parameters"]["big"] == str(10**25)
    assert "nul\ufffd" in own["flattened"]["request_parameters"]
    assert "response_elements" not in own["flattened"]
    assert len(own["response_elements"]) > 40_000


def test_a_download_from_a_bucket() -> None:
    document = said("aws.s3access", S3_LINE.encode())
    assert classified(document) == (["web", "file"], ["access"], "success")
    assert document["@timestamp"] == "2026-03-04T08:15:30Z"
    assert document["event"]["id"] == document["http"]["request"]["id"] == "3E57427F3EXAMPLE"
    assert document["event"]["duration"] == 70_000_000
    assert document["user"]["name"] == "deploy"
    assert document["cloud"] == {"provider": "aws", "region": "eu-central-1", "service": {"name": "s3"}}
    assert document["file"] == {"path": "2026/report+final.pdf"}
    assert document["http"]["response"] == {"status_code": 200, "body": {"bytes": 2326}}
    assert document["url"]["path"] == "/2026/report+final.pdf"
    assert document["url"]["query"] == "versionId=v1"
    assert document["tls"]["version"] == "1.3"
    assert document["aws"]["s3access"]["bucket"] == "invoices"


def test_an_anonymous_request_has_no_user() -> None:
    line = S3_LINE.replace("arn:aws:sts::111122223333:assumed-role/deploy/j.keller", "-")
    document = said("aws.s3access", line.encode())
    assert "user" not in document
    assert "requester" not in document["aws"]["s3access"]


def test_each_object_of_one_batch_has_an_id_of_its_own() -> None:
    line = S3_LINE.replace("REST.GET.OBJECT", "BATCH.DELETE.OBJECT")
    first, second = (said("aws.s3access", text.encode()) for text in (line, line.replace("report", "other")))
    assert first["event"]["id"] != second["event"]["id"]
    assert first["event"]["id"].startswith("3E57427F3EXAMPLE-")
    assert first["event"]["type"] == ["deletion"]


def test_a_refused_request() -> None:
    document = said("aws.s3access", S3_LINE.replace("200 -", "403 AccessDenied").encode())
    assert classified(document) == (["web", "file"], ["access", "error"], "failure")
    assert document["error"] == {"code": "AccessDenied"}


ASSIGNED = "a622fcd2-4b5a-436a-b8a2-a4171161833c"
LOCKED = "2b7d6fc0-71ac-4cf7-8ed1-b5788ee5257a"


def test_an_event_of_the_activity_log() -> None:
    document = said("azure.activitylogs", case(ASSIGNED))
    assert classified(document) == (["iam"], ["creation"], "success")
    assert document["user"] == {
        "id": "6d5c4b3a-2f1e-4d0c-9b8a-7f6e5d4c3b2a",
        "name": "j.keller@example.com",
        "email": "j.keller@example.com",
        "domain": "example.com",
        "full_name": "Jana Keller",
    }
    assert document["cloud"]["account"]["id"] == "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0"
    assert document["azure"]["activitylogs"]["identity"]["authorization"]["evidence"]["role"] == "Owner"
    assert document["azure"]["resource"]["group"] == "RG-PROD"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"operationName": "MICROSOFT.NETWORK/DNSZONES/DELETE"},
            (["network", "configuration"], ["deletion"], "success"),
        ),
        (
            {"operationName": "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION"},
            (["configuration"], ["access"], "success"),
        ),
        (
            {"operationName": "Microsoft.Storage/storageAccounts/regenerateKey/action"},
            (["configuration"], ["change"], "success"),
        ),
        ({"operationName": "A/B/READ", "resultType": "Failure"}, (["configuration"], ["access"], "failure")),
        (
            {"operationName": "A/B/WRITE", "resultType": "Start", "properties": None},
            (["configuration"], ["creation"], "unknown"),
        ),
        ({"operationName": "MICROSOFT.SQL/SERVERS/WRITE"}, (["database", "configuration"], ["creation"], "success")),
    ],
)
def test_categories_of_azure_operations(change: dict[str, Any], expected: tuple[list[str], list[str], str]) -> None:
    assert classified(said("azure.activitylogs", case(ASSIGNED, **change))) == expected


def test_a_failed_sign_in() -> None:
    document = said("azure.signinlogs", case(LOCKED))
    assert classified(document) == (["authentication"], ["start"], "failure")
    assert document["error"]["code"] == "50053"
    assert document["user"]["name"] == "j.keller@example.com"
    assert document["event"]["action"] == "Sign-in activity"
    own = document["azure"]["signinlogs"]["properties"]
    assert own["status"] == {"error_code": 50053}
    assert own["device_detail"]["is_managed"] is True
    assert own["created_at"] == "2026-03-04T08:15:29.987Z"
    assert own["applied_conditional_access_policies"][0]["displayName"] == "Require MFA"


def test_an_address_with_a_port() -> None:
    document = said("azure.signinlogs", case(LOCKED, callerIpAddress="198.51.100.24:443"))
    assert document["source"] == {"address": "198.51.100.24", "ip": "198.51.100.24", "port": 443}
    document = said("azure.signinlogs", case(LOCKED, callerIpAddress="[2001:db8::1]:443"))
    assert document["source"] == {"address": "2001:db8::1", "ip": "2001:db8::1", "port": 443}


def test_a_change_in_the_directory() -> None:
    document = said("azure.auditlogs", case("b18454c8-0be3-41f7-86bc-9c614611b839"))
    assert classified(document) == (["iam"], ["change", "user"], "success")
    assert document["user"]["name"] == "j.keller@example.com"
    assert document["user"]["target"] == {
        "id": "1f2e3d4c",
        "name": "a@example.com",
        "email": "a@example.com",
        "domain": "example.com",
    }
    change = document["azure"]["auditlogs"]["properties"]["target_resources"]["0"]["modified_properties"]["0"]
    assert change["display_name"] == "StrongAuthenticationRequirement"
    assert document["user_agent"]["original"] == "Mozilla/5.0 (X11; Linux x86_64)"


def test_an_application_may_have_done_it() -> None:
    change = {
        "properties": {
            "initiatedBy": {"user": "(absent)", "app": {"displayName": "Provisioning", "servicePrincipalId": "sp"}}
        }
    }
    document = said("azure.auditlogs", case("b18454c8-0be3-41f7-86bc-9c614611b839", **change))
    assert (document["user"]["id"], document["user"]["name"]) == ("sp", "Provisioning")


def test_a_risk_is_an_alert() -> None:
    document = said("azure.signinlogs", case("28ecba0a-c743-4690-ad29-9a8f6f25a6f9"))
    assert document["event"]["kind"] == "alert"
    assert document["event"]["dataset"] == "azure.identity_protection"
    assert document["event"]["action"] == "passwordSpray"
    assert document["azure"]["identityprotection"]["properties"]["additional_info"] == {"userAgent": "Mozilla/5.0"}


def test_an_alert_of_microsoft_365() -> None:
    document = said("azure.auditlogs", case("a3501e8e-af9e-43c6-8cd6-9360bdaae498"))
    assert document["event"]["kind"] == "alert"
    assert document["message"] == "Activity from suspicious IP addresses"
    assert document["event"]["dataset"] == "o365.audit"
    assert "name" not in document.get("user", {})


def test_a_read_of_a_blob() -> None:
    document = said("azure.storage", storage_diagnostic())
    assert classified(document) == (["web", "file"], ["access"], "success")
    assert document["source"] == {"address": "198.51.100.24", "ip": "198.51.100.24", "port": 51442}
    assert document["azure"]["platformlogs"]["properties"]["authenticationType"] == "OAuth"
    assert document["tls"] == {"version": "1.3", "version_protocol": "tls"}
    assert document["url"]["domain"] == "stinvoices.blob.core.windows.net"
    anonymous = said("azure.storage", {**storage_diagnostic(), "identity": {"type": "Anonymous"}})
    assert "user" not in anonymous
    assert anonymous["azure"]["platformlogs"]["properties"]["authenticationType"] == "Anonymous"


BUCKET_GONE = "4d9f2ee2-c903-48ab-b9c1-8c0f474913d0"


def test_an_audit_log_of_google_cloud() -> None:
    document = said("gcp.audit", case(BUCKET_GONE))
    assert classified(document) == (["configuration"], ["deletion"], "success")
    assert document["event"]["provider"] == "activity"
    assert document["event"]["id"] == "1q2w3e4r5t"
    assert document["user"]["email"] == "j.keller@example.com"
    assert document["cloud"]["project"] == document["cloud"]["account"] == {"id": "data-prod"}
    assert document["cloud"]["region"] == "europe-west3"
    assert document["log"]["level"] == "NOTICE"
    own = document["gcp"]["audit"]
    assert own["authorization_info"][0]["resource_attributes"]["name"] == "projects/data-prod"
    assert own["resource_location"] == {"current_locations": ["europe-west3-a"]}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"status": {"code": 7, "message": "Permission denied"}}, "failure"),
        ({"status": {"code": 0}}, "success"),
        ({"status": {}, "authorizationInfo": [{"permission": "x"}]}, "failure"),
        ({"status": {}, "authorizationInfo": [{"permission": "x"}, {"permission": "y", "granted": True}]}, "success"),
    ],
)
def test_how_a_call_to_google_cloud_ended(change: dict[str, Any], outcome: str) -> None:
    event = case(BUCKET_GONE)
    document = said("gcp.audit", {**event, "protoPayload": {**event["protoPayload"], **change}})
    assert document["event"]["outcome"] == outcome


def test_a_caller_inside_google_has_no_ip() -> None:
    document = said("gcp.audit", case(BUCKET_GONE, protoPayload={"requestMetadata": {"callerIp": "gce-internal-ip"}}))
    assert document["source"] == {"address": "gce-internal-ip"}
    assert document["gcp"]["audit"]["request_metadata"]["raw"] == {"caller_ip": "gce-internal-ip"}


def test_an_object_of_kubernetes() -> None:
    document = said("gcp.audit", case("2f0bae2d-bf20-4465-be86-1311addebaa3"))
    assert document["orchestrator"] == {
        "type": "kubernetes",
        "cluster": {"name": "prod"},
        "api_version": "v1",
        "namespace": "default",
        "resource": {"type": "secrets", "name": "db"},
    }


@pytest.mark.parametrize(
    ("service", "method", "expected"),
    [
        ("storage.googleapis.com", "storage.objects.get", (["file"], ["access"])),
        ("storage.googleapis.com", "storage.setIamPermissions", (["iam"], ["change"])),
        ("compute.googleapis.com", "v1.compute.firewalls.insert", (["network", "configuration"], ["creation"])),
        ("compute.googleapis.com", "v1.compute.instances.delete", (["host", "configuration"], ["deletion"])),
        ("iam.googleapis.com", "google.iam.admin.v1.CreateServiceAccountKey", (["iam"], ["creation"])),
        ("cloudresourcemanager.googleapis.com", "SetIamPolicy", (["iam"], ["change"])),
        (
            "bigquery.googleapis.com",
            "google.cloud.bigquery.v2.JobService.InsertJob",
            (["database", "configuration"], ["creation"]),
        ),
    ],
)
def test_categories_of_google_operations(service: str, method: str, expected: tuple[list[str], list[str]]) -> None:
    event = case(BUCKET_GONE, protoPayload={"serviceName": service, "methodName": method})
    assert classified(said("gcp.audit", event))[:2] == expected
